// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <signal.h>
#include <unistd.h>

#include "base/exit_status.h"
#include "cmd/bounded.h"

static int ends(void *arg)
{
	return *(int *)arg;
}

static int never_ends(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static int is_killed(void *arg)
{
	(void)arg;
	raise(SIGKILL);
	return 0;
}

static void test_status(void **state)
{
	int status = 3;

	(void)state;
	assert_int_equal(bounded_run("test", ends, &status, 60), 3);
	status = 0;
	assert_int_equal(bounded_run("test", ends, &status, 60), 0);
	assert_int_equal(bounded_run("test", is_killed, NULL, 60), EXIT_FAILED);
}

/* It gives up, and the child is gone: nothing is left to be waited for. */
static void test_no_answer(void **state)
{
	(void)state;
	assert_int_equal(bounded_run("test", never_ends, NULL, 0.2), EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
