// SPDX-License-Identifier: GPL-2.0
#include "daemon/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/printable.h"
#include "base/units.h"
#include "report/log.h"

#define ACCURACY_US	100000
#define VARIABLE_LEN	1100 /* a line of the log is shorter */
#define VARIABLES	6
#define TELL_FD		(STDERR_FILENO + 1)
#define OWN_ENVIRONMENT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct told {
	enum event event;
	uint32_t pid;
	char variables[VARIABLES][VARIABLE_LEN];
};

struct hook {
	sd_event *loop;
	const char *program;		   /* borrowed */
	struct told waiting[HOOK_WAITING]; /* the first @n, in order */
	size_t n;
	pid_t pid; /* 0: none runs */
	int pidfd;
	int failed_fd; /* tells why it could not begin */
	sd_event_source *ended, *late;
	bool said_full, said_failed;
};

static void set(struct told *told, unsigned int i, const char *name, const char *value)
{
	char shown[VARIABLE_LEN - 32];

	printable_text(value, shown, sizeof(shown));
	snprintf(told->variables[i], VARIABLE_LEN, "HOTDAMON_%s=%s", name, shown);
}

static void describe(struct told *told, const struct log_about *about, const char *text)
{
	char pid[16] = "", service[WHOSE_NAME_LEN] = "";

	told->event = about->event;
	told->pid = about->pid;
	if (about->pid)
		snprintf(pid, sizeof(pid), "%" PRIu32, about->pid);
	if (about->whose)
		whose_service(about->comm, about->whose, service);
	set(told, 0, "EVENT", event_name(about->event));
	set(told, 1, "PID", pid);
	set(told, 2, "COMM", about->comm ? about->comm : "");
	set(told, 3, "SERVICE", service);
	set(told, 4, "UNIT", about->whose ? service_unit(&about->whose->service) : "");
	set(told, 5, "REASON", text);
}

/* ---- one run ---- */

static void forget(struct hook *hook)
{
	hook->ended = sd_event_source_disable_unref(hook->ended); /* before its descriptor is closed */
	hook->late = sd_event_source_disable_unref(hook->late);
	close(hook->pidfd);
	close(hook->failed_fd);
	hook->pid = 0;
}

/* With all of its session; a child that has just begun has none yet. */
static void kill_all(const struct hook *hook)
{
	kill(hook->pid, SIGKILL);
	kill(-hook->pid, SIGKILL);
}

/* One that even this does not end, as it waits for a disk, is not waited for. */
static void end(struct hook *hook)
{
	kill_all(hook);
	waitpid(hook->pid, NULL, WNOHANG);
	forget(hook);
}

static void say_failure(struct hook *hook, const char *how, int value)
{
	if (!hook->said_failed)
		log_warning("--on-event %s %s %d: further failures are not told", hook->program, how, value);
	hook->said_failed = true;
}

static void say_not_run(struct hook *hook, int err)
{
	if (!hook->said_failed)
		log_warning("--on-event %s cannot be run: %s", hook->program, strerror(err));
	hook->said_failed = true;
}

static void run_next(struct hook *hook);

static void say_end(struct hook *hook, const siginfo_t *how)
{
	int err;

	if (read(hook->failed_fd, &err, sizeof(err)) == sizeof(err))
		say_not_run(hook, err);
	else if (how->si_code != CLD_EXITED)
		say_failure(hook, "was ended by signal", how->si_status);
	else if (how->si_status)
		say_failure(hook, "failed with status", how->si_status);
}

static int on_ended(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hook *hook = data;
	siginfo_t how = {0};

	(void)source;
	(void)fd;
	(void)events;
	kill(-hook->pid, SIGKILL); /* what it left behind, while the number of its group is its own */
	if (waitid(P_PID, (id_t)hook->pid, &how, WEXITED | WNOHANG))
		log_warning("--on-event %s: its end is not known: %s", hook->program, strerror(errno));
	else if (!how.si_pid)
		return 0;
	else
		say_end(hook, &how);
	forget(hook);
	run_next(hook);
	return 0;
}

static int on_late(sd_event_source *source, uint64_t usec, void *data)
{
	struct hook *hook = data;

	(void)source;
	(void)usec;
	kill_all(hook);
	return 0;
}

/* A session of its own, with nothing of ours open but the log. What fails is told through @tell_fd, an errno. */
static void become_program(const struct hook *hook, struct told *told, int tell_fd)
{
	char *arguments[] = {(char *)(uintptr_t)hook->program, NULL};
	char own[] = OWN_ENVIRONMENT, *environment[VARIABLES + 2] = {own};
	sigset_t none;
	int err;

	for (unsigned int i = 0; i < VARIABLES; i++)
		environment[i + 1] = told->variables[i];
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup3(tell_fd, TELL_FD, O_CLOEXEC);
	close_range(TELL_FD + 1, ~0U, 0); /* our locks would outlive us in one that does not begin */
	close(STDIN_FILENO);
	if (open("/dev/null", O_RDONLY) == STDIN_FILENO)
		execve(hook->program, arguments, environment);
	err = errno;
	if (write(TELL_FD, &err, sizeof(err)) != sizeof(err))
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/*
 * posix_spawn() and vfork() return when the program has begun, which it may never do: it may lie on a file system that does
 * not answer.
 */
static int spawn(struct hook *hook, struct told *told, pid_t *pid)
{
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return errno;
	*pid = fork();
	if (!*pid)
		become_program(hook, told, ends[1]);
	err = errno;
	close(ends[1]);
	hook->failed_fd = ends[0];
	if (*pid > 0)
		return 0;
	close(ends[0]);
	return err;
}

/* The child is ours, so its pid is its own until it is waited for. */
static int watch_child(struct hook *hook, pid_t pid)
{
	int err;

	hook->pid = pid;
	hook->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	err = hook->pidfd < 0
		      ? -errno
		      : sd_event_add_io(hook->loop, &hook->ended, hook->pidfd, EPOLLIN, on_ended, hook);
	if (err >= 0)
		err = sd_event_add_time_relative(hook->loop, &hook->late, CLOCK_BOOTTIME, HOOK_S * US_PER_S,
						 ACCURACY_US, on_late, hook);
	if (err >= 0)
		return 0;
	end(hook);
	return -err;
}

static void run_next(struct hook *hook)
{
	while (hook->n && !hook->pid) {
		pid_t pid = 0;
		int err = spawn(hook, &hook->waiting[0], &pid);

		if (!err)
			err = watch_child(hook, pid);
		if (err)
			say_not_run(hook, err);
		memmove(&hook->waiting[0], &hook->waiting[1], --hook->n * sizeof(hook->waiting[0]));
	}
}

/* ---- what it is told ---- */

static bool is_waiting(const struct hook *hook, const struct log_about *about)
{
	for (size_t i = 0; i < hook->n; i++)
		if (hook->waiting[i].event == about->event && hook->waiting[i].pid == about->pid)
			return true;
	return false;
}

static void on_event(void *arg, const struct log_about *about, const char *text)
{
	struct hook *hook = arg;

	if (!event_is_for_hook(about->event) || is_waiting(hook, about))
		return;
	if (hook->n == HOOK_WAITING) {
		if (!hook->said_full)
			log_warning(
				"--on-event %s is too slow: more than %d events would wait, and are not told",
				hook->program, HOOK_WAITING);
		hook->said_full = true;
		return;
	}
	describe(&hook->waiting[hook->n++], about, text);
	run_next(hook);
}

struct hook *hook_new(sd_event *event, const char *program)
{
	struct hook *hook = calloc(1, sizeof(*hook));

	if (!hook)
		return NULL;
	hook->loop = event;
	hook->program = program;
	log_listen(on_event, hook);
	return hook;
}

void hook_free(struct hook *hook)
{
	if (!hook)
		return;
	log_listen(NULL, NULL);
	if (hook->pid)
		end(hook);
	free(hook);
}
