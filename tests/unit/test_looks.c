// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/looks.h"

#define MS 1000000ULL
#define S  (1000 * MS)

static void test_work_is_looked_at_often(void **state)
{
	(void)state;
	assert_int_equal(looks_next_ns(10 * S, MS, true), 10 * S + 200 * MS);
	assert_int_equal(looks_next_ns(10 * S, MS, false), 11 * S);
}

/* Looks that take long leave four fifths of the time to the collapses. */
static void test_looks_rest(void **state)
{
	(void)state;
	assert_int_equal(looks_next_ns(10 * S, 100 * MS, true), 10 * S + 400 * MS);
	assert_int_equal(looks_next_ns(10 * S, 300 * MS, false), 10 * S + 1200 * MS);
}

static void test_mappings(void **state)
{
	(void)state;
	assert_int_equal(looks_mappings_next_ns(0, 0, true), 0); /* never read: at once */
	assert_int_equal(looks_mappings_next_ns(10 * S, MS, true), 11 * S);
	assert_int_equal(looks_mappings_next_ns(10 * S, MS, false), 13 * S);
	assert_int_equal(looks_mappings_next_ns(10 * S, 200 * MS, true), 20 * S);
	assert_int_equal(looks_mappings_next_ns(10 * S, 200 * MS, false), 20 * S);
}

static void test_silence_goes_by_the_aggregation(void **state)
{
	(void)state;
	assert_false(looks_is_silent(10 * S, 100000, 16 * S));
	assert_true(looks_is_silent(10 * S, 100000, 16 * S + 1));
	assert_false(looks_is_silent(10 * S, 8000000, 95 * S));
	assert_true(looks_is_silent(10 * S, 8000000, 95 * S + 1));
	assert_false(looks_is_silent(10 * S, 100000, 9 * S)); /* heard after this look began */
}

static void test_a_map_grows_up(void **state)
{
	(void)state;
	assert_true(looks_is_young(0, false, 0, 100 * S));
	assert_true(looks_is_young(7, false, 10 * S, 11 * S)); /* regions are coarse */
	assert_true(
		looks_is_young(8, false, 10 * S, 10 * S + 799 * MS)); /* it is seconds that count as well */
	assert_false(looks_is_young(8, false, 10 * S, 10 * S + 800 * MS));
	assert_false(looks_is_young(3, false, 10 * S, 20 * S)); /* long aggregations: not all eight */
	assert_true(looks_is_young(1, false, 10 * S, 20 * S));
	assert_true(looks_is_young(1, true, 10 * S, 20 * S));
	assert_false(looks_is_young(2, true, 10 * S, 14 * S)); /* regions are exact */
	assert_true(looks_is_young(7, true, 10 * S, 10 * S + 799 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work_is_looked_at_often),
		cmocka_unit_test(test_looks_rest),
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_silence_goes_by_the_aggregation),
		cmocka_unit_test(test_a_map_grows_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
