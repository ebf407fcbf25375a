/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the governor share. */
#ifndef HOTDAMON_DECIDE_GOVERNOR_INTERNAL_H
#define HOTDAMON_DECIDE_GOVERNOR_INTERNAL_H

#include "decide/governor.h"
#include "decide/penalty.h"

/* To find a process's seat by bisection. */
struct seat_key {
	struct process_id id;
	unsigned int seat;
};

/* How many there are of something. */
struct count {
	uint64_t key;
	unsigned int n;
};

struct governor {
	struct governor_config config;
	struct governor_seat *seats;
	bool *closed;			  /* each seat: nobody may come in */
	const struct candidate **in_seat; /* of this tick; NULL: it ended, or the seat is free */
	bool *above_share;		  /* each seat: its user has more than its share */
	struct seat_key *keys;
	struct governor_move *moves;
	size_t n_moves;
	struct penalties *penalties; /* always room for one of every seat */

	/* Of this tick, all with room for every candidate. */
	struct governor_skip *skips;
	size_t n_skips, skips_room;
	const struct candidate **waiting; /* eligible, not watched, in the order in which they come in */
	size_t n_waiting, waiting_room;
	size_t n_within;		  /* of them: the rest would be above their users' shares */
	const struct candidate **outside; /* the first waiting one of each service that is not watched */
	size_t n_outside, outside_room;
	size_t n_outside_within;
	struct count *counts; /* by user or by service of those that wait; ascending */
	size_t n_counts, counts_room;
	bool *watched; /* of each candidate */
	size_t watched_room;
	bool may_be_beyond; /* more may be watched than the operator wants by now */
};

/* One tick's input. */
struct tick {
	struct governor *governor;
	const struct candidate *candidates;
	size_t n;
};

/* Frees the seat; the caller writes the move's reason. */
struct governor_move *governor_leave(const struct tick *tick, unsigned int seat);

static inline bool governor_is_cold(const struct governor *governor, const struct governor_seat *seat)
{
	return seat->cpu_pct < governor_cold_pct(&governor->config);
}

/* One more tick in a row; no more than dwell_ticks of them matter. */
static inline void governor_count_tick(const struct governor *governor, unsigned int *ticks)
{
	if (*ticks < governor->config.dwell_ticks)
		(*ticks)++;
}

/* If more are watched than the operator wants by now: the coldest leave, at once. */
void governor_leave_beyond(const struct tick *tick);

/* Of those that wait, the ones that would be above their user's share are put last. */
void governor_order_by_share(struct governor *governor);

/* Outranked services make room for hotter ones. */
void governor_leave_outranked(const struct tick *tick);

/* Members in which nothing is left to do make room for others of their service. */
void governor_leave_for_sibling(const struct tick *tick);

/* How many seats the service has. */
unsigned int governor_seats_of(const struct governor *governor, uint64_t service);

/* Whether the user has its share, or more, by what is watched. */
bool governor_user_has_share(const struct governor *governor, uint32_t uid);

/* Of those that are not watched, the ones that are worth telling, each with the reason: into the governor's skips. */
void governor_list_skips(const struct tick *tick);

/* Whether @waiting finds room now. */
bool governor_has_room(const struct governor *governor, const struct candidate *waiting);

#endif
