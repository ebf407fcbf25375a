// SPDX-License-Identifier: GPL-2.0
#include "decide/readings.h"

#include "cm.h"

#define MS 1000000ULL
#define S  (1000 * MS)

/* A reading that is asked for at @began_ns. */
static struct reading_times times(uint64_t began_ns, uint64_t waited_ns, uint64_t read_ns)
{
	return (struct reading_times){began_ns, began_ns + waited_ns, began_ns + waited_ns + read_ns};
}

static void test_begin(void **state)
{
	(void)state;
	assert_int_equal(reading_begin(7 * S, 100 * MS).due_ns, 7 * S + 100 * MS);
}

static void test_next(void **state)
{
	struct readings readings = {0};
	struct reading of[] = {READING_NONE, {5 * S}, {3 * S}, {3 * S}, READING_NONE};
	uint64_t at_ns;

	(void)state;
	assert_int_equal(readings_next(&readings, of, ARRAY_SIZE(of), &at_ns), 2);
	assert_int_equal(at_ns, 3 * S);
	readings.free_ns = 4 * S; /* the one that is due first has waited longest */
	assert_int_equal(readings_next(&readings, of, ARRAY_SIZE(of), &at_ns), 2);
	assert_int_equal(at_ns, 4 * S);
	assert_int_equal(readings_next(&readings, of, 1, &at_ns), 1);
	assert_true(at_ns == UINT64_MAX);
	assert_int_equal(readings_next(&readings, of, 0, &at_ns), 0);
	assert_true(at_ns == UINT64_MAX);
}

/* A whole number of aggregations after the answer, a second or more. */
static void test_due(void **state)
{
	static const struct {
		uint64_t aggr_ns, period_ns;
	} cases[] = {
		{100 * MS, 1 * S}, {400 * MS, 1200 * MS}, {2 * S, 2 * S},	 {8 * S, 8 * S},
		{1 * S, 1 * S},	   {1 * MS, 1 * S},	  {300 * MS, 1200 * MS}, {0, 1 * S},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct readings readings = {0};
		struct reading reading = {0};
		struct reading_times of = times(10 * S, 70 * MS, 20 * MS);

		readings_note(&readings, &reading, &of, cases[i].aggr_ns);
		assert_int_equal(reading.due_ns, 10 * S + 70 * MS + cases[i].period_ns);
	}
}

static void test_cost(void **state)
{
	struct readings readings = {0};
	struct reading reading = {0};
	struct reading_times of = times(10 * S, 70 * MS, 30 * MS);

	(void)state;
	readings_note(&readings, &reading, &of, 100 * MS);
	assert_int_equal(readings.n, 1);
	assert_int_equal(readings.spent_ns, 100 * MS);
	assert_int_equal(readings.free_ns, 10 * S + 100 * MS + 400 * MS); /* a fifth of the time is spent */
	of = times(20 * S, 0, 0);
	readings_note(&readings, &reading, &of, 100 * MS);
	assert_int_equal(readings.n, 2);
	assert_int_equal(readings.spent_ns, 100 * MS);
	assert_int_equal(readings.free_ns, 20 * S);
}

struct run {
	unsigned int taken[256];
	uint64_t spent_ns, longest_gap_ns;
};

/* An hour of @n kdamonds, each of whose readings takes @took_ns. */
static struct run an_hour(unsigned int n, uint64_t took_ns)
{
	struct readings readings = {0};
	struct reading of[256];
	uint64_t last_ns[256], now_ns = 0;
	struct run run = {0};

	for (unsigned int i = 0; i < n; i++) {
		of[i] = reading_begin(0, 100 * MS);
		last_ns[i] = 0;
	}
	while (now_ns < 3600 * S) {
		size_t next = readings_next(&readings, of, n, &now_ns);
		struct reading_times at = times(now_ns, took_ns, 0);

		if (now_ns - last_ns[next] > run.longest_gap_ns)
			run.longest_gap_ns = now_ns - last_ns[next];
		last_ns[next] = now_ns;
		readings_note(&readings, &of[next], &at, 100 * MS);
		run.taken[next]++;
	}
	run.spent_ns = readings.spent_ns;
	return run;
}

/* However many there are, a fifth of the time is the most, and none is forgotten. */
static void test_many_take_turns(void **state)
{
	static const unsigned int numbers[] = {1, 2, 3, 10, 256};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		unsigned int n = numbers[i];
		struct run run = an_hour(n, 100 * MS);

		assert_in_range(run.spent_ns, 1, 3600 * S * READINGS_SHARE_PCT / 100 + 100 * MS);
		for (unsigned int k = 1; k < n; k++)
			assert_in_range(run.taken[k] + 1, run.taken[0], run.taken[0] + 1);
		/* One after another takes n times half a second, or each a second and the reading. */
		assert_in_range(run.longest_gap_ns, 1, n * 500 * MS + 1100 * MS);
	}
}

/* What is quick is bounded by the interval alone. */
static void test_quick(void **state)
{
	struct run run = an_hour(3, 1 * MS);

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		assert_in_range(run.taken[i], 3590, 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin), cmocka_unit_test(test_next),
		cmocka_unit_test(test_due),   cmocka_unit_test(test_cost),
		cmocka_unit_test(test_quick), cmocka_unit_test(test_many_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
