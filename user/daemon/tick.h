/* SPDX-License-Identifier: GPL-2.0 */
/* Who: a window of BPF's counts is closed, the processes ranked, and the governor decides who is watched. */
#ifndef HOTDAMON_DAEMON_TICK_H
#define HOTDAMON_DAEMON_TICK_H

#include "daemon/candidates.h"
#include "daemon/seats.h"

struct tick;

/* The processes of --pid that are there, told with a warning where not; with none of them --top counts. */
void tick_find_listed(const struct run_options *options, struct tick_listed *listed);

/* Borrows @hotness; copies @listed. NULL: no memory. */
struct tick *tick_new(const struct run_options *options, struct hotness *hotness,
		      const struct tick_listed *listed);
void tick_free(struct tick *tick); /* NULL is fine */

/* What ran while all was set up belongs to no window. Negative errno. */
int tick_begin(struct tick *tick);

/* Closes a window. Negative errno, said once, when nothing could be measured; then all stays as it was. */
int tick_run(struct tick *tick, struct watch *watch, struct seats *seats);

/* All processes of --pid have ended. */
bool tick_is_all_ended(const struct tick *tick);

/* What is told of the last one; borrowed until the next. */
struct tick_sums {
	uint64_t ticks;
	uint64_t window_ns;
	size_t living;		   /* processes that ran lately */
	double cpu_pct;		   /* of a CPU, that all processes used, by the time that ranks */
	uint64_t came_in;	   /* times that a process did */
	uint64_t missed_threads;   /* ended while the map had no room: their time is lost */
	const struct ranks *ranks; /* who ran */
	const struct governor_skip *skips;
	size_t n_skips;
	const struct whose *skips_whose; /* [n_skips] */
};
struct tick_sums tick_sums(const struct tick *tick);

#endif
