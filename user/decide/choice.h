/* SPDX-License-Identifier: GPL-2.0 */
/* Choice: which of a process's hot slots are to be collapsed, in which order, and what the others are. */
#ifndef HOTDAMON_DECIDE_CHOICE_H
#define HOTDAMON_DECIDE_CHOICE_H

#include "decide/process.h"

#define CHOICE_SLOT_PAGES 512
#define MIN_POPULATED_PCT 75 /* by default */

/* A hot slot that lies in a mapping that can be collapsed, as far as is known. */
struct choice_slot {
	uint64_t start; /* address, a multiple of PMD_SIZE_BYTES */
	double pct;	/* heat, 0 to 100 */
	bool huge;	/* it is already */
	unsigned int
		populated; /* of its CHOICE_SLOT_PAGES pages, how many a collapse would not have to make */
	bool waits;	   /* it failed, and is not to be tried yet */
	bool unread;	   /* @huge and @populated are not known yet */
	bool unasked;	   /* nor is whether its mapping can be collapsed */
};

struct choice {
	uint64_t hot_bytes; /* of slots that are known */
	uint64_t hot_huge_bytes;
	size_t sparse;	/* slots that are left alone: too few of their pages are populated */
	size_t waiting; /* slots that failed and wait */
	size_t unknown; /* slots that are in none of these numbers, before they were read and asked for */
	size_t n;	/* slots to be collapsed */
};

/*
 * Sorts @slots, the hottest first, into what is huge, what is left alone and what is to be collapsed: not huge,
 * known, at least @min_populated_pct of it populated, and a page, not waiting. The addresses of these go to @chosen (room for @n)
 * in the same order.
 */
struct choice choice_make(const struct choice_slot *slots, size_t n, unsigned int min_populated_pct,
			  uint64_t *chosen);

/*
 * The heat of the hottest of @slots, the hottest first, that choice_make() would choose, hot enough or not; 0: there is
 * none; negative: one is hotter than any such, but not known yet.
 */
double choice_hottest_small_pct(const struct choice_slot *slots, size_t n, unsigned int min_populated_pct);

/*
 * How many slots may be made huge within a cap of @cap_bytes (0: no cap), when @added_bytes were already;
 * SIZE_MAX: no limit.
 */
size_t choice_room(uint64_t cap_bytes, uint64_t added_bytes);

#endif
