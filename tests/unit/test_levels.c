// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>

#include "decide/levels.h"

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

/* Of any setup: the lowest, and holding there means the same. */
static void test_one_level(void **state)
{
	static const unsigned int maxima[] = {1, 2, 20, 50, 400};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(maxima); i++) {
		struct descent_levels levels, before;

		assert_int_equal(descent_levels_build(5000, 5000ULL * maxima[i], &levels), 0);
		before = levels;
		descent_levels_one(&levels);
		assert_int_equal(levels.n, 1);
		assert_int_equal(levels.max_accesses, maxima[i]);
		assert_int_equal(levels.pct[0], before.pct[before.n - 1]);
		assert_int_equal(levels.accesses[0], before.accesses[before.n - 1]);
		assert_int_equal(levels.hold[0], levels.accesses[0]);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_of_all_ratios),
		cmocka_unit_test(test_levels_of_twenty),
		cmocka_unit_test(test_one_level),
		cmocka_unit_test(test_levels_of_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
