// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/choice.h"

#define SLOT(i) ((i)*PMD_SIZE_BYTES)

static void test_nothing_is_hot(void **state)
{
	struct choice choice = choice_make(NULL, 0, 75, NULL);

	(void)state;
	assert_int_equal(choice.hot_bytes, 0);
	assert_int_equal(choice.n, 0);
}

static void test_each_slot_is_one_thing(void **state)
{
	const struct choice_slot slots[] = {
		{.start = SLOT(9), .populated = 512},
		{.start = SLOT(2), .huge = true, .populated = 512},
		{.start = SLOT(7), .populated = 8},
		{.start = SLOT(1), .populated = 400, .waits = true},
		{.start = SLOT(3), .populated = 500},
		{.start = SLOT(8), .populated = 3, .waits = true},
		{.start = SLOT(4), .huge = true, .waits = true},
	};
	uint64_t chosen[ARRAY_SIZE(slots)];
	struct choice choice = choice_make(slots, ARRAY_SIZE(slots), 75, chosen);

	(void)state;
	assert_int_equal(choice.hot_bytes, 7 * PMD_SIZE_BYTES);
	assert_int_equal(choice.hot_huge_bytes, 2 * PMD_SIZE_BYTES);
	assert_int_equal(choice.sparse, 2);
	assert_int_equal(choice.waiting, 1);
	assert_int_equal(choice.n, 2);
	assert_int_equal(chosen[0], SLOT(9)); /* in the order given */
	assert_int_equal(chosen[1], SLOT(3));
}

/* Neither hot nor cold, neither huge nor small, until it is known. */
static void test_unknown_is_left_alone(void **state)
{
	const struct choice_slot slots[] = {
		{.start = SLOT(1), .pct = 90, .populated = 512, .unread = true},
		{.start = SLOT(2), .pct = 80, .populated = 512},
		{.start = SLOT(3), .pct = 70, .populated = 512, .unasked = true},
		{.start = SLOT(4), .pct = 60, .huge = true, .unasked = true},
		{.start = SLOT(5), .pct = 50, .huge = true},
		{.start = SLOT(6), .pct = 40, .unread = true, .unasked = true},
	};
	uint64_t chosen[ARRAY_SIZE(slots)];
	struct choice choice = choice_make(slots, ARRAY_SIZE(slots), 75, chosen);

	(void)state;
	assert_int_equal(choice.n, 1);
	assert_int_equal(chosen[0], SLOT(2));
	assert_int_equal(choice.unknown, 4);
	assert_int_equal(choice.sparse, 0);
	assert_int_equal(choice.hot_bytes, 2 * PMD_SIZE_BYTES);
	assert_int_equal(choice.hot_huge_bytes, PMD_SIZE_BYTES);
	assert_true(choice_hottest_small_pct(slots, ARRAY_SIZE(slots), 75) < 0);
	assert_near(choice_hottest_small_pct(slots + 1, ARRAY_SIZE(slots) - 1, 75), 80);
	assert_true(choice_hottest_small_pct(slots + 2, ARRAY_SIZE(slots) - 2, 75) < 0);
}

static size_t chosen_at(unsigned int populated, unsigned int min_pct)
{
	struct choice_slot slot = {.populated = populated};
	uint64_t chosen;

	return choice_make(&slot, 1, min_pct, &chosen).n;
}

static void test_populated_share(void **state)
{
	(void)state;
	assert_int_equal(chosen_at(384, 75), 1);
	assert_int_equal(chosen_at(383, 75), 0);
	assert_int_equal(chosen_at(512, 100), 1);
	assert_int_equal(chosen_at(511, 100), 0);
	assert_int_equal(chosen_at(6, 1), 1);
	assert_int_equal(chosen_at(5, 1), 0);
	assert_int_equal(chosen_at(1, 0), 1);
	assert_int_equal(chosen_at(0, 0), 0); /* nothing to collapse: it would be chosen for ever */
}

static void test_hottest_small(void **state)
{
	struct choice_slot slots[] = {
		{.pct = 90, .huge = true, .populated = 512},
		{.pct = 80, .populated = 100},
		{.pct = 70, .populated = 512, .waits = true},
		{.pct = 60, .populated = 512},
		{.pct = 50, .populated = 512},
	};

	(void)state;
	assert_near(choice_hottest_small_pct(slots, 5, 75), 60);
	assert_near(choice_hottest_small_pct(slots, 5, 10), 80);
	assert_near(choice_hottest_small_pct(slots, 3, 75), 0);
	assert_near(choice_hottest_small_pct(NULL, 0, 75), 0);
}

static void test_room(void **state)
{
	(void)state;
	assert_int_equal(choice_room(0, 0), SIZE_MAX);
	assert_int_equal(choice_room(0, UINT64_MAX), SIZE_MAX);
	assert_int_equal(choice_room(16 * MIB_BYTES, 0), 8);
	assert_int_equal(choice_room(16 * MIB_BYTES, 14 * MIB_BYTES), 1);
	assert_int_equal(choice_room(17 * MIB_BYTES, 16 * MIB_BYTES), 0);
	assert_int_equal(choice_room(16 * MIB_BYTES, 20 * MIB_BYTES), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_hot),	      cmocka_unit_test(test_each_slot_is_one_thing),
		cmocka_unit_test(test_unknown_is_left_alone), cmocka_unit_test(test_populated_share),
		cmocka_unit_test(test_hottest_small),	      cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
