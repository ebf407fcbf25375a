// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/penalty.h"

#define MIB	    1048576ULL
#define PROBE_TICKS 10

static const struct process_id a = {.tgid = 7, .start_time_ns = 1}, reused = {.tgid = 7, .start_time_ns = 2},
			       b = {.tgid = 9, .start_time_ns = 1};

static struct penalties *penalties;

static int set_up(void **state)
{
	(void)state;
	penalties = penalties_new(PROBE_TICKS);
	return !penalties || penalties_reserve(penalties, 8);
}

static int tear_down(void **state)
{
	(void)state;
	penalties_free(penalties);
	return 0;
}

/* A tick in which @id is there, with 312 MiB and its first program. */
static void tick_with(struct process_id id)
{
	penalties_begin_tick(penalties);
	penalty_see(penalties, id, 312 * MIB, 0);
}

/* So many ticks is @id out from now on. */
static int ticks_out(struct process_id id)
{
	for (int out = 0; out < 10000; out++) {
		tick_with(id);
		if (!penalty_holds(penalties, id))
			return out;
	}
	return -1;
}

static void assert_reason(struct process_id id, const char *part)
{
	char reason[REASON_LEN];

	assert_true(penalty_holds(penalties, id));
	penalty_explain(penalties, id, reason);
	assert_contains(reason, part);
}

static void test_nobody(void **state)
{
	(void)state;
	penalties_free(NULL);
	assert_false(penalty_holds(penalties, a));
	penalty_works(penalties, a);
	tick_with(a);
	assert_false(penalty_holds(penalties, a));
}

static void test_failures_double(void **state)
{
	static const int outs[] = {2, 4, 8, 16, 32, 64, 64};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outs); i++) {
		penalty_failed(penalties, a, "EBUSY");
		assert_int_equal(ticks_out(a), outs[i]);
	}
	penalty_works(penalties, a);
	penalty_failed(penalties, a, "EBUSY");
	assert_int_equal(ticks_out(a), 2);
}

static void test_no_gain_doubles(void **state)
{
	static const int outs[] = {10, 20, 40, 80, 160, 320, 640, 640};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outs); i++) {
		penalty_let_go(penalties, a, "no gain", 312 * MIB, 0);
		assert_int_equal(ticks_out(a), outs[i]);
		penalty_works(penalties, a); /* that it can be watched is no gain */
	}
}

static void test_reasons(void **state)
{
	(void)state;
	penalty_failed(penalties, a, "EBUSY at state");
	tick_with(a);
	assert_reason(a, "could not be watched: EBUSY at state; failure 1 in a row, tried again in 2 ticks");
	penalty_let_go(penalties, b, "no gain in 120 s", 312 * MIB, 0);
	tick_with(b);
	assert_reason(a, "tried again in 1 ticks");
	assert_reason(b, "no gain in 120 s; tried again when it grows, or in 10 ticks");
}

/* It is kept of one that is away while its time is not up, and of one that is there afterwards; not longer. */
static void test_forgotten(void **state)
{
	(void)state;
	penalty_failed(penalties, a, "x");
	penalties_begin_tick(penalties);
	penalties_begin_tick(penalties); /* the last tick of its time */
	assert_true(penalty_holds(penalties, a));
	tick_with(a);
	assert_false(penalty_holds(penalties, a));
	penalty_failed(penalties, a, "x");
	assert_int_equal(ticks_out(a), 4);
	penalties_begin_tick(penalties);
	penalties_begin_tick(penalties);
	penalty_failed(penalties, a, "x");
	assert_int_equal(ticks_out(a), 2);
}

/* Whoever has the pid next is another one; and each is found among several. */
static void test_by_identity(void **state)
{
	(void)state;
	penalty_failed(penalties, b, "x");
	penalty_failed(penalties, a, "x");
	assert_false(penalty_holds(penalties, reused));
	penalty_failed(penalties, reused, "x");
	penalty_failed(penalties, reused, "x");
	penalty_works(penalties, a);
	tick_with(reused);
	assert_false(penalty_holds(penalties, a));
	assert_reason(reused, "failure 2 in a row");
	assert_reason(b, "failure 1 in a row");
}

/* What ends it before its time: a look at it, after it was let go with 400 MiB and 3 execs. */
static void test_what_is_new(void **state)
{
	static const struct {
		const char *what;
		uint64_t low_mib, now_mib;
		uint32_t execs;
		bool holds;
	} cases[] = {
		{"the same", 400, 400, 3, true},
		{"a new program", 400, 400, 4, true},
		{"a new program, which loads", 2, 499, 4, true},
		{"a new program with more than ever", 2, 500, 4, false},
		{"grown by a quarter", 400, 500, 3, false},
		{"not quite", 400, 499, 3, true},
		{"grown from the least", 200, 250, 3, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tear_down(state);
		set_up(state);
		penalty_let_go(penalties, a, "no gain", 400 * MIB, 3);
		penalties_begin_tick(penalties);
		penalty_see(penalties, a, cases[i].low_mib * MIB, cases[i].execs);
		assert_true(penalty_holds(penalties, a));
		penalties_begin_tick(penalties);
		penalty_see(penalties, a, cases[i].now_mib * MIB, cases[i].execs);
		if (penalty_holds(penalties, a) != cases[i].holds)
			fail_msg("%s", cases[i].what);
	}
}

/* A failure is not mended by memory that grows. */
static void test_growth_mends_no_failure(void **state)
{
	(void)state;
	penalty_failed(penalties, a, "x");
	penalties_begin_tick(penalties);
	penalty_see(penalties, a, 9999 * MIB, 5);
	assert_true(penalty_holds(penalties, a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failures_double, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_gain_doubles, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reasons, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forgotten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_identity, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_growth_mends_no_failure, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
