/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What hotness.bpf.c and user space share. Flat structs of plain types, no includes: both sides read it
 * as it is.
 */
#ifndef HOTDAMON_HOTNESS_MAP_H
#define HOTDAMON_HOTNESS_MAP_H

#define HOTNESS_COMM_LEN 16
#define HOTNESS_RECORDS	 1024 /* that fit in one answer of tell_processes(); a power of two */

/*
 * Identity of a process: a tgid is reused, the leader's start on the boot clock tells two users of it apart.
 */
struct hotness_key {
	unsigned long long start_time_ns;
	unsigned int tgid;
	unsigned int reserved; /* 0: keys are compared byte by byte */
};

/*
 * CPU time of all threads of a process, dead ones too, since hotdamon attached. It only grows, and is as of
 * the end of the last window, or the end of a thread since then.
 */
struct hotness_value {
	unsigned long long run_ns;   /* exact (se.sum_exec_runtime) */
	unsigned long long utime_ns; /* sampled at ticks: good as a ratio to stime_ns */
	unsigned long long stime_ns;
	unsigned long long ended_ns; /* boot clock when its last thread began to exit; 0: alive */
	unsigned int threads;	     /* threads alive when it was last counted */
	unsigned int threads_seen;   /* distinct threads that ran */
	unsigned int execs;
	unsigned int changed; /* since user space was told: it is in the queue of those to tell */
	char comm[HOTNESS_COMM_LEN];
	unsigned long long
		cgroup_id; /* of cgroup v2, where it last ran: the inode of its directory; 0: no cgroups */
	unsigned int uid;  /* effective */
	/* What user space was told before. */
	unsigned long long told_run_ns;
	unsigned long long told_utime_ns;
	unsigned long long told_stime_ns;
	unsigned int told_threads;
	unsigned int told_threads_seen;
	unsigned int told_ended;
	unsigned int
		serial; /* of the entry: a process whose entry was deleted and made again has another one */
	/*
	 * What the threads seen, and those that had ended, used before: the kernel splits all of a process's
	 * time into user and system time, so must we.
	 */
	unsigned long long old_run_ns;
	unsigned long long old_utime_ns;
	unsigned long long old_stime_ns;
};

/* One process that ran in a window: its sums at the end of it, and at the end of the last one it ran in. */
struct hotness_record {
	struct hotness_key process;
	unsigned long long run_ns, utime_ns, stime_ns;
	unsigned long long before_run_ns, before_utime_ns, before_stime_ns;
	unsigned long long old_run_ns, old_utime_ns, old_stime_ns;
	unsigned int threads; /* alive */
	unsigned int
		threads_max; /* that can have run in the window: those alive, and those that came and went */
	unsigned int execs;
	unsigned int ended;
	unsigned int uid;
	unsigned long long cgroup_id;
	char comm[HOTNESS_COMM_LEN];
};

/* Which CPU count_on() is to look at. */
struct hotness_cpu {
	unsigned int cpu;
};

/* What was missed, for the daemon to say so. */
struct hotness_losses {
	unsigned long long tasks;   /* no task storage to be had: counted at the task's next switch */
	unsigned long long threads; /* the map was full when a thread ended: its time is lost */
};

#endif
