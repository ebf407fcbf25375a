// SPDX-License-Identifier: GPL-2.0
/* Aggregations come whole or not at all, whichever records a full ring dropped. */
#include "cm.h"

#include <errno.h>

#include "regions_map.h"
#include "sense/gather.h"

#define SLOT 0x200000ULL

static struct gather gather;

static int tear_down(void **state)
{
	(void)state;
	gather_free(&gather);
	return 0;
}

static int region(unsigned int aggregation, uint64_t start)
{
	struct regions_record record = {
		.start = start * SLOT,
		.end = (start + 1) * SLOT,
		.nr_accesses = aggregation,
		.age = 3,
		.aggregation = aggregation,
	};

	return gather_record(&gather, &record);
}

static int end(unsigned int aggregation, unsigned int n)
{
	struct regions_record record = {.end_ns = 1, .start = n, .aggregation = aggregation};

	return gather_record(&gather, &record);
}

static void expect(size_t n, uint64_t first, uint64_t step)
{
	assert_int_equal(gather.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(gather.regions[i].start, (first + i * step) * SLOT);
}

static void test_complete(void **state)
{
	(void)state;
	assert_int_equal(region(1, 10), 0);
	assert_int_equal(region(1, 12), 0);
	assert_int_equal(end(1, 2), GATHER_COMPLETE);
	expect(2, 10, 2);
	assert_int_equal(gather.regions[1].end, 13 * SLOT);
	assert_int_equal(gather.regions[1].nr_accesses, 1);
	assert_int_equal(gather.regions[1].age, 3);
	assert_int_equal(region(2, 20), 0);
	assert_int_equal(end(2, 1), GATHER_COMPLETE);
	expect(1, 20, 0);
	assert_int_equal(end(3, 0), GATHER_COMPLETE); /* nothing was accessed */
	expect(0, 0, 0);
}

static void test_lost_regions(void **state)
{
	(void)state;
	region(1, 10);
	assert_int_equal(end(1, 3), -ENODATA);
	region(2, 20);
	region(2, 21);
	assert_int_equal(end(2, 2), GATHER_COMPLETE);
	expect(2, 20, 1);
}

/* As many records as the second one had, but of two. */
static void test_lost_end_mixes_nothing(void **state)
{
	(void)state;
	region(1, 10);
	region(1, 11);
	region(1, 12);
	region(2, 20); /* its other two are lost, as is the end of the first */
	assert_int_equal(end(2, 3), -ENODATA);
	region(3, 30);
	assert_int_equal(end(3, 1), GATHER_COMPLETE);
	expect(1, 30, 0);
}

static void test_lost_end_alone(void **state)
{
	(void)state;
	region(1, 10);
	region(2, 20);
	assert_int_equal(end(2, 1), GATHER_COMPLETE);
	expect(1, 20, 0);
}

/* The counter of the kernel's side begins anew, or goes round. */
static void test_any_other_number_is_another(void **state)
{
	(void)state;
	region(UINT32_MAX, 10);
	region(0, 20);
	assert_int_equal(end(0, 1), GATHER_COMPLETE);
	expect(1, 20, 0);
}

static void test_many(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(region(7, i), 0);
	assert_int_equal(end(7, 1000), GATHER_COMPLETE);
	expect(1000, 0, 1);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_complete),
		TEST(test_lost_regions),
		TEST(test_lost_end_mixes_nothing),
		TEST(test_lost_end_alone),
		TEST(test_any_other_number_is_another),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
