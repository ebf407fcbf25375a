/* SPDX-License-Identifier: GPL-2.0 */
/* Ranking: from CPU time per window to an ordered list of processes, smoothed over a few windows. */
#ifndef HOTDAMON_DECIDE_RANKING_H
#define HOTDAMON_DECIDE_RANKING_H

#include "decide/process.h"

enum rank_by {
	RANK_BY_USER, /* user time, as cpu_time_user_ns() has it */
	RANK_BY_CPU,  /* user and system time */
};

/* CPU time of a process since it began, as far as it is known: only its growth is, for sure. */
struct cpu_time {
	uint64_t run_ns;   /* exact: se.sum_exec_runtime, all threads */
	uint64_t utime_ns; /* tick-sampled; only the ratio to stime_ns is used */
	uint64_t stime_ns;
};

/* One process that ran in a window. */
struct usage {
	struct process_id id;
	char comm[COMM_LEN];
	struct cpu_time before, now; /* at both ends of the window */
	uint32_t threads;	     /* alive when it was last counted */
	uint32_t threads_max;	     /* that can have run in the window */
	uint32_t execs;		     /* execs seen since its record began, cumulative */
	bool ended;		     /* it ended in this window: counted now, gone from the next one */
	struct process_owner owner;
};

struct ranked {
	struct process_id id;
	char comm[COMM_LEN];
	unsigned int rank;	/* 1 is the hottest */
	double cpu_pct;		/* smoothed, by the chosen clock; 100 is one CPU all the time */
	double window_user_pct; /* of this window alone */
	double window_system_pct;
	uint64_t user_ns; /* of this window alone */
	uint64_t system_ns;
	uint32_t threads;
	uint32_t execs; /* seen since it was first ranked */
	bool ended;
	struct process_owner owner; /* as in its last usage */
};

struct ranking; /* remembers each living process that ran lately between windows */

/*
 * The user part of @time, split as the kernel splits /proc/PID/stat (cputime_adjust() in
 * kernel/sched/cputime.c): stime 0 makes all of it user time, utime 0 all of it system time. Exact for any
 * 64-bit values. In ns.
 */
uint64_t cpu_time_user_ns(const struct cpu_time *time);

#define RANKING_SMOOTHING_TICKS 1.5 /* by default: what was hot three ticks ago hardly counts */

/*
 * @time_constant_ticks: how many windows the memory lasts (the weight of a new window is 1 - exp(-1 /
 * time_constant_ticks)); > 0. @remember_ns: a process is forgotten when it did not run for so long, and what
 * is left of its heat is below RANKING_FORGET_PCT. Returns NULL when out of memory. Free with ranking_free().
 */
struct ranking *ranking_new(enum rank_by by, double time_constant_ticks, uint64_t remember_ns);
void ranking_free(struct ranking *ranking); /* NULL is fine */

/* A hundredth of the least --min-cpu that makes sense. */
#define RANKING_FORGET_PCT 0.01

/*
 * Takes one window of @window_ns on @cpus CPUs, both > 0. @usage holds the processes that ran in it, in any
 * order, each identity once. A process that is new starts with its first window's value, so that it does not
 * have to warm up. One that is absent was idle: it is ranked on with less and less, until it is forgotten.
 *
 * A window's user time is the growth of the split of all time until now, as of user time in /proc/PID/stat:
 * so single ticks do not make it jump. As there, what was told is never taken back: a window has no time of the
 * kind whose split went back, nor have the next, until the split is above what was told.
 *
 * The time of what is running when a window ends is known as of the last tick, so a window may get up to a
 * tick that belongs to the one before: what is more than the CPUs that it can have used allow,
 * min(cpus, threads_max) * window_ns, is given to the next window.
 *
 * On success returns 0 and sets *@out to *@n_out entries, hottest first; ties go by this window's run time,
 * then by the lower tgid, then by the lower start time. The array belongs to the ranking and lives until its
 * next update or its end. -EINVAL for window_ns or cpus 0, -ENOMEM; then nothing has changed.
 */
int ranking_update(struct ranking *ranking, const struct usage *usage, size_t n, uint64_t window_ns,
		   unsigned int cpus, const struct ranked **out, size_t *n_out);

#endif
