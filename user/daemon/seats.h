/* SPDX-License-Identifier: GPL-2.0 */
/* The seats: DAMON's kdamonds that we made, each for one target, and how they become what they should be. */
#ifndef HOTDAMON_DAEMON_SEATS_H
#define HOTDAMON_DAEMON_SEATS_H

#include "daemon/watch.h"

struct seats;

/* NULL: no memory. */
struct seats *seats_new(unsigned int n_seats);
void seats_free(struct seats *seats); /* NULL is fine. The kdamonds are left as they are, see act/claim.h */

/* Makes every seat what its target wants of it: stops, starts, commits. Nothing in a dry run. */
void seats_fit(struct seats *seats, struct watch *watch);

/*
 * A kdamond ends with its target's last thread, or when the thread it was given has gone; DAMON may also fail. One that
 * ended is started anew by the next seats_fit(), or, if that goes on, its target is let go. What somebody else wrote to a seat
 * is told, and set again if it stays. Once a tick.
 */
void seats_check(struct seats *seats, struct watch *watch);

/*
 * Before an end: each kdamond of ours is known by its pid here, whatever somebody else has just written to its seat. What
 * cannot be stopped is told by what undoes the rest.
 */
void seats_stop_all(struct seats *seats, struct damon *damon);

/* Lets the target go: its kdamond is stopped, and its seat is free. */
void seats_release(struct seats *seats, struct watch *watch, struct target *target);

/* Before the governor's turn: nobody may come into a seat whose kdamond cannot be stopped, or is not yet. */
void seats_close_unstopped(const struct seats *seats, const struct watch *watch);

/* The seat whose kdamond watches @pid, which does not answer; -1: none does. */
int seats_watching(const struct seats *seats, uint32_t pid);

/* Somebody else made DAMON's seats anew: nothing is ours any more. */
bool seats_are_lost(const struct seats *seats);

struct seats_sums {
	unsigned int errors;	    /* acts on DAMON that failed */
	uint64_t collapses;	    /* in targets that were let go, as are the next two */
	uint64_t collapse_us;	    /* that collapses of our own took */
	struct tally_list outcomes; /* of all attempts */
};
/* Borrowed. */
const struct seats_sums *seats_sums(const struct seats *seats);

#endif
