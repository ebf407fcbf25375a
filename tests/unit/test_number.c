// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdbool.h>

#include "base/number.h"

static void test_whole(void **state)
{
	static const char *const wrong[] = {
		"",    "-1",  "+1", " 1",  "1 ",  "x",	 "1x", "0x1",
		"1.0", "1e1", "11", "\t1", "0 1", "1\n", "--", "18446744073709551616"};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (number_parse(wrong[i], 0, 10, &value) || value != 7)
			fail_msg("'%s' is taken", wrong[i]);
	assert_false(number_parse("18446744073709551616", 0, UINT64_MAX, &value));
	assert_true(number_parse("18446744073709551615", 0, UINT64_MAX, &value));
	assert_true(value == UINT64_MAX);
	assert_true(number_parse("010", 0, 10, &value)); /* decimal */
	assert_int_equal(value, 10);
	assert_false(number_parse("2", 3, 10, &value));
	assert_true(number_parse("3", 3, 10, &value));
}

static void test_fraction(void **state)
{
	static const char *const wrong[] = {"",	   ".",	  "-1",	  "+1", "1e0", "inf",	"nan",
					    "0x1", "1,5", "1..5", " 1", "1 ",  "10.01", "infinity"};
	double value = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (number_parse_fraction(wrong[i], 0, 10, &value) || value < 7 || value > 7)
			fail_msg("'%s' is taken", wrong[i]);
	assert_true(number_parse_fraction("0.5", 0.5, 10, &value));
	assert_near(value, 0.5);
	assert_true(number_parse_fraction("10.", 0.5, 10, &value));
	assert_near(value, 10);
	assert_false(number_parse_fraction("0.49", 0.5, 10, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_fraction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
