/* SPDX-License-Identifier: GPL-2.0 */
#include "cm.h"

#include "decide/benefit.h"

#define SECOND 1000000000ULL
#define MIB    1048576ULL

/* A busy process of 400 MiB, looked at each second. */
struct rig {
	struct benefit_config config;
	struct benefit benefit;
	struct benefit_look look;
	double per_1000; /* walks; < 0: no counters */
	double instructions_per_s;
};

static struct rig rig_new(double per_1000)
{
	struct rig rig = {
		.config = {.trial_ns = 120 * SECOND, .busy_pct = 10, .acts = true},
		.look = {.now_ns = 1000 * SECOND,
			 .cpu_pct = 90,
			 .huge_known = true,
			 .succeeded = 7,
			 .refused = 3,
			 .anon_bytes = 400 * MIB,
			 .execs = 2},
		.per_1000 = per_1000,
		.instructions_per_s = 1e9,
	};

	rig.look.counted = per_1000 >= 0;
	assert_false(benefit_step(&rig.benefit, &rig.config, &rig.look));
	return rig;
}

/* One second. Whether the verdict changed. */
static bool run_second(struct rig *rig)
{
	rig->look.now_ns += SECOND;
	if (rig->look.counted) {
		rig->look.instructions += rig->instructions_per_s;
		rig->look.walks += rig->instructions_per_s * rig->per_1000 / 1000;
	}
	return benefit_step(&rig->benefit, &rig->config, &rig->look);
}

/* How many seconds go by until the verdict changes; 0: it does not in @most. */
static unsigned int run_until_verdict(struct rig *rig, unsigned int most)
{
	for (unsigned int s = 1; s <= most; s++)
		if (run_second(rig))
			return s;
	return 0;
}

static void hot(struct rig *rig, uint64_t hot_mib, uint64_t huge_mib)
{
	rig->look.heat_known = true;
	rig->look.hot_bytes = hot_mib * MIB;
	rig->look.hot_huge_bytes = huge_mib * MIB;
}

/* Three seconds of the time before, then @huge_mib of 64 hot MiB are huge, by as many collapses. */
static struct rig rig_collapsed(double before, double after, uint64_t huge_mib)
{
	struct rig rig = rig_new(before);

	hot(&rig, 64, 0);
	assert_int_equal(run_until_verdict(&rig, 3), 0);
	hot(&rig, 64, huge_mib);
	rig.look.succeeded += huge_mib / 2;
	if (before >= 0)
		rig.per_1000 = after;
	return rig;
}

static void park(struct rig *rig, enum descent_state state)
{
	rig->look.parked = true;
	rig->look.state = state;
}

static enum benefit_verdict verdict(const struct rig *rig)
{
	return rig->benefit.verdict;
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(benefit_verdict_name(BENEFIT_UNKNOWN), "unknown");
	assert_string_equal(benefit_verdict_name(BENEFIT_GAINS), "gains");
	assert_string_equal(benefit_verdict_name(BENEFIT_NONE), "none");
}

/* What falls, and how far, when nearly all is huge; -1: no counters. */
static void test_walks(void **state)
{
	static const struct {
		double before, after;
		uint64_t huge_mib;
		enum benefit_verdict verdict;
		unsigned int seconds; /* until it is known; 0: not within ten minutes */
	} cases[] = {
		{12, 3, 64, BENEFIT_GAINS, 30},	     {12, 10.7, 64, BENEFIT_GAINS, 30},
		{12, 10.9, 64, BENEFIT_NONE, 120},   {12, 13, 64, BENEFIT_NONE, 120},
		{12, 12, 48, BENEFIT_NONE, 120},     /* three quarters */
		{12, 12, 46, BENEFIT_UNKNOWN, 0},    /* too little is huge for a verdict of none */
		{12, 6, 46, BENEFIT_GAINS, 30},	     /* and enough for one of gains */
		{0.15, 0.01, 64, BENEFIT_GAINS, 30}, /* 0.14 in 1000 */
		{0.10, 0.01, 64, BENEFIT_NONE, 120}, /* 0.09: nothing to gain */
		{0.3, 1.5, 64, BENEFIT_GAINS, 31},   /* what ran before was other work: by the share */
		{12, 13.3, 64, BENEFIT_GAINS, 31},   {0.01, 0.1, 64, BENEFIT_NONE, 120}, /* chance */
		{0, 0, 64, BENEFIT_GAINS, 10},	 /* counters that do not count */
		{-1, -1, 64, BENEFIT_GAINS, 10}, /* by the share alone */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_collapsed(cases[i].before, cases[i].after, cases[i].huge_mib);
		unsigned int seconds = run_until_verdict(&rig, 600);

		if (seconds != cases[i].seconds || verdict(&rig) != cases[i].verdict)
			fail_msg("case %zu: %s after %u s: %s", i, benefit_verdict_name(verdict(&rig)),
				 seconds, rig.benefit.reason);
	}
}

static void test_reasons_of_walks(void **state)
{
	struct rig gains = rig_collapsed(12.4, 3.1, 64), none = rig_collapsed(12.4, 12.3, 60);
	double per_1000;

	(void)state;
	run_until_verdict(&gains, 600);
	assert_string_equal(gains.benefit.reason, "3.10 dTLB walks per 1000 instructions, 12.40 before");
	run_until_verdict(&none, 600);
	assert_string_equal(none.benefit.reason,
			    "no gain in 120 s: 12.30 dTLB walks per 1000 instructions, 12.40 before; 93 % of "
			    "what is hot is huge");
	assert_true(benefit_before_per_1000(&none.benefit, &per_1000));
	assert_near(per_1000, 12.4);
	assert_true(benefit_now_per_1000(&none.benefit, &per_1000));
	assert_true(per_1000 > 12.299 && per_1000 < 12.301);
}

/* What the process did before its memory became huge counts alone, and what it does at last most. */
static void test_windows_are_kept_apart(void **state)
{
	struct rig rig = rig_collapsed(10, 9.9, 64);
	double before, now;

	(void)state;
	for (int s = 0; s < 60; s++)
		run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &before));
	assert_near(before, 10);
	rig.per_1000 = 5;
	for (int s = 0; s < 30; s++)
		run_second(&rig);
	assert_true(benefit_now_per_1000(&rig.benefit, &now));
	/* After once BENEFIT_SMOOTH_NS the old value has a weight of 1/e, or less: it is of 60 s only. */
	assert_true(now > 6.4 && now < 6.8);
	hot(&rig, 64, 0); /* the hot set moved: that is no new "before" */
	rig.per_1000 = 20;
	for (int s = 0; s < 30; s++)
		run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &before));
	assert_near(before, 10);
}

/* Memory that was huge when it came in gives no "before", so there is no verdict by walks. */
static void test_huge_from_the_start(void **state)
{
	struct rig rig = rig_new(2);
	double per_1000;

	(void)state;
	hot(&rig, 64, 60);
	assert_int_equal(run_until_verdict(&rig, 5), 0);
	rig.look.succeeded += 2;
	hot(&rig, 64, 64);
	park(&rig, DESCENT_SATISFIED);
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	assert_false(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_int_equal(verdict(&rig), BENEFIT_UNKNOWN);
}

/* Nor does heat that is not known yet: it could all be huge. When it is, what was counted until then is, or is not. */
static void test_before_needs_heat(void **state)
{
	struct rig rig = rig_new(2), huge = rig_new(2);
	double per_1000;

	(void)state;
	run_second(&rig);
	hot(&rig, 1, 0); /* less than a huge page */
	rig.per_1000 = 4;
	run_second(&rig);
	assert_false(benefit_before_per_1000(&rig.benefit, &per_1000));
	rig.per_1000 = 6;
	hot(&rig, 64, 6);
	run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_true(per_1000 > 4 && per_1000 < 4.04); /* the first second has faded a little */
	hot(&rig, 64, 8);			      /* above a tenth, by somebody else */
	rig.per_1000 = 50;
	run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_true(per_1000 > 4 && per_1000 < 4.04);
	assert_false(benefit_now_per_1000(&rig.benefit, &per_1000));
	run_second(&huge);
	hot(&huge, 64, 60);
	run_second(&huge);
	hot(&huge, 64, 0);
	huge.per_1000 = 5;
	run_second(&huge);
	assert_true(benefit_before_per_1000(&huge.benefit, &per_1000));
	assert_near(per_1000, 5);
}

/* Ten minutes of loading with nothing hot, a minute of work, and then it gets hot: the work is what was before. */
static void test_loading_fades(void **state)
{
	struct rig rig = rig_new(0.3);
	double per_1000;

	(void)state;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	rig.per_1000 = 12;
	assert_int_equal(run_until_verdict(&rig, 60), 0);
	hot(&rig, 64, 0);
	run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_true(per_1000 > 10 && per_1000 < 11);
}

/* What turned out to be other work is forgotten, with the trial that it was measured by. */
static void test_other_work(void **state)
{
	struct rig rig = rig_collapsed(0.3, 1.5, 48);
	double per_1000;

	(void)state;
	rig.look.succeeded = 7 + 3; /* 6 of 64 MiB by us: that is no gain by the share */
	assert_int_equal(run_until_verdict(&rig, 29), 0);
	assert_true(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_int_equal(benefit_tried_ns(&rig.benefit), 29 * SECOND);
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	assert_false(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_true(benefit_now_per_1000(&rig.benefit, &per_1000));
	assert_int_equal(benefit_tried_ns(&rig.benefit), 0);
}

/* Neither quotient is told of counters that always read 0. */
static void test_counters_of_nothing(void **state)
{
	struct rig rig = rig_collapsed(0, 0, 64);
	double per_1000;

	(void)state;
	assert_int_equal(run_until_verdict(&rig, 9), 0);
	assert_false(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_false(benefit_now_per_1000(&rig.benefit, &per_1000));
}

/* Collapses came before the first look at the heat: what was counted before them is of the time before. */
static void test_collapsed_before_heat(void **state)
{
	static const struct {
		uint64_t huge_mib, succeeded;
		bool known;
	} cases[] = {
		{60, 30, true},	 /* all that is huge is by us */
		{60, 27, true},	 /* 6 MiB of 64 are not */
		{60, 26, false}, /* 8 are not */
		{60, 40, true},	 /* we collapsed more than is hot */
	};
	double per_1000;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new(3);

		run_second(&rig);
		rig.per_1000 = 20; /* of a second in which it was collapsed: neither before nor after */
		rig.look.succeeded += cases[i].succeeded;
		run_second(&rig);
		rig.per_1000 = 1;
		hot(&rig, 64, cases[i].huge_mib);
		run_second(&rig);
		assert_int_equal(benefit_before_per_1000(&rig.benefit, &per_1000), cases[i].known);
		if (cases[i].known)
			assert_near(per_1000, 3);
		assert_true(benefit_now_per_1000(&rig.benefit, &per_1000));
		assert_near(per_1000, 1);
		assert_false(rig.benefit.before_pct_known); /* what was not measured is not told */
		if (cases[i].known) {
			assert_int_equal(run_until_verdict(&rig, 60), 29);
			assert_int_equal(verdict(&rig), BENEFIT_GAINS);
		} else {
			assert_int_equal(run_until_verdict(&rig, 60), 9);
			assert_string_equal(rig.benefit.reason, "93 % of 64 MiB hot are huge");
		}
	}
}

/* In a big heap the first collapses are too few to matter. */
static void test_few_collapses_before_heat(void **state)
{
	struct rig rig = rig_new(3);
	double per_1000;

	(void)state;
	rig.look.succeeded += 10;
	run_second(&rig);
	hot(&rig, 4096, 20);
	rig.per_1000 = 7;
	run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_near(per_1000, 7);
	rig.look.heat_known = false; /* blind for a while: that does not end the time before */
	rig.look.succeeded += 10;
	rig.per_1000 = 20;
	run_second(&rig);
	rig.look.heat_known = true;
	rig.per_1000 = 9;
	run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &per_1000));
	assert_near(per_1000, 8);
}

/* A few instructions are chance. */
static void test_few_instructions(void **state)
{
	struct rig rig = rig_new(2);
	double per_1000;

	(void)state;
	rig.instructions_per_s = 4e6;
	hot(&rig, 64, 0);
	run_second(&rig);
	run_second(&rig);
	assert_false(benefit_before_per_1000(&rig.benefit, &per_1000));
	run_second(&rig);
	assert_true(benefit_before_per_1000(&rig.benefit, &per_1000));
}

/* An idle process is no measure, nor is one that does half as much. */
static void test_as_busy_as_before(void **state)
{
	struct rig rig = rig_collapsed(12, 12, 64);

	(void)state;
	rig.look.cpu_pct = 44.9;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	rig.look.cpu_pct = 45;
	assert_int_equal(run_until_verdict(&rig, 600), 120);
	assert_int_equal(verdict(&rig), BENEFIT_NONE);
}

/* A trial is without a break in which little is huge. */
static void test_share_falls_meanwhile(void **state)
{
	struct rig rig = rig_collapsed(12, 12, 64);

	(void)state;
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	assert_int_equal(benefit_tried_ns(&rig.benefit), 100 * SECOND);
	hot(&rig, 64, 20);
	assert_int_equal(run_until_verdict(&rig, 1), 0);
	hot(&rig, 64, 64);
	assert_int_equal(run_until_verdict(&rig, 600), 120);
}

/* Heat that is not known stops the clock, and does not set it back. */
static void test_heat_lost_meanwhile(void **state)
{
	struct rig rig = rig_collapsed(12, 12, 64);

	(void)state;
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.heat_known = false;
	assert_int_equal(run_until_verdict(&rig, 50), 0);
	rig.look.heat_known = true;
	assert_int_equal(run_until_verdict(&rig, 600), 20);
}

/* Counters that are opened anew begin at 0, and those that are gone say nothing. */
static void test_counters_begin_anew(void **state)
{
	struct rig rig = rig_collapsed(12, 3, 64);
	double now;

	(void)state;
	run_second(&rig);
	rig.look.counted = false;
	run_second(&rig);
	rig.look.counted = true;
	rig.look.walks = rig.look.instructions = 0;
	rig.instructions_per_s = 0;
	run_second(&rig);
	rig.instructions_per_s = 1e9;
	run_second(&rig);
	assert_true(benefit_now_per_1000(&rig.benefit, &now));
	assert_near(now, 3);
}

/* Counters that are gone for long are no reason to wait for ever: the share judges. When they are back, they do. */
static void test_counters_gone(void **state)
{
	struct rig gone = rig_collapsed(12, 12, 64), back = rig_collapsed(12, 12, 64);

	(void)state;
	assert_int_equal(run_until_verdict(&gone, 20), 0);
	gone.look.counted = false;
	assert_int_equal(run_until_verdict(&gone, 600), 30);
	assert_string_equal(gone.benefit.reason, "100 % of 64 MiB hot are huge, 0 % before");
	assert_int_equal(run_until_verdict(&back, 20), 0);
	back.look.counted = false;
	assert_int_equal(run_until_verdict(&back, 29), 0);
	back.look.counted = true;
	assert_int_equal(run_until_verdict(&back, 600), 100);
	assert_int_equal(verdict(&back), BENEFIT_NONE);
	back.look.counted = false; /* as nothing is asked for just now; in the next trial they need a while */
	assert_int_equal(run_until_verdict(&back, 100), 0);
	back.look.anon_bytes *= 2;
	assert_int_equal(run_until_verdict(&back, 20), 1);
	assert_int_equal(run_until_verdict(&back, 20), 0);
	back.look.counted = true;
	assert_int_equal(run_until_verdict(&back, 600), 120);
	assert_int_equal(verdict(&back), BENEFIT_NONE);
}

/* What other counters count, though it may be more than the ones before did, is no difference to those. */
static void test_other_counters(void **state)
{
	struct rig rig = rig_collapsed(12, 3, 64);
	double now;

	(void)state;
	run_second(&rig);
	rig.look.counted = false;
	run_second(&rig);
	rig.look.counted = true;
	rig.look.walks *= 40;
	rig.look.instructions *= 2;
	run_second(&rig);
	run_second(&rig);
	assert_true(benefit_now_per_1000(&rig.benefit, &now));
	assert_near(now, 3);
}

/* Counters are open while they can tell something. */
static void test_wants_counts(void **state)
{
	struct rig gains = rig_collapsed(12, 3, 64), none = rig_collapsed(12, 12, 64), huge = rig_new(2);

	(void)state;
	assert_true(benefit_wants_counts(&(struct benefit){0}));
	assert_true(benefit_wants_counts(&gains.benefit));
	run_second(&gains);
	assert_true(benefit_wants_counts(&gains.benefit));
	run_until_verdict(&gains, 600);
	assert_false(benefit_wants_counts(&gains.benefit));
	gains.look.execs++;
	run_second(&gains);
	assert_true(benefit_wants_counts(&gains.benefit));
	run_until_verdict(&none, 600);
	assert_false(benefit_wants_counts(&none.benefit));
	none.look.anon_bytes *= 2;
	run_second(&none);
	assert_true(benefit_wants_counts(&none.benefit));
	hot(&huge, 64, 60);
	run_second(&huge);
	assert_true(benefit_wants_counts(
		&huge.benefit)); /* other memory may be hot, and small, before we do anything */
	huge.look.succeeded++;
	run_second(&huge);
	assert_false(benefit_wants_counts(&huge.benefit)); /* there will be nothing to compare with */
}

/* All of the time before is looked at often, and no other. */
static void test_is_before(void **state)
{
	struct rig rig = rig_new(2), blind = rig_new(-1);

	(void)state;
	assert_true(benefit_is_before(&(struct benefit){0}));
	assert_true(benefit_is_before(&rig.benefit));
	hot(&rig, 64, 60);
	run_second(&rig);
	assert_false(benefit_is_before(&rig.benefit));
	hot(&rig, 64, 6);
	run_second(&rig);
	assert_true(benefit_is_before(&rig.benefit));
	rig.look.succeeded++;
	run_second(&rig);
	run_second(&rig);
	assert_true(benefit_is_before(&rig.benefit));
	hot(&rig, 64, 8);
	run_second(&rig);
	hot(&rig, 64, 0);
	run_second(&rig);
	assert_false(benefit_is_before(&rig.benefit));
	hot(&blind, 0, 0);
	park(&blind, DESCENT_FLOOR);
	run_second(&blind);
	assert_true(benefit_is_before(&blind.benefit));
	run_until_verdict(&blind, 600);
	assert_false(benefit_is_before(&blind.benefit));
}

/* The executor gave up, and nothing of what is hot is huge. */
static void test_given_up(void **state)
{
	static const struct {
		enum descent_state state;
		uint64_t hot_mib, huge_mib, succeeded;
		unsigned int seconds; /* until NONE; 0: never */
	} cases[] = {
		{DESCENT_FLOOR, 32, 0, 0, 120},	   {DESCENT_FLOOR, 0, 0, 0, 120}, /* nothing is hot at all */
		{DESCENT_HOLDING, 64, 2, 1, 120},  {DESCENT_HOLDING, 64, 6, 3, 120}, /* 9 % */
		{DESCENT_HOLDING, 64, 24, 0, 0},   /* from before: it has gained already */
		{DESCENT_SATISFIED, 64, 64, 0, 0}, /* all was huge when it came */
		{DESCENT_BLOCKED, 32, 0, 0, 0},	   /* the governor knows what to do */
		{DESCENT_DESCENDING, 32, 0, 0, 0}, /* it only seems parked */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int counters = 0; counters < 2; counters++) {
			struct rig rig = rig_new(counters ? 5 : -1);
			unsigned int seconds;

			hot(&rig, cases[i].hot_mib, cases[i].huge_mib);
			rig.look.succeeded += cases[i].succeeded;
			park(&rig, cases[i].state);
			seconds = run_until_verdict(&rig, 600);
			if (seconds != cases[i].seconds)
				fail_msg("case %zu: %u s: %s", i, seconds, rig.benefit.reason);
			assert_int_equal(verdict(&rig), seconds ? BENEFIT_NONE : BENEFIT_UNKNOWN);
		}
	}
}

static void test_reasons_of_given_up(void **state)
{
	struct rig sparse = rig_new(-1), refused = rig_new(-1), blind = rig_new(-1), cold = rig_new(-1),
		   denied = rig_new(-1);

	(void)state;
	hot(&sparse, 32, 0);
	sparse.look.sparse = 16;
	hot(&refused, 32, 2);
	refused.look.failed = 40;
	refused.look.failed_most = "pte_non_present";
	hot(&blind, 32, 0);
	blind.look.huge_known = false;
	park(&sparse, DESCENT_FLOOR);
	park(&refused, DESCENT_FLOOR);
	park(&blind, DESCENT_FLOOR);
	park(&cold, DESCENT_FLOOR);
	hot(&cold, 0, 0);
	assert_int_equal(run_until_verdict(&sparse, 120), 120);
	assert_string_equal(sparse.benefit.reason,
			    "no gain in 120 s: 0 % of 32 MiB hot are huge, 0 % before; 16 slots too sparse");
	assert_int_equal(run_until_verdict(&refused, 120), 120);
	assert_string_equal(refused.benefit.reason,
			    "no gain in 120 s: 6 % of 32 MiB hot are huge, 6 % before; 40 failed, mostly "
			    "pte_non_present");
	assert_int_equal(run_until_verdict(&blind, 120), 120);
	assert_string_equal(blind.benefit.reason, "no gain in 120 s: none of 32 MiB hot was collapsed");
	assert_int_equal(run_until_verdict(&cold, 120), 120);
	assert_string_equal(cold.benefit.reason, "no gain in 120 s: nothing hot was found");
	denied.look.refusal = "refused (EPERM)";
	park(&denied, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&denied, 120), 120);
	assert_string_equal(denied.benefit.reason,
			    "no gain in 120 s: nothing can be collapsed in it: refused (EPERM)");
}

/* What is no trial stops the clock. */
static void test_no_trial(void **state)
{
	struct rig rig = rig_new(-1), watcher = rig_new(-1), patient = rig_new(-1);

	(void)state;
	hot(&rig, 32, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.held_up = true;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	rig.look.held_up = false;
	rig.look.cpu_pct = 9.9;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	rig.look.cpu_pct = 10;
	assert_int_equal(benefit_tried_ns(&rig.benefit), 100 * SECOND);
	rig.look.parked = false; /* a probe of the descent: between two times of the same trial */
	assert_int_equal(run_until_verdict(&rig, 20), 0);
	rig.look.parked = true;
	assert_int_equal(run_until_verdict(&rig, 600), 20);
	watcher.config.acts = false;
	hot(&watcher, 32, 0);
	park(&watcher, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&watcher, 600), 0);
	patient.config.trial_ns = 0;
	hot(&patient, 32, 0);
	park(&patient, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&patient, 6000), 0);
}

/* Heat that is not known is not "nothing hot was found", and does not count. */
static void test_given_up_without_heat(void **state)
{
	struct rig rig = rig_new(-1);

	(void)state;
	hot(&rig, 0, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.heat_known = false;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	assert_int_equal(benefit_tried_ns(&rig.benefit), 100 * SECOND);
	rig.look.heat_known = true;
	assert_int_equal(run_until_verdict(&rig, 600), 20);
}

/* A process that loads for long: each 16 MiB more than ever stop the clock for ten seconds. */
static void test_loads(void **state)
{
	static const struct {
		uint64_t first_mib, mib_per_s, swing_mib;
		unsigned int seconds; /* until NONE; 0: not in 300 */
	} cases[] = {
		{4000, 2, 0, 0},   /* 16 MiB each 8 s */
		{4000, 1, 0, 300}, /* each 16 s, 10 of which do not count */
		{4000, 0, 0, 120},
		{4000, 0, 500, 130}, /* given back and taken again: more than ever once only */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new(-1);
		unsigned int s;

		rig.look.anon_bytes = cases[i].first_mib * MIB;
		rig.look.execs++; /* begins anew with that */
		hot(&rig, 0, 0);
		park(&rig, DESCENT_FLOOR);
		run_second(&rig);
		for (s = 1; s <= 300; s++) {
			uint64_t swing = s / 5 % 2 ? cases[i].swing_mib : 0;

			rig.look.anon_bytes = (cases[i].first_mib + s * cases[i].mib_per_s + swing) * MIB;
			if (run_second(&rig))
				break;
		}
		if (s != (cases[i].seconds ? cases[i].seconds : 301))
			fail_msg("case %zu: %u s, %s", i, s, rig.benefit.reason);
	}
}

/* Memory was short, or the quota used up: that walk, and the time after it, tell nothing. */
static void test_refused_for_want_of_memory(void **state)
{
	struct rig rig = rig_new(-1);

	(void)state;
	hot(&rig, 32, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.parked = false;
	rig.look.refused++;
	assert_int_equal(run_until_verdict(&rig, 20), 0);
	rig.look.parked = true;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	rig.look.parked = false; /* the next walk meets no refusal */
	assert_int_equal(run_until_verdict(&rig, 20), 0);
	rig.look.parked = true;
	assert_int_equal(run_until_verdict(&rig, 600), 120);
}

/* A look after a long sleep is no long trial. */
static void test_slept(void **state)
{
	struct rig rig = rig_new(-1);

	(void)state;
	hot(&rig, 32, 0);
	park(&rig, DESCENT_FLOOR);
	run_second(&rig);
	rig.look.now_ns += 3600 * SECOND;
	assert_false(run_second(&rig));
	assert_int_equal(benefit_tried_ns(&rig.benefit), 11 * SECOND);
}

/* Without counters: enough was made huge, and what is hot is. */
static void test_share(void **state)
{
	static const struct {
		bool huge_known;
		uint64_t hot_mib, huge_mib, succeeded;
		enum benefit_verdict verdict;
	} cases[] = {
		{true, 64, 8, 4, BENEFIT_GAINS},    {true, 64, 8, 3, BENEFIT_UNKNOWN}, /* 6 of 64 MiB by us */
		{true, 64, 6, 32, BENEFIT_UNKNOWN}, /* what we made huge is not hot */
		{true, 64, 64, 0, BENEFIT_UNKNOWN}, /* nothing by us */
		{true, 0, 0, 10, BENEFIT_UNKNOWN},  /* blind just now */
		{false, 64, 0, 4, BENEFIT_GAINS},   {false, 64, 0, 3, BENEFIT_UNKNOWN},
		{false, 0, 0, 3, BENEFIT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new(-1);

		rig.look.huge_known = cases[i].huge_known;
		hot(&rig, cases[i].hot_mib, 0);
		run_second(&rig);
		hot(&rig, cases[i].hot_mib, cases[i].huge_mib);
		rig.look.succeeded += cases[i].succeeded;
		run_until_verdict(&rig, 30);
		if (verdict(&rig) != cases[i].verdict)
			fail_msg("case %zu: %s", i, benefit_verdict_name(verdict(&rig)));
	}
}

/* The first huge page at a high threshold is all that is hot there: that must last. */
static void test_share_must_last(void **state)
{
	struct rig rig = rig_new(-1);

	(void)state;
	hot(&rig, 2, 0);
	run_second(&rig);
	rig.look.succeeded++;
	hot(&rig, 2, 2);
	assert_int_equal(run_until_verdict(&rig, 9), 0);
	hot(&rig, 64, 2);
	assert_int_equal(run_until_verdict(&rig, 1), 0);
	rig.look.succeeded += 31;
	hot(&rig, 64, 64);
	assert_int_equal(run_until_verdict(&rig, 5), 0);
	rig.look.heat_known = false; /* blind: neither nor */
	assert_int_equal(run_until_verdict(&rig, 60), 0);
	rig.look.heat_known = true;
	assert_int_equal(run_until_verdict(&rig, 20), 5);
	assert_int_equal(verdict(&rig), BENEFIT_GAINS);
}

/* One that gains stays, whatever comes; a new program begins anew. */
static void test_gains_for_good(void **state)
{
	struct rig rig = rig_collapsed(-1, -1, 64);

	(void)state;
	assert_int_equal(run_until_verdict(&rig, 20), 10);
	assert_string_equal(rig.benefit.reason, "100 % of 64 MiB hot are huge, 0 % before");
	hot(&rig, 64, 0);
	park(&rig, DESCENT_FLOOR);
	rig.look.anon_bytes *= 2;
	assert_int_equal(run_until_verdict(&rig, 1000), 0);
	assert_int_equal(verdict(&rig), BENEFIT_GAINS);
	rig.look.execs++;
	assert_true(run_second(&rig));
	assert_int_equal(verdict(&rig), BENEFIT_UNKNOWN);
	assert_string_equal(rig.benefit.reason, "");
	assert_int_equal(run_until_verdict(&rig, 600), 120);
}

/* A verdict of none holds until it grows by a quarter, counted from the least there was. */
static void test_grows(void **state)
{
	struct rig rig = rig_new(-1);

	(void)state;
	hot(&rig, 32, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 600), 120);
	assert_int_equal(run_until_verdict(&rig, 500), 0);
	rig.look.anon_bytes = 499 * MIB;
	assert_int_equal(run_until_verdict(&rig, 10), 0); /* loading is over */
	rig.look.anon_bytes = 200 * MIB;
	assert_false(run_second(&rig));
	rig.look.anon_bytes = 250 * MIB;
	assert_true(run_second(&rig));
	assert_int_equal(verdict(&rig), BENEFIT_UNKNOWN);
	assert_int_equal(run_until_verdict(&rig, 600), 119);
	assert_true(benefit_has_grown(0, 16 * MIB));
	assert_false(benefit_has_grown(0, 16 * MIB - 1));
	assert_false(benefit_has_grown(400 * MIB, 400 * MIB));
	assert_false(benefit_has_grown(400 * MIB, 100 * MIB));
}

/* Whether huge pages are of no use is known of one that has them only; what had none may have them yet. */
static void test_useless(void **state)
{
	struct rig cold = rig_new(5), huge = rig_collapsed(12, 12, 64);

	(void)state;
	hot(&cold, 0, 0);
	park(&cold, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&cold, 600), 120);
	assert_int_equal(verdict(&cold), BENEFIT_NONE);
	assert_false(benefit_is_useless(&cold.benefit));
	assert_false(benefit_is_useless(&huge.benefit));
	assert_int_equal(run_until_verdict(&huge, 600), 120);
	assert_true(benefit_is_useless(&huge.benefit));
	hot(&huge, 64, 20); /* other memory is hot: its huge pages were of no use all the same */
	assert_int_equal(run_until_verdict(&huge, 100), 0);
}

/* It had loaded, now it works: what is hot is huge after all. */
static void test_works_at_last(void **state)
{
	struct rig rig = rig_new(-1);

	(void)state;
	hot(&rig, 0, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 600), 120);
	hot(&rig, 64, 0);
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.succeeded += 32;
	hot(&rig, 64, 64);
	assert_int_equal(run_until_verdict(&rig, 100), 1);
	assert_int_equal(verdict(&rig), BENEFIT_UNKNOWN);
	assert_string_equal(rig.benefit.reason, "");
	assert_int_equal(run_until_verdict(&rig, 100), 9);
	assert_int_equal(verdict(&rig), BENEFIT_GAINS);
}

/* A verdict of none lapses, each time after twice as long, up to 64 times. */
static void test_lapses(void **state)
{
	struct rig rig = rig_collapsed(12, 12, 64);

	(void)state;
	for (unsigned int i = 0; i < 9; i++) {
		/* The look that begins a trial is of it. */
		assert_int_equal(run_until_verdict(&rig, 600), i ? 119 : 120);
		assert_true(benefit_is_useless(&rig.benefit));
		assert_int_equal(run_until_verdict(&rig, 50000), 600 << (i < 6 ? i : 6));
		assert_int_equal(verdict(&rig), BENEFIT_UNKNOWN);
	}
	rig.look.execs++;
	hot(&rig, 0, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 600), 121);
	assert_int_equal(run_until_verdict(&rig, 50000), 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_reasons_of_walks),
		cmocka_unit_test(test_windows_are_kept_apart),
		cmocka_unit_test(test_huge_from_the_start),
		cmocka_unit_test(test_before_needs_heat),
		cmocka_unit_test(test_loading_fades),
		cmocka_unit_test(test_other_work),
		cmocka_unit_test(test_counters_of_nothing),
		cmocka_unit_test(test_collapsed_before_heat),
		cmocka_unit_test(test_few_collapses_before_heat),
		cmocka_unit_test(test_few_instructions),
		cmocka_unit_test(test_as_busy_as_before),
		cmocka_unit_test(test_share_falls_meanwhile),
		cmocka_unit_test(test_heat_lost_meanwhile),
		cmocka_unit_test(test_counters_begin_anew),
		cmocka_unit_test(test_counters_gone),
		cmocka_unit_test(test_other_counters),
		cmocka_unit_test(test_wants_counts),
		cmocka_unit_test(test_is_before),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_reasons_of_given_up),
		cmocka_unit_test(test_no_trial),
		cmocka_unit_test(test_given_up_without_heat),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_refused_for_want_of_memory),
		cmocka_unit_test(test_slept),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_share_must_last),
		cmocka_unit_test(test_gains_for_good),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_useless),
		cmocka_unit_test(test_works_at_last),
		cmocka_unit_test(test_lapses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
