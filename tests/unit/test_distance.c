// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "base/distance.h"

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} cases[] = {
		{"", "", 0},
		{"top", "top", 0},
		{"", "top", 3},
		{"top", "", 3},
		{"top", "tap", 1},
		{"top", "stop", 1},
		{"top", "otp", 1},
		{"min-cpu", "mincpu", 1},
		{"min-cpu", "min_cpu", 1},
		{"abcd", "acbd", 1},
		{"abcd", "dcba", 3},
		{"kitten", "sitting", 3},
		{"payback", "pay", 4},
		{"ab", "ba", 1},
		{"a name that is longer than any option is", "a", DISTANCE_LONGEST},
		{"a", "a name that is longer than any option is", DISTANCE_LONGEST},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (distance_of(cases[i].a, cases[i].b) != cases[i].distance)
			fail_msg("'%s' to '%s': %u", cases[i].a, cases[i].b,
				 distance_of(cases[i].a, cases[i].b));
}

static void test_nearer(void **state)
{
	(void)state;
	assert_string_equal(distance_nearer("tap", NULL, "top"), "top");
	assert_string_equal(distance_nearer("tap", "top", "trap"),
			    "top"); /* the first of two that are as near */
	assert_string_equal(distance_nearer("trp", "top", "trap"), "top");
	assert_string_equal(distance_nearer("trrp", "top", "trap"), "trap");
	assert_null(distance_nearer("xyz", NULL, "top")); /* nothing of it is right */
	assert_null(distance_nearer("interval-of-ticks", NULL, "interval"));
	assert_null(distance_nearer("", NULL, "top"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_nearer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
