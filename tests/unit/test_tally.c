// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/tally.h"

#define TAKE(tally, ...)                                                                                     \
	tally_take(tally, (struct tally_count[]){__VA_ARGS__},                                               \
		   ARRAY_SIZE(((struct tally_count[]){__VA_ARGS__})))

static void test_counts_are_cumulative(void **state)
{
	struct tally tally = {0};

	(void)state;
	TAKE(&tally, {1, 3}, {7, 2});
	TAKE(&tally, {1, 5}, {7, 2});
	assert_int_equal(tally_of(&tally, 1), 5);
	assert_int_equal(tally_of(&tally, 7), 2);
	assert_int_equal(tally_of(&tally, 8), 0);
}

/* BPF forgot the entry, and it counts from 0 again. */
static void test_never_goes_back(void **state)
{
	struct tally tally = {0};

	(void)state;
	TAKE(&tally, {1, 9});
	TAKE(&tally, {1, 2});
	assert_int_equal(tally_of(&tally, 1), 9);
	TAKE(&tally, {1, 10});
	assert_int_equal(tally_of(&tally, 1), 10);
}

/* What BPF forgot stays, and what it counts from then on comes to it. */
static void test_sum_goes_on_after_what_was_forgotten(void **state)
{
	struct tally_sum sum = {0};

	(void)state;
	tally_sum_take(&sum, 1000);
	tally_sum_take(&sum, 1000);
	tally_sum_take(&sum, 1400);
	tally_sum_take(&sum, 300); /* 1100 forgotten */
	assert_int_equal(sum.all, 1400);
	tally_sum_take(&sum, 500);
	assert_int_equal(sum.all, 1600);
}

static void test_told_twice_counts_once(void **state)
{
	struct tally tally = {0};

	(void)state;
	TAKE(&tally, {1, 4}, {1, 6}, {1, 5});
	assert_int_equal(tally_of(&tally, 1), 6);
}

static void test_what_was_before_it_came_in_does_not_count(void **state)
{
	struct tally tally = {0};
	const struct tally_count before[] = {{1, 100}, {7, 3}};

	(void)state;
	tally_begin(&tally, before, ARRAY_SIZE(before));
	TAKE(&tally, {1, 100}, {7, 4});
	assert_int_equal(tally_of(&tally, 1), 0);
	assert_int_equal(tally_of(&tally, 7), 1);
	TAKE(&tally, {1, 103}, {7, 4});
	assert_int_equal(tally_of(&tally, 1), 3);
}

static void test_another_actor_adds(void **state)
{
	struct tally tally = {0};
	struct tally_list all;

	(void)state;
	TAKE(&tally, {1, 4}, {7, 1});
	tally_new_actor(&tally);
	assert_int_equal(tally_of(&tally, 1), 4);
	TAKE(&tally, {1, 2}, {9, 5});
	assert_int_equal(tally_of(&tally, 1), 6);
	tally_all(&tally, &all);
	assert_int_equal(all.n, 3); /* 1, 9 and 7 */
	for (size_t i = 0; i < all.n; i++)
		assert_int_equal(all.counts[i].count, tally_of(&tally, all.counts[i].status));
}

static void test_more_outcomes_than_there_is_room(void **state)
{
	struct tally tally = {0};
	struct tally_count many[2 * TALLY_OUTCOMES];
	struct tally_list all;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct tally_count){i, 1};
	tally_take(&tally, many, ARRAY_SIZE(many));
	tally_new_actor(&tally);
	tally_take(&tally, many, ARRAY_SIZE(many));
	tally_all(&tally, &all);
	assert_int_equal(all.n, TALLY_OUTCOMES);
	assert_int_equal(tally_of(&tally, 1), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_are_cumulative),
		cmocka_unit_test(test_never_goes_back),
		cmocka_unit_test(test_sum_goes_on_after_what_was_forgotten),
		cmocka_unit_test(test_told_twice_counts_once),
		cmocka_unit_test(test_what_was_before_it_came_in_does_not_count),
		cmocka_unit_test(test_another_actor_adds),
		cmocka_unit_test(test_more_outcomes_than_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
