/* SPDX-License-Identifier: GPL-2.0 */
/* What the daemon's files share: who is watched, by what, and what time it is. Each keeps the rest to itself. */
#ifndef HOTDAMON_DAEMON_WATCH_H
#define HOTDAMON_DAEMON_WATCH_H

#include "config/options.h"
#include "decide/cost.h"
#include "decide/governor.h"
#include "executor/executor.h"

struct watch {
	const struct run_options *options; /* borrowed */
	uint64_t now_ns;		   /* boot clock, of this turn of the loop */
	uint64_t ticked_ns;		   /* the end of the last tick that was done, by clock_awake_ns() */

	struct target *targets;	     /* [n_seats]; owned */
	unsigned int n_seats;	     /* that were made */
	unsigned int n_usable;	     /* of them, by the options */
	struct governor *governor;   /* owned */
	struct collapses *collapses; /* what BPF counts of attempts; owned */
	struct executor executor;    /* its `damon` is NULL in a dry run */

	struct descent_config descent;
	struct intervals_config intervals;
	struct benefit_config benefit;
	struct host_cost cost; /* of a TLB miss and a collapse, as far as it is known by now */
};

/* Whether the @seat is taken: the target in it. NULL: it is free. */
static inline struct target *watch_target(const struct watch *watch, unsigned int seat)
{
	return watch->targets[seat].used ? &watch->targets[seat] : NULL;
}

#endif
