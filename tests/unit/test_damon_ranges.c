// SPDX-License-Identifier: GPL-2.0
/* Where a seat's kdamond looks, as far as DAMON can be told. */
#include "damon_world.h"

#define RANGES "0/contexts/0/targets/0/regions/"

static const struct address_range three[] = {
	{0x200000, 0x400000}, {0x400000, 0x800000}, {0x10000000, 0x20000000}};

static const struct plan_level level = {.min_accesses = 18,
					.min_regions = 10,
					.max_regions = 500,
					.ranges = three,
					.n_ranges = 3,
					.ranges_version = 1};

static void make_seat(struct world *world, const char *operations)
{
	char path[64];

	open_seats(world, &usual, 1);
	tree_put(world->root, "0/contexts/0/avail_operations", operations);
	tree_put(world->root, RANGES "nr_regions", "");
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), RANGES "%d/start", i);
		tree_put(world->root, path, "");
		snprintf(path, sizeof(path), RANGES "%d/end", i);
		tree_put(world->root, path, "");
	}
	assert_int_equal(damon_set_up(world->damon, &world->error), 0);
}

static void test_ranges_are_written(void **state)
{
	struct world *world = *state;

	make_seat(world, "vaddr\nfvaddr\npaddr\n");
	assert_true(damon_looks_at_ranges(world->damon));
	assert_tree_holds(world->root, "0/contexts/0/operations", "fvaddr");
	assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), 0);
	assert_tree_holds(world->root, RANGES "nr_regions", "3");
	assert_tree_holds(world->root, RANGES "0/start", "2097152");
	assert_tree_holds(world->root, RANGES "0/end", "4194304");
	assert_tree_holds(world->root, RANGES "2/start", "268435456");
	assert_tree_holds(world->root, RANGES "2/end", "536870912");
}

/* Other lists only; the directories are made anew only if they are another number. */
static void test_what_is_there_is_left(void **state)
{
	struct world *world = *state;
	struct plan_level next = level;

	make_seat(world, "fvaddr\n");
	assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), 0);
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), 0);
	assert_null(strstr(trace_end(world), "/regions/"));
	next.ranges_version = 2;
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 0, &next, &world->error), 0);
	assert_null(strstr(trace_end(world), "/regions/nr_regions"));
	assert_non_null(strstr(world->trace, "regions/2/end=536870912\n"));
	next.ranges_version = 3;
	next.n_ranges = 2;
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 0, &next, &world->error), 0);
	assert_non_null(strstr(trace_end(world), "regions/nr_regions=2\n"));
	assert_null(strstr(world->trace, "regions/2/"));
}

/* What failed halfway is written again, all of it. */
static void test_failure(void **state)
{
	struct world *world = *state;

	make_seat(world, "fvaddr\n");
	tree_drop(world->root, RANGES "1/end");
	assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), -ENOENT);
	assert_contains(world->error.text, "/regions/1/end");
	tree_put(world->root, RANGES "1/end", "");
	assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), 0);
	assert_tree_holds(world->root, RANGES "1/end", "8388608");
}

static void test_kernel_without(void **state)
{
	struct world *world = *state;

	make_seat(world, "vaddr\npaddr\n");
	assert_false(damon_looks_at_ranges(world->damon));
	assert_tree_holds(world->root, "0/contexts/0/operations", "vaddr");
	assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), 0);
	assert_tree_holds(world->root, RANGES "nr_regions", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ranges_are_written),
		TEST(test_what_is_there_is_left),
		TEST(test_failure),
		TEST(test_kernel_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
