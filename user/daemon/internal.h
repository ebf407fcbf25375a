/* SPDX-License-Identifier: GPL-2.0 */
/* The daemon's state, shared by its own files only. */
#ifndef HOTDAMON_DAEMON_INTERNAL_H
#define HOTDAMON_DAEMON_INTERNAL_H

#include <systemd/sd-event.h>

#include "act/claim.h"
#include "act/damon.h"
#include "daemon/daemon.h"
#include "daemon/madvise.h"
#include "daemon/target.h"
#include "decide/governor.h"
#include "decide/plan.h"
#include "decide/regions.h"
#include "sense/collapse.h"
#include "sense/hotness.h"

#define SAID_SKIPS   4096
#define SAID_AT_ONCE 32

struct daemon_totals {
	uint64_t watched;    /* times that a process came in */
	uint64_t collapses;  /* by kdamonds whose targets have left */
	unsigned int errors; /* of acts on DAMON */
};

struct daemon {
	const struct run_options *options;
	enum executor executor;
	struct claim_paths paths;
	struct claim claim;
	char kernel[65];
	bool tells_huge;
	uint64_t heat_apply_us; /* how often DAMON counts heat */
	unsigned int n_seats;

	int lock_fd;
	struct hotness *hotness;
	struct collapse *collapse;
	struct damon *damon;	 /* NULL: a dry run */
	struct madvise *madvise; /* NULL: another executor */
	struct ranking *ranking;
	struct governor *governor;
	struct descent_config descent;
	struct quota_config quota;
	struct intervals_config intervals;
	struct benefit_config benefit;
	struct target *targets;			 /* [n_seats] */
	struct plan_seat *have, *want;		 /* [n_seats] */
	struct plan_step *steps_of_plan;	 /* [2 * n_seats] */
	struct process_id listed[RUN_MAX_SEATS]; /* --pid; tgid 0: it has ended */

	const struct ranked *ranked; /* of the last tick; owned by the ranking */
	size_t n_ranked;
	const struct governor_skip *skips; /* of the last tick; owned by the governor */
	size_t n_skips;

	sd_event *event;
	sd_event_source *timer;
	sd_event_source *turn_timer; /* of executor madvise */
	uint64_t started_ns;	     /* boot clock */
	uint64_t now_ns;	     /* boot clock, of this turn of the loop */
	uint64_t window_ns;	     /* of the last window */
	uint64_t step_ns; /* period of the looks at the evidence; a tick is every steps_per_tick-th of them */
	uint64_t next_step_ns;
	unsigned int steps_per_tick, steps;
	unsigned int parked_turn; /* whose statistics are read next, of those that are parked */
	uint64_t tick;
	bool told_full;				  /* that the map of processes is full was said */
	bool seats_lost;			  /* somebody else made DAMON's seats anew: the end */
	struct process_id said_skips[SAID_SKIPS]; /* the last ones that were said, a ring */
	size_t n_said_skips;
	bool all_listed_ended;
	int exit_status;
	bool nothing_ours; /* the claim, if there is one, is a dead daemon's that could not be undone: it stays for another try */
	int status_err; /* of the last writing of the status file, to say it once */
	int window_err; /* of the last window */
	struct daemon_totals totals;
};

/*
 * setup.c: from nothing to ready and back. daemon_set_up() returns an exit status, EXIT_DONE when the
 * loop may begin.
 */
int daemon_set_up(struct daemon *daemon);
void daemon_tear_down(struct daemon *daemon);

/*
 * tick.c: closes a window: who is hot, who comes and who goes. Negative errno when nothing could be
 * measured.
 */
int daemon_tick(struct daemon *daemon);

/* step.c: looks at the evidence, descends, and carries out the plan. */
void daemon_step(struct daemon *daemon);

/* Takes what BPF counted of attempts on every target's memory. */
void daemon_take_counts(struct daemon *daemon);

/* One step of the descent of the target in @seat, by the evidence there is. */
void daemon_descend(struct daemon *daemon, unsigned int seat);

/* trial.c: what huge pages gain each target. trial_begin() for one that comes in; trial_step() takes a look at it. */
void trial_begin(struct daemon *daemon, unsigned int seat, const struct descent_evidence *evidence);
void trial_step(struct daemon *daemon, unsigned int seat, const struct descent_evidence *evidence);

/* Lets the target in @seat go: its kdamond is stopped, its sums are kept. */
void daemon_release(struct daemon *daemon, unsigned int seat);

/* summary.c: the status file, the service manager's line and the sums at the end. */
void daemon_publish(struct daemon *daemon);
void daemon_say_sums(const struct daemon *daemon);

#endif
