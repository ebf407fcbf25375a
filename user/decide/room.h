/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room: what a collapse adds to the memory in use, and whether there is room for it: in the slot, in the process, in its
 * control group and in all above it. What is missing is filled with zeros, what is shared (by a fork, by KSM) is copied, what
 * is swapped out is read in: all of a slot but the pages that are there, and this process's alone.
 */
#ifndef HOTDAMON_DECIDE_ROOM_H
#define HOTDAMON_DECIDE_ROOM_H

#include "decide/process.h"

#define ROOM_MAX_GROWTH_PCT 25 /* of a slot, by default */
/* Of a process's memory, by default: what huge pages may cost where nobody said how much. */
#define ROOM_TARGET_GROWTH_PCT 5
/* Kept free below each limit, the greater of both: what the group itself needs until somebody looks again. */
#define ROOM_RESERVE_PCT   5
#define ROOM_RESERVE_BYTES (64 * MIB_BYTES)
/* CPU time of a collapse on a real CPU: 16 slots, 32 MiB, in a second of damos's default quota of 10 ms. */
#define ROOM_BLIND_COLLAPSE_US 650

#define ROOM_UNLIMITED UINT64_MAX

/* Why a slot is left alone. */
enum room_verdict {
	ROOM_FITS,
	ROOM_MISSING,	/* too much of it is missing, */
	ROOM_SHARED,	/* or with what is shared it is too much */
	ROOM_AT_GROWTH, /* the process may not grow so far in all */
	ROOM_AT_LIMIT,	/* it, or a control group above it, has not the room */
	ROOM_PRESSED,	/* or waits for memory as it is */
	ROOM_NODE_DRY,	/* its NUMA node has no huge page */
	ROOM_VERDICTS,
};

const char *room_verdict_name(enum room_verdict verdict);  /* "missing", "shared", ... */
const char *room_verdict_words(enum room_verdict verdict); /* "too sparsely populated", ..., of memory */

struct room_config {
	unsigned int max_growth_pct; /* of a slot */
	uint64_t max_growth_bytes;   /* of a process in all; ROOM_UNLIMITED: ROOM_TARGET_GROWTH_PCT of it */
};

/* What collapses added. */
struct room_growth {
	uint64_t missing_bytes, shared_bytes;
};

static inline uint64_t room_growth_bytes(const struct room_growth *growth)
{
	return growth->missing_bytes + growth->shared_bytes;
}

/* What a collapse of a slot adds, of which @present pages are there, @shared of them not the process's alone. */
struct room_growth room_added(unsigned int present, unsigned int shared);

/* A control group that bounds memory, as the kernel tells it: the process's own, or one above it. */
struct room_level {
	unsigned int above;		/* 0: its own */
	uint64_t used_bytes;		/* page cache is in it */
	uint64_t max_bytes, high_bytes; /* ROOM_UNLIMITED: none */
	bool psi_known;
	double some_avg10_pct, full_avg10_pct; /* see pace.h */
};

/* What the control groups leave. */
struct room_limit {
	uint64_t free_bytes;	 /* the least of all; ROOM_UNLIMITED: no limit */
	char reason[REASON_LEN]; /* of that one, in words and numbers; "" without a limit */
};

/* @n levels; 0 is no limit. */
struct room_limit room_limit_by(const struct room_level *levels, size_t n);

/* Nothing is known of them: nothing may be added. */
struct room_limit room_limit_unknown(const char *why);

/* What may still be added. */
struct room {
	unsigned int max_growth_pct;
	uint64_t growth_bytes; /* to the process in all */
	uint64_t limit_bytes;  /* to its control groups; ROOM_UNLIMITED */
};

/* For a process of @process_bytes that @grown so far. */
struct room room_of(const struct room_config *config, uint64_t process_bytes, const struct room_growth *grown,
		    const struct room_limit *limit);

/* How far it may grow in all: what it has grown is in its bytes by now, and no reason to grow more. */
uint64_t room_most_growth_bytes(const struct room_config *config, uint64_t process_bytes,
				const struct room_growth *grown);

/*
 * Whether a slot that adds @added may be collapsed. One that is empty may not: it would never become huge. One that adds
 * nothing always may.
 */
enum room_verdict room_judge(const struct room *room, const struct room_growth *added);

/* The same by the slot alone, whatever room there is. */
enum room_verdict room_judge_slot(unsigned int max_growth_pct, const struct room_growth *added);

/* Who cannot choose slots, and may add anything. */
struct room_blind {
	uint64_t quota_ms, reset_ms; /* of collapsing in each window, for each target; 0 ms: no bound */
	uint64_t quota_bytes;	     /* in each window besides; 0: no bound */
	unsigned int n_targets;	     /* that may do so at once: they may be in the same group */
};

/* So much may be added in a second, which is until the next look, or in one window at once. */
uint64_t room_blind_bytes(const struct room_blind *blind);

/*
 * For who may add @blind_bytes until the next look: whether it must wait, and for what. @pressed: see
 * pace_limit_by_groups(). @before: what it said last; who waits for room goes on when there is twice as much.
 */
enum room_verdict room_judge_blind(const struct room *room, uint64_t blind_bytes, bool pressed,
				   enum room_verdict before);

/* It is: so much less is left. */
void room_take(struct room *room, const struct room_growth *added);

/* Slots that were left alone, and what they would have added, by reason. Starts as {0}. */
struct room_left {
	size_t slots[ROOM_VERDICTS];
	uint64_t bytes[ROOM_VERDICTS];
};

void room_leave(struct room_left *left, enum room_verdict verdict, const struct room_growth *added);
size_t room_left_slots(const struct room_left *left);

/* Those that may fit again though nothing happens in the process: shared with a fork, or for want of room or rest around it. */
size_t room_left_for_now(const struct room_left *left);

/* The reason of most of them; ROOM_FITS: there are none. */
enum room_verdict room_left_most(const struct room_left *left);

#endif
