// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "workload/layout.h"

#include <string.h>

static struct layout place(struct layout_spec spec)
{
	struct layout layout;

	if (!spec.sparse)
		spec.sparse = 1;
	if (!spec.islands)
		spec.islands = 1;
	assert_null(layout_place(&spec, &layout));
	return layout;
}

static void is_refused(struct layout_spec spec, const char *word)
{
	struct layout layout = {.mem = 4711};
	const char *why;

	if (!spec.sparse)
		spec.sparse = 1;
	if (!spec.islands)
		spec.islands = 1;
	why = layout_place(&spec, &layout);
	assert_non_null(why);
	assert_non_null(strstr(why, word));
	assert_int_equal(layout.mem, 4711);
}

static void assert_hot(const struct layout *layout, size_t i, uint64_t moves, uint64_t start, uint64_t end)
{
	struct range hot = layout_hot(layout, i, moves);

	assert_int_equal(hot.start, start);
	assert_int_equal(hot.end, end);
}

static void one_range_in_a_big_heap(void **state)
{
	struct layout layout = place((struct layout_spec){
		.mem = 384 * MIB, .hot = 64 * MIB, .hot_given = true, .hot_at = 320 * MIB});

	(void)state;
	assert_int_equal(layout.nr_hots, 1);
	assert_hot(&layout, 0, 0, 320 * MIB, 384 * MIB);
	assert_int_equal(layout.hots[0].steps, 64 * MIB / PAGE);
	assert_int_equal(layout_hot_bytes(&layout), 64 * MIB);
	assert_int_equal(layout_fit_bytes(&layout, 0, 0), 64 * MIB);
	/* All of the heap when nothing else is said. */
	layout_free(&layout);
	layout = place((struct layout_spec){.mem = 8 * MIB});
	assert_hot(&layout, 0, 0, 0, 8 * MIB);
	layout_free(&layout);
}

static void nothing_is_hot(void **state)
{
	struct layout layout = place((struct layout_spec){.mem = 8 * MIB, .hot_given = true});

	(void)state;
	assert_int_equal(layout.nr_hots, 0);
	assert_int_equal(layout_fit_bytes(&layout, 0, 0), 0);
	layout_free(&layout);
	layout = place((struct layout_spec){.mem = 0});
	assert_int_equal(layout.nr_hots, 0);
}

static void islands_are_spread_or_spaced(void **state)
{
	struct layout_spec spec = {.mem = 384 * MIB, .hot = 64 * MIB, .hot_given = true, .islands = 32};
	struct layout layout = place(spec);

	(void)state;
	assert_int_equal(layout.nr_hots, 32);
	assert_hot(&layout, 1, 0, 12 * MIB, 14 * MIB);
	assert_hot(&layout, 31, 0, 372 * MIB, 374 * MIB);
	layout_free(&layout);
	spec.spacing = 8 * MIB;
	spec.hot_at = 2 * MIB;
	layout = place(spec);
	assert_hot(&layout, 31, 0, 250 * MIB, 252 * MIB);
	assert_int_equal(layout_fit_bytes(&layout, 0, 0), 64 * MIB);
	layout_free(&layout);
	spec.spacing = 16 * MIB;
	is_refused(spec, "--spacing");
}

/* Odd numbers of islands still begin with huge pages. */
static void stretches_are_aligned(void **state)
{
	struct layout layout = place(
		(struct layout_spec){.mem = 100 * MIB, .hot = 14 * MIB, .hot_given = true, .islands = 7});

	(void)state;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(layout_hot(&layout, i, 0).start % HUGE_SIZE, 0);
	layout_free(&layout);
}

static void only_aligned_slots_can_be_huge(void **state)
{
	struct layout layout = place(
		(struct layout_spec){.mem = 8 * MIB, .hot = 4 * MIB, .hot_given = true, .hot_at = 4 * MIB});

	(void)state;
	/* The heap begins 1 MiB after a boundary: its slots begin at 1, 3 and 5 MiB, and 7 is too near to the end. */
	assert_int_equal(layout_fit_bytes(&layout, HUGE_SIZE + MIB, 0), 3 * MIB);
	assert_int_equal(layout_fit_bytes(&layout, HUGE_SIZE, 0), 4 * MIB);
	layout_free(&layout);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	is_refused((struct layout_spec){.mem = 8 * MIB, .hot = 9 * MIB, .hot_given = true}, "does not fit");
	is_refused((struct layout_spec){.mem = 8 * MIB, .hot_at = 8 * MIB}, "--hot-at");
	is_refused((struct layout_spec){.mem = MIB, .islands = 64, .sparse = 64}, "no page is hot");
	is_refused((struct layout_spec){.mem = MIB, .pieces = 200}, "--vmas");
	is_refused((struct layout_spec){.mem = MIB, .nr_ranges = 1, .ranges = {{0, 2 * MIB, 1}}}, "--range");
	is_refused(
		(struct layout_spec){.mem = MIB, .hot_given = true, .nr_ranges = 1, .ranges = {{0, MIB, 1}}},
		"--range");
}

/* Moves go on by the size, and come round. */
static void it_moves_and_comes_round(void **state)
{
	struct layout layout = place(
		(struct layout_spec){.mem = 11 * MIB, .hot = 2 * MIB, .hot_given = true, .hot_at = 5 * MIB});
	struct range ever[2];

	(void)state;
	assert_hot(&layout, 0, 0, 5 * MIB, 7 * MIB);
	assert_hot(&layout, 0, 2, 9 * MIB, 11 * MIB);
	assert_hot(&layout, 0, 3, 1 * MIB, 3 * MIB);
	assert_hot(&layout, 0, 5, 5 * MIB, 7 * MIB);
	assert_int_equal(layout_ever_hot(&layout, 0, 0, ever), 1);
	assert_true(ever[0].start == 5 * MIB && ever[0].end == 7 * MIB);
	assert_int_equal(layout_ever_hot(&layout, 0, 2, ever), 1);
	assert_true(ever[0].start == 5 * MIB && ever[0].end == 11 * MIB);
	assert_int_equal(layout_ever_hot(&layout, 0, 3, ever), 2);
	assert_true(ever[1].start == 1 * MIB && ever[1].end == 3 * MIB);
	layout_free(&layout);
}

/* Added up over a range, being hot now, and never having been. */
static void parts_add_up(void **state)
{
	struct layout layout = place(
		(struct layout_spec){.mem = 11 * MIB, .hot = 2 * MIB, .hot_given = true, .hot_at = 5 * MIB});
	struct range all = {0, 11 * MIB};
	struct range some = {6 * MIB, 8 * MIB};

	(void)state;
	for (uint64_t moves = 0; moves < 20; moves++) {
		uint64_t places = moves < 4 ? moves + 1 : 5;

		assert_int_equal(layout_hot_part(&layout, all, moves), 2 * MIB);
		assert_int_equal(layout_never_hot_part(&layout, all, moves), (11 - 2 * places) * MIB);
	}
	assert_int_equal(layout_hot_part(&layout, some, 0), MIB);
	assert_int_equal(layout_never_hot_part(&layout, some, 0), MIB);
	assert_int_equal(layout_hot_part(&layout, some, 1), MIB);
	assert_int_equal(layout_never_hot_part(&layout, some, 1), 0);
	layout_free(&layout);
}

/* The heap's filled pages are those whose number the step divides; no other may be touched. */
static void sparse_touches_filled_pages_only(void **state)
{
	struct layout layout = place((struct layout_spec){
		.mem = 9 * MIB, .hot = 4 * MIB, .hot_given = true, .hot_at = 3 * MIB + PAGE, .sparse = 64});

	(void)state;
	assert_int_equal(layout.hots[0].steps, 16);
	for (uint64_t moves = 0; moves < 4; moves++) {
		uint64_t first = layout_first_page(&layout, 0, moves);
		struct range hot = layout_hot(&layout, 0, moves);

		assert_int_equal(first % (64 * PAGE), 0);
		assert_true(first >= hot.start);
		assert_true(first + (layout.hots[0].steps - 1) * 64 * PAGE < hot.end);
	}
	layout_free(&layout);
}

/* 4 MiB apart, the last page of each a guard: every second slot has none. */
static void guards_cut_the_hot_memory(void **state)
{
	struct layout layout = place((struct layout_spec){
		.mem = 64 * MIB, .hot = 16 * MIB, .hot_given = true, .hot_at = 24 * MIB, .pieces = 16});

	(void)state;
	assert_int_equal(layout.nr_hots, 4);
	assert_hot(&layout, 0, 0, 24 * MIB, 28 * MIB - PAGE);
	assert_int_equal(layout_hot_bytes(&layout), 16 * MIB - 4 * PAGE);
	assert_int_equal(layout_fit_bytes(&layout, 0, 0), 8 * MIB);
	assert_true(layout_is_guard(&layout, 4 * MIB - PAGE));
	assert_false(layout_is_guard(&layout, 4 * MIB));
	assert_false(layout_is_guard(&layout, 4 * MIB - 2 * PAGE));
	for (size_t i = 0; i < layout.nr_hots; i++)
		for (uint64_t step = 0; step < layout.hots[i].steps; step++)
			assert_false(
				layout_is_guard(&layout, layout_first_page(&layout, i, 0) + step * PAGE));
	layout_free(&layout);
}

/* In a round, the pages of a range are accessed as its heat says. */
static void heat_is_shared_out(void **state)
{
	struct layout layout = place((struct layout_spec){
		.mem = 64 * MIB,
		.nr_ranges = 3,
		.ranges = {{0, 4 * MIB, 8}, {16 * MIB, 8 * MIB, 2}, {40 * MIB, 16 * MIB, 1}},
	});
	uint64_t turns[3] = {0};

	(void)state;
	for (size_t i = 0; i < layout.nr_turns; i++)
		turns[layout.turns[i]]++;
	/* 4 x 8, 8 x 2, 16 x 1: half, a quarter, a quarter. */
	assert_int_equal(turns[0], layout.nr_turns / 2);
	assert_int_equal(turns[1], layout.nr_turns / 4);
	assert_int_equal(turns[2], layout.nr_turns / 4);
	/* And evenly: never three in a row of one that has half. */
	for (size_t i = 2; i < layout.nr_turns; i++)
		assert_false(layout.turns[i] == layout.turns[i - 1] &&
			     layout.turns[i] == layout.turns[i - 2]);
	layout_free(&layout);
}

static void heat_is_kept_between_guards(void **state)
{
	struct layout layout =
		place((struct layout_spec){.mem = 16 * MIB,
					   .pieces = 4,
					   .nr_ranges = 2,
					   .ranges = {{0, 8 * MIB, 3}, {8 * MIB, 4 * MIB, 1}}});

	(void)state;
	assert_int_equal(layout.nr_hots, 3);
	assert_int_equal(layout.hots[1].heat, 3);
	assert_int_equal(layout.hots[2].heat, 1);
	layout_free(&layout);
}

static void the_lightest_gets_a_turn(void **state)
{
	struct layout layout = place((struct layout_spec){
		.mem = 1024 * MIB, .nr_ranges = 2, .ranges = {{0, 1000 * MIB, 100}, {1000 * MIB, PAGE, 1}}});
	bool seen = false;

	(void)state;
	for (size_t i = 0; i < layout.nr_turns; i++)
		seen |= layout.turns[i] == 1;
	assert_true(seen);
	layout_free(&layout);
}

static void a_step_visits_all(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 300; n++) {
		uint64_t step = coprime_step(n), at = 0, visits = 0;

		do {
			at = (at + step) % n;
			visits++;
		} while (at);
		assert_int_equal(visits, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range_in_a_big_heap),
		cmocka_unit_test(nothing_is_hot),
		cmocka_unit_test(islands_are_spread_or_spaced),
		cmocka_unit_test(stretches_are_aligned),
		cmocka_unit_test(only_aligned_slots_can_be_huge),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(it_moves_and_comes_round),
		cmocka_unit_test(parts_add_up),
		cmocka_unit_test(sparse_touches_filled_pages_only),
		cmocka_unit_test(guards_cut_the_hot_memory),
		cmocka_unit_test(heat_is_shared_out),
		cmocka_unit_test(heat_is_kept_between_guards),
		cmocka_unit_test(the_lightest_gets_a_turn),
		cmocka_unit_test(a_step_visits_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
