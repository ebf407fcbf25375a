// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdlib.h>

#include "sense/quiet.h"

#include "tree.h"

#define CPU "devices/system/cpu/"

static char dir[32];

static unsigned int count(const struct cpus *cpus)
{
	unsigned int n = 0;

	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++)
		n += cpus_has(cpus, cpu);
	return n;
}

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/quiet.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	tree_remove(dir);
	return 0;
}

/* All that anybody calls so; a list that cannot be read keeps back none of the others. */
static void all_ways(void **state)
{
	struct cpus quiet = {.bits = {~0ULL}};

	(void)state;
	quiet_read(dir, &quiet);
	assert_int_equal(count(&quiet), 0);
	tree_put(dir, CPU "isolated", "\n");
	tree_put(dir, CPU "nohz_full", "(null)\n");
	quiet_read(dir, &quiet);
	assert_int_equal(count(&quiet), 0);
	tree_put(dir, CPU "isolated", "1-3\n");
	quiet_read(dir, &quiet);
	assert_int_equal(count(&quiet), 3);
	tree_put(dir, CPU "nohz_full", "3,5\n");
	tree_put(dir, "fs/cgroup/cpuset.cpus.isolated", "70\n");
	quiet_read(dir, &quiet);
	assert_int_equal(count(&quiet), 5);
	assert_true(cpus_has(&quiet, 1) && cpus_has(&quiet, 3) && cpus_has(&quiet, 5) &&
		    cpus_has(&quiet, 70));
	tree_put(dir, CPU "isolated", "nonsense\n");
	quiet_read(dir, &quiet);
	assert_int_equal(count(&quiet), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_ways, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
