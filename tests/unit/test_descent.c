// SPDX-License-Identifier: GPL-2.0
#include "rig.h"

static void test_names(void **state)
{
	static const char *const names[] = {"descending", "holding", "satisfied", "floor"};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(descent_state_name((enum descent_state)i), names[i]);
	assert_string_equal(descent_state_name((enum descent_state)99), "unknown");
}

static void test_defaults(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	assert_false(rig.config.progressive);
	assert_false(rig.config.heat_is_evidence);
	assert_int_equal(rig.config.level_applies, 5);
	assert_int_equal(rig.config.level_ns, SECOND);
	assert_int_equal(rig.config.settle_ns, 2 * SECOND);
	assert_int_equal(rig.config.dry_ns, 10 * SECOND);
	assert_int_equal(rig.config.dry_applies, 20);
	assert_int_equal(rig.config.probe_ns, 60 * SECOND);
	assert_int_equal(rig.config.levels.n, 14);
}

static void test_start(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_int_equal(descent_min_access_pct(&rig.descent, &rig.config), 90);
	assert_int_equal(descent_min_accesses(&rig.descent, &rig.config), 18);
	assert_string_equal(rig.descent.reason, "newly watched: starts at 90 % (18 of 20)");
	assert_int_equal(rig.descent.last_success_ns, rig.evidence.now_ns);
	assert_int_equal(rig.descent.last_success_applies, 70);
	assert_int_equal(look(&rig), 0); /* counters from before are no evidence */
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
}

/* When a level is over: the time and the applies since it began, for the first one and for the next ones. */
static void test_level_lasts(void **state)
{
	static const struct {
		double seconds;
		unsigned int applies;
		bool first_over, next_over;
	} cases[] = {
		{0, 0, false, false},	 {1, 4, false, false},	  {0.999, 5, false, false},
		{1, 5, false, true},	 {1.999, 5, false, true}, {2, 5, true, true},
		{2, 4, false, false},	 {100, 4, false, false},  {0.5, 100, false, false},
		{1.5, 100, false, true}, {100, 100, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_started();
		unsigned int changed = later(&rig, cases[i].seconds, cases[i].applies);

		assert_int_equal(changed, cases[i].first_over ? DESCENT_CHANGED_LEVEL : 0);
		rig = rig_started();
		later(&rig, 2, 5);
		changed = later(&rig, cases[i].seconds, cases[i].applies);
		assert_int_equal(changed, cases[i].next_over ? DESCENT_CHANGED_LEVEL : 0);
		assert_is(&rig, DESCENT_DESCENDING, cases[i].next_over ? 2 : 1, true);
	}
}

/* With long intervals five applies take long: a level with nothing hot needs none but the one that tells so. */
static void test_nothing_hot_is_quick(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	set_heat(&rig, 0, 0);
	assert_int_equal(later(&rig, 9, 4), 0); /* at the first level regions are coarse still */
	later(&rig, 0, 1);
	assert_is(&rig, DESCENT_DESCENDING, 1, true);
	assert_int_equal(later(&rig, 0.9, 1), 0);
	later(&rig, 0.1, 0);
	assert_is(&rig, DESCENT_DESCENDING, 2, true);
	set_heat(&rig, 2 * MIB, 0);
	assert_int_equal(later(&rig, 9, 4), 0);
	rig.evidence.heat_known = false;
	assert_int_equal(later(&rig, 9, 0), 0);
	later(&rig, 0, 1);
	assert_is(&rig, DESCENT_DESCENDING, 3, true);
}

/* What it saw was void: as when it came in, with another reason. */
static void test_restart(void **state)
{
	struct rig rig = rig_holding(5);

	(void)state;
	assert_false(descent_is_at_bottom(&rig.descent, &rig.config));
	descent_restart(&rig.descent, &rig.config, &rig.evidence, "with longer samples");
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_string_equal(rig.descent.reason, "with longer samples: starts at 90 % (18 of 20)");
	assert_int_equal(rig.descent.succeeded, 0);
	assert_int_equal(later(&rig, 1.9, 100), 0);
	rig = rig_floor();
	assert_true(descent_is_at_bottom(&rig.descent, &rig.config));
	rig = rig_holding(12);
	assert_true(descent_is_at_bottom(&rig.descent, &rig.config)); /* its scatter reaches the lowest */
}

static void test_down_to_the_floor(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.evidence.failed = 312;
	rig.evidence.failed_most = "scan_pmd_null";
	for (unsigned int i = 1; i < rig.config.levels.n; i++) {
		assert_int_equal(later(&rig, 2, 6), DESCENT_CHANGED_LEVEL);
		assert_is(&rig, DESCENT_DESCENDING, i, true);
		assert_int_equal(descent_min_accesses(&rig.descent, &rig.config),
				 rig.config.levels.accesses[i]);
		if (i == 2)
			assert_string_equal(
				rig.descent.reason,
				"no real collapse at 80 % (16 of 20) in 6 applies: down to 70 % (14 "
				"of 20); 312 failed so far, mostly scan_pmd_null");
	}
	assert_int_equal(later(&rig, 2, 5), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_FLOOR, 13, false);
	assert_string_equal(rig.descent.reason, "nothing collapsed down to the lowest level 5 % (1 of 20): "
						"parked; 312 failed so far, mostly scan_pmd_null");
	assert_int_equal(later(&rig, 59, 100), 0);
}

/* What cannot be done at all is the reason, not what failed or was left alone otherwise. */
static void test_barred_down_to_the_floor(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.evidence.failed = 3;
	rig.evidence.failed_most = "scan_pmd_null";
	rig.evidence.left_alone = 3;
	rig.evidence.left_most = "too sparsely populated";
	rig.evidence.barred = "its main thread has exited: process_madvise does not reach it (ESRCH)";
	for (unsigned int i = 1; i < rig.config.levels.n; i++)
		later(&rig, 2, 6);
	later(&rig, 2, 5);
	assert_is(&rig, DESCENT_FLOOR, 13, false);
	assert_string_equal(rig.descent.reason,
			    "nothing collapsed down to the lowest level 5 % (1 of 20): parked; its main "
			    "thread has exited: process_madvise does not reach it (ESRCH)");
}

static void test_reasons_without_names(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	later(&rig, 2, 5);
	assert_string_equal(rig.descent.reason,
			    "no real collapse at 90 % (18 of 20) in 5 applies: down to 80 % "
			    "(16 of 20)");
	rig.evidence.failed = 3;
	later(&rig, 2, 5);
	assert_string_equal(rig.descent.reason,
			    "no real collapse at 80 % (16 of 20) in 5 applies: down to 70 % "
			    "(14 of 20); 3 failed so far");
	rig.evidence.failed = 0;
	rig.evidence.failed_most = "none";
	later(&rig, 2, 5);
	assert_string_equal(rig.descent.reason,
			    "no real collapse at 70 % (14 of 20) in 5 applies: down to 60 % "
			    "(12 of 20)");
	rig = rig_floor();
	assert_contains(rig.descent.reason, "no failure was seen either");
}

/* Two deviations of the counts of equal heat, never below half; a longer aggregation scatters less. */
static void test_hold_takes_in_the_scatter(void **state)
{
	static const unsigned int expected[] = {14, 12, 10, 8, 6, 7, 6, 5, 4, 4, 3, 2, 1, 1};
	struct descent_levels levels;
	struct rig rig = rig_holding(2);

	(void)state;
	assert_int_equal(descent_min_accesses(&rig.descent, &rig.config), 10);
	assert_int_equal(descent_min_access_pct(&rig.descent, &rig.config), 50);
	for (unsigned int i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(rig.config.levels.hold[i], expected[i]);
	assert_int_equal(descent_levels_build(1000, 1000000, &levels), 0);
	assert_int_equal(levels.accesses[0], 900);
	assert_int_equal(levels.hold[0], 880); /* 880 + 2 * sqrt(1000 * 0.88 * 0.12) = 900.6 */
	for (uint64_t ratio = 1; ratio <= 1000; ratio++) {
		assert_int_equal(descent_levels_build(1, ratio, &levels), 0);
		for (unsigned int i = 0; i < levels.n; i++)
			assert_in_range(levels.hold[i], (levels.accesses[i] + 1) / 2, levels.accesses[i]);
	}
	rig.evidence.execs++; /* a new start, by the levels themselves */
	later(&rig, 1, 1);
	assert_int_equal(descent_min_accesses(&rig.descent, &rig.config), 18);
}

static void test_first_success_holds(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	later(&rig, 2, 5);
	later(&rig, 2, 5);
	assert_int_equal(collapse(&rig, 1), DESCENT_CHANGED_STATE | DESCENT_FIRST_SUCCESS);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_string_equal(
		rig.descent.reason,
		"first real collapse at 70 % (14 of 20): holding; 10 of 20 and up is of the same heat");
	assert_int_equal(rig.descent.level_succeeded, 1);
	assert_int_equal(collapse(&rig, 3), 0);
	assert_int_equal(rig.descent.level_succeeded, 4);
	assert_int_equal(rig.descent.succeeded, 4);
	rig = rig_started();
	collapse(&rig, 5);
	assert_string_equal(
		rig.descent.reason,
		"first real collapses (5) at 90 % (18 of 20): holding; 14 of 20 and up is of the same heat");
}

/* A success counts even in the look in which the level would be over. */
static void test_success_at_the_end_of_a_level(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.evidence.succeeded++;
	later(&rig, 100, 100);
	assert_is(&rig, DESCENT_HOLDING, 0, true);
}

/* Failures, applies and heat are no evidence of a collapse. */
static void test_only_real_collapses_hold(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	set_heat(&rig, 64 * MIB, 0);
	rig.evidence.failed = 1000;
	later(&rig, 1, 1000);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_DESCENDING, 1, true);
}

/* Since the last success: so many seconds and applies; dry or not. */
static void test_dry(void **state)
{
	static const struct {
		double seconds;
		unsigned int applies;
		bool dry;
	} cases[] = {{9.999, 20, false}, {10, 19, false},   {10, 20, true},
		     {10000, 19, false}, {9, 10000, false}, {11, 21, true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_holding(1);
		unsigned int changed = later(&rig, cases[i].seconds, cases[i].applies);

		assert_int_equal(changed, cases[i].dry ? DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE : 0);
		assert_is(&rig, cases[i].dry ? DESCENT_SATISFIED : DESCENT_HOLDING, 1, !cases[i].dry);
	}
}

/* Each success starts the dry time again, and the applies. */
static void test_success_keeps_it_wet(void **state)
{
	struct rig rig = rig_holding(1);

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(later(&rig, 9.8, 30), 0);
		assert_int_equal(collapse(&rig, 1), 0);
	}
	assert_int_equal(later(&rig, 30, 19), 0);
	later(&rig, 0, 1);
	assert_is(&rig, DESCENT_SATISFIED, 1, false);
	assert_string_equal(rig.descent.reason,
			    "21 collapsed, none in 30 s and 20 applies at 80 % (16 of 20): parked");
}

static void test_exec_restarts(void **state)
{
	struct rig rigs[] = {rig_holding(2), rig_satisfied(), rig_floor(), rig_started()};
	const unsigned int expected[] = {
		DESCENT_CHANGED_LEVEL | DESCENT_CHANGED_STATE,
		DESCENT_CHANGED_LEVEL | DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE,
		DESCENT_CHANGED_LEVEL | DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE, 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rigs); i++) {
		struct rig *rig = &rigs[i];

		rig->evidence.execs++;
		rig->evidence.succeeded += 5; /* the old program's */
		rig->evidence.now_ns += 3 * SECOND;
		rig->evidence.applies += 9;
		assert_int_equal(descent_step(&rig->descent, &rig->config, &rig->evidence), expected[i]);
		assert_is(rig, DESCENT_DESCENDING, 0, true);
		assert_string_equal(rig->descent.reason, "exec, a new program: starts at 90 % (18 of 20)");
		assert_int_equal(later(rig, 1.9, 100), 0); /* the first level anew, and no success */
		assert_int_equal(collapse(rig, 1), DESCENT_CHANGED_STATE | DESCENT_FIRST_SUCCESS);
		assert_int_equal(rig->descent.succeeded, 1);
	}
}

/* One level only (one sample an aggregation): its end is the floor. */
static void test_single_level(void **state)
{
	struct rig rig = rig_new();
	struct descent_levels levels;

	(void)state;
	assert_int_equal(descent_levels_build(5000, 5000, &levels), 0);
	descent_config_init(&rig.config, &levels);
	descent_start(&rig.descent, &rig.config, &rig.evidence);
	assert_int_equal(descent_min_accesses(&rig.descent, &rig.config), 1);
	later(&rig, 2, 5);
	assert_is(&rig, DESCENT_FLOOR, 0, false);
}

/* The longest sentences, with the greatest numbers, are not cut. */
static void test_reasons_fit(void **state)
{
	struct rig rig = rig_holding(12);
	size_t longest = 0;

	(void)state;
	rig.evidence.failed = 123456789012345;
	rig.evidence.failed_most = "scan_exceed_shared_pte_longest";
	rig.evidence.succeeded += 123456789012345;
	look(&rig);
	set_heat(&rig, 1ULL << 44, 1ULL << 43);
	for (int i = 0; i < 300; i++) {
		rig.config.progressive = i & 1;
		if (i % 50 == 49)
			rig.evidence.execs++;
		if (i % 70 == 69)
			rig.evidence.hot_huge_bytes = i % 140 == 69 ? 1ULL << 44 : 1ULL << 43;
		later(&rig, 40, 1000000);
		if (strlen(rig.descent.reason) > longest)
			longest = strlen(rig.descent.reason);
	}
	assert_true(longest < REASON_LEN - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_level_lasts),
		cmocka_unit_test(test_nothing_hot_is_quick),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_down_to_the_floor),
		cmocka_unit_test(test_barred_down_to_the_floor),
		cmocka_unit_test(test_reasons_without_names),
		cmocka_unit_test(test_hold_takes_in_the_scatter),
		cmocka_unit_test(test_first_success_holds),
		cmocka_unit_test(test_success_at_the_end_of_a_level),
		cmocka_unit_test(test_only_real_collapses_hold),
		cmocka_unit_test(test_dry),
		cmocka_unit_test(test_success_keeps_it_wet),
		cmocka_unit_test(test_exec_restarts),
		cmocka_unit_test(test_single_level),
		cmocka_unit_test(test_reasons_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
