/* SPDX-License-Identifier: GPL-2.0 */
#include "cm.h"

#include <errno.h>

#include "sense/tlb.h"

static void test_scale(void **state)
{
	const struct tlb_group whole = {2, 1000, 1000, {500, 20}}, half = {2, 1000, 500, {500, 20}},
			       never = {2, 1000, 0, {0, 0}};

	(void)state;
	assert_near(tlb_scale(&whole).instructions, 500);
	assert_near(tlb_scale(&whole).misses, 20);
	assert_near(tlb_scale(&half).instructions, 1000);
	assert_near(tlb_scale(&half).misses, 40);
	assert_near(tlb_scale(&never).instructions, 0);
	assert_near(tlb_scale(&never).misses, 0);
}

static void test_nobody(void **state)
{
	struct tlb *tlb = NULL;

	(void)state;
	assert_int_equal(tlb_open("/nowhere", 1, tlb_events, 1, &tlb), -ESRCH);
	assert_null(tlb);
	tlb_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
