// SPDX-License-Identifier: GPL-2.0
/* Loads whose CPU time is known to themselves, one line of JSON each, for tests/bpf/run. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_US 1000ULL

/* Until @clock has gone on by @ms; by the CPU clocks it is so much of CPU time, whatever else runs. */
static void burn(clockid_t clock, uint64_t ms)
{
	uint64_t end = read_clock(clock) + ms * NS_PER_MS;

	while (read_clock(clock) < end)
		for (volatile int i = 0; i < 2000; i++)
			;
}

/* By the clock on the wall, which is read without a system call: no CPU clock is brought up to date by it. */
static void burn_us(uint64_t us)
{
	uint64_t end = read_clock(CLOCK_MONOTONIC) + us * NS_PER_US;

	while (read_clock(CLOCK_MONOTONIC) < end)
		;
}

static double own_cpu_s(void)
{
	return (double)read_clock(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* spin: burns until it is killed. */
static int spin(char **args)
{
	(void)args;
	for (volatile uint64_t i = 0;; i++)
		;
	return 0;
}

/* tick: wakes a thousand times a second, so that whoever is on its CPU has to switch. */
static int tick(char **args)
{
	(void)args;
	for (;;)
		usleep(1000);
	return 0;
}

static void *thread_of_ms(void *ms)
{
	burn(CLOCK_THREAD_CPUTIME_ID, *(uint64_t *)ms);
	return NULL;
}

/* threads N MS: N threads, two at a time, each of which ends after MS of CPU time. */
static int threads(char **args)
{
	uint64_t n = strtoull(args[0], NULL, 10), ms = strtoull(args[1], NULL, 10);
	pthread_t pair[2];

	for (uint64_t i = 0; i < n; i += 2) {
		for (int t = 0; t < 2; t++)
			if (pthread_create(&pair[t], NULL, thread_of_ms, &ms))
				die("pthread_create");
		for (int t = 0; t < 2; t++)
			pthread_join(pair[t], NULL);
	}
	printf("{\"pid\":%d,\"cpu_s\":%.6f}\n", getpid(), own_cpu_s());
	return 0;
}

static pid_t fork_child(uint64_t ms)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_NAME, "storm-child");
		burn(CLOCK_PROCESS_CPUTIME_ID, ms);
		_exit(0);
	}
	return pid;
}

/* storm N MS: N children, two at a time, each of which ends after MS of CPU time; all are waited for. */
static int storm(char **args)
{
	uint64_t n = strtoull(args[0], NULL, 10), ms = strtoull(args[1], NULL, 10);
	struct rusage children;

	for (uint64_t i = 0; i < n; i += 2) {
		pid_t one = fork_child(ms), two = fork_child(ms);

		waitpid(one, NULL, 0);
		waitpid(two, NULL, 0);
	}
	getrusage(RUSAGE_CHILDREN, &children);
	printf("{\"pid\":%d,\"children\":%" PRIu64 ",\"cpu_s\":%.6f}\n", getpid(), n,
	       seconds(children.ru_utime) + seconds(children.ru_stime));
	return 0;
}

/* Touches @mib of memory, a page at a time: to give it back at the end takes a while too. */
static void fill_memory(uint64_t mib)
{
	size_t size = (size_t)mib << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	madvise(memory, size, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
}

/* big N MIB: N children one after another, each of which fills so much memory, and ends. */
static int big(char **args)
{
	uint64_t n = strtoull(args[0], NULL, 10), mib = strtoull(args[1], NULL, 10);
	struct rusage children;

	for (uint64_t i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			prctl(PR_SET_NAME, "big-child");
			fill_memory(mib);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	getrusage(RUSAGE_CHILDREN, &children);
	printf("{\"pid\":%d,\"cpu_s\":%.6f}\n", getpid(),
	       seconds(children.ru_utime) + seconds(children.ru_stime));
	return 0;
}

/* zero MS: reads /dev/zero for MS of CPU time, a megabyte at a time with some work on it. */
static int zero(char **args)
{
	uint64_t end = read_clock(CLOCK_PROCESS_CPUTIME_ID) + strtoull(args[0], NULL, 10) * NS_PER_MS;
	static char buffer[1 << 20];
	int fd = open("/dev/zero", O_RDONLY);
	struct rusage self;

	while (read_clock(CLOCK_PROCESS_CPUTIME_ID) < end) {
		if (read(fd, buffer, sizeof(buffer)) <= 0)
			die("read");
		for (volatile int i = 0; i < 20000; i++)
			;
	}
	getrusage(RUSAGE_SELF, &self);
	printf("{\"pid\":%d,\"user_s\":%.6f,\"system_s\":%.6f}\n", getpid(), seconds(self.ru_utime),
	       seconds(self.ru_stime));
	return 0;
}

/* Says where it is and goes on when told to. */
static void stage(const char *name)
{
	char answer[8];

	printf("{\"stage\":\"%s\",\"pid\":%d,\"cpu_s\":%.6f}\n", name, getpid(), own_cpu_s());
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		exit(0);
}

static void *named_thread(void *name)
{
	prctl(PR_SET_NAME, name);
	burn(CLOCK_THREAD_CPUTIME_ID, 20);
	return NULL;
}

static void *exec_thread(void *path)
{
	burn(CLOCK_THREAD_CPUTIME_ID, 20);
	execl(path, path, "exec-last", (char *)NULL);
	die("exec");
	return NULL;
}

static void in_thread(void *(*body)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, arg))
		die("pthread_create");
	pthread_join(thread, NULL);
}

/* exec SECOND THIRD: executes SECOND, renames itself, then a thread of it executes THIRD. */
static int exec_first(char **args)
{
	burn(CLOCK_PROCESS_CPUTIME_ID, 50);
	stage("first");
	execl(args[0], args[0], "exec-second", args[1], (char *)NULL);
	die("exec");
	return 1;
}

static int exec_second(char **args)
{
	burn(CLOCK_PROCESS_CPUTIME_ID, 50);
	stage("second");
	prctl(PR_SET_NAME, "renamed");
	burn(CLOCK_PROCESS_CPUTIME_ID, 50);
	in_thread(named_thread, (char *)"not-this");
	stage("renamed");
	in_thread(exec_thread, args[0]);
	return 1;
}

static int exec_last(char **args)
{
	(void)args;
	burn(CLOCK_PROCESS_CPUTIME_ID, 50);
	stage("last");
	return 0;
}

/* Burns @work_us, then sleeps to the next multiple of @period_us. */
static void burst_on_time(uint64_t work_us, uint64_t period_us)
{
	uint64_t period_ns = period_us * NS_PER_US,
		 next = read_clock(CLOCK_MONOTONIC) / period_ns * period_ns;

	for (;;) {
		struct itimerspec when = {0};
		uint64_t ticks;
		int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

		if (fd < 0)
			die("timerfd_create");
		next += period_ns;
		when.it_value.tv_sec = (time_t)(next / NS_PER_S);
		when.it_value.tv_nsec = (long)(next % NS_PER_S);
		when.it_interval.tv_sec = (time_t)(period_ns / NS_PER_S);
		when.it_interval.tv_nsec = (long)(period_ns % NS_PER_S);
		if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL))
			die("timerfd_settime");
		while (read(fd, &ticks, sizeof(ticks)) == sizeof(ticks))
			burn_us(work_us);
		close(fd);
	}
}

/*
 * burst WORK_US PERIOD_US aligned|free: short work, over and over. aligned: it begins where a tick of the kernel's
 * may be, at multiples of the period, so that ticks always or never see it; free: it sleeps in between.
 */
static int burst(char **args)
{
	uint64_t work_us = strtoull(args[0], NULL, 10), period_us = strtoull(args[1], NULL, 10);

	if (!strcmp(args[2], "aligned"))
		burst_on_time(work_us, period_us);
	for (;;) {
		burn_us(work_us);
		usleep((useconds_t)(period_us - work_us));
	}
	return 0;
}

static void *thread_of_bursts(void *unused)
{
	(void)unused;
	for (;;) {
		burn_us(2000);
		usleep(20000);
	}
	return NULL;
}

/* crowd N: N threads that work now and then, more than there are CPUs. */
static int crowd(char **args)
{
	uint64_t n = strtoull(args[0], NULL, 10);
	pthread_t thread;

	for (uint64_t i = 1; i < n; i++)
		if (pthread_create(&thread, NULL, thread_of_bursts, NULL))
			die("pthread_create");
	thread_of_bursts(NULL);
	return 0;
}

/* system PCT: reads /dev/zero, PCT % of its time; the rest is user time. */
static int system_time(char **args)
{
	uint64_t pct = strtoull(args[0], NULL, 10);
	static char buffer[64 << 10];
	int fd = open("/dev/zero", O_RDONLY);

	for (;;) {
		uint64_t began = read_clock(CLOCK_MONOTONIC), took;

		for (int i = 0; i < 20; i++)
			if (read(fd, buffer, sizeof(buffer)) <= 0)
				die("read");
		took = read_clock(CLOCK_MONOTONIC) - began;
		if (pct < 100)
			burn_us(took * (100 - pct) / pct / NS_PER_US);
	}
	return 0;
}

/* A child by vfork or posix_spawn that executes this program to burn some time, or just ends. */
static void spawn_one(const char *how, const char *path)
{
	char *const child[] = {(char *)path, (char *)"spawned", NULL};
	pid_t pid = 0;

	if (!strcmp(how, "spawn")) {
		errno = posix_spawn(&pid, path, NULL, NULL, child, NULL);
		if (errno)
			die("posix_spawn");
	} else {
		pid = vfork();
		if (!pid) {
			if (strcmp(how, "vfork"))
				_exit(0);
			execv(path, child);
			_exit(1);
		}
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die(how);
}

/*
 * spawns N PER_S vfork|spawn|exit PATH: so many children, one after another, at most PER_S of them a second (0: as
 * quick as it goes). They execute PATH, which is a copy of this program, or just exit.
 */
static int spawns(char **args)
{
	uint64_t n = strtoull(args[0], NULL, 10), per_s = strtoull(args[1], NULL, 10);
	uint64_t began = read_clock(CLOCK_MONOTONIC);
	struct rusage children;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t due = per_s ? began + i * NS_PER_S / per_s : 0, now = read_clock(CLOCK_MONOTONIC);

		if (due > now)
			usleep((useconds_t)((due - now) / NS_PER_US));
		spawn_one(args[2], args[3]);
	}
	getrusage(RUSAGE_CHILDREN, &children);
	printf("{\"pid\":%d,\"children\":%" PRIu64 ",\"cpu_s\":%.6f,\"own_s\":%.6f}\n", getpid(), n,
	       seconds(children.ru_utime) + seconds(children.ru_stime), own_cpu_s());
	return 0;
}

static int spawned(char **args)
{
	(void)args;
	burn_us(300);
	return 0;
}

/* lights N WORK_US PERIOD_MS: N processes that each work a little now and then; says so, and waits for its end. */
static int lights(char **args)
{
	uint64_t n = strtoull(args[0], NULL, 10), work_us = strtoull(args[1], NULL, 10);
	uint64_t period_ms = strtoull(args[2], NULL, 10);

	for (uint64_t i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "light");
		for (;; usleep((useconds_t)(period_ms * 1000)))
			burn_us(work_us);
	}
	printf("{\"pid\":%d,\"children\":%" PRIu64 "}\n", getpid(), n);
	fflush(stdout);
	pause();
	return 0;
}

/* idle N: N processes that wait; says so when all do, and waits for its end. */
static int idle(char **args)
{
	uint64_t n = strtoull(args[0], NULL, 10);

	for (uint64_t i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	printf("{\"pid\":%d,\"children\":%" PRIu64 "}\n", getpid(), n);
	fflush(stdout);
	pause();
	return 0;
}

/* burn MS: so much CPU time, then the end. */
static int burn_once(char **args)
{
	burn(CLOCK_PROCESS_CPUTIME_ID, strtoull(args[0], NULL, 10));
	printf("{\"pid\":%d,\"cpu_s\":%.6f}\n", getpid(), own_cpu_s());
	return 0;
}

/* wish DIR WORD: writes what the owner of the cgroup wishes. */
static int wish(char **args)
{
	if (setxattr(args[0], "user.hotdamon", args[1], strlen(args[1]), 0))
		die("setxattr");
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args);
} modes[] = {
	{"spin", 0, spin},
	{"tick", 0, tick},
	{"threads", 2, threads},
	{"storm", 2, storm},
	{"big", 2, big},
	{"zero", 1, zero},
	{"exec", 2, exec_first},
	{"exec-second", 1, exec_second},
	{"exec-last", 0, exec_last},
	{"burst", 3, burst},
	{"crowd", 1, crowd},
	{"system", 1, system_time},
	{"spawns", 4, spawns},
	{"spawned", 0, spawned},
	{"lights", 3, lights},
	{"idle", 1, idle},
	{"burn", 1, burn_once},
	{"wish", 2, wish},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(argv[1], modes[i].name) && argc >= 2 + modes[i].args)
			return modes[i].run(argv + 2);
	fprintf(stderr, "load: see tests/bpf/load.c for the loads and their arguments\n");
	return 2;
}
