// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <math.h>

#include "decide/members.h"

static void test_seats(void **state)
{
	static const struct {
		unsigned int top, members, most, seats;
	} cases[] = {
		{3, 4, 32, 12},	 {1, 4, 32, 4},	  {3, 1, 32, 3},
		{10, 4, 32, 32}, {50, 4, 32, 50}, {256, 256, 256, 256},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(members_seats(cases[i].top, cases[i].members, cases[i].most),
				 cases[i].seats);
}

/* Windows of 5 s. */
static void test_young(void **state)
{
	static const struct {
		double age_s, life_s;
		bool young;
	} cases[] = {
		{4.9, INFINITY, true}, /* it began in the window */
		{5, INFINITY, false},  {5, 60, false},	 {5, 59.9, true},     {59.9, 59.9, true},
		{60, 59.9, false},     {60, 0.5, false}, {3600, 0.01, false}, {4.9, 1e6, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (member_is_young(cases[i].age_s, 5, cases[i].life_s) != cases[i].young)
			fail_msg("case %zu", i);
}

/* The stints' ends; 0: none. */
static struct stints *some_stints(void)
{
	static struct stints stints;

	stints.n = 0;
	for (uint32_t pid = 8; pid >= 5; pid--)
		stints_note(&stints, (struct process_id){pid, 1}, 0, 100 - pid);
	return &stints;
}

/* The processes 1 to n, hottest first; who is picked, as their pids. */
static void test_pick(void **state)
{
	static const struct {
		const char *name;
		double pct[9];
		uint32_t ended; /* its pid */
		const char *picked;
	} cases[] = {
		{"all", {50, 40, 30}, 0, "1 2 3"},
		{"an ended one is not", {50, 40, 30}, 2, "1 3"},
		{"nor one that hardly runs", {50, 0.1, 0.09}, 0, "1 2"},
		{"but the hottest", {0.01, 0.01}, 0, "1"},
		{"of those that live", {50, 0.01, 0.01}, 1, "2"},
		{"none lives", {50}, 1, ""},
		{"those that had a stint later, the longest ago first",
		 {9, 8, 7, 6, 5, 4, 3, 2, 1},
		 0,
		 "1 2 3 4 9 8 7 6 5"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t members[9], out[MEMBERS_LOOKED_AT], n = 0;
		struct ranked_service service = {.members = members};
		struct ranked ranked[9] = {0};
		char have[64] = "", *end = have;

		for (uint32_t pid = 1; pid <= 9 && cases[i].pct[pid - 1] > 0; pid++) {
			members[n] = n;
			ranked[n].id = (struct process_id){pid, 1};
			ranked[n].cpu_pct = cases[i].pct[pid - 1];
			ranked[n++].ended = pid == cases[i].ended;
		}
		service.n_members = n;
		n = members_pick(&service, ranked, some_stints(), 0.1, out);
		for (size_t k = 0; k < n; k++)
			end += sprintf(end, "%s%u", k ? " " : "", ranked[out[k]].id.tgid);
		if (strcmp(have, cases[i].picked))
			fail_msg("%s: '%s', not '%s'", cases[i].name, have, cases[i].picked);
	}
}

/* Of two hundred, 64 at a time: each gets its stint, and none a second one before all had one. */
static void test_two_hundred(void **state)
{
	enum { N = 200 };
	static struct stints stints;
	static struct ranked ranked[N];
	size_t members[N], out[MEMBERS_LOOKED_AT];
	const struct ranked_service service = {.members = members, .n_members = N};

	(void)state;
	stints.n = 0;
	for (uint32_t i = 0; i < N; i++) {
		members[i] = i;
		ranked[i].id = (struct process_id){1000 - i, i};
		ranked[i].cpu_pct = 200.0 / (i + 1);
	}
	for (uint64_t stint = 1; stint <= 2 * N; stint++) {
		assert_int_equal(members_pick(&service, ranked, &stints, 0, out), MEMBERS_LOOKED_AT);
		assert_int_equal(out[0], (stint - 1) % N);
		assert_int_equal(stints_had(&stints, &ranked[out[0]], stint), stint > N);
		stints_note(&stints, ranked[out[0]].id, 0, stint);
		assert_int_equal(stints_count(&stints, &service, ranked, stint), stint < N ? stint : N);
	}
	assert_int_equal(stints.n, N);
	assert_true(stints_had(&stints, &ranked[7], STINT_AGAIN_NS + 207));
	assert_false(stints_had(&stints, &ranked[7], STINT_AGAIN_NS + 208));
	ranked[1].ended = true;
	assert_int_equal(stints_count(&stints, &service, ranked, 2 * N), N - 1);
	ranked[0].execs = 1; /* another program: it is the first again */
	assert_int_equal(stints_count(&stints, &service, ranked, 2 * N), N - 2);
	assert_int_equal(members_pick(&service, ranked, &stints, 0, out), MEMBERS_LOOKED_AT);
	assert_int_equal(out[0], 0);
}

/* It never grows beyond its room: the oldest goes. */
static void test_full(void **state)
{
	static struct stints stints;

	(void)state;
	stints.n = 0;
	for (uint32_t i = 1; i <= STINTS_MAX + 10; i++)
		stints_note(&stints, (struct process_id){(i * 7919) % 100003, i}, i, i);
	assert_int_equal(stints.n, STINTS_MAX);
	for (uint32_t i = 1; i <= STINTS_MAX + 10; i++)
		assert_int_equal(stints_ended_ns(&stints, (struct process_id){(i * 7919) % 100003, i}, i),
				 i <= 10 ? 0 : i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seats),	    cmocka_unit_test(test_young), cmocka_unit_test(test_pick),
		cmocka_unit_test(test_two_hundred), cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
