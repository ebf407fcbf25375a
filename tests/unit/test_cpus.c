// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"

/* What we may run on is online; and what we may not run on counts too. */
static void test_online(void **state)
{
	unsigned int online = cpus_online();
	cpu_set_t allowed, one;
	size_t first = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	assert_in_range(online, CPU_COUNT(&allowed), sysconf(_SC_NPROCESSORS_CONF));
	while (!CPU_ISSET(first, &allowed))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(cpus_online(), online);
}

static bool only(const struct cpus *cpus, const unsigned int *wanted, size_t n)
{
	struct cpus found = *cpus;

	for (size_t i = 0; i < n; i++) {
		if (!cpus_has(&found, wanted[i]))
			return false;
		found.bits[wanted[i] / 64] &= ~(1ULL << wanted[i] % 64);
	}
	return !memcmp(&found, &(struct cpus){0}, sizeof(found));
}

static void test_lists(void **state)
{
	struct cpus cpus = {0};

	(void)state;
	assert_int_equal(cpus_add_list("", &cpus), 0);
	assert_int_equal(cpus_add_list("\n", &cpus), 0);
	assert_int_equal(cpus_add_list("(null)\n", &cpus), 0); /* nohz_full of a kernel without that option */
	assert_int_equal(cpus_add_list("(null)", &cpus), 0);
	assert_true(only(&cpus, NULL, 0));
	assert_int_equal(cpus_add_list("1-3,5\n", &cpus), 0);
	assert_true(only(&cpus, (unsigned int[]){1, 2, 3, 5}, 4));
	assert_int_equal(cpus_add_list("0", &cpus), 0); /* to the others */
	assert_true(only(&cpus, (unsigned int[]){0, 1, 2, 3, 5}, 5));
	cpus = (struct cpus){0};
	assert_int_equal(cpus_add_list("63-64,8191\n", &cpus), 0);
	assert_true(only(&cpus, (unsigned int[]){63, 64, 8191}, 3));
	assert_false(cpus_has(&cpus, 8192));
	assert_false(cpus_has(&cpus, UINT_MAX));
	cpus = (struct cpus){0};
	assert_int_equal(cpus_add_list("7-7,9\n", &cpus), 0);
	assert_true(only(&cpus, (unsigned int[]){7, 9}, 2));
}

/* Half a list names nobody. */
static void test_no_lists(void **state)
{
	static const char *const lists[] = {
		"1,", ",1",  "1-",    "-1",   "3-1",  "1 2",	"1;2",
		"a",  "0x1", "1\n\n", "1,,2", "8192", "0-8192", "99999999999999999999",
		"+1", " 1",  "1:2",   "(nul)"};
	struct cpus cpus = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		assert_int_equal(cpus_add_list(lists[i], &cpus), -EINVAL);
		assert_true(only(&cpus, NULL, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_online),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_no_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
