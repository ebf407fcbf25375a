/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a running daemon, as values, and its JSON: what `hotdamon status` and scripts read. */
#ifndef HOTDAMON_REPORT_STATUS_H
#define HOTDAMON_REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "decide/process.h"

#define STATUS_FAILURES 8
#define STATUS_FILE	"status.json"

struct status_failure {
	const char *reason; /* the kernel's name of it */
	uint64_t count;
};

/* What huge pages gain a process, as decide/benefit.h has it. */
struct status_benefit {
	const char *verdict; /* "gains", "none", "unknown"; NULL: nothing is told */
	const char *reason;  /* of the verdict; "" while it is unknown */
	bool share_before_known, share_now_known;
	unsigned int share_before_pct, share_now_pct; /* of the hot memory that is huge */
	double trial_s;				      /* without gain, so far */
};

struct status_target {
	struct process_id id;
	char comm[COMM_LEN];
	double cpu_pct;
	unsigned int rank; /* by heat, among those that are watched or hot enough to matter */
	unsigned int seat;
	pid_t kdamond_pid; /* 0: none */
	const char *descent_state;
	bool acting; /* the scheme is not parked */
	unsigned int min_access_pct;
	unsigned int min_accesses;
	unsigned int max_accesses;
	const char *descent_reason;
	uint64_t succeeded;
	uint64_t already_huge; /* useless attempts: the slot was huge before */
	struct status_failure failed[STATUS_FAILURES];
	size_t n_failed;
	uint64_t huge_bytes;
	uint64_t anon_bytes;
	bool heat_known;
	bool hot_is_current; /* measured now; false: what it was parked with */
	uint64_t hot_bytes;  /* at or above the threshold */
	bool hot_huge_known;
	uint64_t hot_huge_bytes;
	bool paced;		  /* hotdamon collapses itself, within a budget; what follows is known then */
	uint64_t stall_budget_us; /* per second */
	unsigned int pace_pct;	  /* of the budget, under the memory pressure of now */
	const char *pace_reason;  /* "" at 100 %, if the process can be collapsed in at all */
	bool capped;		  /* --max-huge-mib or --max-target-huge-mib is reached */
	uint64_t calls;		  /* of process_madvise for a slot, and what they took */
	uint64_t stall_us;
	size_t chosen_slots;  /* hot slots of 2 MiB that are to be collapsed next */
	size_t sparse_slots;  /* that are left alone: too few of their pages are populated */
	size_t waiting_slots; /* that failed, and are tried again later */
	const char *reason;   /* why it is watched */
	struct status_benefit benefit;
	bool monitor_cpu_known;
	double monitor_cpu_pct; /* its kdamond's, in % of a CPU, in the last tick; collapsing is in it */
	uint64_t sample_us;	/* DAMON's intervals for it */
	uint64_t aggr_us;
	const char *intervals_reason; /* why they differ from what was asked for; "" or NULL: they do not */
};

struct status_skip {
	struct process_id id;
	char comm[COMM_LEN];
	double cpu_pct;
	const char *reason;
};

struct status {
	const char *executor;
	const char *kernel;
	pid_t pid;
	uint64_t started_ns; /* boot clock */
	uint64_t tick;
	double window_s;
	double interval_s;
	size_t processes; /* alive, that ran lately */
	unsigned int seats;
	uint64_t collapses;	 /* of all processes since the start */
	uint64_t missed_threads; /* ended while the map had no room: their time is lost */
	const struct status_target *targets;
	size_t n_targets;
	const struct status_skip *skipped;
	size_t n_skipped;
};

/* One JSON object, with a line end. malloced; NULL when out of memory. */
char *status_to_json(const struct status *status);

/* A table for people from the text of a status file. 0, -EINVAL if it is none, or -ENOMEM; then nothing is printed. */
int status_print(const char *json_text, FILE *file);

#endif
