// SPDX-License-Identifier: GPL-2.0
#include "ranking_world.h"

static void test_user_split(void **state)
{
	static const struct {
		uint64_t run, utime, stime, user;
	} cases[] = {
		{0, 0, 0, 0},
		{1000, 0, 0, 1000}, /* no tick hit it: all user */
		{1000, 5, 0, 1000},
		{1000, 0, 5, 0},
		{1000, 1, 1, 500},
		{1000, 3, 1, 750},
		{1000, 1, 3, 250},
		{1001, 1, 1, 501}, /* system time is rounded down, as in the kernel */
		{10, 1, 2, 4},
		{1, 1, 1, 1},
		{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX / 2 + 1}, /* neither sum nor product fits */
		{UINT64_MAX, 1, UINT64_MAX, 1},
		{UINT64_MAX, UINT64_MAX, 1, UINT64_MAX},
		{(1ULL << 63) + 1, 1ULL << 62, 1ULL << 62, (1ULL << 62) + 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cpu_time time = {cases[i].run, cases[i].utime, cases[i].stime};

		assert_int_equal(cpu_time_user_ns(&time), cases[i].user);
	}
}

static void test_all_is_carried_over(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage usage = spin(107, 42, 500 * MS);
	const struct ranked *out;

	(void)state;
	usage.now.utime_ns = 3;
	usage.now.stime_ns = 1;
	usage.threads = 12;
	usage.execs = 2;
	usage.ended = true;
	out = update(ranking, &usage, 1);
	assert_int_equal(out->id.tgid, 107);
	assert_int_equal(out->id.start_time_ns, 42);
	assert_string_equal(out->comm, "p107");
	assert_int_equal(out->user_ns, 375 * MS);
	assert_int_equal(out->system_ns, 125 * MS);
	assert_near(out->window_user_pct, 37.5);
	assert_near(out->window_system_pct, 12.5);
	assert_near(out->cpu_pct, 37.5);
	assert_int_equal(out->threads, 12);
	assert_int_equal(out->execs, 2);
	assert_true(out->ended);
	ranking_free(ranking);
}

/* A process of the kernel's making leads by all CPU time, not by user time. */
static void test_rank_by(void **state)
{
	(void)state;
	for (int cpu = 0; cpu <= 1; cpu++) {
		struct ranking *ranking = ranking_new(cpu ? RANK_BY_CPU : RANK_BY_USER, 3, 0);
		struct usage usage[2] = {spin(1, 1, 900 * MS), spin(2, 1, 600 * MS)};
		const struct ranked *out;

		usage[0].now.utime_ns = 1;
		usage[0].now.stime_ns = 2;
		out = update(ranking, usage, 2);
		assert_int_equal(out[0].id.tgid, cpu ? 1 : 2);
		assert_near(out[0].cpu_pct, cpu ? 90 : 60);
		assert_near(out[1].cpu_pct, cpu ? 60 : 30);
		ranking_free(ranking);
	}
}

static void test_ties(void **state)
{
	/* Each beats the next one, the last two only by identity. */
	const struct usage usage[] = {spin(9, 9, 501 * MS), spin(8, 1, 500 * MS), spin(8, 2, 500 * MS),
				      spin(9, 1, 500 * MS), spin(9, 2, 500 * MS)};
	static const unsigned int orders[][5] = {
		{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 4, 0, 3, 1}, {3, 0, 4, 1, 2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
		struct usage shuffled[5];
		const struct ranked *out;

		for (size_t k = 0; k < 5; k++)
			shuffled[k] = usage[orders[i][k]];
		out = update(ranking, shuffled, 5);
		for (size_t k = 0; k < 5; k++)
			assert_true(process_id_equal(out[k].id, usage[k].id));
		ranking_free(ranking);
	}
}

/* With the same user time the one that ran more in all comes first, whatever its pid and its place. */
static void test_tie_by_run_time(void **state)
{
	enum { N = 5 };

	(void)state;
	for (uint32_t turn = 0; turn < N; turn++) {
		struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
		struct usage usage[N];
		const struct ranked *out;

		for (uint32_t i = 0; i < N; i++) {
			uint32_t system = (i + turn) % N;

			usage[i] = spin(i + 1, system, (5 + system) * 100 * MS);
			usage[i].now.utime_ns = 5;
			usage[i].now.stime_ns = system;
		}
		out = update(ranking, usage, N);
		for (uint32_t i = 0; i < N; i++) {
			assert_near(out[i].cpu_pct, 50);
			assert_int_equal(out[i].id.start_time_ns, N - 1 - i);
		}
		ranking_free(ranking);
	}
}

static void test_smoothing(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	double keep = exp(-1.0 / 3), pct = 100;

	(void)state;
	assert_near(update_one(ranking, spin(1, 1, WINDOW)), 100); /* no warming up */
	for (int i = 0; i < 5; i++) {
		pct *= keep;
		assert_near(update_one(ranking, spin(1, 1, 0)), pct);
	}
	pct = pct * keep + 50 * (1 - keep);
	assert_near(update_one(ranking, spin(1, 1, WINDOW / 2)), pct);
	ranking_free(ranking);
}

/* The window's own numbers are not smoothed. */
static void test_window_numbers(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage usage = spin(1, 1, 0);
	const struct ranked *out;

	(void)state;
	update_one(ranking, spin(1, 1, WINDOW));
	out = update(ranking, &usage, 1);
	assert_true(out->cpu_pct > 50);
	assert_near(out->window_user_pct, 0);
	assert_int_equal(out->user_ns, 0);
	ranking_free(ranking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_split),	cmocka_unit_test(test_all_is_carried_over),
		cmocka_unit_test(test_rank_by),		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_tie_by_run_time), cmocka_unit_test(test_smoothing),
		cmocka_unit_test(test_window_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
