// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/patience.h"

static void test_in_a_row(void **state)
{
	struct patience patience = {0};

	(void)state;
	for (unsigned int i = 1; i < PATIENCE_WINDOWS; i++)
		assert_false(patience_is_over(&patience, true));
	assert_true(patience_is_over(&patience, true));
}

/* Every second window may fail for ever. */
static void test_not_in_a_row(void **state)
{
	struct patience patience = {0};

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		assert_false(patience_is_over(&patience, i % PATIENCE_WINDOWS != 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_a_row),
		cmocka_unit_test(test_not_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
