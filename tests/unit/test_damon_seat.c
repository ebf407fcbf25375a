// SPDX-License-Identifier: GPL-2.0
/* One seat is started, committed, read and stopped. */
#include "damon_world.h"

#define LEVEL(seat, min_regions, max_regions, collapse_min, heat_min, ms, reset_ms)                          \
	seat "/contexts/0/monitoring_attrs/nr_regions/min=" min_regions "\n" seat                            \
	     "/contexts/0/monitoring_attrs/nr_regions/max=" max_regions "\n" seat                            \
	     "/contexts/0/schemes/0/access_pattern/nr_accesses/min=" collapse_min "\n" seat                  \
	     "/contexts/0/schemes/0/quotas/ms=" ms "\n" seat                                                 \
	     "/contexts/0/schemes/0/quotas/reset_interval_ms=" reset_ms "\n" seat                            \
	     "/contexts/0/schemes/1/access_pattern/nr_accesses/min=" heat_min "\n"

static const struct plan_level acting = {.min_accesses = 18,
					 .acting = true,
					 .quota_ms = 10,
					 .quota_reset_ms = 1000,
					 .min_regions = 10,
					 .max_regions = 500};
static const struct plan_level parked = {
	.min_accesses = 16, .quota_ms = 0, .quota_reset_ms = 33000, .min_regions = 200, .max_regions = 1000};

static void test_commit(void **state)
{
	struct world *world = *state;

	open_seats(world, &usual, 2);
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), 0);
	assert_trace(world, LEVEL("1", "10", "500", "18", "18", "10", "1000") "1/state=commit\n");
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 0, &parked, &world->error), 0);
	/* Parked, it matches nothing; the heat is still measured at the level. */
	assert_trace(world, LEVEL("0", "200", "1000", "4294967295", "16", "0", "33000") "0/state=commit\n");
}

/* Neither scheme matches anything, whatever the level is. */
static void test_watches_only(void **state)
{
	struct damon_settings watches = usual;
	struct world *world = *state;

	watches.watches_only = true;
	open_seats(world, &watches, 1);
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 0, &parked, &world->error), 0);
	assert_trace(world,
		     LEVEL("0", "200", "1000", "4294967295", "4294967295", "0", "33000") "0/state=commit\n");
}

/* Intervals go with the level; heat is counted once an aggregation at most. */
static void test_commit_intervals(void **state)
{
	static const struct {
		uint64_t sample_us, aggr_us;
		const char *trace;
	} cases[] = {
		{20000, 400000,
		 "sample_us=20000\n0/contexts/0/monitoring_attrs/intervals/aggr_us=400000\n"
		 "0/contexts/0/monitoring_attrs/intervals/update_us=9000000\n"
		 "0/contexts/0/schemes/1/apply_interval_us=1500000\n"},
		{100000, 2000000,
		 "sample_us=100000\n0/contexts/0/monitoring_attrs/intervals/aggr_us=2000000\n"
		 "0/contexts/0/monitoring_attrs/intervals/update_us=9000000\n"
		 "0/contexts/0/schemes/1/apply_interval_us=2000000\n"},
	};
	struct world *world = *state;
	char want[1024];

	open_seats(world, &usual, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan_level level = acting;

		level.sample_us = cases[i].sample_us;
		level.aggr_us = cases[i].aggr_us;
		level.update_us = 9000000;
		trace_begin(world);
		assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), 0);
		snprintf(want, sizeof(want), "0/contexts/0/monitoring_attrs/intervals/%s%s0/state=commit\n",
			 cases[i].trace, LEVEL("0", "10", "500", "18", "18", "10", "1000"));
		assert_trace(world, want);
	}
}

static void test_commit_refused(void **state)
{
	struct world *world = *state;
	char want[256];

	open_seats(world, &usual, 2);
	tree_refuse(world->root, "0/state");
	assert_int_equal(damon_commit(world->damon, 0, &acting, &world->error), -ENOSPC);
	snprintf(want, sizeof(want), "write 'commit' to %s/0/state: %s", world->root, strerror(ENOSPC));
	assert_string_equal(world->error.text, want);
	/* Half a level is not committed. */
	tree_refuse(world->root, "1/contexts/0/schemes/1/access_pattern/nr_accesses/min");
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), -ENOSPC);
	assert_contains(world->error.text, "write '18' to ");
	assert_tree_holds(world->root, "1/state", "");
}

/* Its kdamond is 4711 + @seat. */
static void start_seat(struct world *world, unsigned int seat)
{
	pid_t kdamond_pid = 0;
	char path[32], pid[16];

	snprintf(path, sizeof(path), "%u/pid", seat);
	snprintf(pid, sizeof(pid), "%u\n", 4711 + seat);
	tree_put(world->root, path, pid);
	assert_int_equal(damon_start(world->damon, seat, 4242, &acting, &kdamond_pid, &world->error), 0);
	assert_int_equal(kdamond_pid, 4711 + seat);
}

static void test_start(void **state)
{
	struct world *world = *state;
	pid_t kdamond_pid = 0;

	open_seats(world, &usual, 2);
	tree_put(world->root, "1/pid", "4711\n");
	assert_int_equal(damon_start(world->damon, 1, 4242, &parked, &kdamond_pid, &world->error), 0);
	assert_int_equal(kdamond_pid, 4711);
	assert_tree_holds(world->root, "1/state", "on");
	assert_tree_holds(world->root, "1/contexts/0/targets/0/pid_target", "4242");
	assert_tree_holds(world->root, "1/contexts/0/schemes/0/access_pattern/nr_accesses/min", "4294967295");
	assert_tree_holds(world->root, "1/contexts/0/schemes/1/access_pattern/nr_accesses/min", "16");
	assert_tree_holds(world->root, "1/contexts/0/schemes/0/quotas/reset_interval_ms", "33000");
	assert_tree_holds(world->root, "0/state", "");
}

/* Target and level come before "on"; a kdamond that is gone at once has no pid. */
static void test_start_ended_at_once(void **state)
{
	struct world *world = *state;
	pid_t kdamond_pid = 77;
	char want[64];

	open_seats(world, &usual, 1);
	trace_begin(world);
	/* An empty pid is no number: the order up to there is what is looked at. */
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -EINVAL);
	assert_int_equal(kdamond_pid, 77);
	/* "on" last, then "off" in its place, as the start failed. */
	/* Before that the settings, anew: whoever used the seat while it was idle left nothing in it. */
	assert_trace_ends(world, "0/contexts/0/targets/0/pid_target=4242\n" LEVEL(
					 "0", "10", "500", "18", "18", "10", "1000") "0/state=off\n");
	assert_contains(world->trace, "0/contexts/nr_contexts=1\n");
	tree_put(world->root, "0/pid", "-1\n");
	tree_put(world->root, "0/state", "");
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -ESRCH);
	snprintf(want, sizeof(want), "kdamond of seat 0 ended at once: %s", strerror(ESRCH));
	assert_string_equal(world->error.text, want);
	assert_int_equal(kdamond_pid, 77);
	assert_tree_holds(world->root, "0/state", "off");
}

static void test_start_refused(void **state)
{
	static const char *const knobs[] = {"0/contexts/0/schemes/0/quotas/ms",
					    "0/contexts/0/targets/0/pid_target"};
	static const char *const values[] = {"10", "4242"};
	struct world *world = *state;
	pid_t kdamond_pid = 77;
	char want[256];

	open_seats(world, &usual, 1);
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		tree_refuse(world->root, knobs[i]);
		tree_put(world->root, "0/state", "off\n");
		tree_put(world->root, "0/pid", "5\n");
		assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error),
				 -ENOSPC);
		snprintf(want, sizeof(want), "write '%s' to %s/%s: %s", values[i], world->root, knobs[i],
			 strerror(ENOSPC));
		assert_string_equal(world->error.text, want);
		assert_tree_holds(world->root, "0/state", "off");
		assert_int_equal(kdamond_pid, 77);
		tree_drop(world->root, knobs[i]);
		tree_put(world->root, knobs[i], "");
	}
	tree_refuse(world->root, "0/state");
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -ENOSPC);
}

static void test_stop(void **state)
{
	struct world *world = *state;
	bool on = false;

	open_seats(world, &usual, 2);
	start_seat(world, 0);
	start_seat(world, 1);
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), 0);
	assert_true(on);
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_tree_holds(world->root, "0/state", "off");
	assert_tree_holds(world->root, "1/state", "on");
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), 0);
	assert_false(on);
}

/* "off" to one that is off is an error of some kernels: it is not written. */
static void test_stop_what_is_off(void **state)
{
	struct world *world = *state;
	bool on = true;

	open_seats(world, &usual, 1);
	tree_put(world->root, "0/state", "off\n");
	assert_int_equal(chmod(tree_at(world->root, "0/state"), 0400), 0);
	world->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	inotify_add_watch(world->notify, tree_at(world->root, "0"), IN_MODIFY);
	snprintf(world->dirs[1], PATH_MAX, "0");
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_trace(world, "");
	tree_drop(world->root, "0/state");
	assert_int_equal(damon_stop(world->damon, 0, &world->error), -ENOENT);
	assert_contains(world->error.text, "/0/state: ");
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), -ENOENT);
	assert_true(on);
}

static void test_stop_while_it_ends(void **state)
{
	struct world *world = *state;

	open_seats(world, &usual, 1);
	start_seat(world, 0);
	ends_at_write = "0/state";
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_null(ends_at_write);
	tree_refuse(world->root, "0/state"); /* reads as nothing: not on */
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
}

/* Somebody else's now: nothing of it is written, and each act says so. */
static void test_seats_made_anew(void **state)
{
	struct world *world = *state;
	struct damon_stats stats;
	pid_t kdamond_pid;
	char old[PATH_MAX];
	uint64_t bytes;
	bool on;

	open_seats(world, &usual, 2);
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), 0);
	snprintf(old, sizeof(old), "%s", tree_at(world->root, "old"));
	assert_int_equal(rename(tree_at(world->root, "0"), old), 0);
	put_seat(world, 0);
	trace_begin(world);
	assert_int_equal(damon_start(world->damon, 1, 1, &acting, &kdamond_pid, &world->error), -ESTALE);
	assert_contains(world->error.text, world->root);
	assert_contains(world->error.text, ": somebody else made the seats anew: ");
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), -ESTALE);
	assert_int_equal(damon_stop(world->damon, 1, &world->error), -ESTALE);
	assert_int_equal(damon_is_on(world->damon, 1, &on, &world->error), -ESTALE);
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), -ESTALE);
	assert_int_equal(damon_effective_bytes(world->damon, 1, &bytes, &world->error), -ESTALE);
	assert_trace(world, "");
}

/* It runs before we start it: then somebody else did. */
static void test_start_of_one_that_runs(void **state)
{
	struct world *world = *state;
	pid_t kdamond_pid = 77;
	char want[256];

	open_seats(world, &usual, 1);
	tree_put(world->root, "0/state", "on\n");
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -EBUSY);
	snprintf(want, sizeof(want), "%s/0 was started by somebody else: %s", world->root, strerror(EBUSY));
	assert_string_equal(world->error.text, want);
	assert_tree_holds(world->root, "0/state", "on");
	assert_tree_holds(world->root, "0/contexts/0/targets/0/pid_target", "");
	assert_int_equal(kdamond_pid, 77);
}

static void put_stats(const struct world *world, bool young)
{
	tree_put(world->root, "1/contexts/0/schemes/0/stats/sz_tried", "11\n");
	tree_put(world->root, "1/contexts/0/schemes/0/stats/sz_applied", "12\n");
	tree_put(world->root, "1/contexts/0/schemes/0/stats/qt_exceeds", "13\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/sz_tried", "9000000000\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/sz_applied", "66\n");
	if (!young)
		return;
	tree_put(world->root, "1/contexts/0/schemes/0/stats/nr_snapshots", "15\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/nr_snapshots", "16\n");
	tree_put(world->root, "1/contexts/0/schemes/0/stats/sz_ops_filter_passed", "67\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/sz_ops_filter_passed", "17\n");
}

static void assert_stats(const struct damon_stats *stats, uint64_t applies, uint64_t heat_applies,
			 uint64_t huge)
{
	assert_int_equal(stats->quota_exceeds, 13);
	assert_int_equal(stats->heat_bytes, 9000000000);
	assert_int_equal(stats->applies, applies);
	assert_int_equal(stats->counts_applies, applies > 0);
	assert_int_equal(stats->heat_applies, heat_applies);
	assert_int_equal(stats->heat_huge_bytes, huge);
}

static void test_stats(void **state)
{
	struct world *world = *state;
	struct damon_stats stats;

	open_seats(world, &usual, 2);
	put_stats(world, true);
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), 0);
	assert_stats(&stats, 15, 16, 17);
	assert_tree_holds(world->root, "1/state", "update_schemes_stats");
	assert_tree_holds(world->root, "0/state", "");
}

/* The filter's bytes mean nothing where no filter was set. */
static void test_stats_without_huge(void **state)
{
	struct damon_settings settings = usual;
	struct world *world = *state;
	struct damon_stats stats;

	settings.tells_huge = false;
	open_seats(world, &settings, 2);
	put_stats(world, true);
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), 0);
	assert_stats(&stats, 15, 16, 0);
}

static void test_stats_of_an_old_kernel(void **state)
{
	static const char *const missing[] = {"nr_snapshots", "sz_ops_filter_passed"};
	struct world *world = *state;
	struct damon_stats stats;
	char path[128];

	open_seats(world, &usual, 2);
	put_stats(world, false);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(missing); i++) {
		snprintf(path, sizeof(path), "1/contexts/0/schemes/%zu/stats/%s", i % 2, missing[i / 2]);
		tree_drop(world->root, path);
	}
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), 0);
	assert_stats(&stats, 0, 0, 0);
}

static void test_stats_refused(void **state)
{
	static const char *const files[] = {"1/contexts/0/schemes/0/stats/qt_exceeds",
					    "1/contexts/0/schemes/1/stats/sz_tried"};
	struct world *world = *state;
	struct damon_stats stats = {.applies = 7};
	char want[256];

	open_seats(world, &usual, 2);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		put_stats(world, true);
		tree_put(world->root, files[i], "many\n");
		assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), -EINVAL);
		snprintf(want, sizeof(want), "read %s/%s: 'many' is no number: %s", world->root, files[i],
			 strerror(EINVAL));
		assert_string_equal(world->error.text, want);
	}
	put_stats(world, true);
	tree_refuse(world->root, "1/state");
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), -ENOSPC);
	assert_contains(world->error.text, "write 'update_schemes_stats' to ");
	assert_int_equal(stats.applies, 7);
	assert_int_equal(stats.quota_exceeds, 0);
}

static void test_effective_bytes(void **state)
{
	struct world *world = *state;
	uint64_t bytes = 7;

	open_seats(world, &usual, 2);
	tree_put(world->root, "1/contexts/0/schemes/0/quotas/effective_bytes", "8388608\n");
	assert_int_equal(damon_effective_bytes(world->damon, 1, &bytes, &world->error), 0);
	assert_int_equal(bytes, 8388608);
	assert_tree_holds(world->root, "1/state", "update_schemes_effective_quotas");
	tree_refuse(world->root, "1/state");
	assert_int_equal(damon_effective_bytes(world->damon, 1, &bytes, &world->error), -ENOSPC);
	assert_int_equal(bytes, 8388608);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_commit),
		TEST(test_watches_only),
		TEST(test_commit_intervals),
		TEST(test_commit_refused),
		TEST(test_start),
		TEST(test_start_ended_at_once),
		TEST(test_start_refused),
		TEST(test_stop),
		TEST(test_stop_what_is_off),
		TEST(test_stop_while_it_ends),
		TEST(test_seats_made_anew),
		TEST(test_start_of_one_that_runs),
		TEST(test_stats),
		TEST(test_stats_without_huge),
		TEST(test_stats_of_an_old_kernel),
		TEST(test_stats_refused),
		TEST(test_effective_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
