/* SPDX-License-Identifier: GPL-2.0 */
/* Plan: what must be done to the seats so that they become what they should be, each seat alone. */
#ifndef HOTDAMON_DECIDE_PLAN_H
#define HOTDAMON_DECIDE_PLAN_H

#include "base/units.h"
#include "decide/ranges.h"

/* How a kdamond watches and collapses: what may change while it runs. */
struct plan_level {
	unsigned int min_accesses; /* the threshold, in samples of an aggregation interval */
	bool acting;		   /* the scheme collapses; false: it is parked, and matches nothing */
	uint64_t quota_ms;	   /* of collapsing per quota_reset_ms; 0: no limit */
	uint64_t quota_reset_ms;
	uint64_t min_regions, max_regions; /* that DAMON shall, and may, make of it */
	uint64_t sample_us;		   /* of monitoring; 0: as it was set up, as are the next two then */
	uint64_t aggr_us;
	uint64_t update_us;
	const struct address_range
		*ranges; /* where it looks; borrowed, for as long as the steps of this plan */
	size_t n_ranges;
	uint64_t
		ranges_version; /* of the list, by which it is compared; 0: none is given, DAMON finds them itself */
};

#define PLAN_NEVER UINT32_MAX /* a threshold that nothing reaches */

/*
 * What somebody else wrote to a seat is told at once, and stays for so long: `damo report access` adds a scheme to each
 * kdamond, waits for an apply of all of them, which takes 8 s each with the longest samples, and takes it away again.
 */
#define PLAN_OTHERS_NS (60 * NS_PER_S)

/* How often a stand-in looks: all @n_seats of them together 50 times a second, a quarter of what one that works does. */
uint64_t plan_stand_in_us(unsigned int n_seats);

/* What a seat is, or should be. */
struct plan_seat {
	bool watching;
	struct process_id id;
	uint32_t pid_target; /* the live thread through which DAMON reaches the memory; mostly the tgid */
	struct plan_level level;
};

enum plan_kind { PLAN_STOP, PLAN_START, PLAN_COMMIT };

struct plan_step {
	enum plan_kind kind;
	unsigned int seat;
	struct plan_seat want; /* of START and COMMIT */
};

/*
 * Writes the steps that turn @have into @want (both @n seats) to @steps (room for 2 * @n), and returns
 * their number: all STOPs first, then STARTs, then COMMITs, each by seat number. Another process, or
 * another pid_target, in a seat is a STOP and a START; all else that differs is a COMMIT, so that
 * regions, ages and statistics stay; a seat that is as wanted is not touched.
 */
size_t plan_diff(const struct plan_seat *have, const struct plan_seat *want, size_t n,
		 struct plan_step *steps);

#endif
