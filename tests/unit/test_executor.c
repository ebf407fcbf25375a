// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/executor.h"

static void test_choose(void **state)
{
	static const struct {
		struct executor_abilities can;
		enum executor_kind chosen;
		const char *reason;
	} cases[] = {
		{{true, true, true},
		 EXECUTOR_MADVISE,
		 "process_madvise can collapse, which did best of all that was measured"},
		{{false, true, true},
		 EXECUTOR_MADVISE,
		 "process_madvise can collapse, which did best of all that was measured"},
		{{true, false, true},
		 EXECUTOR_DAMOS,
		 "hotdamon cannot collapse here (6.7, see hotdamon check); the kernel has a collapse "
		 "scheme"},
		{{false, false, false},
		 EXECUTOR_NONE,
		 "DAMON cannot watch processes here, or there are no huge pages of 2 MiB"},
		{{false, false, true},
		 EXECUTOR_NONE,
		 "hotdamon cannot collapse here (6.7, see hotdamon check), no collapse scheme (7.2)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char reason[REASON_LEN] = "";

		assert_int_equal(executor_choose(&cases[i].can, reason), cases[i].chosen);
		assert_string_equal(reason, cases[i].reason);
	}
}

static void test_can(void **state)
{
	(void)state;
	for (unsigned int bits = 0; bits < 8; bits++) {
		struct executor_abilities can = {bits & 1, bits & 2, bits & 4};

		assert_int_equal(executor_can(EXECUTOR_DAMOS, &can), can.damos);
		assert_int_equal(executor_can(EXECUTOR_MADVISE, &can), can.madvise);
		assert_int_equal(executor_can(EXECUTOR_NONE, &can), can.watch);
		assert_true(executor_can(EXECUTOR_DRY_RUN, &can));
	}
}

static void test_names(void **state)
{
	static const char *const names[] = {"auto", "damos", "madvise", "none", "dry-run"};

	(void)state;
	for (unsigned int i = 0; i < EXECUTORS; i++)
		assert_string_equal(executor_name((enum executor_kind)i), names[i]);
	assert_string_equal(executor_name((enum executor_kind)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_can),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
