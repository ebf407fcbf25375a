// SPDX-License-Identifier: GPL-2.0
/* A load whose truth is known, for tests and demonstrations: it says where its hot
 * memory is and reads from its own page tables how much of it is huge.
 *
 * The memory is populated as the system's THP mode says. To begin with base pages,
 * run it with /sys/kernel/mm/transparent_hugepage/enabled at "never". */
#include "clock.h"
#include "heap.h"
#include "options.h"
#include "report.h"
#include "touch.h"
#include "warm.h"

#ifndef PR_THP_DISABLE_EXCEPT_ADVISED
#define PR_THP_DISABLE_EXCEPT_ADVISED (1 << 1)
#endif

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct layout layout;
static uint64_t heap;
static double start_time;
static char **exec_argv;

static void exec_again(void)
{
	int to = opt.exec_option;

	for (int from = opt.exec_option + opt.exec_words; exec_argv[from]; from++)
		exec_argv[to++] = exec_argv[from];
	exec_argv[to] = NULL;
	execv("/proc/self/exe", exec_argv);
	/* /proc/self/exe is gone once the leader has exited. */
	execv("/proc/thread-self/exe", exec_argv);
	die(1, "exec: %s", strerror(errno));
}

struct agenda {
	double report;
	double move;
	double exit;
	double exec;
	double phase;
	size_t phase_now;
};

static double after(double start, double seconds)
{
	return seconds > 0 ? start + seconds : INFINITY;
}

static void run_due(struct agenda *due)
{
	double t = now();

	if (t >= due->phase && due->phase_now + 1 < opt.nr_phases) {
		struct phase *next = &opt.phases[++due->phase_now];

		touch_set_burning(next->hot);
		due->phase += due->phase_now + 1 < opt.nr_phases ? next->seconds : INFINITY;
	}
	if (t >= due->move) {
		touch_move();
		due->move += opt.move_s;
	}
	if (t >= due->report) {
		report();
		due->report = later(due->report + opt.report_s, t);
	}
	if (t >= due->exec)
		exec_again();
	if (t >= due->exit)
		_exit(0);
}

static struct agenda make_agenda(void)
{
	struct agenda due = {
		.report = opt.report_s > 0 ? start_time : INFINITY,
		.move = after(start_time, opt.move_s),
		.exit = after(start_time, opt.exit_after_s),
		.exec = after(start_time, opt.exec_after_s),
		.phase = opt.nr_phases > 1 ? start_time + opt.phases[0].seconds : INFINITY,
	};

	return due;
}

/* Whoever measures says when: what counts and what happens in time begins now. */
static void begin_window(struct agenda *due)
{
	due->move = after(now(), opt.move_s);
	if (opt.hugepage)
		heap_ask_for_huge_pages(&layout, heap);
	report_new_window();
}

/* Whoever tests says when it is ready for what is to happen. */
static void make_due(struct agenda *due)
{
	if (isfinite(due->move))
		due->move = now();
	if (isfinite(due->exec))
		due->exec = now();
	if (isfinite(due->phase))
		due->phase = now();
}

static void set_thp_disable(bool disable)
{
	if (prctl(PR_SET_THP_DISABLE, disable, 0, 0, 0))
		die(1, "PR_SET_THP_DISABLE: %s", strerror(errno));
}

/* Sleeps but when something is due, and outlives the leader. */
static void *control(void *arg)
{
	sigset_t *signals = arg;
	struct agenda due = make_agenda();

	for (;;) {
		double next =
			sooner(sooner(sooner(due.report, due.move), sooner(due.exit, due.exec)), due.phase);
		struct timespec wait = to_timespec(next - now());
		int got = sigtimedwait(signals, NULL, &wait);

		if (got == SIGTERM || got == SIGINT)
			_exit(0);
		if (got == SIGUSR1)
			report();
		if (got == SIGUSR2)
			begin_window(&due);
		if (got == SIGHUP)
			make_due(&due);
		if (got == SIGALRM)
			set_thp_disable(!prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
		run_due(&due);
	}
	return NULL;
}

static void lead(void)
{
	if (opt.leader_exits_s > 0) {
		struct timespec wait = to_timespec(start_time + opt.leader_exits_s - now());
		sigset_t hangup;

		sigemptyset(&hangup);
		sigaddset(&hangup, SIGHUP);
		sigtimedwait(&hangup, NULL, &wait);
		/* Only this thread: what pthread_exit() does, but that loads libgcc_s. */
		syscall(SYS_exit, 0);
	}
	for (;;)
		pause();
}

/* The threads inherit it; the one of control() takes them. */
static sigset_t *block_signals(void)
{
	static sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigaddset(&signals, SIGALRM);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (opt.leader_exits_s > 0)
		sigdelset(&signals, SIGHUP); /* the leader takes it */
	signal(SIGCHLD, SIG_IGN);
	return &signals;
}

int main(int argc, char **argv)
{
	const char *why;
	sigset_t *signals;

	exec_argv = argv;
	options_parse(argc, argv);
	why = layout_place(&opt.layout, &layout);
	if (why)
		die(2, "%s", why);
	/* No arenas of malloc between the mappings. */
	mallopt(M_ARENA_MAX, 1);
	signals = block_signals();
	if (opt.name)
		prctl(PR_SET_NAME, opt.name);
	if (opt.thp_disable)
		set_thp_disable(true);
	if (opt.thp_advised && prctl(PR_SET_THP_DISABLE, 1, PR_THP_DISABLE_EXCEPT_ADVISED, 0, 0))
		die(1, "this kernel has no PR_THP_DISABLE_EXCEPT_ADVISED");
	heap = heap_make(&layout);
	start_time = now();
	warm_check(&layout);
	report_start(&layout, heap, start_time);
	touch_set_burning(opt.phases[0].hot);
	touch_start(&layout, heap);
	start_thread(control, signals);
	children_start(&layout, heap);
	lead();
	return 0;
}
