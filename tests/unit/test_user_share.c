// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/user_share.h"

static void test_most(void **state)
{
	static const struct {
		unsigned int places, pct, most;
	} cases[] = {{1, 67, 1}, {2, 67, 1}, {3, 67, 2},  {4, 67, 2},	{10, 67, 6}, {3, 1, 1},
		     {3, 34, 1}, {3, 99, 2}, {3, 100, 0}, {32, 99, 31}, {3, 0, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(user_share_most(cases[i].places, cases[i].pct), cases[i].most);
}

static void test_standing(void **state)
{
	(void)state;
	assert_int_equal(user_share_standing(2, 1000, 1), USER_BELOW);
	assert_int_equal(user_share_standing(2, 1000, 2), USER_AT);
	assert_int_equal(user_share_standing(2, 1000, 3), USER_ABOVE);
	assert_int_equal(user_share_standing(0, 1000, 99), USER_BELOW);
	assert_int_equal(user_share_standing(2, 0, 3), USER_BELOW);
	assert_int_equal(user_share_standing(2, UID_UNKNOWN, 3), USER_BELOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_most), cmocka_unit_test(test_standing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
