// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/outcome.h"

static void test_only_success_makes_huge(void **state)
{
	(void)state;
	for (enum collapse_outcome outcome = 0; outcome < COLLAPSE_OUTCOMES; outcome++)
		assert_int_equal(outcome_effect(outcome).made_huge, outcome == COLLAPSE_DONE);
}

/* Want of memory is everybody's, a limit or an end the target's, an unfit slot nobody's. */
static void test_who_pauses(void **state)
{
	(void)state;
	for (enum collapse_outcome outcome = 0; outcome < COLLAPSE_OUTCOMES; outcome++) {
		struct outcome_effect effect = outcome_effect(outcome);

		assert_int_equal(effect.pauses_all, outcome == COLLAPSE_NO_MEMORY);
		assert_int_equal(effect.pauses_target, outcome == COLLAPSE_LIMITED ||
							       outcome == COLLAPSE_GONE ||
							       outcome == COLLAPSE_DENIED);
		assert_int_equal(effect.doubts_mapping, outcome == COLLAPSE_UNSUITABLE);
	}
}

static void test_what_we_may_not_do_is_our_error(void **state)
{
	(void)state;
	assert_true(outcome_effect(COLLAPSE_DENIED).is_error);
	assert_false(outcome_effect(COLLAPSE_GONE).is_error);
	assert_false(outcome_effect(COLLAPSE_RETRY).is_error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_success_makes_huge),
		cmocka_unit_test(test_who_pauses),
		cmocka_unit_test(test_what_we_may_not_do_is_our_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
