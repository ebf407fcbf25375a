// SPDX-License-Identifier: GPL-2.0
#include "cmd/bounded.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit_status.h"
#include "base/units.h"
#include "cmd/cli.h"

/* Ends with its parent. What it prints is out when it ends, or it says that it could not be. */
static void run_child(const char *command, int (*run)(void *arg), void *arg, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		_exit(cli_end(command, run(arg)));
	_exit(EXIT_FAILED);
}

/* Until the pipe, which the child alone holds open, is closed. False: it took too long. */
static bool wait_for_end(int fd, double seconds)
{
	uint64_t until_ns = clock_boot_ns() + (uint64_t)(seconds * (double)NS_PER_S), now_ns;
	struct pollfd ended = {.fd = fd};

	while ((now_ns = clock_boot_ns()) < until_ns)
		if (poll(&ended, 1, (int)((until_ns - now_ns) / NS_PER_MS) + 1) > 0)
			return true;
	return false;
}

static int take_status(const char *command, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILED;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "%s: %s\n", command, strsignal(WTERMSIG(status)));
	return EXIT_FAILED;
}

int bounded_run(const char *command, int (*run)(void *arg), void *arg, double seconds)
{
	pid_t parent = getpid(), pid;
	int ends[2];
	bool ended;

	fflush(stdout);
	if (pipe(ends)) {
		fprintf(stderr, "%s: %s\n", command, strerror(errno));
		return EXIT_FAILED;
	}
	pid = fork();
	if (!pid) {
		close(ends[0]);
		run_child(command, run, arg, parent);
	}
	close(ends[1]);
	if (pid < 0) {
		fprintf(stderr, "%s: %s\n", command, strerror(errno));
		close(ends[0]);
		return EXIT_FAILED;
	}
	ended = wait_for_end(ends[0], seconds);
	close(ends[0]);
	if (ended)
		return take_status(command, pid);
	kill(pid, SIGKILL);
	fprintf(stderr,
		"%s: no answer within %.0f s: something holds the lock of its memory, and all that ask for "
		"it wait\n",
		command, seconds);
	return EXIT_FAILED;
}
