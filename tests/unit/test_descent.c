/* SPDX-License-Identifier: GPL-2.0 */
#include "cm.h"

#include <errno.h>

#include "decide/descent.h"

#define SECOND 1000000000ULL
#define MIB    1048576ULL

/* 20 samples an aggregation: 18 16 14 12 10 9 8 7 6 5 4 3 2 1. */
struct rig {
	struct descent_config config;
	struct descent descent;
	struct descent_evidence evidence;
};

static struct rig rig_new(void)
{
	struct rig rig = {.evidence = {.now_ns = 1000 * SECOND,
				       .applies = 70,
				       .succeeded = 9,
				       .execs = 4,
				       .anon_bytes = 400 * MIB}};
	struct descent_levels levels;

	assert_int_equal(descent_levels_build(5000, 100000, &levels), 0);
	descent_config_init(&rig.config, &levels);
	return rig;
}

static struct rig rig_started(void)
{
	struct rig rig = rig_new();

	descent_start(&rig.descent, &rig.config, &rig.evidence);
	return rig;
}

static unsigned int look(struct rig *rig)
{
	char before[REASON_LEN];
	unsigned int changed, state_like;

	memcpy(before, rig->descent.reason, sizeof(before));
	changed = descent_step(&rig->descent, &rig->config, &rig->evidence);
	state_like = changed & ~(unsigned int)DESCENT_FIRST_SUCCESS;
	if (state_like)
		assert_string_not_equal(rig->descent.reason, before); /* a reason at each change */
	return changed;
}

/* So much later, with so many more applies. */
static unsigned int later(struct rig *rig, double seconds, unsigned int applies)
{
	rig->evidence.now_ns += (uint64_t)(seconds * 1e9);
	rig->evidence.applies += applies;
	return look(rig);
}

static unsigned int collapse(struct rig *rig, unsigned int n)
{
	rig->evidence.succeeded += n;
	return later(rig, 0.1, 1);
}

static void set_heat(struct rig *rig, uint64_t hot_bytes, uint64_t huge_bytes)
{
	rig->evidence.heat_known = rig->evidence.hot_huge_known = true;
	rig->evidence.hot_bytes = hot_bytes;
	rig->evidence.hot_huge_bytes = huge_bytes;
}

static void assert_is(const struct rig *rig, enum descent_state state, unsigned int level, bool acting)
{
	if (rig->descent.state != state || rig->descent.level != level || rig->descent.acting != acting)
		fail_msg("%s at level %u, acting %d: %s", descent_state_name(rig->descent.state),
			 rig->descent.level, rig->descent.acting, rig->descent.reason);
}

/* To HOLDING at @level, by one collapse. */
static struct rig rig_holding(unsigned int level)
{
	struct rig rig = rig_started();

	while (rig.descent.level < level)
		later(&rig, 2, 5);
	collapse(&rig, 1);
	assert_is(&rig, DESCENT_HOLDING, level, true);
	return rig;
}

static struct rig rig_satisfied(void)
{
	struct rig rig = rig_holding(2);

	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_SATISFIED, 2, false);
	return rig;
}

static struct rig rig_floor(void)
{
	struct rig rig = rig_started();

	for (unsigned int i = 0; i < rig.config.levels.n; i++)
		later(&rig, 2, 5);
	assert_is(&rig, DESCENT_FLOOR, rig.config.levels.n - 1, false);
	return rig;
}

static void check_levels(uint64_t max, const struct descent_levels *levels)
{
	static const unsigned int schedule[] = {90, 80, 70, 60, 50, 45, 40, 35, 30, 25, 20, 15, 14,
						13, 12, 11, 10, 9,  8,	7,  6,	5,  4,	3,  2};
	unsigned int n = 0;

	assert_int_equal(levels->max_accesses, max);
	for (size_t i = 0; i < ARRAY_SIZE(schedule); i++) {
		unsigned int count = (unsigned int)((schedule[i] * max + 99) / 100);

		if (n && levels->accesses[n - 1] == count)
			continue;
		assert_true(n < levels->n);
		assert_int_equal(levels->pct[n], schedule[i]);
		assert_int_equal(levels->accesses[n], count);
		n++;
	}
	assert_int_equal(levels->n, n);
	for (unsigned int i = 0; i < n; i++) {
		assert_in_range(levels->accesses[i], 1, max);
		if (i)
			assert_true(levels->accesses[i] < levels->accesses[i - 1]);
	}
}

static void test_levels_of_all_ratios(void **state)
{
	(void)state;
	for (uint64_t max = 1; max <= 1000; max++) {
		struct descent_levels exact, rest;

		assert_int_equal(descent_levels_build(5000, 5000 * max, &exact), 0);
		check_levels(max, &exact);
		assert_int_equal(descent_levels_build(5000, 5000 * max + 4999, &rest), 0);
		assert_memory_equal(&exact, &rest, sizeof(exact));
	}
}

static void test_levels_of_twenty(void **state)
{
	static const unsigned int counts[] = {18, 16, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
	static const unsigned int pcts[] = {90, 80, 70, 60, 50, 45, 40, 35, 30, 25, 20, 15, 10, 5};
	struct descent_levels levels;

	(void)state;
	assert_int_equal(descent_levels_build(5000, 100000, &levels), 0);
	assert_int_equal(levels.n, ARRAY_SIZE(counts));
	assert_memory_equal(levels.accesses, counts, sizeof(counts));
	assert_memory_equal(levels.pct, pcts, sizeof(pcts));
}

static void test_levels_that_hold_half(void **state)
{
	static const unsigned int halves[] = {9, 8, 7, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1};
	struct descent_levels levels, before;

	(void)state;
	assert_int_equal(descent_levels_build(5000, 100000, &levels), 0);
	before = levels;
	descent_levels_hold_half(&levels);
	assert_memory_equal(levels.hold, halves, sizeof(halves));
	memcpy(levels.hold, before.hold, sizeof(before.hold));
	assert_memory_equal(&levels, &before, sizeof(levels));
}

static void test_levels_of_extremes(void **state)
{
	struct descent_levels levels, before;

	(void)state;
	memset(&levels, 0x5a, sizeof(levels));
	before = levels;
	assert_int_equal(descent_levels_build(0, 100000, &levels), -EINVAL);
	assert_int_equal(descent_levels_build(0, 0, &levels), -EINVAL);
	assert_int_equal(descent_levels_build(5000, 4999, &levels), -EINVAL);
	assert_memory_equal(&levels, &before, sizeof(levels));
	assert_int_equal(descent_levels_build(1, UINT64_MAX, &levels), 0);
	check_levels(UINT32_MAX, &levels);
}

static void test_names(void **state)
{
	static const char *const names[] = {"descending", "holding", "satisfied", "floor", "blocked"};

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
	rig.evidence.thp_disabled = true;
	descent_restart(&rig.descent, &rig.config, &rig.evidence, "with longer samples");
	assert_is(&rig, DESCENT_BLOCKED, 0, false);
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
static void test_refused_down_to_the_floor(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.evidence.failed = 3;
	rig.evidence.failed_most = "scan_pmd_null";
	rig.evidence.sparse = 3;
	rig.evidence.refused = "its main thread has exited: process_madvise does not reach it (ESRCH)";
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

static void test_progressive_goes_on(void **state)
{
	struct rig rig = rig_holding(1);

	(void)state;
	rig.config.progressive = true;
	assert_int_equal(later(&rig, 9, 100), 0);
	assert_int_equal(later(&rig, 1, 0), DESCENT_CHANGED_LEVEL | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_DESCENDING, 4,
		  true); /* 70 and 60 %, 14 and 12 of 20, were in the hold's scatter */
	assert_string_equal(rig.descent.reason,
			    "1 collapsed, none in 10 s and 100 applies at 80 % (16 of 20): "
			    "down to 50 % (10 of 20)");
	assert_int_equal(rig.descent.level_succeeded, 0);
	assert_int_equal(later(&rig, 1, 5), DESCENT_CHANGED_LEVEL);
	assert_int_equal(collapse(&rig, 2), DESCENT_CHANGED_STATE); /* not the first */
	assert_is(&rig, DESCENT_HOLDING, 5, true);
	assert_string_equal(
		rig.descent.reason,
		"real collapses (2) at 45 % (9 of 20): holding; 7 of 20 and up is of the same heat");
	assert_int_equal(rig.descent.level_succeeded, 2);
	assert_int_equal(rig.descent.succeeded, 3);
	set_heat(&rig, 64 * MIB, 0);
	later(&rig, 10, 20); /* hot and small or not: down */
	assert_is(&rig, DESCENT_DESCENDING, 8, true);
	collapse(&rig, 1);
	assert_string_equal(rig.descent.reason,
			    "real collapse at 30 % (6 of 20): holding; 4 of 20 and up is of the same heat");
}

static void test_progressive_ends(void **state)
{
	struct rig rig = rig_holding(13);

	(void)state;
	rig.config.progressive = true;
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_SATISFIED, 13, false); /* there is no lower level */
	rig = rig_holding(12);
	rig.config.progressive = true;
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_SATISFIED, 12, false); /* its scatter reached the lowest */
	rig = rig_holding(11);
	rig.config.progressive = true;
	later(&rig, 10, 20);
	later(&rig, 1, 5);
	assert_is(&rig, DESCENT_FLOOR, 13, false);
	assert_string_equal(rig.descent.reason,
			    "lowest level 5 % (1 of 20): none collapsed, 1 did on the way: parked");
}

/* All that is hot being huge ends a hold's walk at 50 %, but says nothing of what is hot below. */
static void test_progressive_looks_at_each_level(void **state)
{
	struct rig rig = rig_holding(3);

	(void)state;
	rig.config.progressive = true;
	set_heat(&rig, 64 * MIB, 64 * MIB);
	later(&rig, 10, 20);
	for (unsigned int level = 7; level <= 13; level++) {
		assert_is(&rig, DESCENT_DESCENDING, level, true);
		later(&rig, 1, 5);
	}
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	assert_string_equal(rig.descent.reason,
			    "1 collapsed, and nothing hot is left small down to 5 % (1 of 20): "
			    "64 of 64 MiB hot are huge: parked");
}

/* At the last level, by its own heat alone: what it becomes. */
static void test_progressive_is_judged_by_the_last_level(void **state)
{
	static const struct {
		bool heat_known, huge_known, before;
		uint64_t hot, huge;
		enum descent_state becomes;
	} cases[] = {
		{true, true, true, 64 * MIB, 63 * MIB, DESCENT_SATISFIED},
		{true, true, true, 64 * MIB, 62 * MIB, DESCENT_HOLDING},
		{true, true, false, 64 * MIB, 62 * MIB, DESCENT_FLOOR},
		{true, true, true, 0, 0, DESCENT_SATISFIED},
		{true, true, false, 0, 0, DESCENT_FLOOR}, /* nothing was ever found: no success */
		{true, true, false, 64 * MIB, 64 * MIB, DESCENT_SATISFIED},
		{false, true, true, 0, 0, DESCENT_FLOOR},
		{true, false, true, 64 * MIB, 64 * MIB, DESCENT_FLOOR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = cases[i].before ? rig_holding(11) : rig_started();

		rig.config.progressive = true;
		set_heat(&rig, 64 * MIB, 32 * MIB); /* of the levels above */
		rig.evidence.hot_huge_known = cases[i].huge_known;
		while (rig.descent.level < 13)
			later(&rig, 10, 20);
		rig.evidence.hot_bytes = cases[i].hot;
		rig.evidence.hot_huge_bytes = cases[i].huge;
		rig.evidence.heat_known = cases[i].heat_known;
		later(&rig, 1, 5);
		if (!cases[i].heat_known) {
			assert_is(&rig, DESCENT_DESCENDING, 13, true); /* it is waited for */
			later(&rig, 2, 0);
		}
		assert_is(&rig, cases[i].becomes, 13, false);
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

/* A process with memory of several heats, which collapses as DAMON's scheme would: by the threshold, some at a look. */
struct heap {
	unsigned int accesses;
	uint64_t bytes, huge_bytes;
	bool refuses; /* VM_NOHUGEPAGE, say */
};

static void collapse_some(struct rig *rig, struct heap *heaps, size_t n, uint64_t bytes)
{
	unsigned int threshold = descent_min_accesses(&rig->descent, &rig->config);

	for (size_t i = 0; rig->descent.acting && i < n; i++) {
		uint64_t small = heaps[i].bytes - heaps[i].huge_bytes, take = small < bytes ? small : bytes;

		if (heaps[i].accesses < threshold || heaps[i].refuses)
			continue;
		heaps[i].huge_bytes += take;
		bytes -= take;
		rig->evidence.succeeded += take / PMD_SIZE_BYTES;
	}
}

/* What the second scheme counts, at the threshold in force. */
static void measure_heat(struct rig *rig, const struct heap *heaps, size_t n)
{
	set_heat(rig, 0, 0);
	for (size_t i = 0; i < n; i++) {
		if (heaps[i].accesses < descent_min_accesses(&rig->descent, &rig->config))
			continue;
		rig->evidence.hot_bytes += heaps[i].bytes;
		rig->evidence.hot_huge_bytes += heaps[i].huge_bytes;
	}
}

/* Looks once a second until it is parked; the seconds, and no level twice, no colder heat before a hotter one. */
static unsigned int walk(struct rig *rig, struct heap *heaps, size_t n)
{
	unsigned int seconds = 0, level = rig->descent.level;
	uint64_t before[4] = {0};

	for (size_t i = 0; i < n; i++)
		before[i] = heaps[i].huge_bytes;
	while (rig->descent.acting) {
		assert_true(++seconds < 300);
		collapse_some(rig, heaps, n, 8 * MIB);
		measure_heat(rig, heaps, n);
		later(rig, 1, 10);
		assert_true(rig->descent.level >= level);
		level = rig->descent.level;
		for (size_t i = 0; i + 1 < n; i++)
			if (heaps[i + 1].huge_bytes > before[i + 1] && !heaps[i].refuses)
				assert_int_equal(heaps[i].huge_bytes, heaps[i].bytes);
	}
	return seconds;
}

static void test_whole_walks(void **state)
{
	const struct heap heats[] = {{19, 32 * MIB, 0, false},
				     {8, 24 * MIB, 0, false},
				     {3, 48 * MIB, 0, false},
				     {0, 500 * MIB, 0, false}};
	struct heap heaps[4];
	struct rig rig = rig_started();

	(void)state;
	memcpy(heaps, heats, sizeof(heats));
	walk(&rig, heaps, 4);
	assert_is(&rig, DESCENT_SATISFIED, 0, false); /* hold: the hottest alone */
	assert_int_equal(heaps[0].huge_bytes, 32 * MIB);
	assert_int_equal(heaps[1].huge_bytes, 0);
	memcpy(heaps, heats, sizeof(heats));
	rig = rig_started();
	rig.config.progressive = true;
	walk(&rig, heaps, 4);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(heaps[i].huge_bytes, heaps[i].bytes);
	assert_int_equal(heaps[3].huge_bytes, 0);
	assert_string_equal(rig.descent.reason,
			    "52 collapsed, and nothing hot is left small down to 5 % (1 of 20): "
			    "104 of 104 MiB hot are huge: parked");
	assert_int_equal(rig.descent.succeeded, 52);
	later(&rig, 59, 0); /* parked is parked */
	assert_false(rig.descent.acting);
	heaps[0].bytes += 64 * MIB;
	rig.evidence.anon_bytes += 64 * MIB; /* and works again for what is new, hottest first */
	later(&rig, 0.5, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	walk(&rig, heaps, 4);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	assert_int_equal(heaps[0].huge_bytes, 96 * MIB);
}

/* Hot memory that refuses is no end of the walk: what is below it is taken, and it is said to be left. */
static void test_walk_past_what_refuses(void **state)
{
	struct heap heaps[] = {{19, 32 * MIB, 0, true}, {12, 24 * MIB, 0, false}, {0, 100 * MIB, 0, false}};
	struct rig rig = rig_started();

	(void)state;
	rig.config.progressive = true;
	rig.evidence.failed = 77;
	rig.evidence.failed_most = "vma_check";
	walk(&rig, heaps, 3);
	assert_is(&rig, DESCENT_HOLDING, 13, false);
	assert_int_equal(heaps[1].huge_bytes, 24 * MIB);
	assert_string_equal(rig.descent.reason,
			    "12 collapsed down to the lowest level 5 % (1 of 20); 32 MiB hot "
			    "stay small: parked; 77 failed so far, mostly vma_check");
}

/* The slow probe of a whole walk takes what became hot since, and parks again. */
static void test_probe_after_a_walk(void **state)
{
	struct heap heaps[] = {{19, 16 * MIB, 0, false}, {6, 16 * MIB, 0, false}};
	struct rig rig = rig_started();
	unsigned int seconds;

	(void)state;
	rig.config.progressive = true;
	walk(&rig, heaps, 2);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	heaps[1].bytes += 8 * MIB; /* less than counts as growth */
	rig.evidence.anon_bytes += 8 * MIB;
	assert_int_equal(later(&rig, 59, 0), 0);
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_HOLDING, 13, true);
	seconds = walk(&rig, heaps, 2);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	assert_int_equal(heaps[1].huge_bytes, 24 * MIB);
	assert_in_range(seconds, 10, 12);
}

/* After hold, whatever comes but a new program: never lower. */
static void test_hold_never_goes_lower(void **state)
{
	struct rig rig = rig_holding(3);
	uint32_t random = 12345;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		if (random >> 28 == 0)
			rig.evidence.succeeded++;
		if (random >> 28 == 1)
			set_heat(&rig, (random >> 8 & 63) * MIB, (random >> 14 & 63) * MIB);
		if (random >> 28 == 2)
			rig.evidence.heat_known = !rig.evidence.heat_known;
		if (random >> 28 == 3)
			rig.evidence.anon_bytes = (random >> 8 & 1023) * MIB;
		later(&rig, random >> 16 & 7, random >> 8 & 15);
		assert_int_equal(rig.descent.level, 3);
		assert_true(rig.descent.acting ? rig.descent.state == DESCENT_HOLDING
					       : rig.descent.state != DESCENT_DESCENDING);
	}
}

/* Memory in MiB when it was parked, then; does it work again? */
static void test_growth(void **state)
{
	static const struct {
		uint64_t parked, least, then;
		bool works;
	} cases[] = {
		{400, 400, 400, false}, {400, 400, 449, false}, {400, 400, 450, true},
		{40, 40, 55, false},	{40, 40, 56, true},	{128, 128, 143, false},
		{128, 128, 144, true},	{400, 200, 224, false}, {400, 200, 225, true}, /* from the least */
		{400, 200, 400, true},	{400, 0, 400, false},	{0, 400, 449, false},  /* 0: not read */
		{0, 400, 450, true},	{400, 500, 500, true},	{0, 0, 400, false},
		{400, 0, 450, true},	{400, 1, 17, true},	{400, 399, 300, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_holding(2);

		rig.evidence.anon_bytes = cases[i].parked * MIB;
		later(&rig, 10, 20);
		rig.evidence.anon_bytes = cases[i].least * MIB;
		later(&rig, 1, 0);
		rig.evidence.anon_bytes = cases[i].then * MIB;
		later(&rig, 1, 0);
		if (rig.descent.acting != cases[i].works)
			fail_msg("case %zu: %s", i, rig.descent.reason);
		assert_is(&rig, cases[i].works ? DESCENT_HOLDING : DESCENT_SATISFIED, 2, cases[i].works);
		assert_false(rig.descent.probing);
	}
}

static void test_growth_rearms(void **state)
{
	struct rig rig = rig_satisfied();

	(void)state;
	rig.evidence.anon_bytes = 500 * MIB;
	assert_int_equal(later(&rig, 1, 0), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_string_equal(rig.descent.reason,
			    "anonymous memory grew from 400 to 500 MiB: works again at 70 % (14 of 20)");
	assert_int_equal(later(&rig, 9.9, 100), 0); /* dryness counts from here */
	later(&rig, 0.1, 0);
	assert_is(&rig, DESCENT_SATISFIED, 2, false);
	rig = rig_satisfied();
	rig.config.progressive = true; /* from the top: its last level is no measure of what is new */
	rig.evidence.anon_bytes = 500 * MIB;
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	rig = rig_floor();
	rig.evidence.anon_bytes = 500 * MIB;
	assert_int_equal(later(&rig, 1, 0),
			 DESCENT_CHANGED_LEVEL | DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_string_equal(rig.descent.reason,
			    "anonymous memory grew from 400 to 500 MiB: starts at 90 % (18 of 20)");
}

/* A new measure of what is hot: so much of it small. */
static unsigned int measure(struct rig *rig, uint64_t hot_mib, uint64_t small_mib)
{
	set_heat(rig, hot_mib * MIB, (hot_mib - small_mib) * MIB);
	rig->evidence.heat_is_new = true;
	return later(rig, 1, 0);
}

static void test_small_memory_got_hot(void **state)
{
	struct rig rig = rig_satisfied(), old;

	(void)state;
	assert_int_equal(measure(&rig, 64, 24), 0);
	rig.evidence.heat_is_new = false; /* the same measure, looked at again */
	assert_int_equal(later(&rig, 1, 0), 0);
	assert_int_equal(measure(&rig, 64, 14), 0); /* less than a quarter: it begins anew */
	assert_int_equal(measure(&rig, 64, 24), 0);
	old = rig;
	assert_int_equal(measure(&rig, 64, 16), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_string_equal(rig.descent.reason,
			    "16 MiB hot are small, 0 when it was parked: works again at 70 % (14 of 20)");
	rig = old;
	rig.config.progressive = true; /* its last level is no measure of what is new */
	measure(&rig, 64, 16);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	rig = old;
	rig.evidence.hot_huge_known = false;
	rig.evidence.now_ns += SECOND;
	assert_int_equal(look(&rig), 0);
	rig = old;
	rig.evidence.small_heat_known = true; /* the executor knows what it can collapse */
	assert_int_equal(measure(&rig, 64, 32), 0);
	rig = old;
	assert_int_equal(measure(&rig, 1, 1), 0); /* less than a huge page */
	assert_int_equal(measure(&rig, 1, 1), 0);
	rig = rig_floor();
	measure(&rig, 64, 64);
	assert_int_equal(measure(&rig, 64, 64), 0); /* where nothing collapsed it is not tried so soon */
}

/* What stayed small while it worked cannot be collapsed. */
static void test_what_stayed_small_is_no_news(void **state)
{
	struct rig rig = rig_holding(2);

	(void)state;
	set_heat(&rig, 64 * MIB, 44 * MIB);
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_HOLDING, 2, false);
	for (int i = 0; i < 20; i++)
		assert_int_equal(measure(&rig, 64, 10 + (uint64_t)i % 26), 0);
	measure(&rig, 64, 36);
	measure(&rig, 64, 36);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	later(&rig, 10, 20); /* of no use: it is known now */
	assert_is(&rig, DESCENT_HOLDING, 2, false);
	for (int i = 0; i < 20; i++)
		assert_int_equal(measure(&rig, 64, 26 + (uint64_t)i % 26), 0);
}

static void test_probe(void **state)
{
	struct rig rig = rig_satisfied();

	(void)state;
	rig.config.progressive = true;
	assert_int_equal(later(&rig, 59.9, 0), 0);
	assert_int_equal(later(&rig, 0.1, 0), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_true(rig.descent.probing);
	assert_string_equal(rig.descent.reason, "probe after 60 s parked: works again at 70 % (14 of 20)");
	assert_int_equal(later(&rig, 10, 19), 0);
	later(&rig, 0, 1);
	assert_is(&rig, DESCENT_SATISFIED, 2, false); /* found nothing: no lower, though progressive */
	assert_false(rig.descent.probing);
	assert_int_equal(later(&rig, 59.9, 0), 0); /* the next one is as slow */
	later(&rig, 0.1, 0);
	assert_int_equal(collapse(&rig, 1), 0);
	assert_false(rig.descent.probing);
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_DESCENDING, 5, true); /* found something: progressive goes on */
}

/* HOLDING, parked as hot memory stays small, is probed at the same level, and stays HOLDING. */
static void test_probe_of_parked_holding(void **state)
{
	struct rig rig = rig_holding(2);

	(void)state;
	set_heat(&rig, 64 * MIB, 0);
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_HOLDING, 2, false);
	assert_int_equal(later(&rig, 60, 0), DESCENT_CHANGED_ACTING);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_int_equal(later(&rig, 10, 20), DESCENT_CHANGED_ACTING);
	assert_is(&rig, DESCENT_HOLDING, 2, false);
}

static void test_probe_of_floor(void **state)
{
	struct rig rig = rig_floor();

	(void)state;
	later(&rig, 60, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_true(rig.descent.probing);
	assert_string_equal(rig.descent.reason, "probe after 60 s parked: starts at 90 % (18 of 20)");
	assert_int_equal(later(&rig, 2, 4), 0);
	later(&rig, 0, 1);
	assert_is(&rig, DESCENT_DESCENDING, 1, true);
	assert_int_equal(collapse(&rig, 1), DESCENT_CHANGED_STATE | DESCENT_FIRST_SUCCESS);
	assert_false(rig.descent.probing);
}

/* A collapse made before the park was written. */
/* Hot memory that could be collapsed at once is no reason to wait for the probe. */
static void test_collapsible_memory_rearms(void **state)
{
	struct rig rig = rig_satisfied();

	(void)state;
	rig.evidence.collapsible_bytes = PMD_SIZE_BYTES - 1;
	assert_int_equal(later(&rig, 1, 0), 0);
	rig.evidence.collapsible_bytes = 6 * MIB;
	assert_int_equal(later(&rig, 1, 0), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_contains(rig.descent.reason, "6 MiB hot are small");
	later(&rig, 5, 10); /* dryness counts from here */
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	rig = rig_floor();
	rig.evidence.collapsible_bytes = 2 * MIB;
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	rig = rig_started();
	rig.evidence.thp_disabled = true;
	rig.evidence.collapsible_bytes = 2 * MIB;
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_BLOCKED, 0, false);
	assert_int_equal(later(&rig, 1, 0), 0);
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

/* Satisfied at 70 %, held at 50 %: what gets hot later is news, what was warm all the time is not. */
static void test_moved_hot_set(void **state)
{
	static const struct {
		unsigned int before_pct, after_pct;
		bool moved;
	} cases[] = {
		{3, 25, true},	{3, 24, false},	 {3, 46, true},	 {20, 34, false}, {20, 35, true},
		{30, 45, true}, {40, 49, false}, {40, 60, true}, {36, 51, false}, {0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_holding(2);

		rig.evidence.small_heat_known = true;
		rig.evidence.small_heat_pct = 66; /* was not collapsed yet */
		later(&rig, 1, 5);
		rig.evidence.small_heat_pct = cases[i].before_pct;
		later(&rig, 10, 20);
		assert_is(&rig, DESCENT_SATISFIED, 2, false);
		assert_int_equal(descent_min_access_pct(&rig.descent, &rig.config), 50);
		assert_int_equal(later(&rig, 1, 0), 0);
		rig.evidence.small_heat_pct = cases[i].after_pct;
		later(&rig, 1, 0);
		if (!cases[i].moved) {
			assert_is(&rig, DESCENT_SATISFIED, 2, false);
			continue;
		}
		assert_is(&rig, DESCENT_DESCENDING, 0, true);
		assert_contains(rig.descent.reason, "small memory got hot, from");
	}
}

/* With a map of heat, levels without small memory are passed at once. */
static void test_strides(void **state)
{
	static const struct {
		unsigned int small_heat_pct, pct;
	} cases[] = {{95, 80}, {80, 80}, {79, 70}, {46, 45}, {44, 40}, {26, 25}, {3, 25}, {0, 25}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_started();

		rig.evidence.small_heat_known = true;
		rig.evidence.small_heat_pct = cases[i].small_heat_pct;
		later(&rig, 2, 5);
		assert_int_equal(rig.descent.state, DESCENT_DESCENDING);
		assert_int_equal(descent_min_access_pct(&rig.descent, &rig.config), cases[i].pct);
		rig.evidence.small_heat_pct = 0;
		later(&rig, 2, 5);
		if (cases[i].pct == 25)
			assert_int_equal(descent_min_access_pct(&rig.descent, &rig.config), 20);
	}
}

/* All that is hot at 50 % is huge, but it may be hot no more: what is half as hot and small is looked for. */
static void test_small_heat_beside_huge(void **state)
{
	static const struct {
		unsigned int small_heat_pct;
		bool satisfied;
	} cases[] = {{24, true}, {25, false}, {46, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_started();

		set_heat(&rig, 64 * MIB, 64 * MIB);
		for (unsigned int level = 0; level < 4; level++)
			later(&rig, 2, 5);
		assert_is(&rig, DESCENT_DESCENDING, 4, true);
		rig.evidence.small_heat_known = true;
		rig.evidence.small_heat_pct = cases[i].small_heat_pct;
		later(&rig, 2, 5);
		assert_int_equal(rig.descent.state == DESCENT_SATISFIED, cases[i].satisfied);
	}
}

static void test_sparse_memory_is_told(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	rig.evidence.sparse = 128;
	rig.evidence.failed = 3;
	for (unsigned int i = 0; i < rig.config.levels.n; i++)
		later(&rig, 2, 5);
	assert_is(&rig, DESCENT_FLOOR, rig.config.levels.n - 1, false);
	assert_contains(rig.descent.reason, "256 MiB hot are too sparsely populated");
}

static void test_late_success(void **state)
{
	struct rig rig = rig_floor();

	(void)state;
	assert_int_equal(collapse(&rig, 1),
			 DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE | DESCENT_FIRST_SUCCESS);
	assert_is(&rig, DESCENT_HOLDING, 13, true);
	assert_int_equal(later(&rig, 9.9, 100), 0);
	rig = rig_satisfied();
	assert_int_equal(collapse(&rig, 1), 0); /* it is satisfied all the same */
	assert_is(&rig, DESCENT_SATISFIED, 2, false);
	later(&rig, 60, 0);
	assert_true(rig.descent.probing);
	later(&rig, 1, 1);
	assert_true(rig.descent.probing); /* the late one was counted, and counts not again */
}

/* Nothing was found in the descent: the first success after a re-arm is the first. */
static void test_first_success_after_satisfied(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	set_heat(&rig, 64 * MIB, 64 * MIB);
	later(&rig, 2, 5);
	for (int level = 1; level <= 4; level++)
		later(&rig, 1, 5);
	assert_is(&rig, DESCENT_SATISFIED, 4, false);
	later(&rig, 60, 0);
	assert_int_equal(collapse(&rig, 1), DESCENT_FIRST_SUCCESS);
	assert_int_equal(collapse(&rig, 1), 0);
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

static void test_blocked_from_the_start(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	rig.evidence.thp_disabled = true;
	descent_start(&rig.descent, &rig.config, &rig.evidence);
	assert_is(&rig, DESCENT_BLOCKED, 0, false);
	assert_contains(rig.descent.reason,
			"it opted out of huge pages (THP_enabled: 0 in /proc/PID/status, set "
			"by prctl PR_SET_THP_DISABLE)");
	rig.evidence.anon_bytes *= 2; /* neither growth nor time nor exec re-arms it */
	assert_int_equal(later(&rig, 1000, 1000), 0);
	rig.evidence.execs++;
	assert_int_equal(later(&rig, 1000, 1000), 0);
	assert_is(&rig, DESCENT_BLOCKED, 0, false);
	assert_int_equal(rig.descent.parked_since_ns, 1000 * SECOND);
	rig.evidence.succeeded += 3;
	rig.evidence.thp_disabled = false;
	assert_int_equal(later(&rig, 1, 1), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_string_equal(rig.descent.reason, "it opted in to huge pages again: starts at 90 % (18 of 20)");
	assert_int_equal(later(&rig, 1, 1), 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
}

static void test_blocked_later(void **state)
{
	struct rig rigs[] = {rig_holding(2), rig_satisfied(), rig_floor(), rig_started()};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rigs); i++) {
		unsigned int expected = DESCENT_CHANGED_STATE, level = rigs[i].descent.level;

		if (rigs[i].descent.acting)
			expected |= DESCENT_CHANGED_ACTING;
		rigs[i].evidence.thp_disabled = true;
		rigs[i].evidence.succeeded++;
		rigs[i].evidence.execs++;
		assert_int_equal(later(&rigs[i], 1, 1), expected);
		assert_is(&rigs[i], DESCENT_BLOCKED, level, false);
		assert_int_equal(later(&rigs[i], 1, 1), 0);
		rigs[i].evidence.thp_disabled = false;
		later(&rigs[i], 1, 1);
		assert_is(&rigs[i], DESCENT_DESCENDING, 0, true);
		assert_int_equal(later(&rigs[i], 1, 1), 0);
	}
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
		cmocka_unit_test(test_levels_of_all_ratios),
		cmocka_unit_test(test_levels_of_twenty),
		cmocka_unit_test(test_levels_that_hold_half),
		cmocka_unit_test(test_levels_of_extremes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_level_lasts),
		cmocka_unit_test(test_nothing_hot_is_quick),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_down_to_the_floor),
		cmocka_unit_test(test_refused_down_to_the_floor),
		cmocka_unit_test(test_reasons_without_names),
		cmocka_unit_test(test_hold_takes_in_the_scatter),
		cmocka_unit_test(test_first_success_holds),
		cmocka_unit_test(test_success_at_the_end_of_a_level),
		cmocka_unit_test(test_only_real_collapses_hold),
		cmocka_unit_test(test_dry),
		cmocka_unit_test(test_success_keeps_it_wet),
		cmocka_unit_test(test_dry_by_heat),
		cmocka_unit_test(test_all_huge_already),
		cmocka_unit_test(test_progressive_goes_on),
		cmocka_unit_test(test_progressive_ends),
		cmocka_unit_test(test_progressive_looks_at_each_level),
		cmocka_unit_test(test_progressive_is_judged_by_the_last_level),
		cmocka_unit_test(test_quota_window_is_waited_for),
		cmocka_unit_test(test_heat_is_averaged),
		cmocka_unit_test(test_whole_walks),
		cmocka_unit_test(test_walk_past_what_refuses),
		cmocka_unit_test(test_probe_after_a_walk),
		cmocka_unit_test(test_hold_never_goes_lower),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_growth_rearms),
		cmocka_unit_test(test_small_memory_got_hot),
		cmocka_unit_test(test_what_stayed_small_is_no_news),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_of_parked_holding),
		cmocka_unit_test(test_probe_of_floor),
		cmocka_unit_test(test_collapsible_memory_rearms),
		cmocka_unit_test(test_tries_are_waited_for),
		cmocka_unit_test(test_moved_hot_set),
		cmocka_unit_test(test_strides),
		cmocka_unit_test(test_small_heat_beside_huge),
		cmocka_unit_test(test_sparse_memory_is_told),
		cmocka_unit_test(test_late_success),
		cmocka_unit_test(test_first_success_after_satisfied),
		cmocka_unit_test(test_exec_restarts),
		cmocka_unit_test(test_blocked_from_the_start),
		cmocka_unit_test(test_blocked_later),
		cmocka_unit_test(test_heat_is_evidence),
		cmocka_unit_test(test_heat_keeps_holding),
		cmocka_unit_test(test_heat_floor),
		cmocka_unit_test(test_single_level),
		cmocka_unit_test(test_reasons_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
