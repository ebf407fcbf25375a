// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "base/bisect.h"

static int int_cmp(const void *key, const void *element)
{
	int a = *(const int *)key, b = *(const int *)element;

	return a < b ? -1 : a > b;
}

/* Against what a walk finds, for all lengths and all keys in and around. */
static void test_is_what_a_walk_finds(void **state)
{
	static const int all[] = {2, 4, 4, 4, 6, 8, 8, 10, 12};

	(void)state;
	for (size_t n = 0; n <= ARRAY_SIZE(all); n++) {
		for (int key = 1; key <= 13; key++) {
			size_t want = 0;

			while (want < n && all[want] < key)
				want++;
			assert_int_equal(bisect(&key, all, n, sizeof(*all), int_cmp), want);
		}
	}
}

static void test_of_nothing(void **state)
{
	int key = 1;

	(void)state;
	assert_int_equal(bisect(&key, NULL, 0, sizeof(key), int_cmp), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_what_a_walk_finds),
		cmocka_unit_test(test_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
