// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/caps.h"
#include "decide/process.h"

static void test_no_cap_is_no_limit(void **state)
{
	const struct caps none = {0};

	(void)state;
	assert_true(caps_have_room(&none, 0, 0));
	assert_true(caps_have_room(&none, UINT64_MAX, UINT64_MAX));
}

/* A whole huge page must fit. */
static void test_a_slot_must_fit(void **state)
{
	const struct caps all = {.all_bytes = 17 * MIB_BYTES}, target = {.target_bytes = 17 * MIB_BYTES};

	(void)state;
	assert_true(caps_have_room(&all, 0, 14 * MIB_BYTES));
	assert_false(caps_have_room(&all, 0, 16 * MIB_BYTES));
	assert_false(caps_have_room(&all, 0, 20 * MIB_BYTES)); /* more than the cap: no wrap */
	assert_true(caps_have_room(&target, 14 * MIB_BYTES, 0));
	assert_false(caps_have_room(&target, 16 * MIB_BYTES, 0));
}

static void test_the_tighter_one_counts(void **state)
{
	const struct caps caps = {.all_bytes = 16 * MIB_BYTES, .target_bytes = 8 * MIB_BYTES};

	(void)state;
	assert_true(caps_have_room(&caps, 6 * MIB_BYTES, 14 * MIB_BYTES));
	assert_false(caps_have_room(&caps, 8 * MIB_BYTES, 8 * MIB_BYTES));
	assert_false(caps_have_room(&caps, 0, 16 * MIB_BYTES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_cap_is_no_limit),
		cmocka_unit_test(test_a_slot_must_fit),
		cmocka_unit_test(test_the_tighter_one_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
