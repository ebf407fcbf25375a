// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/late.h"

static void test_three_intervals(void **state)
{
	(void)state;
	assert_false(late_is(180 * NS_PER_S, 60));
	assert_true(late_is(180 * NS_PER_S + NS_PER_MS, 60));
}

/* A busy machine may take as long for a tick. */
static void test_short_intervals(void **state)
{
	(void)state;
	assert_false(late_is(5 * NS_PER_S, 0.1));
	assert_true(late_is(5 * NS_PER_S + 1, 0.1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_intervals),
		cmocka_unit_test(test_short_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
