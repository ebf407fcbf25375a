// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/shared.h"

static struct shared_slot slot(uint64_t inode, uint64_t mib, double rate_per_s, bool huge)
{
	return (struct shared_slot){{1, inode, mib << 20}, rate_per_s, huge};
}

static void add(struct shared_list *list, struct shared_slot slot)
{
	assert_int_equal(shared_list_add(list, &slot), 0);
}

static struct shared_slot sum_of(const struct shared_list *list, uint64_t inode, uint64_t mib)
{
	struct shared_slot sum = slot(inode, mib, 0, false);

	shared_list_sum(list, &sum.key, &sum);
	return sum;
}

static void test_sums(void **state)
{
	struct shared_list list = {0};

	(void)state;
	assert_true(sum_of(&list, 7, 2).rate_per_s == 0); /* nothing is known yet */
	add(&list, slot(9, 2, 90, false));
	add(&list, slot(7, 4, 40, true));
	add(&list, slot(7, 2, 20, false));
	add(&list, slot(7, 4, 5, false)); /* mapped twice */
	shared_list_sort(&list);
	assert_true(sum_of(&list, 7, 2).rate_per_s == 20);
	assert_false(sum_of(&list, 7, 2).huge);
	assert_true(sum_of(&list, 7, 4).rate_per_s == 45);
	assert_true(sum_of(&list, 7, 4).huge);
	assert_true(sum_of(&list, 9, 2).rate_per_s == 90);
	assert_true(sum_of(&list, 9, 4).rate_per_s == 0);
	assert_true(sum_of(&list, 8, 2).rate_per_s == 0);
	shared_list_free(&list);
	assert_null(list.slots);
}

static void test_adds_to_what_is_known(void **state)
{
	struct shared_slot sum = slot(7, 2, 3, true);
	struct shared_list list = {0};

	(void)state;
	add(&list, slot(7, 2, 20, false));
	shared_list_sort(&list);
	shared_list_sum(&list, &sum.key, &sum);
	assert_true(sum.rate_per_s == 23);
	assert_true(sum.huge);
	shared_list_free(&list);
}

static void test_becomes_huge(void **state)
{
	struct shared_list list = {0};
	struct shared_key none = {2, 7, 0}, one = {1, 7, 4 << 20};

	(void)state;
	add(&list, slot(7, 4, 40, false));
	add(&list, slot(7, 4, 5, false));
	add(&list, slot(7, 2, 20, false));
	shared_list_sort(&list);
	shared_list_set_huge(&list, &none, true);
	shared_list_set_huge(&list, &one, true);
	assert_true(sum_of(&list, 7, 4).huge);
	assert_false(sum_of(&list, 7, 2).huge);
	shared_list_set_huge(&list, &one, false);
	assert_false(sum_of(&list, 7, 4).huge); /* both of them */
	shared_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_adds_to_what_is_known),
		cmocka_unit_test(test_becomes_huge),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
