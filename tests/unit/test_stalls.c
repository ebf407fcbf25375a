// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "workload/stalls.h"

/* Each time lies in a bucket whose limit is no more than a sixteenth above it. */
static void a_bucket_is_exact_to_a_sixteenth(void **state)
{
	(void)state;
	for (uint64_t us = 0; us < 3000000; us += us / 100 + 1) {
		uint64_t limit = stalls_limit_us(stalls_bucket(us));

		assert_true(limit >= us);
		assert_true(limit - us <= us / 16);
	}
}

/* The limits are the last times before the next bucket. */
static void buckets_follow_each_other(void **state)
{
	(void)state;
	for (size_t bucket = 0; bucket + 1 < STALL_BUCKETS; bucket++) {
		assert_int_equal(stalls_bucket(stalls_limit_us(bucket)), bucket);
		assert_int_equal(stalls_bucket(stalls_limit_us(bucket) + 1), bucket + 1);
	}
}

static void the_longest_are_in_the_last_bucket(void **state)
{
	(void)state;
	assert_int_equal(stalls_bucket(UINT64_MAX), STALL_BUCKETS - 1);
}

static void a_permille_is_not_exceeded(void **state)
{
	struct stalls stalls = {{0}};

	(void)state;
	assert_int_equal(stalls_us(&stalls, 999), 0);
	stalls.count[3] = 998;
	stalls.count[7] = 1;
	stalls.count[9] = 1;
	assert_int_equal(stalls_us(&stalls, 500), 3);
	assert_int_equal(stalls_us(&stalls, 998), 3);
	assert_int_equal(stalls_us(&stalls, 999), 7);
	assert_int_equal(stalls_us(&stalls, 1000), 9);
}

static void a_window_is_what_came_since(void **state)
{
	struct stalls before = {{0}};
	struct stalls now = {{0}};

	(void)state;
	before.count[9] = 5;
	now.count[2] = 10;
	stalls_add(&now, &before);
	assert_int_equal(stalls_us(&now, 1000), 9);
	stalls_subtract(&now, &before);
	assert_int_equal(stalls_us(&now, 1000), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_exact_to_a_sixteenth),
		cmocka_unit_test(buckets_follow_each_other),
		cmocka_unit_test(the_longest_are_in_the_last_bucket),
		cmocka_unit_test(a_permille_is_not_exceeded),
		cmocka_unit_test(a_window_is_what_came_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
