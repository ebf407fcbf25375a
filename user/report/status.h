/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a running daemon, as values, and its JSON: what `hotdamon status` and scripts read. */
#ifndef HOTDAMON_REPORT_STATUS_H
#define HOTDAMON_REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "decide/benefit.h"
#include "decide/cost.h"
#include "decide/descent.h"
#include "decide/governor.h"
#include "decide/intervals.h"
#include "decide/room.h"
#include "decide/service.h"

struct json_object; /* json-c's */

#define STATUS_FAILURES 8
#define STATUS_FILE	"status.json"

struct status_failure {
	const char *reason; /* the kernel's name of it */
	uint64_t count;
};

/* How hotdamon collapses in it, when it does so itself, within a budget. */
struct status_pace {
	bool known;		  /* it does */
	uint64_t stall_budget_us; /* per second */
	unsigned int share_pct;	  /* of the budget, under the memory pressure of now */
	const char *reason;	  /* "" at 100 %, if the process can be collapsed in at all */
	bool capped;		  /* --max-huge-mib or --max-target-huge-mib is reached */
	uint64_t calls;		  /* of process_madvise for a slot, and what they took */
	uint64_t stall_us;
	size_t chosen_slots;  /* hot slots that are to be collapsed next */
	size_t sparse_slots;  /* that are left alone: too few of their pages are populated, */
	size_t shared_slots;  /* or another process has too many of them too */
	size_t waiting_slots; /* that failed, and are tried again later */
};

/* How far collapses made it grow, and what they may not. */
struct status_room {
	bool known;
	struct room_growth grown;
	uint64_t most_bytes; /* in all */
	struct room_limit limit;
	struct room_left left;
	enum room_verdict held; /* what damos waits for; ROOM_FITS: nothing */
};

/* One that is watched. What it points to is borrowed. */
struct status_target {
	unsigned int seat;
	const char *comm; /* of now */
	const struct whose *whose;
	const struct governor_seat *watched; /* who it is, how hot, and why it is watched */
	const struct descent *descent;
	const struct benefit *benefit; /* told once it began */
	const struct intervals *intervals;
	pid_t kdamond_pid; /* 0: none */
	size_t n_ranges;   /* that its kdamond looks at; 0: it chose itself, and the next three say nothing */
	uint64_t ranges_bytes;
	uint64_t ranges_read_us, ranges_write_us; /* what the last reading and writing of them took */
	bool monitor_cpu_known;
	double monitor_cpu_pct; /* its kdamond's, in % of a CPU, in the last tick; collapsing is in it */
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
	bool worth_known; /* the next five; hot_bytes are then those that pay and are not left alone */
	uint64_t in_use_bytes;
	uint64_t sparse_bytes; /* that pay, and are left alone: too few of their pages are populated, */
	uint64_t shared_bytes; /* or another process has too many of them too */
	double saved_pct;      /* of a CPU, about, by what is huge */
	double paid_back_s;    /* what the collapses took is saved in; negative: never, or there were none */
	int held_up_pct; /* so much of its memory is shared with others that damos waits; 0: it does not */
	struct status_pace pace;
	struct status_room room;
};

/* One that does not answer. */
struct status_stuck {
	uint32_t pid; /* 0: DAMON itself */
	char comm[COMM_LEN];
	double for_s;
	int seat; /* whose kdamond cannot be stopped; -1: none */
};

/* By which numbers the daemon goes. */
struct status_settings {
	unsigned int top;
	const char *by; /* "service" or "process" */
	unsigned int members, max_seats;
	unsigned int user_share_pct;
	const char *rank; /* "user" or "cpu" */
	double min_cpu_pct;
	uint64_t min_mem_bytes;
	uint64_t payback_s;
	struct room_config room;
	const struct rules *rules;
};

struct status {
	const char *executor;
	const char *kernel;
	pid_t pid;
	uint64_t started_ns; /* boot clock */
	uint64_t ticked_ns;  /* the end of the last tick, by the clock that stands still in suspend */
	uint64_t tick;
	double window_s;
	double interval_s;
	size_t processes; /* alive, that ran lately */
	unsigned int seats;
	uint64_t collapses;			  /* of all processes since the start */
	uint64_t missed_threads;		  /* ended while the map had no room: their time is lost */
	const struct descent_config *descent;	  /* of all targets, as are these */
	const struct intervals_config *intervals; /* as asked for */
	const struct host_cost *cost;		  /* NULL: it is not told */
	const struct status_settings *settings;	  /* likewise */
	const struct status_target *targets;
	size_t n_targets;
	const struct governor_skip *skipped;
	size_t n_skipped;
	const struct whose *skipped_whose; /* [n_skipped] */
	const struct status_stuck *stuck;
	size_t n_stuck;
};

/* One JSON object, with a line end. malloced; NULL when out of memory. */
char *status_to_json(const struct status *status);

/*
 * For how long the daemon has known that the process @id, whose start time is told in units of @unit_ns, rounded down, is
 * barred, by the text of a status file; negative: it tells nothing of that.
 */
double status_barred_s(const char *json_text, struct process_id id, uint64_t unit_ns);

/* How long ago the last tick was, by the text of a status file. */
struct status_age {
	bool known; /* older daemons do not tell */
	double s;
	bool late;
};

/* @awake_ns: now, by the clock of status.ticked_ns. */
struct status_age status_age(const char *json_text, uint64_t awake_ns);

/* The text of a status file with the age in it, age_s. malloced; NULL: no memory, or it is no status. */
char *status_add_age(const char *json_text, const struct status_age *age);

/* Of a target in the JSON of a status: how the work on it stands, a line each. */
void status_print_way(struct json_object *target, FILE *file);

/* A table for people from the text of a status file. 0, -EINVAL if it is none, or -ENOMEM; then nothing is printed. */
int status_print(const char *json_text, const struct status_age *age, FILE *file);

#endif
