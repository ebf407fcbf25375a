// SPDX-License-Identifier: GPL-2.0
/* What is remembered from window to window, and what many processes do. */
#include "ranking_world.h"

/* What makes a process a new one, which starts with its first window's value. */
static void test_forgets(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage last = spin(1, 2, WINDOW), again = spin(1, 2, WINDOW / 10);
	const struct ranked *out;

	(void)state;
	update_one(ranking, spin(1, 1, WINDOW));
	out = update_of(ranking, &again, 1, 2); /* the pid came back, the process did not */
	assert_int_equal(out[1].id.start_time_ns, 2);
	assert_near(out[1].cpu_pct, 10);
	ranking_free(ranking);

	ranking = ranking_new(RANK_BY_USER, 3, 0);
	last.ended = true;
	assert_near(update_one(ranking, last), 100); /* counted, and known, in the window in which it ends */
	update_of(ranking, NULL, 0, 0);
	assert_near(update_one(ranking, again), 10);
	ranking_free(ranking);
}

/* One that does not run is ranked on, with all that is known of it, for a minute. */
static void test_absent_is_idle(void **state)
{
	enum { REMEMBERED = 60 };
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, REMEMBERED * WINDOW);
	struct usage usage = spin(7, 3, WINDOW);
	double keep = exp(-1.0 / 3), pct = 100;

	(void)state;
	usage.threads = 5;
	usage.execs = 4;
	update(ranking, &usage, 1);
	for (int i = 1; i < REMEMBERED; i++) {
		const struct ranked *out = update_of(ranking, NULL, 0, 1);

		pct *= keep;
		assert_near(out->cpu_pct, pct);
		assert_int_equal(out->user_ns + out->system_ns, 0);
		assert_near(out->window_user_pct, 0);
		assert_string_equal(out->comm, "p7");
		assert_int_equal(out->threads, 5);
		assert_int_equal(out->execs, 4);
		assert_false(out->ended);
		assert_int_equal(out->id.start_time_ns, 3);
	}
	update_of(ranking, NULL, 0, 0);
	ranking_free(ranking);
}

/* What is still warm is not forgotten, however short the memory. */
static void test_warm_is_remembered(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage hot = spin(1, 1, WINDOW);
	double keep = exp(-1.0 / 3), pct = 100 * keep;

	(void)state;
	update(ranking, &hot, 1);
	for (; pct >= RANKING_FORGET_PCT; pct *= keep)
		assert_near(update_of(ranking, NULL, 0, 1)->cpu_pct, pct);
	update_of(ranking, NULL, 0, 0);
	ranking_free(ranking);
}

/* A sign of life, and the minute begins anew. */
static void test_remembered_again(void **state)
{
	enum { REMEMBERED = 60 };
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, REMEMBERED * WINDOW);

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		update_one(ranking, spin(1, 1, 1));
		for (int i = 1; i < REMEMBERED; i++)
			update_of(ranking, NULL, 0, 1);
	}
	update_of(ranking, NULL, 0, 0);
	ranking_free(ranking);
}

/* One that ended has no later window: it is given all at once. */
/* It was evicted from a full map after three execs, and came back: that is no exec, but the next one is. */
static void test_execs_of_a_new_record(void **state)
{
	static const uint32_t told[] = {3, 3, 0, 0, 1, 1, 0, 2}, known[] = {3, 3, 3, 3, 4, 4, 4, 6};
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage usage = spin(7, 1, WINDOW);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		usage.execs = told[i];
		assert_int_equal(update(ranking, &usage, 1)->execs, known[i]);
	}
	ranking_free(ranking);
}

static void test_ended_owes_nothing(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_CPU, 3, 0);
	struct usage usage = spin(1, 1, 3 * WINDOW);

	(void)state;
	usage.ended = true;
	assert_int_equal(update(ranking, &usage, 1)->user_ns, 3 * WINDOW);
	ranking_free(ranking);
}

/* Growth between two sums, split by all of the time so far: single ticks do not make it jump. */
static void test_growth(void **state)
{
	static const struct {
		struct cpu_time before, now;
		uint64_t user_ns, system_ns;
	} cases[] = {
		{{1000, 60, 40}, {2000, 120, 80}, 600, 400},
		{{1000, 60, 40}, {2000, 60, 40}, 600, 400},   /* no tick hit it in this window */
		{{1000, 100, 0}, {1100, 100, 100}, 0, 100},   /* the split jumps back */
		{{1000, 0, 100}, {1100, 10000, 100}, 100, 0}, /* or further than it ran */
		{{500, 1, 1}, {500, 1, 1}, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
		struct usage usage = spin(1, 1, 0);
		const struct ranked *out;

		usage.before = cases[i].before;
		usage.now = cases[i].now;
		out = update(ranking, &usage, 1);
		assert_int_equal(out->user_ns, cases[i].user_ns);
		assert_int_equal(out->system_ns, cases[i].system_ns);
		ranking_free(ranking);
	}
}

/* As cputime_adjust() has it, which never takes back what /proc/PID/stat said; cases in a row, by its own arithmetic. */
static void test_what_was_told_stays(void **state)
{
	static const struct {
		struct cpu_time now;
		uint64_t user_ns, system_ns;
	} windows[] = {
		{{1000, 10, 0}, 1000, 0},   /* ticks saw user time only */
		{{1500, 10, 10}, 0, 500},   /* by half: it would be 750 */
		{{1900, 10, 10}, 0, 400},   /* 950: still below what was told */
		{{2400, 10, 10}, 200, 300}, /* 1200 */
		{{2500, 10, 1000}, 0, 100}, {{2600, 10000, 1000}, 100, 0}, /* 2363: no more than it ran */
	};
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage usage = spin(1, 1, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		const struct ranked *out;

		usage.before = usage.now;
		usage.now = windows[i].now;
		out = update(ranking, &usage, 1);
		assert_int_equal(out->user_ns, windows[i].user_ns);
		assert_int_equal(out->system_ns, windows[i].system_ns);
	}
	ranking_free(ranking);
}

/* A thread from before us was seen for the first time: the past of its process is longer than it was. */
static void test_more_of_the_past(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage usage = spin(1, 1, 0);
	const struct ranked *out;

	(void)state;
	usage.now = (struct cpu_time){1000, 10, 0};
	update(ranking, &usage, 1);
	usage.before = (struct cpu_time){5000, 50, 50};
	usage.now = (struct cpu_time){6000, 60, 60};
	out = update(ranking, &usage, 1);
	assert_int_equal(out->user_ns, 500);
	assert_int_equal(out->system_ns, 500);
	ranking_free(ranking);
}

/* What was counted a tick too early is given to the next window, in the same shares: none is lost. */
static void test_no_hotter_than_its_cpus(void **state)
{
	static const struct {
		uint32_t threads_max;
		unsigned int cpus;
	} cases[] = {{1, 4}, {3, 4}, {64, 4}, {4, 1}, {0, 4}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t most = cases[i].threads_max < cases[i].cpus ? cases[i].threads_max : cases[i].cpus;
		struct ranking *ranking = ranking_new(RANK_BY_CPU, 3, 0);
		uint64_t full = (most ? most : 1) * WINDOW;
		struct usage usage = spin(1, 1, full + 8 * MS);
		const struct ranked *out;
		size_t n;

		usage.threads_max = usage.threads = cases[i].threads_max;
		usage.now.utime_ns = 3;
		usage.now.stime_ns = 1;
		assert_int_equal(ranking_update(ranking, &usage, 1, WINDOW, cases[i].cpus, &out, &n), 0);
		assert_int_equal(out->user_ns, full / 4 * 3);
		assert_int_equal(out->system_ns, full / 4);
		assert_near(out->cpu_pct, 100.0 * (double)full / (double)WINDOW);

		assert_int_equal(ranking_update(ranking, NULL, 0, WINDOW, cases[i].cpus, &out, &n), 0);
		assert_int_equal(out->user_ns, 6 * MS);
		assert_int_equal(out->system_ns, 2 * MS);
		assert_int_equal(ranking_update(ranking, NULL, 0, WINDOW, cases[i].cpus, &out, &n), 0);
		assert_int_equal(out->user_ns + out->system_ns, 0);
		ranking_free(ranking);
	}
}

/* Both of a reused pid in one window: each has its own memory. */
static void test_reuse_in_one_window(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage usage[2] = {spin(5, 200, WINDOW / 10), spin(5, 100, 0)};
	const struct ranked *out;

	(void)state;
	update_one(ranking, spin(5, 100, WINDOW));
	usage[1].ended = true;
	out = update(ranking, usage, 2);
	assert_int_equal(out[0].id.start_time_ns, 100);
	assert_near(out[0].cpu_pct, 100 * exp(-1.0 / 3));
	assert_near(out[1].cpu_pct, 10);
	assert_near(update_one(ranking, spin(5, 200, WINDOW / 10)), 10);
	ranking_free(ranking);
}

static void test_empty_machine(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);

	(void)state;
	assert_non_null(update(ranking, NULL, 0));
	assert_non_null(update(ranking, NULL, 0));
	ranking_free(ranking);
	ranking_free(NULL);
}

static void test_bad_window_changes_nothing(void **state)
{
	struct ranking *ranking = ranking_new(RANK_BY_USER, 3, 0);
	struct usage usage = spin(1, 1, WINDOW);
	const struct ranked *out = update(ranking, &usage, 1), *none = NULL;
	size_t n = 77;

	(void)state;
	assert_int_equal(ranking_update(ranking, NULL, 0, 0, CPUS, &none, &n), -EINVAL);
	assert_int_equal(ranking_update(ranking, NULL, 0, WINDOW, 0, &none, &n), -EINVAL);
	assert_null(none);
	assert_int_equal(n, 77);
	assert_near(out->cpu_pct, 100); /* still there */
	assert_true(update_one(ranking, spin(1, 1, 0)) > 70);
	ranking_free(ranking);
}

/* Each window lacks another third of them, in another order; each is checked against its own history. */
static void test_ten_thousand(void **state)
{
	enum { N = 10000, WINDOWS = 6 };
	struct ranking *ranking = ranking_new(RANK_BY_CPU, 2, WINDOWS * WINDOW);
	struct usage *usage = calloc(N, sizeof(*usage));
	double *expected = calloc(N, sizeof(*expected)), keep = exp(-0.5);
	size_t known = 0;

	(void)state;
	for (unsigned int i = 0; i < N; i++)
		expected[i] = -1;
	for (unsigned int w = 0; w < WINDOWS; w++) {
		const struct ranked *out;
		size_t n = 0;

		for (unsigned int k = 0; k < N; k++) {
			unsigned int i = (k * 7919 + w * 13) % N; /* 7919 and N have no common factor */
			uint64_t run = (i * 2654435761ULL + w * 40503ULL) % WINDOW;
			double pct = 100.0 * (double)run / (double)WINDOW;

			if ((i + w) % 3 == 0) {
				expected[i] = expected[i] < 0 ? -1 : expected[i] * keep;
				continue;
			}
			known += expected[i] < 0;
			expected[i] = expected[i] < 0 ? pct : expected[i] * keep + pct * (1 - keep);
			usage[n++] = spin(i, i % 5, run);
		}
		out = update_of(ranking, usage, n, known);
		for (size_t k = 0; k < known; k++)
			assert_near(out[k].cpu_pct, expected[out[k].id.tgid]);
	}
	assert_int_equal(known, N);
	free(expected);
	free(usage);
	ranking_free(ranking);
}

/* Many more, and the time: a square would take minutes. */
static void test_scales(void **state)
{
	enum { N = 300000 };
	struct ranking *ranking = ranking_new(RANK_BY_CPU, 2, 0);
	struct usage *usage = calloc(N, sizeof(*usage));
	clock_t start;

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		usage[i] = spin(N - i, 1, i * 7919 % WINDOW);
	start = clock();
	update(ranking, usage, N);
	update(ranking, usage, N);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 10);
	free(usage);
	ranking_free(ranking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_absent_is_idle),
		cmocka_unit_test(test_remembered_again),
		cmocka_unit_test(test_execs_of_a_new_record),
		cmocka_unit_test(test_warm_is_remembered),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_what_was_told_stays),
		cmocka_unit_test(test_more_of_the_past),
		cmocka_unit_test(test_ended_owes_nothing),
		cmocka_unit_test(test_no_hotter_than_its_cpus),
		cmocka_unit_test(test_reuse_in_one_window),
		cmocka_unit_test(test_empty_machine),
		cmocka_unit_test(test_bad_window_changes_nothing),
		cmocka_unit_test(test_ten_thousand),
		cmocka_unit_test(test_scales),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
