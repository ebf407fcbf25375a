/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Readlist: which slots' pages are read in a look, when there are more than can be read at once. What was never read comes
 * at once; the others come in turns.
 */
#ifndef HOTDAMON_DECIDE_READLIST_H
#define HOTDAMON_DECIDE_READLIST_H

#include "decide/worklist.h"

/* Of one target. Starts as {0}. */
struct readlist {
	size_t next_small, next_huge; /* places from which the next turn goes on */
};

/*
 * How many slots of each kind are read in one look at most: 16 us each on a real CPU if they are small (10 of them for what
 * is shared), 0.2 us if they are huge.
 */
#define READLIST_UNREAD	      2048
#define READLIST_SMALL	      512
#define READLIST_SMALL_PARKED 128
#define READLIST_HUGE	      8192

struct readlist_most {
	size_t unread, small, huge;
};

/* @acting: the target is being collapsed; @recheck: what is huge is to be looked at too, see looks.h. */
struct readlist_most readlist_most(bool acting, bool recheck);

/* A slot to be read. */
struct readlist_place {
	uint64_t start; /* its address */
	size_t slot;	/* its place among the slots */
};

/*
 * Chooses of the @n @slots, the hottest first, at most so many as @most says into @places (room for @n) in order of their
 * addresses: those that are unread, the hottest first; and small and huge ones that were read before, in turns that go on
 * from look to look. Those that are not asked for yet are left out. Returns how many.
 */
size_t readlist_make(struct readlist *readlist, const struct work_slot *slots, size_t n,
		     const struct readlist_most *most, struct readlist_place *places);

#endif
