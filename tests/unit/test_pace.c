// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/pace.h"

#define US(n) ((n)*1000ULL)
#define MS(n) ((n)*1000000ULL)
#define S(n)  ((n)*1000000000ULL)

static struct pace started(uint64_t budget_us)
{
	struct pace pace;

	memset(&pace, 0xa5, sizeof(pace));
	pace_start(&pace, budget_us, S(100));
	return pace;
}

static void test_one_at_once(void **state)
{
	struct pace pace = started(20000);

	(void)state;
	assert_int_equal(pace_next_ns(&pace, S(100)), S(100));
}

/* 400 us of 20 ms a second: the next one after 20 ms. */
static void test_waits_for_what_it_took(void **state)
{
	struct pace pace = started(20000);
	uint64_t next;

	(void)state;
	pace_charge(&pace, US(400), S(100));
	assert_in_range(pace_next_ns(&pace, S(100)), S(100) + MS(20), S(100) + MS(20) + 10);
	next = pace_next_ns(&pace, S(100) + MS(19));
	assert_in_range(next, S(100) + MS(20), S(100) + MS(20) + 10);
	assert_int_equal(pace_next_ns(&pace, next), next);
}

/* Whatever a collapse takes, in the long run the budget is spent and not more. */
static void test_spends_the_budget(void **state)
{
	static const struct {
		uint64_t budget_us, took_us;
	} cases[] = {{20000, 300}, {20000, 5000}, {20000, 40000}, {1000, 700}, {500000, 900}, {1000000, 250}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pace pace = started(cases[i].budget_us);
		uint64_t now = S(100), spent_us = 0, want_us = cases[i].budget_us * 60;

		while (now < S(160)) {
			now = pace_next_ns(&pace, now) + US(cases[i].took_us);
			pace_charge(&pace, US(cases[i].took_us), now);
			spent_us += cases[i].took_us;
		}
		if (spent_us > want_us + cases[i].took_us + PACE_BURST_NS / 1000 ||
		    spent_us + 2 * cases[i].took_us < want_us * 99 / 100)
			fail_msg("case %zu: %llu us of %llu us", i, (unsigned long long)spent_us,
				 (unsigned long long)want_us);
	}
}

static void test_a_rest_saves_a_burst_only(void **state)
{
	struct pace pace = started(20000);

	(void)state;
	pace_charge(&pace, US(400), S(100));
	for (unsigned int i = 0; i < 1 + PACE_BURST_NS / US(400); i++) {
		assert_int_equal(pace_next_ns(&pace, S(100000)), S(100000));
		pace_charge(&pace, US(400), S(100000));
	}
	assert_in_range(pace_next_ns(&pace, S(100000)), S(100000) + MS(20), S(100000) + MS(20) + 10);
}

static void test_debt_has_an_end(void **state)
{
	struct pace pace = started(20000);

	(void)state;
	pace_charge(&pace, S(3600), S(100));
	assert_in_range(pace_next_ns(&pace, S(100)), S(100 + PACE_MAX_DEBT_S), S(100 + PACE_MAX_DEBT_S) + 10);
	pace_charge(&pace, UINT64_MAX, S(100));
	assert_in_range(pace_next_ns(&pace, S(100)), S(100 + PACE_MAX_DEBT_S), S(100 + PACE_MAX_DEBT_S) + 10);
}

static void test_share(void **state)
{
	struct pace pace = started(20000);

	(void)state;
	pace_set_share(&pace, 50, S(100));
	pace_charge(&pace, US(400), S(100));
	assert_in_range(pace_next_ns(&pace, S(100)), S(100) + MS(40), S(100) + MS(40) + 10);
	pace_set_share(&pace, 0, S(100) + MS(10));
	assert_true(pace_next_ns(&pace, S(1000)) == UINT64_MAX);
	pace_set_share(&pace, 1000, S(1000)); /* 100: it owes 300 us yet */
	assert_in_range(pace_next_ns(&pace, S(1000)), S(1000) + MS(15), S(1000) + MS(15) + 10);
}

/* What was earned by the old one stays, and what is owed is paid by the new one. */
static void test_another_budget(void **state)
{
	struct pace pace = started(20000);

	(void)state;
	pace_charge(&pace, MS(20), S(100));
	pace_set_budget(&pace, 40000, S(100) + MS(500)); /* half of it is paid */
	assert_in_range(pace_next_ns(&pace, S(100) + MS(500)), S(100) + MS(700), S(100) + MS(800));
	pace_set_budget(&pace, 0, S(100) + MS(500));
	assert_true(pace_next_ns(&pace, S(1000)) == UINT64_MAX);
}

static void test_no_budget(void **state)
{
	struct pace pace = started(0);

	(void)state;
	assert_true(pace_next_ns(&pace, S(1000)) == UINT64_MAX);
}

/* A clock that goes back earns nothing, and takes nothing. */
static void test_clock_goes_back(void **state)
{
	struct pace pace = started(20000);

	(void)state;
	pace_charge(&pace, US(400), S(100));
	assert_true(pace_next_ns(&pace, S(50)) > S(50));
	assert_int_equal(pace_next_ns(&pace, S(100) + MS(21)), S(100) + MS(21));
}

/* ---- pressure ---- */

static const struct memory_pressure plenty = {
	.psi_known = true,
	.memory_known = true,
	.total_bytes = 100 * MIB_BYTES,
	.available_bytes = 50 * MIB_BYTES,
	.nodes = 1,
	.huge_blocks = {1000},
};

struct limit_case {
	const char *name;
	double some, full;
	uint64_t available_mib, blocks;
	unsigned int share;
	const char *reason;
};

static const struct limit_case limits[] = {
	{"plenty", 0, 0, 50, 1000, 100, ""},
	{"at every edge", 1, 0.5, 10, 128, 100, ""},
	{"some wait", 10.5, 0, 50, 1000, 50,
	 "collapsing more slowly: some tasks waited for memory in 10.50 % of the last 10 s"},
	{"many wait", 20, 0, 50, 1000, 0,
	 "no collapse for now: some tasks waited for memory in 20.00 % of the last 10 s"},
	{"all wait", 6, 5, 50, 1000, 0,
	 "no collapse for now: all tasks waited for memory in 5.00 % of the last 10 s"},
	{"less memory", 0, 0, 8, 1000, 60, "collapsing more slowly: 8 of 100 MiB of memory are available"},
	{"no memory", 0, 0, 5, 1000, 0, "no collapse for now: 5 of 100 MiB of memory are available"},
	{"few blocks", 0, 0, 50, 72, 50,
	 "collapsing more slowly: 72 blocks of 2 MiB are free, more take compaction"},
	{"no blocks", 0, 0, 50, 16, 0,
	 "no collapse for now: 16 blocks of 2 MiB are free, more take compaction"},
	{"the strongest is the reason", 5, 0, 9, 72, 50,
	 "collapsing more slowly: 72 blocks of 2 MiB are free, more take compaction"},
};

static void test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct memory_pressure pressure = plenty;
		struct pace_dry dry = {0};
		struct pace_limit limit;

		pressure.some_avg10_pct = limits[i].some;
		pressure.full_avg10_pct = limits[i].full;
		pressure.available_bytes = limits[i].available_mib * MIB_BYTES;
		pressure.huge_blocks[0] = limits[i].blocks;
		memset(&limit, 0xa5, sizeof(limit));
		pace_limit_by(&pressure, &limit);
		pace_limit_by_blocks(&pressure, &dry, 0, 1, &limit);
		if (limit.share_pct != limits[i].share)
			fail_msg("%s: %u %%", limits[i].name, limit.share_pct);
		assert_string_equal(limit.reason, limits[i].reason);
	}
}

static struct pace_limit limit_on(const struct memory_pressure *pressure, const struct pace_dry *dry,
				  uint64_t nodes, uint64_t now_ns)
{
	struct pace_limit limit = {.share_pct = 100};

	pace_limit_by_blocks(pressure, dry, nodes, now_ns, &limit);
	return limit;
}

/* Of the nodes where the memory is the best counts, and no other. */
static void test_blocks_by_node(void **state)
{
	const struct memory_pressure pressure = {.nodes = 7, .huge_blocks = {1000, 3, 72}};
	const struct pace_dry dry = {.since_ns = {0, 1, 0}};
	struct pace_limit limit = limit_on(&pressure, &dry, 2, 3600 * NS_PER_S);

	(void)state;
	assert_int_equal(limit.share_pct, 0); /* however long: there are blocks elsewhere */
	assert_string_equal(limit.reason, "no collapse for now: 3 blocks of 2 MiB are free on node 1, more "
					  "take compaction");
	assert_int_equal(limit_on(&pressure, &dry, 1, 2).share_pct, 100);
	assert_int_equal(limit_on(&pressure, &dry, 2 | 4, 2).share_pct, 50);
	assert_int_equal(limit_on(&pressure, &dry, 0, 2).share_pct, 100);
	assert_int_equal(limit_on(&pressure, &dry, 1ULL << 63, 2).share_pct, 100); /* not known */
	assert_int_equal(limit_on(&(struct memory_pressure){0}, &dry, 2, 2).share_pct, 100);
}

/* Fragmented for long: seldom, one by one. */
static void test_blocks_are_few_for_long(void **state)
{
	struct memory_pressure pressure = {.nodes = 3, .huge_blocks = {16, 3}};
	struct pace_limit limit;
	struct pace_dry dry = {0};
	uint64_t second = NS_PER_S;

	(void)state;
	pace_note_blocks(&dry, &pressure, 10 * second);
	pace_note_blocks(&dry, &pressure, 40 * second);
	assert_int_equal(limit_on(&pressure, &dry, 1, 70 * second - 1).share_pct, 0);
	limit = limit_on(&pressure, &dry, 1, 70 * second);
	assert_int_equal(limit.share_pct, PACE_SELDOM_PCT);
	assert_string_equal(limit.reason,
			    "collapsing seldom, one by one: 16 blocks of 2 MiB are free on node "
			    "0, more take compaction");
	pressure.huge_blocks[0] = 17;
	pace_note_blocks(&dry, &pressure, 71 * second);
	pressure.huge_blocks[0] = 16;
	pace_note_blocks(&dry, &pressure, 72 * second);
	assert_int_equal(limit_on(&pressure, &dry, 1, 131 * second).share_pct, 0);
	limit = (struct pace_limit){.share_pct = 0, .reason = "all wait"}; /* what else there is stays */
	pace_limit_by_blocks(&pressure, &dry, 1, 200 * second, &limit);
	assert_int_equal(limit.share_pct, 0);
	assert_string_equal(limit.reason, "all wait");
}

static void test_limit_by_groups(void **state)
{
	const struct room_level levels[] = {
		{.psi_known = false, .some_avg10_pct = 99, .full_avg10_pct = 99},
		{.psi_known = true, .some_avg10_pct = 1, .full_avg10_pct = 0.5},
		{.psi_known = true, .some_avg10_pct = 0, .full_avg10_pct = 5},
		{.psi_known = true, .some_avg10_pct = 10.5, .full_avg10_pct = 0},
	};
	struct pace_limit limit;

	(void)state;
	pace_limit_by_groups(levels, 2, &limit);
	assert_int_equal(limit.share_pct, 100);
	assert_string_equal(limit.reason, "");
	pace_limit_by_groups(levels, 4, &limit);
	assert_int_equal(limit.share_pct, 0);
	assert_string_equal(limit.reason, "no collapse for now: all tasks of its control group waited for "
					  "memory in 5.00 % of the last 10 s");
	pace_limit_by_groups(levels + 3, 1, &limit);
	assert_int_equal(limit.share_pct, 50);
}

static void test_unknown_does_not_limit(void **state)
{
	const struct memory_pressure nothing = {.some_avg10_pct = 99, .full_avg10_pct = 99};
	struct pace_limit limit;

	(void)state;
	pace_limit_by(&nothing, &limit);
	assert_int_equal(limit.share_pct, 100);
	assert_string_equal(limit.reason, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_once),	  cmocka_unit_test(test_waits_for_what_it_took),
		cmocka_unit_test(test_spends_the_budget), cmocka_unit_test(test_a_rest_saves_a_burst_only),
		cmocka_unit_test(test_debt_has_an_end),	  cmocka_unit_test(test_share),
		cmocka_unit_test(test_another_budget),	  cmocka_unit_test(test_no_budget),
		cmocka_unit_test(test_clock_goes_back),	  cmocka_unit_test(test_limits),
		cmocka_unit_test(test_blocks_by_node),	  cmocka_unit_test(test_blocks_are_few_for_long),
		cmocka_unit_test(test_limit_by_groups),	  cmocka_unit_test(test_unknown_does_not_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
