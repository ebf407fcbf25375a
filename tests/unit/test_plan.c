// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/plan.h"

#define IDLE                                                                                                 \
	{                                                                                                    \
		.watching = false                                                                            \
	}
#define WATCH(pid, start, thread, min, acts)                                                                 \
	{                                                                                                    \
		.watching = true, .id = {.tgid = (pid), .start_time_ns = (start)}, .pid_target = (thread),   \
		.level = {                                                                                   \
			.min_accesses = (min),                                                               \
			.acting = (acts)                                                                     \
		}                                                                                            \
	}

/* Watches process 0; of its level all is 0 but what is named. */
#define LEVEL(...)                                                                                           \
	{                                                                                                    \
		.watching = true, .level = { __VA_ARGS__ }                                                   \
	}

struct one_case {
	const char *name;
	struct plan_seat have, want;
	const char *kinds; /* of the steps: S stop, B begin, C commit */
};

static const struct one_case one_cases[] = {
	{"idle stays idle", IDLE, IDLE, ""},
	{"what an idle seat held last means nothing",
	 {.level = {.min_accesses = 3, .acting = true}},
	 IDLE,
	 ""},
	{"starts", IDLE, WATCH(7, 1, 7, 18, true), "B"},
	{"stops", WATCH(7, 1, 7, 18, true), IDLE, "S"},
	{"is as wanted", WATCH(7, 1, 7, 18, true), WATCH(7, 1, 7, 18, true), ""},
	{"goes down a level", WATCH(7, 1, 7, 18, true), WATCH(7, 1, 7, 16, true), "C"},
	{"goes up again", WATCH(7, 1, 7, 16, true), WATCH(7, 1, 7, 18, true), "C"},
	{"parks", WATCH(7, 1, 7, 18, true), WATCH(7, 1, 7, 18, false), "C"},
	{"re-arms", WATCH(7, 1, 7, 18, false), WATCH(7, 1, 7, 18, true), "C"},
	{"level and park are one commit", WATCH(7, 1, 7, 18, true), WATCH(7, 1, 7, 16, false), "C"},
	{"another process", WATCH(7, 1, 7, 18, true), WATCH(8, 1, 8, 18, true), "SB"},
	{"the pid was reused", WATCH(7, 1, 7, 18, true), WATCH(7, 2, 7, 18, true), "SB"},
	{"another thread", WATCH(7, 1, 7, 18, true), WATCH(7, 1, 9, 18, true), "SB"},
	{"as it was", LEVEL(), LEVEL(), ""},
	{"another threshold", LEVEL(), LEVEL(.min_accesses = 16), "C"},
	{"works", LEVEL(), LEVEL(.acting = true), "C"},
	{"another quota", LEVEL(), LEVEL(.quota_ms = 20), "C"},
	{"another window of the quota", LEVEL(), LEVEL(.quota_reset_ms = 3000), "C"},
	{"more regions at least", LEVEL(), LEVEL(.min_regions = 20), "C"},
	{"fewer regions at most", LEVEL(), LEVEL(.max_regions = 100), "C"},
	{"other samples", LEVEL(), LEVEL(.sample_us = 20), "C"},
	{"another aggregation", LEVEL(), LEVEL(.aggr_us = 400), "C"},
	{"other ranges", LEVEL(), LEVEL(.ranges_version = 2), "C"},
	{"another update", LEVEL(), LEVEL(.update_us = 2000), "C"},
	{"another process and level: no commit", WATCH(7, 1, 7, 18, true), WATCH(8, 1, 8, 2, false), "SB"},
};

static void assert_seat_equal(const struct plan_seat *a, const struct plan_seat *b)
{
	assert_int_equal(a->watching, b->watching);
	assert_true(process_id_equal(a->id, b->id));
	assert_int_equal(a->pid_target, b->pid_target);
	assert_int_equal(a->level.min_accesses, b->level.min_accesses);
	assert_int_equal(a->level.acting, b->level.acting);
}

static char kind_letter(enum plan_kind kind)
{
	return kind == PLAN_STOP ? 'S' : kind == PLAN_START ? 'B' : 'C';
}

static void test_one_seat(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(one_cases); i++) {
		const struct one_case *c = &one_cases[i];
		struct plan_step steps[2];
		char kinds[3] = "";
		size_t n = plan_diff(&c->have, &c->want, 1, steps);

		for (size_t s = 0; s < n; s++) {
			kinds[s] = kind_letter(steps[s].kind);
			assert_int_equal(steps[s].seat, 0);
			if (steps[s].kind == PLAN_STOP)
				assert_false(steps[s].want.watching);
			else
				assert_seat_equal(&steps[s].want, &c->want);
		}
		if (strcmp(kinds, c->kinds))
			fail_msg("%s: steps \"%s\", not \"%s\"", c->name, kinds, c->kinds);
	}
}

static void test_no_seats(void **state)
{
	(void)state;
	assert_int_equal(plan_diff(NULL, NULL, 0, NULL), 0);
}

/* Stops come first, as they give back what starts need; each kind by seat number. */
static void test_order(void **state)
{
	const struct plan_seat have[] = {IDLE,
					 WATCH(1, 1, 1, 9, true),
					 WATCH(2, 1, 2, 9, true),
					 WATCH(3, 1, 3, 9, true),
					 WATCH(4, 1, 4, 9, true),
					 WATCH(5, 1, 5, 9, true)};
	const struct plan_seat want[] = {WATCH(9, 1, 9, 9, true),
					 WATCH(1, 1, 1, 8, true),
					 WATCH(8, 1, 8, 9, true),
					 WATCH(3, 1, 3, 9, true),
					 IDLE,
					 WATCH(5, 1, 5, 9, false)};
	static const struct {
		enum plan_kind kind;
		unsigned int seat;
	} expected[] = {{PLAN_STOP, 2},	 {PLAN_STOP, 4},   {PLAN_START, 0},
			{PLAN_START, 2}, {PLAN_COMMIT, 1}, {PLAN_COMMIT, 5}};
	struct plan_step steps[2 * ARRAY_SIZE(have)];

	(void)state;
	assert_int_equal(plan_diff(have, want, ARRAY_SIZE(have), steps), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(steps[i].kind, expected[i].kind);
		assert_int_equal(steps[i].seat, expected[i].seat);
	}
	assert_int_equal(steps[3].want.id.tgid, 8);
}

/* All seats change hands: twice as many steps as seats, and after them nothing is left to do. */
static void test_hundred(void **state)
{
	struct plan_seat have[100], want[100];
	struct plan_step steps[200];

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		have[i] = (struct plan_seat)WATCH(i + 1, 1, i + 1, 18, true);
		want[i] = (struct plan_seat)WATCH(i + 1000, 1, i + 1000, 18, true);
	}
	assert_int_equal(plan_diff(have, want, 100, steps), 200);
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(steps[i].kind, PLAN_STOP);
		assert_int_equal(steps[i].seat, i);
		assert_int_equal(steps[100 + i].kind, PLAN_START);
		have[steps[100 + i].seat] = steps[100 + i].want;
	}
	assert_int_equal(plan_diff(have, want, 100, steps), 0);
}

/* However many there are, they cost as much together. */
static void test_stand_ins(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 256; n++)
		assert_int_equal(plan_stand_in_us(n) * 50, n * US_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stand_ins), cmocka_unit_test(test_one_seat),
		cmocka_unit_test(test_no_seats),  cmocka_unit_test(test_order),
		cmocka_unit_test(test_hundred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
