// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdlib.h>

#include "report/map_cells.h"

#define AT 0x7f0000000000ULL

/* @n slots of each of @n_mappings mappings, a GiB apart, each slot @step slots from the one before. */
struct many {
	struct map_slot *slots;
	struct map_mapping *mappings;
	struct map map;
};

static struct many many(size_t n_mappings, size_t n, size_t step)
{
	struct many many = {.slots = calloc(n_mappings * n + 1, sizeof(*many.slots)),
			    .mappings = calloc(n_mappings + 1, sizeof(*many.mappings))};

	for (size_t i = 0; i < n_mappings; i++) {
		uint64_t start = AT + i * (n * step + 512) * PMD_SIZE_BYTES;

		many.mappings[i] = (struct map_mapping){
			.start = start, .end = start + n * step * PMD_SIZE_BYTES, .first = i * n, .n = n};
		for (size_t k = 0; k < n; k++)
			many.slots[i * n + k] =
				(struct map_slot){.start = start + k * step * PMD_SIZE_BYTES, .present = 512};
	}
	many.map = (struct map){.slots = many.slots,
				.n_slots = n_mappings * n,
				.mappings = many.mappings,
				.n_mappings = n_mappings};
	return many;
}

static void many_free(struct many *many)
{
	free(many->slots);
	free(many->mappings);
}

static size_t slots_of(const struct map_cells *cells)
{
	size_t sum = 0;

	for (size_t i = 0; i < cells->n_cells; i++)
		sum += cells->cells[i].slots;
	return sum;
}

/* As many rows as there are: a cell is a slot; from then on it is two, four ... All slots are in some cell. */
static void test_scale(void **state)
{
	static const struct {
		size_t slots;
		unsigned int per_cell;
	} cases[] = {{1, 1}, {3200, 1}, {3201, 2}, {6400, 2}, {6401, 4}, {65536, 32}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct many heap = many(1, cases[i].slots, 1);
		struct map_cells cells;

		assert_int_equal(map_cells_make(&cells, &heap.map, 100), 0);
		assert_int_equal(cells.slots_per_cell, cases[i].per_cell);
		assert_int_equal(slots_of(&cells), cases[i].slots);
		assert_true(cells.n_rows <= MAP_ROWS);
		map_cells_free(&cells);
		many_free(&heap);
	}
}

/* What is empty between two rows is told once, however long it is; what is shorter than a row is blank. */
static void test_gaps(void **state)
{
	struct many heap = many(1, 3, 40);
	struct map_cells cells;

	(void)state;
	assert_int_equal(map_cells_make(&cells, &heap.map, 50), 0);
	assert_int_equal(cells.n_rows, 2); /* 0 and 40, and 80 in the next one */
	assert_int_equal(cells.rows[0].n, 41);
	assert_int_equal(cells.rows[1].start, AT + 50 * PMD_SIZE_BYTES);
	assert_int_equal(cells.rows[1].gap, 0);
	assert_int_equal(cells.rows[1].n, 31);
	map_cells_free(&cells);
	assert_int_equal(map_cells_make(&cells, &heap.map, 10), 0);
	assert_int_equal(cells.n_rows, 3);
	assert_int_equal(cells.rows[1].start, AT + 40 * PMD_SIZE_BYTES);
	assert_int_equal(cells.rows[1].gap, 30 * PMD_SIZE_BYTES);
	assert_int_equal(cells.rows[1].n, 1);
	map_cells_free(&cells);
	many_free(&heap);
}

/* Threads have arenas, hundreds of them: the largest are drawn, and the others told. */
static void test_many_mappings(void **state)
{
	struct many arenas = many(300, 3, 1);
	struct map_cells cells;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		if (i % 20 != 7)
			arenas.mappings[i].n = 1;
	assert_int_equal(map_cells_make(&cells, &arenas.map, 80), 0);
	assert_int_equal(slots_of(&cells) + cells.hidden_slots, 15 * 3 + 285);
	assert_true(cells.n_rows <= 300);
	map_cells_free(&cells);
	for (size_t i = 0; i < 300; i++)
		arenas.mappings[i].n = i < 25 ? 3 : 1;
	assert_int_equal(map_cells_make(&cells, &arenas.map, 80), 0);
	assert_int_equal(cells.hidden, 275);
	assert_int_equal(cells.hidden_slots, 275);
	assert_int_equal(cells.n_rows, 25);
	map_cells_free(&cells);
	many_free(&arenas);
}

/* A cell of several slots: the hottest tells the heat, most of them whether it is huge, and the strongest word is the mark. */
static void test_sums(void **state)
{
	struct many heap = many(1, 4000, 1);
	struct map_cells cells;
	const struct map_cell *cell;

	(void)state;
	heap.slots[0].huge = true;
	heap.slots[0].rate_per_s = 5;
	heap.slots[1].rate_per_s = 7;
	heap.slots[1].mark = MAP_SPARSE;
	heap.slots[1].present = 100;
	heap.slots[3].mark = MAP_WAITS;
	heap.slots[2].shared = 300;
	assert_int_equal(map_cells_make(&cells, &heap.map, 100), 0);
	cell = &cells.cells[0];
	assert_int_equal(cell->slots, 2);
	assert_int_equal(cell->huge, 1);
	assert_int_equal(cell->pages, 612);
	assert_near(cell->rate_per_s, 7);
	assert_int_equal(cell->mark, MAP_SPARSE);
	assert_true(map_cell_is_huge(cell));
	assert_int_equal(cells.cells[1].mark, MAP_WAITS);
	map_cells_free(&cells);
	many_free(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_many_mappings),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
