/* SPDX-License-Identifier: GPL-2.0 */
/* Worklist: which of a process's hot slots are to be collapsed, in which order, and what the others are. */
#ifndef HOTDAMON_DECIDE_WORKLIST_H
#define HOTDAMON_DECIDE_WORKLIST_H

#include "decide/descent.h"
#include "decide/process.h"
#include "decide/room.h"

/* A slot that pays and lies in a mapping that can be collapsed, as far as is known. */
struct work_slot {
	uint64_t start;		/* address, a multiple of PMD_SIZE_BYTES */
	double rate_per_s;	/* accesses to it */
	bool huge;		/* it is already */
	unsigned int populated; /* of its SLOT_PAGES pages, how many a collapse would not have to make */
	unsigned int shared;	/* and how many of these it would have to copy, as others have them too */
	bool waits;		/* it failed, and is not to be tried yet */
	bool unread;		/* the four above are not known yet */
	bool unasked;		/* nor is whether its mapping can be collapsed */
};

struct worklist {
	uint64_t hot_bytes; /* that pay: slots that are known, and not left alone */
	uint64_t hot_huge_bytes;
	double huge_per_s;     /* accesses to the latter, */
	double small_per_s;    /* and to the others that pay */
	struct room_left left; /* slots that are left alone, for what they would add */
	size_t waiting;	       /* slots that failed and wait */
	size_t unknown; /* slots that are in none of these numbers, before they were read and asked for */
	size_t n;	/* slots to be collapsed */
};

/* What becomes of a slot that pays. */
enum work_fate {
	WORK_UNKNOWN, /* it is not read or asked for yet */
	WORK_HUGE,
	WORK_LEFT, /* alone, as there is no room */
	WORK_WAITS,
	WORK_NEXT, /* to be collapsed */
};

struct work_judged {
	enum work_fate fate;
	enum room_verdict left; /* why it is left alone */
};

/* By the @room that those before it left; it takes what it adds, if it is next. */
struct work_judged work_slot_judge(const struct work_slot *slot, struct room *room);

/*
 * Sorts @slots, the most accessed first, into what is huge, what is left alone and what is to be collapsed: not huge,
 * known, not waiting, and there is room for what it adds, the ones before it taken off. The addresses go to @chosen (room
 * for @n) in the same order.
 */
struct worklist worklist_make(const struct work_slot *slots, size_t n, const struct room *room,
			      uint64_t *chosen);

/* How the work on one target stands, for its descent. */
struct work_state {
	bool young;	       /* its heat map is, see looks.h */
	bool paused;	       /* a collapse failed in it, or for want of memory anywhere: it waits */
	bool has_room;	       /* no cap is reached */
	unsigned int pace_pct; /* of the budget that memory pressure leaves */
	bool coarse;	       /* memory is accessed in regions too large to tell where */
	const char *barred;    /* why nothing at all can be collapsed in it, in words; NULL: it can */
};

/*
 * Sets what the worklist says in @evidence: what is about to be tried, and whether the executor is held up. When all that
 * is accessed may lie in regions too large to tell where, nothing is known, and not that it is cold.
 */
void worklist_evidence(const struct worklist *list, const struct work_state *state,
		       struct descent_evidence *evidence);

#endif
