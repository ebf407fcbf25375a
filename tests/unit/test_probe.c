// SPDX-License-Identifier: GPL-2.0
/* The trial of process_madvise(), whatever this kernel says to it. tests/live has what needs huge pages. */
#include "cm.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/collapse.h"

/* A security module, or a filter, may say so. */
int kill(pid_t pid, int signal)
{
	(void)pid;
	(void)signal;
	errno = EPERM;
	return -1;
}

static void test_probe_ends(void **state)
{
	(void)state;
	alarm(10); /* and with it this test, if its child is waited for without end */
	for (int i = 0; i < 20; i++)
		collapse_probe(NULL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
