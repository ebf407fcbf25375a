// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "base/units.h"
#include "decide/applies.h"

#define AGGR_US 100000

static struct applies counted(uint64_t applies, uint64_t quota_exceeds)
{
	struct applies result;

	applies_start(&result, AGGR_US);
	applies_take(&result, (struct applies_count){applies, quota_exceeds}, true);
	return result;
}

static void test_of_one_kdamond(void **state)
{
	struct applies applies = counted(70, 3);

	(void)state;
	assert_int_equal(applies_sum(&applies), 70);
	assert_int_equal(applies_quota_exceeds(&applies), 3);
	applies_take(&applies, (struct applies_count){75, 4}, true);
	assert_int_equal(applies_sum(&applies), 75);
	assert_int_equal(applies_quota_exceeds(&applies), 4);
}

/* The next kdamond begins at 0: neither the sum nor what is new in it may be another's. */
static void test_of_more_kdamonds(void **state)
{
	struct applies applies = counted(70, 3);

	(void)state;
	applies_new_kdamond(&applies);
	assert_int_equal(applies_sum(&applies), 70);
	assert_int_equal(applies_quota_exceeds(&applies), 3);
	applies_take(&applies, (struct applies_count){0, 0}, true);
	assert_int_equal(applies_quota_exceeds(&applies), 3); /* a quota that nobody used up */
	applies_take(&applies, (struct applies_count){5, 2}, true);
	assert_int_equal(applies_sum(&applies), 75);
	assert_int_equal(applies_quota_exceeds(&applies), 5);
	applies_new_kdamond(&applies); /* none at first, and then one */
	applies_new_kdamond(&applies);
	applies_take(&applies, (struct applies_count){1, 1}, true);
	assert_int_equal(applies_sum(&applies), 76);
	assert_int_equal(applies_quota_exceeds(&applies), 6);
}

/* Where the kernel does not count: one for each aggregation at work, whichever kdamond it was. */
static void test_reckoned(void **state)
{
	struct applies applies;

	(void)state;
	applies_start(&applies, AGGR_US);
	applies_take(&applies, (struct applies_count){0, 2}, false);
	assert_int_equal(applies_sum(&applies), 0);
	applies_work(&applies, 250 * NS_PER_MS);
	assert_int_equal(applies_sum(&applies), 2);
	applies_work(&applies, 50 * NS_PER_MS);
	assert_int_equal(applies_sum(&applies), 3);
	applies_new_kdamond(&applies);
	assert_int_equal(applies_sum(&applies), 3);
	assert_int_equal(applies_quota_exceeds(&applies), 2);
}

/* What was reckoned by other aggregations stays. */
static void test_reckoned_by_others(void **state)
{
	struct applies applies;

	(void)state;
	applies_start(&applies, AGGR_US);
	applies_take(&applies, (struct applies_count){0, 0}, false);
	applies_work(&applies, NS_PER_S);
	applies_new_aggregation(&applies, 4 * AGGR_US);
	assert_int_equal(applies_sum(&applies), 10);
	applies_work(&applies, NS_PER_S);
	assert_int_equal(applies_sum(&applies), 12);
}

/* Time at work says nothing where the kernel counts. */
static void test_counted_is_not_reckoned(void **state)
{
	struct applies applies = counted(7, 0);

	(void)state;
	applies_work(&applies, 60 * NS_PER_S);
	assert_int_equal(applies_sum(&applies), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_one_kdamond),
		cmocka_unit_test(test_of_more_kdamonds),
		cmocka_unit_test(test_reckoned),
		cmocka_unit_test(test_reckoned_by_others),
		cmocka_unit_test(test_counted_is_not_reckoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
