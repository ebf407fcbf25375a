// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <sched.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_online),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
