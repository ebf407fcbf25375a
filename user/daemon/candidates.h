/* SPDX-License-Identifier: GPL-2.0 */
/* Who may be watched in a tick: what /proc says of the hottest, of those that are watched, or of those of --pid. */
#ifndef HOTDAMON_DAEMON_CANDIDATES_H
#define HOTDAMON_DAEMON_CANDIDATES_H

#include "daemon/judge.h"
#include "daemon/ranks.h"
#include "daemon/watch.h"
#include "decide/members.h"
#include "decide/said.h"

/* The processes of --pid; with none of them --top counts. */
struct tick_listed {
	struct process_id ids[RUN_MAX_SEATS]; /* tgid 0: it has ended */
	unsigned int n;
};

struct candidates {
	const struct ranks *ranks; /* borrowed, as are the next three */
	struct services *services;
	struct judge *judge; /* NULL: nobody is asked */
	struct said *said;
	struct stints stints;
	unsigned int had_stints; /* of the service that is looked at */
	uint64_t ticks;

	struct candidate *list; /* of this tick, in the order that the governor wants */
	size_t n, room;
};

/* Of the services that are hot, or have a target. -ENOMEM. */
int candidates_by_heat(struct candidates *candidates, const struct watch *watch);

/* Of @listed, those that live; the others are struck off. -ENOMEM. */
int candidates_listed(struct candidates *candidates, const struct watch *watch, struct tick_listed *listed);

/* The command line is read when it comes in, and again after an exec: it takes the lock of the process's memory. */
void candidates_read_command(struct target *target);

/* The process as a target; NULL: it is not watched. */
struct target *candidates_target(const struct watch *watch, struct process_id id);

/* Its place in the ranking of processes; NULL: it has not run in our sight, or not for long. */
const struct ranked *candidates_ranked(const struct candidates *candidates, struct process_id id);

#endif
