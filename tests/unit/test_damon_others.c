// SPDX-License-Identifier: GPL-2.0
/* Somebody else, damo for one, writes to our seats, stops their kdamonds, or tells all kdamonds what to do. */
#include "damon_world.h"

#define SCHEMES "0/contexts/0/schemes/"
#define REGIONS "0/contexts/0/targets/0/regions/"

static const struct address_range where[] = {{0x10000, 0x20000}, {0x30000, 0x50000}};
static const struct plan_level level = {.min_accesses = 18,
					.acting = true,
					.quota_ms = 10,
					.quota_reset_ms = 1000,
					.min_regions = 10,
					.max_regions = 500,
					.sample_us = 20000,
					.aggr_us = 4000000,
					.update_us = 9000000,
					.ranges = where,
					.n_ranges = 2,
					.ranges_version = 7};

static void put_ranges(const struct world *world)
{
	tree_put(world->root, "0/contexts/0/avail_operations", "vaddr\nfvaddr\npaddr\n");
	tree_put(world->root, REGIONS "nr_regions", "");
	tree_put(world->root, REGIONS "0/start", "");
	tree_put(world->root, REGIONS "0/end", "");
	tree_put(world->root, REGIONS "1/start", "");
	tree_put(world->root, REGIONS "1/end", "");
}

static void start(struct world *world, bool by_ranges)
{
	pid_t kdamond_pid;

	open_seats(world, &usual, 1);
	if (by_ranges)
		put_ranges(world);
	tree_put(world->root, "0/pid", "4711\n");
	assert_int_equal(damon_start(world->damon, 0, 4242, &level, &kdamond_pid, &world->error), 0);
}

static int is_as_set(struct world *world)
{
	return damon_is_as_set(world->damon, 0, 4242, &level, &world->error);
}

static void test_as_it_was_set(void **state)
{
	struct world *world = *state;
	struct plan_level parked = level;

	start(world, true);
	assert_int_equal(is_as_set(world), 0);
	parked.acting = false;
	assert_int_equal(damon_is_as_set(world->damon, 0, 4242, &parked, &world->error), -EUCLEAN);
	assert_int_equal(damon_commit(world->damon, 0, &parked, &world->error), 0);
	assert_int_equal(damon_is_as_set(world->damon, 0, 4242, &parked, &world->error), 0);
	assert_int_equal(damon_is_as_set(world->damon, 0, 4243, &parked, &world->error), -EUCLEAN);
}

static void test_any_change_is_seen(void **state)
{
	static const char *const changes[] = {
		"0/contexts/nr_contexts",
		"0/contexts/0/operations",
		"0/contexts/0/monitoring_attrs/intervals/sample_us",
		"0/contexts/0/monitoring_attrs/intervals/aggr_us",
		"0/contexts/0/monitoring_attrs/intervals/update_us",
		"0/contexts/0/monitoring_attrs/nr_regions/min",
		"0/contexts/0/monitoring_attrs/nr_regions/max",
		"0/contexts/0/targets/nr_targets",
		"0/contexts/0/targets/0/pid_target",
		REGIONS "nr_regions",
		REGIONS "0/start",
		REGIONS "1/end",
		SCHEMES "nr_schemes",
		SCHEMES "0/action",
		SCHEMES "0/access_pattern/sz/min",
		SCHEMES "0/access_pattern/nr_accesses/min",
		SCHEMES "0/quotas/ms",
		SCHEMES "1/action",
		SCHEMES "1/apply_interval_us",
		SCHEMES "1/access_pattern/nr_accesses/min",
		SCHEMES "1/ops_filters/0/min",
	};
	struct world *world = *state;
	char was[64], want[256];

	start(world, true);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		tree_get(world->root, changes[i], was, sizeof(was));
		tree_put(world->root, changes[i], "3\n");
		assert_int_equal(is_as_set(world), -EUCLEAN);
		snprintf(want, sizeof(want), "%s/%s is '3', not '%s'", world->root, changes[i], was);
		assert_string_equal(world->error.text, want);
		tree_drop(world->root, changes[i]);
		assert_int_equal(is_as_set(world), -ENOENT);
		tree_put(world->root, changes[i], was);
		assert_int_equal(is_as_set(world), 0);
	}
}

/* What its kdamond is told besides is nothing of the seat's: it goes on. */
static void test_set_again(void **state)
{
	struct world *world = *state;

	start(world, true);
	tree_put(world->root, SCHEMES "nr_schemes", "3");
	tree_put(world->root, SCHEMES "1/action", "cold");
	tree_put(world->root, REGIONS "0/start", "4");
	assert_int_equal(damon_set_again(world->damon, 0, 4242, &level, &world->error), 0);
	assert_tree_holds(world->root, SCHEMES "1/action", "stat");
	assert_tree_holds(world->root, SCHEMES "nr_schemes", "2");
	assert_tree_holds(world->root, REGIONS "0/start", "65536");
	assert_tree_holds(world->root, "0/state", "commit");
	assert_int_equal(is_as_set(world), 0);
	tree_refuse(world->root, "0/state");
	assert_int_equal(damon_set_again(world->damon, 0, 4242, &level, &world->error), -ENOSPC);
}

/* One that was started in its place is another's, and not stopped. */
static void test_another_kdamond(void **state)
{
	struct world *world = *state;
	bool on = false;

	start(world, false);
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), 0);
	assert_true(on);
	tree_put(world->root, "0/pid", "4712\n");
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), 0);
	assert_false(on);
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_tree_holds(world->root, "0/state", "on");
	tree_put(world->root, "0/pid", "4711\n");
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_tree_holds(world->root, "0/state", "off");
}

/* It looks at nothing but a page of ours, and neither scheme ever matches. */
static void test_stand_in(void **state)
{
	struct world *world = *state;
	char start[64], end[64], pid[16];

	open_seats(world, &usual, 1);
	put_ranges(world);
	tree_put(world->root, "0/pid", "4711\n");
	assert_int_equal(damon_stand_in(world->damon, 0, &world->error), 0);
	assert_tree_holds(world->root, "0/state", "on");
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_tree_holds(world->root, "0/contexts/0/targets/0/pid_target", pid);
	assert_tree_holds(world->root, "0/contexts/0/operations", "fvaddr");
	assert_tree_holds(world->root, REGIONS "nr_regions", "1");
	tree_get(world->root, REGIONS "0/start", start, sizeof(start));
	tree_get(world->root, REGIONS "0/end", end, sizeof(end));
	assert_int_equal(strtoull(end, NULL, 10) - strtoull(start, NULL, 10), 4096);
	assert_int_equal(strtoull(start, NULL, 10) % 4096, 0);
	assert_tree_holds(world->root, SCHEMES "0/access_pattern/nr_accesses/min", "4294967295");
	assert_tree_holds(world->root, SCHEMES "1/access_pattern/nr_accesses/min", "4294967295");
	assert_tree_holds(world->root, "0/contexts/0/monitoring_attrs/intervals/sample_us", "20000");
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_tree_holds(world->root, "0/state", "off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_as_it_was_set),   TEST(test_any_change_is_seen), TEST(test_set_again),
		TEST(test_another_kdamond), TEST(test_stand_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
