// SPDX-License-Identifier: GPL-2.0
/* By what huge pages save, as with madvise. */
#include "benefit_world.h"

/* @huge_mib of @hot_mib that pay are huge; they save @saved_pct of a CPU, and the others would save @left_pct. */
static void paying(struct rig *rig, uint64_t hot_mib, uint64_t huge_mib, double saved_pct, double left_pct)
{
	hot(rig, hot_mib, huge_mib);
	rig->look.worth_known = true;
	rig->look.saved_pct = saved_pct;
	rig->look.left_pct = left_pct;
	rig->look.collapse_ns = 0.01 * SECOND;
}

/* By what is saved, not by how much memory it is; by what we made huge; and only what pays back what it cost. */
static void test_gains_by_worth(void **state)
{
	static const struct {
		uint64_t hot_mib, huge_mib, collapses;
		double saved_pct, left_pct;
		enum benefit_verdict verdict;
	} cases[] = {
		{400, 4, 2, 2, 18, BENEFIT_GAINS},	/* 1 % of the memory, a tenth of what can be saved */
		{400, 4, 2, 2, 18.1, BENEFIT_UNKNOWN},	/* less than a tenth */
		{400, 400, 0, 20, 0, BENEFIT_UNKNOWN},	/* nothing by us */
		{400, 400, 10, 20, 0, BENEFIT_UNKNOWN}, /* a twentieth of it by us */
		{400, 400, 20, 20, 0, BENEFIT_GAINS},
		{400, 40, 2000, 2, 0, BENEFIT_UNKNOWN}, /* 20 s of collapsing, paid back in 1000 s */
		{400, 40, 1200, 2, 0, BENEFIT_GAINS},	/* in 600 s */
		{2, 2, 1, 0.019, 0, BENEFIT_UNKNOWN}, /* of next to nothing it is all, and that is nothing */
		{2, 2, 1, 0.02, 0, BENEFIT_GAINS},
		{0, 0, 9, 0, 0, BENEFIT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();

		paying(&rig, cases[i].hot_mib, cases[i].huge_mib, cases[i].saved_pct, cases[i].left_pct);
		rig.look.succeeded += cases[i].collapses;
		run_until_verdict(&rig, 30);
		if (verdict(&rig) != cases[i].verdict)
			fail_msg("case %zu: %s", i, benefit_verdict_name(verdict(&rig)));
	}
}

/* A second here and there is no gain, whatever was hot in between. */
static void test_worth_must_last(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	rig.look.succeeded += 32;
	for (int i = 0; i < 12; i++) {
		paying(&rig, 64, 64, 2, 0);
		assert_int_equal(run_until_verdict(&rig, 9), 0);
		paying(&rig, 0, 0, 0, 0);
		assert_int_equal(run_until_verdict(&rig, 1), 0);
	}
	paying(&rig, 64, 64, 2, 0);
	assert_int_equal(run_until_verdict(&rig, 30), 10);
}

/* By what one is judged is known from the beginning, also while heat is not, and after an exec. */
static void test_source(void **state)
{
	struct rig rig = rig_new(), share = rig_new();

	(void)state;
	rig.config.by_worth = true;
	rig.look.execs++;
	run_second(&rig);
	assert_true(rig.benefit.by_worth);
	assert_false(share.benefit.by_worth);
}

/* Who has all and saves next to nothing by it makes room; who has what pays does not. */
static void test_no_gain_by_worth(void **state)
{
	static const struct {
		enum descent_state state;
		double saved_pct, left_pct;
		unsigned int seconds; /* until NONE; 0: never */
	} cases[] = {
		{DESCENT_FLOOR, 0, 0, 120},	    {DESCENT_SATISFIED, 0.01, 0, 120},
		{DESCENT_SATISFIED, 0.02, 0, 0},    {DESCENT_HOLDING, 0.03, 0.3, 120},
		{DESCENT_HOLDING, 0.04, 0.3, 0},    {DESCENT_HOLDING, 30, 270, 0},
		{DESCENT_DESCENDING, 0.01, 0.3, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();
		unsigned int seconds;

		paying(&rig, 64, 32, cases[i].saved_pct, cases[i].left_pct);
		park(&rig, cases[i].state);
		seconds = run_until_verdict(&rig, 600);
		if (seconds != cases[i].seconds)
			fail_msg("case %zu: %u s: %s", i, seconds, rig.benefit.reason);
	}
}

static void test_reasons_by_worth(void **state)
{
	struct rig rig = rig_new(), poller = rig_new(), cold = rig_new();

	(void)state;
	paying(&rig, 64, 64, 2.1, 0);
	rig.look.succeeded += 32;
	assert_int_equal(run_until_verdict(&rig, 30), 10);
	assert_string_equal(rig.benefit.reason,
			    "saves about 2.10 % of a CPU, 0.32 s of collapsing, paid back in 15 s");
	paying(&poller, 4, 2, 0.003, 0.002);
	park(&poller, DESCENT_SATISFIED);
	assert_int_equal(run_until_verdict(&poller, 600), 120);
	assert_string_equal(poller.benefit.reason,
			    "no gain in 120 s: saves about 0.003 % of a CPU, and 0.002 % are left to save");
	paying(&cold, 0, 0, 0, 0);
	park(&cold, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&cold, 600), 120);
	assert_string_equal(cold.benefit.reason, "no gain in 120 s: nothing hot was found");
}

/* Slots that are shared with a fork may be its own again soon, and a control group may get room. */
static void test_left_for_now_is_no_trial(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	paying(&rig, 0, 0, 0, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.left_for_now = 3;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	rig.look.left_for_now = 0;
	assert_int_equal(run_until_verdict(&rig, 600), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gains_by_worth),	 cmocka_unit_test(test_worth_must_last),
		cmocka_unit_test(test_source),		 cmocka_unit_test(test_no_gain_by_worth),
		cmocka_unit_test(test_reasons_by_worth), cmocka_unit_test(test_left_for_now_is_no_trial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
