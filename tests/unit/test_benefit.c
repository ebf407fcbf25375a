// SPDX-License-Identifier: GPL-2.0
#include "benefit_world.h"

/* Three seconds of the time before, then @huge_mib of 64 hot MiB are huge, by as many collapses. */
static struct rig rig_collapsed(uint64_t huge_mib)
{
	struct rig rig = rig_new();

	hot(&rig, 64, 0);
	assert_int_equal(run_until_verdict(&rig, 3), 0);
	hot(&rig, 64, huge_mib);
	rig.look.succeeded += huge_mib / 2;
	return rig;
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(benefit_verdict_name(BENEFIT_UNKNOWN), "unknown");
	assert_string_equal(benefit_verdict_name(BENEFIT_GAINS), "gains");
	assert_string_equal(benefit_verdict_name(BENEFIT_NONE), "none");
}

/* All of the time before is looked at often, and no other. */
static void test_is_before(void **state)
{
	struct rig rig = rig_new(), cold = rig_new();

	(void)state;
	assert_true(benefit_is_before(&(struct benefit){0}));
	assert_true(benefit_is_before(&rig.benefit));
	hot(&rig, 64, 60);
	run_second(&rig);
	assert_false(benefit_is_before(&rig.benefit));
	hot(&rig, 64, 6);
	run_second(&rig);
	assert_true(benefit_is_before(&rig.benefit));
	hot(&cold, 0, 0);
	park(&cold, DESCENT_FLOOR);
	run_second(&cold);
	assert_true(benefit_is_before(&cold.benefit));
	run_until_verdict(&cold, 600);
	assert_false(benefit_is_before(&cold.benefit));
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
		{DESCENT_DESCENDING, 32, 0, 0, 0}, /* it only seems parked */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();
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

static void test_reasons_of_given_up(void **state)
{
	struct rig sparse = rig_new(), failing = rig_new(), blind = rig_new(), cold = rig_new(),
		   barred = rig_new();

	(void)state;
	hot(&sparse, 32, 0);
	sparse.look.left_alone = 16;
	sparse.look.left_most = "too sparsely populated";
	hot(&failing, 32, 2);
	failing.look.failed = 40;
	failing.look.failed_most = "pte_non_present";
	hot(&blind, 32, 0);
	blind.look.huge_known = false;
	park(&sparse, DESCENT_FLOOR);
	park(&failing, DESCENT_FLOOR);
	park(&blind, DESCENT_FLOOR);
	park(&cold, DESCENT_FLOOR);
	hot(&cold, 0, 0);
	assert_int_equal(run_until_verdict(&sparse, 120), 120);
	assert_string_equal(sparse.benefit.reason,
			    "no gain in 120 s: 0 % of 32 MiB hot are huge, 0 % before; 16 slots too "
			    "sparsely populated");
	assert_int_equal(run_until_verdict(&failing, 120), 120);
	assert_string_equal(failing.benefit.reason,
			    "no gain in 120 s: 6 % of 32 MiB hot are huge, 6 % before; 40 failed, mostly "
			    "pte_non_present");
	assert_int_equal(run_until_verdict(&blind, 120), 120);
	assert_string_equal(blind.benefit.reason, "no gain in 120 s: none of 32 MiB hot was collapsed");
	assert_int_equal(run_until_verdict(&cold, 120), 120);
	assert_string_equal(cold.benefit.reason, "no gain in 120 s: nothing hot was found");
	barred.look.barred = "refused (EPERM)";
	park(&barred, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&barred, 120), 120);
	assert_string_equal(barred.benefit.reason,
			    "no gain in 120 s: nothing can be collapsed in it: refused (EPERM)");
}

/* What is no trial stops the clock. */
static void test_no_trial(void **state)
{
	struct rig rig = rig_new(), watcher = rig_new(), patient = rig_new();

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
	assert_int_equal(rig.benefit.given_up_ns, 100 * SECOND);
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
	struct rig rig = rig_new();

	(void)state;
	hot(&rig, 0, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.heat_known = false;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	assert_int_equal(rig.benefit.given_up_ns, 100 * SECOND);
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
		struct rig rig = rig_new();
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
static void test_want_of_memory(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	hot(&rig, 32, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_until_verdict(&rig, 100), 0);
	rig.look.parked = false;
	rig.look.lacked++;
	assert_int_equal(run_until_verdict(&rig, 20), 0);
	rig.look.parked = true;
	assert_int_equal(run_until_verdict(&rig, 600), 0);
	rig.look.parked = false; /* nothing is lacking in the next walk */
	assert_int_equal(run_until_verdict(&rig, 20), 0);
	rig.look.parked = true;
	assert_int_equal(run_until_verdict(&rig, 600), 120);
}

/* A look after a long sleep is no long trial. */
static void test_slept(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	hot(&rig, 32, 0);
	park(&rig, DESCENT_FLOOR);
	run_second(&rig);
	rig.look.now_ns += 3600 * SECOND;
	assert_false(run_second(&rig));
	assert_int_equal(rig.benefit.given_up_ns, 11 * SECOND);
}

/* Enough was made huge, and what is hot is. */
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
		struct rig rig = rig_new();

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
	struct rig rig = rig_new();

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
	struct rig rig = rig_collapsed(64);

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
	struct rig rig = rig_new();

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

/* It had loaded, now it works: what is hot is huge after all. */
static void test_works_at_last(void **state)
{
	struct rig rig = rig_new();

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
	struct rig rig = rig_new();

	(void)state;
	hot(&rig, 32, 0);
	park(&rig, DESCENT_FLOOR);
	for (unsigned int i = 0; i < 9; i++) {
		/* The look that begins a trial is of it. */
		assert_int_equal(run_until_verdict(&rig, 600), i ? 119 : 120);
		assert_int_equal(verdict(&rig), BENEFIT_NONE);
		assert_int_equal(run_until_verdict(&rig, 50000), 600 << (i < 6 ? i : 6));
		assert_int_equal(verdict(&rig), BENEFIT_UNKNOWN);
	}
	rig.look.execs++;
	assert_int_equal(run_until_verdict(&rig, 600), 121);
	assert_int_equal(run_until_verdict(&rig, 50000), 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),		cmocka_unit_test(test_is_before),
		cmocka_unit_test(test_given_up),	cmocka_unit_test(test_reasons_of_given_up),
		cmocka_unit_test(test_no_trial),	cmocka_unit_test(test_given_up_without_heat),
		cmocka_unit_test(test_loads),		cmocka_unit_test(test_want_of_memory),
		cmocka_unit_test(test_slept),		cmocka_unit_test(test_share),
		cmocka_unit_test(test_share_must_last), cmocka_unit_test(test_gains_for_good),
		cmocka_unit_test(test_grows),		cmocka_unit_test(test_works_at_last),
		cmocka_unit_test(test_lapses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
