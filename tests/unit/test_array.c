// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

/* Of the sanitizer's: as malloc does, not an end at once. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_keeps_what_is_in_it(void **state)
{
	const size_t n = 10000;
	int *at = NULL;
	size_t room = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(array_reserve(&at, &room, i + 1, sizeof(*at)), 0);
		at[i] = (int)i;
	}
	assert_true(room >= n && room < 2 * n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(at[i], i);
	free(at);
}

/* Adding one at a time copies little: it grows by its half. */
static void test_grows_seldom(void **state)
{
	char *at = NULL;
	size_t room = 0, grown = 0;

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		size_t before = room;

		assert_int_equal(array_reserve(&at, &room, i + 1, 1), 0);
		grown += room != before;
	}
	assert_in_range(grown, 10, 30);
	free(at);
}

static void test_has_room_already(void **state)
{
	char *at = NULL, *first;
	size_t room = 0;

	(void)state;
	assert_int_equal(array_reserve(&at, &room, 0, 8), 0);
	assert_null(at);
	assert_int_equal(array_reserve(&at, &room, 100, 8), 0);
	first = at;
	assert_int_equal(array_reserve(&at, &room, 100, 8), 0);
	assert_int_equal(array_reserve(&at, &room, 3, 8), 0);
	assert_ptr_equal(at, first);
	free(at);
}

/* More than there is, and more than a size_t can say: the array is as it was. */
static void test_no_memory(void **state)
{
	static const struct {
		size_t n, size;
	} too_much[] = {{SIZE_MAX, 1},		{SIZE_MAX / 2 + 1, 1}, {SIZE_MAX / 8, 16},
			{SIZE_MAX / 12 + 1, 8}, {SIZE_MAX, 8},	       {1UL << 60, 1}};
	int *at = malloc(sizeof(*at)), *before = at;
	size_t room = 1;

	(void)state;
	*at = 42;
	for (size_t i = 0; i < ARRAY_SIZE(too_much); i++) {
		assert_int_equal(array_reserve(&at, &room, too_much[i].n, too_much[i].size), -ENOMEM);
		assert_ptr_equal(at, before);
		assert_int_equal(room, 1);
		assert_int_equal(*at, 42);
	}
	free(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_what_is_in_it),
		cmocka_unit_test(test_grows_seldom),
		cmocka_unit_test(test_has_room_already),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
