/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pace: how fast a target may be collapsed. While a slot is copied the target's threads wait on it, and the
 * copy takes memory bandwidth and a CPU. A budget of stall time per second is spent by what each collapse
 * really took; under memory pressure it shrinks, down to nothing.
 */
#ifndef HOTDAMON_DECIDE_PACE_H
#define HOTDAMON_DECIDE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/room.h"

/*
 * By make bench-collapse, on a virtual machine of two CPUs (Linux 6.18, both busy with random accesses to
 * 1 GiB): a collapse takes 0.6 to 0.8 ms of CPU, this budget is 24 to 32 slots a second, and the target kept
 * 96 % of its throughput, with 0.1 ms more in the 99.9th percentile of its stalls. At twice the budget it
 * kept 94 % (in short runs), unpaced 42 to 71 %.
 */
#define PACE_DEFAULT_BUDGET_US 20000

/* Credit of a target that was not collapsed for a while: so much stall at once, at most. */
#define PACE_BURST_NS 2000000
/* Debt is carried for so much of the budget: a collapse that hung must not stop a target for ever. */
#define PACE_MAX_DEBT_S 10

#define PACE_NODES 64 /* NUMA nodes; of more nothing is known */

/* What sense/pressure.h reads. */
struct memory_pressure {
	bool psi_known;
	double some_avg10_pct,
		full_avg10_pct; /* share of the last 10 s in which some, all, waited for memory */
	bool memory_known;
	uint64_t total_bytes, available_bytes, free_bytes; /* MemTotal, MemAvailable, MemFree */
	uint64_t nodes; /* a bit for each NUMA node whose free blocks are known: */
	uint64_t
		huge_blocks[PACE_NODES]; /* of 2 MiB, in all its zones; larger ones count as what they hold */
};

/*
 * Each measure limits in proportion from its PLENTY, where the whole budget is there, to its NONE, where
 * nothing is collapsed. Free blocks are those that can be had without compaction, which stalls whoever asks
 * for it.
 */
#define PACE_SOME_PLENTY_PCT	  1.0
#define PACE_SOME_NONE_PCT	  20.0
#define PACE_FULL_PLENTY_PCT	  0.5
#define PACE_FULL_NONE_PCT	  5.0
#define PACE_AVAILABLE_PLENTY_PCT 10.0
#define PACE_AVAILABLE_NONE_PCT	  5.0
#define PACE_BLOCKS_PLENTY	  128.0
#define PACE_BLOCKS_NONE	  16.0

/*
 * Where free blocks have been too few for so long, nobody makes them: not the kernel's own compaction, not processes that
 * end. Then what pays may ask for it itself, in so small a share of the budget: a collapse in ten seconds, or, if
 * compaction takes 50 ms for it, one in four minutes.
 */
#define PACE_DRY_NS	(60 * NS_PER_S)
#define PACE_SELDOM_PCT 1

/* Since when each node has had too few; 0: it has not. Starts as {0}. */
struct pace_dry {
	uint64_t since_ns[PACE_NODES];
};

/* How much of the budget is left under this pressure. */
struct pace_limit {
	unsigned int share_pct;	 /* 100: all; 0: stop */
	char reason[REASON_LEN]; /* in words and numbers; "" at 100 % */
};

/*
 * By how the host waits for memory, and what it has. The strongest limit counts and is the reason. What is not known does
 * not limit.
 */
void pace_limit_by(const struct memory_pressure *pressure, struct pace_limit *limit);

/* @pressure was read at @now_ns. */
void pace_note_blocks(struct pace_dry *dry, const struct memory_pressure *pressure, uint64_t now_ns);

/*
 * Lowers @limit by the free blocks of @nodes, a bit for each on which the memory is that is to be collapsed; 0: on any. The
 * best of them counts. Where one is dry and another is not, the kernel would take the huge page from the other: nothing
 * is collapsed there, however long it lasts.
 */
void pace_limit_by_blocks(const struct memory_pressure *pressure, const struct pace_dry *dry, uint64_t nodes,
			  uint64_t now_ns, struct pace_limit *limit);

/* The same by the time in which tasks of a target's @n control groups wait for memory. */
void pace_limit_by_groups(const struct room_level *levels, size_t n, struct pace_limit *limit);

/* A target's budget. A value without pointers; pace_start() sets it up. */
struct pace {
	uint64_t budget_us;	/* of stall per second */
	unsigned int share_pct; /* of the budget; by pace_limit_by() */
	uint64_t at_ns;		/* credit is counted up to here */
	int64_t credit_ns;	/* negative: debt of collapses that took more than there was */
};

/*
 * @budget_us: microseconds of stall per second, up to 1000000; 0: nothing ever. One collapse is allowed at
 * once.
 */
void pace_start(struct pace *pace, uint64_t budget_us, uint64_t now_ns);

/* The budget from @now_ns on, as it may be another one than at the start. */
void pace_set_budget(struct pace *pace, uint64_t budget_us, uint64_t now_ns);

/* The share of the budget from @now_ns on. */
void pace_set_share(struct pace *pace, unsigned int share_pct, uint64_t now_ns);

/*
 * A collapse, or a failed try, that ended at @now_ns took so long: CPU time, see collapse_slot(). Debt is
 * carried, up to PACE_MAX_DEBT_S of the budget.
 */
void pace_charge(struct pace *pace, uint64_t took_ns, uint64_t now_ns);

/*
 * When the next collapse may be started: as soon as there is no debt, which is @now_ns if it is now; UINT64_MAX if the
 * share, or the budget, is 0.
 */
uint64_t pace_next_ns(struct pace *pace, uint64_t now_ns);

#endif
