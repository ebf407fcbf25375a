// SPDX-License-Identifier: GPL-2.0
#include "decide/region_count.h"

#include "cm.h"

static void test_fits(void **state)
{
	static const struct {
		uint64_t anon_mib, min, max, expected;
	} cases[] = {
		{256, 10, 1000, 64},  /* 4 MiB each */
		{257, 10, 1000, 64},  /* a page more is no other number */
		{260, 10, 1000, 128}, /* never more than 4 MiB each */
		{128, 10, 1000, 32},
		{0, 10, 1000, 10}, /* nothing known, or nothing there */
		{3, 10, 1000, 10},
		{40, 10, 1000, 16},
		{64 * 1024, 10, 1000, 1000}, /* what the operator allows */
		{256, 100, 1000, 100},
		{256, 10, 50, 50},
		{256, 3, 3, 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			region_count_fitting(cases[i].anon_mib * MIB_BYTES, cases[i].min, cases[i].max),
			cases[i].expected);
}

static void test_most_by_default(void **state)
{
	(void)state;
	assert_int_equal(region_count_most(10, false), 1000);
	assert_int_equal(region_count_most(10, true), 8192);
	assert_int_equal(region_count_most(250, false), 1000);
	assert_int_equal(region_count_most(2000, true), 8192);
	assert_int_equal(region_count_most(2000, false), 8000); /* the minimum fits, and can be split */
	assert_int_equal(region_count_most(8192, true), 32768);
	assert_int_equal(region_count_most(REGION_COUNT_LIMIT, true), REGION_COUNT_LIMIT);
}

static void test_within_bounds_always(void **state)
{
	(void)state;
	for (uint64_t anon = 0; anon < (1ULL << 45); anon = anon * 3 + 4096) {
		uint64_t fitting = region_count_fitting(anon, 7, 777);

		assert_in_range(fitting, 7, 777);
		assert_true(region_count_fitting(anon * 2, 7, 777) >= fitting);
	}
}

static void test_slots(void **state)
{
	static const struct {
		uint64_t mapped_mib, min, max, expected;
	} cases[] = {
		{384, 10, 1000, 192},  {386, 10, 1000, 224},	 {4, 10, 1000, 16},
		{1000, 10, 1000, 250}, {1 << 20, 10, 1000, 250}, {64, 100, 1000, 100},
		{256, 10, 80, 20},     {256, 30, 80, 30},	 {0, 10, 1000, 10},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			region_count_for_slots(cases[i].mapped_mib * MIB_BYTES, cases[i].min, cases[i].max),
			cases[i].expected);
}

/* DAMON splits none where there are more than half of the maximum; a split makes two of one. */
static void test_slots_leave_room_to_split(void **state)
{
	(void)state;
	for (uint64_t mapped = 0; mapped < (1ULL << 45); mapped = mapped * 3 + 4096)
		assert_true(region_count_for_slots(mapped, 10, 1000) * 2 <= 1000 / 2);
}

/* No two of them are merged, and none is split. */
static void test_by_slot(void **state)
{
	uint64_t least, most;

	(void)state;
	region_count_by_slot(170, &least, &most);
	assert_int_equal(least, 170);
	assert_true(170 > most / 2);
	region_count_by_slot(1, &least, &most);
	assert_int_equal(least, 3);
	assert_true(most >= least);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_slot),		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_most_by_default), cmocka_unit_test(test_within_bounds_always),
		cmocka_unit_test(test_slots),		cmocka_unit_test(test_slots_leave_room_to_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
