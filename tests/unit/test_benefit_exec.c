// SPDX-License-Identifier: GPL-2.0
/* Who calls exec has no endless trial. */
#include "benefit_world.h"

static void exec_with(struct rig *rig, uint64_t anon_mib)
{
	rig->look.execs++;
	rig->look.anon_bytes = anon_mib * MIB;
}

/* What a process that burns CPU in small memory shows, which calls exec each @period_s; 0: never. Seconds until NONE. */
static unsigned int run_hog(struct rig *rig, unsigned int period_s, unsigned int most)
{
	for (unsigned int s = 1; s <= most; s++) {
		unsigned int age_s = period_s ? s % period_s : s;

		if (period_s && !age_s)
			exec_with(rig, 1);
		else if (age_s == 1)
			rig->look.anon_bytes = 400 * MIB; /* it is loaded again */
		rig->look.heat_known = age_s >= 20;	  /* so long it takes to learn it */
		rig->look.parked = age_s >= 20;
		rig->look.held_up = age_s < 20 || rig->look.held_up_by_host;
		if (run_second(rig))
			return s;
	}
	return 0;
}

/* By whichever period. Without an exec it takes 120 s of what is known. */
static void test_leaves_as_others_do(void **state)
{
	static const struct {
		unsigned int period_s, least_s, most_s;
	} cases[] = {
		{0, 139, 139},	{1, 120, 135},	{2, 120, 135},	 {5, 120, 135},
		{30, 139, 180}, {60, 139, 200}, {100, 139, 300}, {130, 139, 300},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();
		unsigned int s;

		hot(&rig, 0, 0);
		park(&rig, DESCENT_FLOOR);
		s = run_hog(&rig, cases[i].period_s, 2000);
		if (s < cases[i].least_s || s > cases[i].most_s || verdict(&rig) != BENEFIT_NONE)
			fail_msg("exec each %u s: after %u s %s", cases[i].period_s, s,
				 benefit_verdict_name(verdict(&rig)));
	}
}

/* It stays so with the next exec, though its memory comes anew; not if it is more than ever. */
static void test_verdict_outlasts_exec(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	hot(&rig, 0, 0);
	park(&rig, DESCENT_FLOOR);
	assert_in_range(run_hog(&rig, 5, 200), 120, 135);
	assert_string_equal(rig.benefit.reason, "no gain in 120 s, in which it called exec again and again");
	assert_int_equal(run_hog(&rig, 5, 400), 0);
	assert_string_equal(rig.benefit.reason, "no gain in 120 s, in which it called exec again and again");
	rig.look.anon_bytes = 500 * MIB;
	assert_true(run_second(&rig));
	assert_int_equal(verdict(&rig), BENEFIT_UNKNOWN);
}

/* A server that was started by way of another program has its time to load and to be learnt. */
static void test_started_by_another(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	hot(&rig, 0, 0);
	rig.look.heat_known = false;
	assert_int_equal(run_until_verdict(&rig, 300), 0);
	exec_with(&rig, 1);
	rig.look.parked = false;
	assert_int_equal(run_until_verdict(&rig, 300), 0);
	hot(&rig, 64, 0);
	run_second(&rig);
	rig.look.succeeded += 32;
	hot(&rig, 64, 64);
	assert_int_equal(run_until_verdict(&rig, 20), 10);
	assert_int_equal(verdict(&rig), BENEFIT_GAINS);
}

/* A program whose hot memory is huge from its second second on, @s of the process, which calls exec each @period_s. */
static void run_huge(struct rig *rig, unsigned int s, unsigned int period_s)
{
	unsigned int age_s = s % period_s;

	if (!age_s)
		exec_with(rig, 400);
	hot(rig, 64, age_s >= 2 ? 64 : 0);
	if (age_s == 2)
		rig->look.succeeded += 32;
	run_second(rig);
}

/* Huge pages that each exec throws away pay for nothing, and end no verdict. */
static void test_never_gains(void **state)
{
	struct rig rig = rig_new();
	unsigned int s = 1;

	(void)state;
	while (verdict(&rig) == BENEFIT_UNKNOWN && s < 400)
		run_huge(&rig, s++, 8);
	assert_in_range(s, 120, 150);
	for (; s < 400; s++) {
		run_huge(&rig, s, 8);
		assert_int_equal(verdict(&rig), BENEFIT_NONE);
	}
}

/* One that gains each time is welcome. */
static void test_gains_in_between(void **state)
{
	struct rig rig = rig_new();
	unsigned int gained_s = 0;

	(void)state;
	for (unsigned int s = 1; s <= 400; s++) {
		run_huge(&rig, s, 40);
		assert_int_not_equal(verdict(&rig), BENEFIT_NONE);
		gained_s += verdict(&rig) == BENEFIT_GAINS;
	}
	assert_in_range(gained_s, 200, 300);
}

/* What the host lacks is nobody's fault, not that of who calls exec either. */
static void test_host_lacks(void **state)
{
	struct rig held = rig_new(), idle = rig_new();

	(void)state;
	hot(&held, 0, 0);
	held.look.held_up_by_host = true;
	assert_int_equal(run_hog(&held, 5, 1000), 0);
	hot(&idle, 0, 0);
	idle.look.cpu_pct = 5;
	assert_int_equal(run_hog(&idle, 5, 1000), 0);
}

/* One that was there for long owes nothing. */
static void test_settled(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	rig.look.cpu_pct = 5; /* idle: no verdict */
	for (int i = 0; i < 5; i++) {
		assert_int_equal(run_until_verdict(&rig, 600), 0);
		exec_with(&rig, 400);
		run_second(&rig);
	}
	assert_int_equal(rig.benefit.hasty_execs, 0);
	rig.look.cpu_pct = 90;
	hot(&rig, 0, 0);
	park(&rig, DESCENT_FLOOR);
	assert_int_equal(run_hog(&rig, 0, 300), 139);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves_as_others_do),
		cmocka_unit_test(test_verdict_outlasts_exec),
		cmocka_unit_test(test_started_by_another),
		cmocka_unit_test(test_never_gains),
		cmocka_unit_test(test_gains_in_between),
		cmocka_unit_test(test_host_lacks),
		cmocka_unit_test(test_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
