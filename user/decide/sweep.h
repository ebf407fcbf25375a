/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sweep: which slots' pages are read in a look, when there are more than can be read at once. What was never read comes
 * at once; the others come in turns.
 */
#ifndef HOTDAMON_DECIDE_SWEEP_H
#define HOTDAMON_DECIDE_SWEEP_H

#include "decide/choice.h"

/* Of one target. Starts as {0}. */
struct sweep {
	size_t next_small, next_huge; /* places from which the next turn goes on */
};

/* How many slots of each kind are read at most: a small one costs a walk over its pages, a huge one next to nothing. */
struct sweep_most {
	size_t unread, small, huge;
};

/* A slot to be read. */
struct sweep_place {
	uint64_t start; /* its address */
	size_t slot;	/* its place among the slots */
};

/*
 * Chooses of the @n @slots, the hottest first, at most so many as @most says into @places (room for @n) in order of their
 * addresses: those that are unread, the hottest first; and small and huge ones that were read before, in turns that go on
 * from look to look. Those that are not asked for yet are left out. Returns how many.
 */
size_t sweep_choose(struct sweep *sweep, const struct choice_slot *slots, size_t n,
		    const struct sweep_most *most, struct sweep_place *places);

#endif
