/* SPDX-License-Identifier: GPL-2.0 */
/* Where a process stands just now: a dry run of the daemon, for one tick, so that it is judged as by the daemon. */
#ifndef HOTDAMON_CMD_RANK_LOOK_H
#define HOTDAMON_CMD_RANK_LOOK_H

#include "config/options.h"
#include "report/explain.h"

struct rank_look;

struct rank_found {
	struct explain_rank rank;
	bool told;   /* the governor said something of it: the next two */
	bool enters; /* it would be watched */
	char reason[REASON_LEN];
};

/*
 * Loads what counts, BPF, which needs what run --dry-run needs; no process is looked at. It goes by @options, but chooses by
 * heat, and what their rules point to is borrowed. NULL: no memory. Where it cannot be had, rank_look_run() says so.
 */
struct rank_look *rank_look_begin(const struct run_options *options, double seconds);

/* Counts for these seconds. */
void rank_look_run(struct rank_look *look, struct process_id id, struct rank_found *found);

void rank_look_end(struct rank_look *look); /* NULL is fine */

#endif
