// SPDX-License-Identifier: GPL-2.0
#include "report/map_cells.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"

unsigned int map_level(double rate_per_s)
{
	double decade = rate_per_s > 1 ? log10(rate_per_s) : 0;

	if (!(rate_per_s > 0))
		return 0;
	return decade < MAP_LEVELS - 2 ? 1 + (unsigned int)decade : MAP_LEVELS - 1;
}

void map_cells_free(struct map_cells *cells)
{
	free(cells->cells);
	free(cells->rows);
	*cells = (struct map_cells){0};
}

/* ---- which mappings ---- */

static int more_slots(const void *left, const void *right)
{
	size_t a = *(const size_t *)left, b = *(const size_t *)right;

	return a > b ? -1 : a < b;
}

/* How many slots a mapping must have to be drawn: there are too many mappings, and what is small is left out. */
static int least_slots(const struct map *map, size_t *least)
{
	size_t *counts = malloc((map->n_mappings + 1) * sizeof(*counts));

	*least = 1;
	if (!counts)
		return -ENOMEM;
	for (size_t i = 0; i < map->n_mappings; i++)
		counts[i] = map->mappings[i].n;
	if (map->n_mappings > MAP_MAPPINGS) {
		qsort(counts, map->n_mappings, sizeof(*counts), more_slots);
		*least = counts[MAP_MAPPINGS - 1] > 1 ? counts[MAP_MAPPINGS - 1] : 1;
	}
	free(counts);
	return 0;
}

/* ---- rows ---- */

/* What a mapping's slots make: where each row begins. It goes on from one to the next where that is near. */
struct walk {
	uint64_t cell_bytes, row_bytes;
	uint64_t row; /* address */
	bool any;
	uint64_t gap;
};

/* Whether the slot at @start begins a new row. */
static bool begins_row(struct walk *walk, uint64_t start)
{
	uint64_t end = walk->row + walk->row_bytes, cell = start / walk->cell_bytes * walk->cell_bytes;

	if (walk->any && start < end)
		return false;
	walk->gap = walk->any && start >= end + walk->row_bytes ? cell - end : 0;
	walk->row = walk->any && !walk->gap ? end : cell;
	walk->any = true;
	return true;
}

static struct walk walk_of(unsigned int slots_per_cell, unsigned int width)
{
	uint64_t cell_bytes = slots_per_cell * PMD_SIZE_BYTES;

	return (struct walk){.cell_bytes = cell_bytes, .row_bytes = cell_bytes * width};
}

static size_t count_rows(const struct map *map, size_t least, unsigned int slots_per_cell, unsigned int width)
{
	size_t rows = 0;

	for (size_t i = 0; i < map->n_mappings; i++) {
		struct walk walk = walk_of(slots_per_cell, width);

		for (size_t k = 0; map->mappings[i].n >= least && k < map->mappings[i].n; k++)
			rows += begins_row(&walk, map->slots[map->mappings[i].first + k].start);
	}
	return rows;
}

/* ---- cells ---- */

/* What is to happen tells more than what is, and what was refused more than why something was not tried. */
static unsigned int weight(enum map_mark mark)
{
	static const unsigned int weights[MAP_MARKS] = {
		[MAP_SPARSE] = 1, [MAP_SHARED] = 2, [MAP_NO_ROOM] = 3, [MAP_WAITS] = 4, [MAP_NEXT] = 5};

	return weights[mark];
}

static enum map_mark mark_of(const struct map_slot *slot)
{
	if (slot->huge)
		return MAP_PLAIN;
	if (slot->mark == MAP_PLAIN && 2 * slot->shared > slot->present)
		return MAP_SHARED;
	return slot->mark;
}

static void add_slot(struct map_cell *cell, const struct map_slot *slot)
{
	enum map_mark mark = mark_of(slot);

	cell->slots++;
	cell->huge += slot->huge;
	cell->pages += slot->huge ? SLOT_PAGES : slot->present;
	cell->rate_per_s = fmax(cell->rate_per_s, slot->rate_per_s);
	if (weight(mark) > weight(cell->mark))
		cell->mark = mark;
}

static int add_row(struct map_cells *cells, const struct walk *walk, size_t mapping)
{
	int err = array_reserve(&cells->rows, &cells->room_rows, cells->n_rows + 1, sizeof(*cells->rows));

	if (!err)
		cells->rows[cells->n_rows++] = (struct map_row){
			.start = walk->row, .gap = walk->gap, .mapping = mapping, .first = cells->n_cells};
	return err;
}

/* The cell @at of the last row, which has the cells before it, too, then. NULL: no memory. */
static struct map_cell *cell_at(struct map_cells *cells, size_t at)
{
	struct map_row *row = &cells->rows[cells->n_rows - 1];

	if (array_reserve(&cells->cells, &cells->room_cells, row->first + at + 1, sizeof(*cells->cells)))
		return NULL;
	while (row->n <= at) {
		cells->cells[cells->n_cells++] = (struct map_cell){0};
		row->n++;
	}
	return &cells->cells[row->first + at];
}

static int draw_mapping(struct map_cells *cells, const struct map *map, size_t number, unsigned int width)
{
	const struct map_mapping *mapping = &map->mappings[number];
	struct walk walk = walk_of(cells->slots_per_cell, width);

	for (size_t i = 0; i < mapping->n; i++) {
		const struct map_slot *slot = &map->slots[mapping->first + i];
		struct map_cell *cell;

		if (begins_row(&walk, slot->start) && add_row(cells, &walk, number))
			return -ENOMEM;
		cell = cell_at(cells, (slot->start - walk.row) / walk.cell_bytes);
		if (!cell)
			return -ENOMEM;
		add_slot(cell, slot);
	}
	return 0;
}

int map_cells_make(struct map_cells *cells, const struct map *map, unsigned int width)
{
	size_t least;
	int err = least_slots(map, &least);

	*cells = (struct map_cells){.slots_per_cell = 1};
	while (!err && cells->slots_per_cell < 1U << 20 &&
	       count_rows(map, least, cells->slots_per_cell, width) > MAP_ROWS)
		cells->slots_per_cell *= 2;
	for (size_t i = 0; i < map->n_mappings && !err; i++) {
		if (map->mappings[i].n >= least) {
			err = draw_mapping(cells, map, i, width);
		} else if (map->mappings[i].n) {
			cells->hidden++;
			cells->hidden_slots += map->mappings[i].n;
		}
	}
	return err;
}
