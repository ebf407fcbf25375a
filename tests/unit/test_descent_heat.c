// SPDX-License-Identifier: GPL-2.0
#include "rig.h"

/* What a dry HOLDING becomes, by what is known of the heat. */
static void test_dry_by_heat(void **state)
{
	static const struct {
		bool heat_known, huge_known;
		uint64_t hot, huge;
		enum descent_state becomes;
		const char *reason;
	} cases[] = {
		{false, false, 0, 0, DESCENT_SATISFIED, "(16 of 20): parked"},
		{true, false, 64 * MIB, 0, DESCENT_SATISFIED, "; 64 MiB are hot: parked"},
		{false, true, 64 * MIB, 0, DESCENT_SATISFIED, "(16 of 20): parked"},
		{true, true, 64 * MIB, 62 * MIB, DESCENT_HOLDING,
		 "2 MiB hot stay small; 7 failed so far, mostly x"},
		{true, true, 64 * MIB, 62 * MIB + 1, DESCENT_SATISFIED,
		 "; 62 of 64 MiB hot are huge: parked"},
		{true, true, 0, 0, DESCENT_SATISFIED, "; 0 of 0 MiB hot are huge: parked"},
		{true, true, 60 * MIB, 64 * MIB, DESCENT_SATISFIED, "; 64 of 60 MiB hot are huge: parked"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_holding(1);
		unsigned int expected = DESCENT_CHANGED_ACTING;

		if (cases[i].becomes != DESCENT_HOLDING)
			expected |= DESCENT_CHANGED_STATE;
		set_heat(&rig, cases[i].hot, cases[i].huge);
		rig.evidence.heat_known = cases[i].heat_known;
		rig.evidence.hot_huge_known = cases[i].huge_known;
		rig.evidence.failed = 7;
		rig.evidence.failed_most = "x";
		assert_int_equal(later(&rig, 10, 20), expected);
		assert_is(&rig, cases[i].becomes, 1, false);
		assert_contains(rig.descent.reason, cases[i].reason);
		assert_contains(rig.descent.reason, "none in 10 s and 20 applies at 80 % (16 of 20)");
	}
}

/* In DESCENDING, at the end of a level. */
static void test_all_huge_already(void **state)
{
	static const struct {
		bool heat_known, huge_known;
		uint64_t hot, huge;
		bool satisfied;
	} cases[] = {
		{true, true, 64 * MIB, 64 * MIB, true},
		{true, true, 64 * MIB, 62 * MIB + 1, true},
		{true, true, 64 * MIB, 62 * MIB, false},
		{true, true, 2 * MIB, 2 * MIB, true},
		{true, true, 2 * MIB, 1, true},
		{true, true, 2 * MIB - 1, 2 * MIB - 1, false},
		{false, true, 64 * MIB, 64 * MIB, false},
		{true, false, 64 * MIB, 64 * MIB, false},
		{false, false, 64 * MIB, 64 * MIB, false},
		{true, true, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_started();

		set_heat(&rig, cases[i].hot, cases[i].huge);
		rig.evidence.heat_known = cases[i].heat_known;
		rig.evidence.hot_huge_known = cases[i].huge_known;
		assert_int_equal(later(&rig, 1.9, 100), 0); /* not before the level is over */
		later(&rig, 0.1, 0);
		/* Above 50 % huge memory says nothing of what is hot below: 80, 70, 60, 50 come first. */
		assert_is(&rig, DESCENT_DESCENDING, 1, true);
		for (unsigned int level = 2; level <= 4; level++) {
			later(&rig, 1, 10);
			assert_is(&rig, DESCENT_DESCENDING, level, true);
		}
		later(&rig, 1, 10);
		if (!cases[i].heat_known &&
		    cases[i].huge_known) { /* here it counts: it is waited for, not long */
			later(&rig, 1, 10);
			assert_is(&rig, DESCENT_DESCENDING, 4, true);
			later(&rig, 1, 10);
		}
		if (cases[i].satisfied)
			assert_is(&rig, DESCENT_SATISFIED, 4, false);
		else
			assert_is(&rig, DESCENT_DESCENDING, 5, true);
		if (i == 1)
			assert_string_equal(rig.descent.reason,
					    "all is huge at 50 % (10 of 20): 62 of 64 MiB hot: parked");
	}
}

/* Hot memory that waits for a long quota window is not what failed to collapse. */
static void test_quota_window_is_waited_for(void **state)
{
	struct rig rig = rig_holding(1);

	(void)state;
	rig.evidence.quota_reset_ns = 43 * SECOND;
	set_heat(&rig, 64 * MIB, 32 * MIB);
	assert_int_equal(later(&rig, 42.9, 500), 0);
	later(&rig, 0.1, 1);
	assert_is(&rig, DESCENT_HOLDING, 1, false);
	rig = rig_holding(1);
	rig.evidence.quota_reset_ns = 43 * SECOND;
	set_heat(&rig, 64 * MIB, 64 * MIB); /* nothing waits */
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_SATISFIED, 1, false);
	rig = rig_holding(1);
	rig.config.progressive = true;
	later(&rig, 10, 20);
	rig.evidence.quota_reset_ns = 43 * SECOND;
	set_heat(&rig, 64 * MIB, 32 * MIB);
	assert_int_equal(later(&rig, 42.9, 500), 0);
	assert_is(&rig, DESCENT_DESCENDING, 4, true);
	later(&rig, 0.1, 1);
	assert_is(&rig, DESCENT_DESCENDING, 5, true);
	rig = rig_started(); /* nothing was charged yet */
	rig.evidence.quota_reset_ns = 43 * SECOND;
	set_heat(&rig, 64 * MIB, 32 * MIB);
	later(&rig, 2, 5);
	assert_is(&rig, DESCENT_DESCENDING, 1, true);
}

/* One blind look, as after a collapse, does not make a hot process satisfied; nor one wild look a dry one hot. */
static void test_heat_is_averaged(void **state)
{
	struct rig rig = rig_holding(1);
	uint64_t hot, huge;

	(void)state;
	assert_false(descent_heat(&rig.descent, &hot, &huge)); /* the success made what was seen before old */
	set_heat(&rig, 64 * MIB, 32 * MIB);
	for (int i = 0; i < 9; i++)
		assert_int_equal(later(&rig, 1, 10), 0);
	set_heat(&rig, 0, 0);
	later(&rig, 1, 10);
	assert_is(&rig, DESCENT_HOLDING, 1, false);
	assert_contains(rig.descent.reason, "28 MiB hot stay small");
	assert_true(descent_heat(&rig.descent, &hot, &huge));
	assert_int_equal(hot, 64 * MIB * 9 / 10);
	assert_int_equal(huge, 32 * MIB * 9 / 10);
	set_heat(&rig, 999 * MIB, 0);
	later(&rig, 1, 10); /* parked: what is measured now is not what it was judged by */
	assert_true(descent_heat(&rig.descent, &hot, &huge));
	assert_int_equal(hot, 64 * MIB * 9 / 10);
	rig = rig_holding(1);
	set_heat(&rig, 64 * MIB, 64 * MIB);
	for (int i = 0; i < 9; i++)
		later(&rig, 1, 10);
	set_heat(&rig, 64 * MIB, 56 * MIB);
	later(&rig, 1, 10);
	assert_is(&rig, DESCENT_SATISFIED, 1, false);
	assert_contains(rig.descent.reason, "; 63 of 64 MiB hot are huge");
}

/* A level is not over, and not dry, before what is hot at it was tried. */
static void test_tries_are_waited_for(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	later(&rig, 2, 5);
	assert_is(&rig, DESCENT_DESCENDING, 1, true);
	rig.evidence.collapsible_bytes = 2 * MIB;
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(later(&rig, 2, 5), 0);
	rig.evidence.collapsible_bytes = 0; /* all failed, and wait */
	later(&rig, 2, 5);
	assert_is(&rig, DESCENT_DESCENDING, 2, true);
	rig.evidence.held_up = true;
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(later(&rig, 2, 5), 0);
	rig.evidence.held_up = false;
	collapse(&rig, 1);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	rig.evidence.collapsible_bytes = 2 * MIB;
	assert_int_equal(later(&rig, 60, 100), 0);
	rig.evidence.collapsible_bytes = 0;
	later(&rig, 1, 5);
	assert_is(&rig, DESCENT_SATISFIED, 2, false);
}

static void test_sparse_memory_is_told(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.evidence.left_alone = 128;
	rig.evidence.left_most = "too sparsely populated";
	rig.evidence.failed = 3;
	for (unsigned int i = 0; i < rig.config.levels.n; i++)
		later(&rig, 2, 5);
	assert_is(&rig, DESCENT_FLOOR, rig.config.levels.n - 1, false);
	assert_contains(rig.descent.reason, "256 MiB hot are too sparsely populated");
}

/* Executor none: at the end of a level, what is hot and not known to be huge. */
static void test_heat_is_evidence(void **state)
{
	static const struct {
		bool heat_known, huge_known;
		uint64_t hot, huge;
		bool holds;
	} cases[] = {
		{true, true, 64 * MIB, 62 * MIB, true}, {true, true, 64 * MIB, 62 * MIB + 1, false},
		{true, false, 2 * MIB, 2 * MIB, true},	{true, false, 2 * MIB - 1, 0, false},
		{false, false, 64 * MIB, 0, false},	{false, true, 64 * MIB, 0, false},
		{true, true, 1 * MIB, 64 * MIB, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_started();

		rig.config.heat_is_evidence = true;
		set_heat(&rig, cases[i].hot, cases[i].huge);
		rig.evidence.heat_known = cases[i].heat_known;
		rig.evidence.hot_huge_known = cases[i].huge_known;
		assert_int_equal(later(&rig, 1.9, 100), 0); /* regions are coarse still */
		later(&rig, 0.1, 0);
		assert_int_equal(rig.descent.state == DESCENT_HOLDING, cases[i].holds);
		if (cases[i].holds)
			assert_string_equal(rig.descent.reason,
					    "2 MiB hot at 90 % (18 of 20) are small and would be collapsed: "
					    "holding; 14 of 20 and up is of the same heat");
	}
}

static void test_heat_keeps_holding(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.config.heat_is_evidence = true;
	set_heat(&rig, 0, 0);
	later(&rig, 2, 5);
	assert_string_equal(rig.descent.reason,
			    "nothing hot and small at 90 % (18 of 20) in 5 applies: down to "
			    "80 % (16 of 20)");
	set_heat(&rig, 64 * MIB, 0);
	assert_int_equal(later(&rig, 1, 5), DESCENT_CHANGED_STATE); /* nothing real, so no FIRST_SUCCESS */
	for (int i = 0; i < 10; i++)
		assert_int_equal(later(&rig, 10, 20), 0);
	set_heat(&rig, 0, 0);
	assert_int_equal(later(&rig, 9.9, 20), 0);
	later(&rig, 0.1, 0);
	assert_is(&rig, DESCENT_SATISFIED, 1, false);
	later(&rig, 60, 0);
	set_heat(&rig, 64 * MIB, 0);
	later(&rig, 1, 1);
	assert_false(rig.descent.probing); /* it found something */
}

static void test_heat_floor(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.config.heat_is_evidence = true;
	for (unsigned int i = 0; i < 14; i++)
		later(&rig, 2, 5);
	assert_is(&rig, DESCENT_FLOOR, 13, false);
	assert_string_equal(rig.descent.reason,
			    "nothing hot and small down to the lowest level 5 % (1 of 20): parked");
}

/* Nothing that surely pays is no news before one can be sure of it. */
static void test_what_pays_is_learnt(void **state)
{
	struct rig rig = rig_by_worth();
	double learn_s = (double)rig.config.learn_ns / 1e9;

	(void)state;
	assert_string_equal(rig.descent.reason, "newly watched: starts at what pays");
	assert_true(descent_is_at_bottom(&rig.descent, &rig.config));
	assert_near(learn_s, 100);
	set_heat(&rig, 0, 0);
	for (int s = 1; s < 100; s++)
		assert_int_equal(later(&rig, 1, 10), 0);
	later(&rig, 1, 10);
	assert_is(&rig, DESCENT_FLOOR, 0, false);
	assert_string_equal(rig.descent.reason, "nothing pays so far: parked");
}

/* What is left alone will not pay by being looked at for longer. */
static void test_what_is_left_alone_is_known(void **state)
{
	struct rig rig = rig_by_worth();

	(void)state;
	set_heat(&rig, 0, 0);
	rig.evidence.left_alone = 4;
	rig.evidence.left_most = "too sparsely populated";
	later(&rig, 0.2, 1);
	assert_is(&rig, DESCENT_FLOOR, 0, false);
	assert_string_equal(rig.descent.reason,
			    "nothing pays so far: parked; 8 MiB hot are too sparsely populated");
}

/* "Satisfied" is said of most of what pays, not of crumbs beside what is left alone. */
static void test_most_is_left_alone(void **state)
{
	struct rig rig = rig_by_worth();

	(void)state;
	set_heat(&rig, 8 * MIB, 8 * MIB);
	rig.evidence.left_alone = 4;
	rig.evidence.left_most = "beyond what it may grow in all";
	later(&rig, 0.2, 1);
	assert_is(&rig, DESCENT_SATISFIED, 0, false);
	assert_string_equal(rig.descent.reason,
			    "all is huge at what pays: 8 of 8 MiB that pay; 8 MiB hot are "
			    "beyond what it may grow in all: parked");
	rig = rig_by_worth();
	set_heat(&rig, 8 * MIB, 8 * MIB);
	rig.evidence.left_alone = 5;
	rig.evidence.left_most = "beyond what it may grow in all";
	later(&rig, 0.2, 1);
	assert_is(&rig, DESCENT_HOLDING, 0, false);
}

/* Where all that pays is huge, no first collapse is waited for; crumbs beside it are nothing to speak of. */
static void test_crumbs_beside_what_pays(void **state)
{
	static const struct {
		uint64_t hot_mib, small_mib;
		bool satisfied;
	} cases[] = {{64, 0, true},    {64, 2, false},	  {200, 4, true}, {200, 6, false},
		     {1000, 28, true}, {1000, 30, false}, {10, 2, false}, {0, 0, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_by_worth();

		set_heat(&rig, cases[i].hot_mib * MIB, (cases[i].hot_mib - cases[i].small_mib) * MIB);
		later(&rig, 0.2, 1);
		if (cases[i].satisfied)
			assert_is(&rig, DESCENT_SATISFIED, 0, false);
		else
			assert_is(&rig, DESCENT_DESCENDING, 0, true);
		if (i == 0)
			assert_string_equal(rig.descent.reason,
					    "all is huge at what pays: 64 of 64 MiB that pay: parked");
	}
}

static void test_what_pays_was_collapsed(void **state)
{
	static const struct {
		uint64_t small_mib;
		enum descent_state becomes;
		const char *reason;
	} cases[] = {
		{0, DESCENT_SATISFIED,
		 "3 collapsed, none in 5 s and 6 applies at what pays; "
		 "200 of 200 MiB that pay are huge: parked"},
		{4, DESCENT_SATISFIED, "; 196 of 200 MiB that pay are huge: parked"},
		{6, DESCENT_HOLDING, "6 MiB that pay stay small; 7 failed so far"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_by_worth();

		rig.evidence.failed = 7;
		collapse(&rig, 3);
		assert_is(&rig, DESCENT_HOLDING, 0, true);
		assert_string_equal(rig.descent.reason, "first real collapses (3) at what pays: holding");
		set_heat(&rig, 200 * MIB, (200 - cases[i].small_mib) * MIB);
		assert_int_equal(later(&rig, 4.9, 5), 0);
		later(&rig, 0.1, 1);
		assert_is(&rig, cases[i].becomes, 0, false);
		assert_contains(rig.descent.reason, cases[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dry_by_heat),
		cmocka_unit_test(test_all_huge_already),
		cmocka_unit_test(test_quota_window_is_waited_for),
		cmocka_unit_test(test_heat_is_averaged),
		cmocka_unit_test(test_tries_are_waited_for),
		cmocka_unit_test(test_sparse_memory_is_told),
		cmocka_unit_test(test_heat_is_evidence),
		cmocka_unit_test(test_heat_keeps_holding),
		cmocka_unit_test(test_heat_floor),
		cmocka_unit_test(test_what_pays_is_learnt),
		cmocka_unit_test(test_what_is_left_alone_is_known),
		cmocka_unit_test(test_most_is_left_alone),
		cmocka_unit_test(test_crumbs_beside_what_pays),
		cmocka_unit_test(test_what_pays_was_collapsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
