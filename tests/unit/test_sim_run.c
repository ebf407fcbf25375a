// SPDX-License-Identifier: GPL-2.0
/* The parts together: what the program prints is what they say. Not what a policy is worth: for that look at the numbers. */
#include "sim/run.h"

#include <errno.h>

#include "cm.h"

static struct run_spec spec_of(const char *load, uint64_t seed)
{
	return (struct run_spec){
		.load = load,
		.heap = {.accesses_per_s = 5e6, .flushes_per_s = 10},
		.policy = {.sample_us = 5000,
			   .aggr_us = 100000,
			   .min_regions = 10,
			   .max_regions = 1000,
			   .monitor_cpu_pct = 0,
			   .stall_budget_us = 20000,
			   .worth = {.miss_ns = 50, .collapse_ns = 700000, .payback_s = 600}},
		.lasts_s = 10,
		.collapse_us = 650,
		.sample_ns = 400,
		.tlb_slots = 1024,
		.seed = seed,
		.at_s = {0.5, 9},
		.n_at = 2,
	};
}

static void test_islands_become_huge(void **state)
{
	struct run_spec spec = spec_of("islands", 3);
	struct run_result result;

	(void)state;
	assert_int_equal(run(&spec, &result), 0);
	assert_int_equal(result.hot_bytes, 48 * MIB_BYTES);
	assert_int_equal(result.hot_huge_bytes, 48 * MIB_BYTES);
	assert_int_equal(result.collapses, 24);
	assert_int_equal(result.end.cold_bytes, 0);
	assert_true(result.reached_s[0] > 0.8 && result.reached_s[0] <= result.reached_s[1]);
	assert_true(result.reached_s[1] <= result.reached_s[2] && result.reached_s[2] < 5);
	assert_true(result.at[0].share_pct <= 0 && result.at[0].hot_huge_pct <= 0);
	assert_true(result.at[1].share_pct > 99.9 && result.at[1].hot_huge_pct > 99.9);
	assert_contains(result.reason, "48 of 48 MiB that pay are huge");
}

/* No more than the budget buys: 1 ms a second, at 650 us each, and a burst of 2 ms at first. */
static void test_the_pace_is_kept(void **state)
{
	struct run_spec spec = spec_of("range", 3);
	struct run_result result;

	(void)state;
	spec.policy.stall_budget_us = 1000;
	assert_int_equal(run(&spec, &result), 0);
	assert_in_range(result.collapses, 10, 19);
}

/* A pass over all regions takes the kdamond time, in which it does not sleep. */
static void test_what_watching_costs(void **state)
{
	struct run_spec spec = spec_of("uniform", 3);
	struct run_result cheap, dear;

	(void)state;
	assert_int_equal(run(&spec, &cheap), 0);
	spec.sample_ns = 4000;
	assert_int_equal(run(&spec, &dear), 0);
	assert_near(cheap.kdamond_pct, (double)cheap.pages_checked * 400 / 1e9 / 10 * 100);
	assert_true(dear.pages_checked < cheap.pages_checked);
	assert_true(dear.kdamond_pct < 100);
}

static void test_a_move_is_followed(void **state)
{
	struct run_spec spec = spec_of("moving", 1);
	struct run_result result;

	(void)state;
	spec.heap.move_ns = 12 * NS_PER_S;
	spec.lasts_s = 22;
	assert_int_equal(run(&spec, &result), 0);
	assert_true(result.regained_s > 0.1 && result.regained_s < 9);
	assert_int_equal(result.collapses, 48);
	assert_int_equal(result.end.cold_bytes, 0);

	spec.lasts_s = 12.1;
	assert_int_equal(run(&spec, &result), 0);
	assert_true(result.regained_s < 0);
	assert_true(result.end.share_pct <= 0);
}

static void test_the_same_seed_is_the_same_run(void **state)
{
	struct run_spec spec = spec_of("zipf", 5), other = spec_of("zipf", 6);
	struct run_result first, again, else_;

	(void)state;
	spec.lasts_s = other.lasts_s = 20;
	/* Fewer than slots: where they are cut is chance. */
	spec.policy.max_regions = other.policy.max_regions = 100;
	assert_int_equal(run(&spec, &first), 0);
	assert_int_equal(run(&spec, &again), 0);
	assert_int_equal(run(&other, &else_), 0);
	assert_int_equal(first.pages_checked, again.pages_checked);
	assert_int_equal(first.collapses, again.collapses);
	assert_string_equal(first.reason, again.reason);
	assert_int_not_equal(first.pages_checked, else_.pages_checked);
}

static void test_what_cannot_be(void **state)
{
	struct run_spec spec = spec_of("frosty", 1);
	struct run_result result;

	(void)state;
	assert_int_equal(run(&spec, &result), -ENOENT);
	spec = spec_of("range", 1);
	spec.heap.mem_bytes = 16 * MIB_BYTES;
	assert_int_equal(run(&spec, &result), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_islands_become_huge),
		cmocka_unit_test(test_the_pace_is_kept),
		cmocka_unit_test(test_what_watching_costs),
		cmocka_unit_test(test_a_move_is_followed),
		cmocka_unit_test(test_the_same_seed_is_the_same_run),
		cmocka_unit_test(test_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
