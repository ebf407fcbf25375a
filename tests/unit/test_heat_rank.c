// SPDX-License-Identifier: GPL-2.0
/* The order of the heat map, and who stays when it is full. */
#include "heat_world.h"

static void test_order(void **state)
{
	const struct heat_region regions[] = {region(0, 2, 10), region(2, 3, 16), region(3, 5, 10)};
	static const uint64_t order[] = {2, 0, 1, 3, 4}; /* of equal ones the lower first */
	double least;

	(void)state;
	add(regions, 3);
	least = rate(0);
	assert_int_equal(rank_from(least), 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(heat_ranked(heat, i)->start, BASE + order[i] * SLOT);
	assert_int_equal(rank_from(least * 1.001), 1);
	assert_int_equal(sum.in_use_bytes, 5 * SLOT);
}

/* What was ranked before is up to date, and ranked anew where it matters. */
static void test_order_follows_pages(void **state)
{
	const struct heat_region regions[] = {region(0, 1, 10), region(1, 2, 12)};

	(void)state;
	add(regions, 2);
	rank_from(0);
	assert_int_equal(heat_ranked(heat, 0)->start, BASE + SLOT);
	heat_set_huge(heat, BASE + SLOT, true);
	assert_true(heat_ranked(heat, 0)->huge);
	heat_set_pages(heat, BASE, SLOT_PAGES, 0, false);
	heat_set_pages(heat, BASE + SLOT, SLOT_PAGES / 2, 0, false);
	rank_from(0);
	assert_int_equal(heat_ranked(heat, 0)->start, BASE);
	add_times(20, 1, 2, 20);
	rank_from(0);
	assert_int_equal(heat_ranked(heat, 0)->start, BASE + SLOT);
}

/* Twice as much as there is room for, in regions of 2 GiB: every @nth of them with @hits, the others with fewer. */
static void add_2_tib(unsigned int nth, uint32_t hits, uint32_t fewer)
{
	static struct heat_region regions[1024];

	for (unsigned int i = 0; i < 1024; i++)
		regions[i] = region(i * 1024, (i + 1) * 1024, i % nth ? fewer : hits);
	add(regions, 1024);
}

static void test_the_hottest_are_kept(void **state)
{
	(void)state;
	add_2_tib(4, 12, 5);
	assert_int_equal(rank_from(0), HEAT_MAX_SLOTS);
	assert_int_equal(rank_from(rate(0)), 256 * 1024);
}

/* Equal ones do not empty it: as many as there is room for stay. And what turns hot late finds room. */
static void test_full_map(void **state)
{
	const struct heat_region late = region(1 << 20, (1 << 20) + 8, 20);

	(void)state;
	for (int i = 0; i < 2; i++) {
		add_2_tib(1, 16, 0);
		assert_int_equal(rank_from(0), HEAT_MAX_SLOTS);
	}
	add(&late, 1);
	assert_int_equal(rank_from(0), HEAT_MAX_SLOTS);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(heat_ranked(heat, i)->start, late.start + i * SLOT);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_order),
		test(test_order_follows_pages),
		test(test_the_hottest_are_kept),
		test(test_full_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
