/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heat: a map of one process's memory in aligned slots of a huge page. DAMON's regions begin and end
 * anywhere, and change from one aggregation to the next; what they say of a slot over a second or two tells
 * it from its neighbours.
 */
#ifndef HOTDAMON_DECIDE_HEAT_H
#define HOTDAMON_DECIDE_HEAT_H

#include "decide/process.h"

/* A region that was accessed in one aggregation. */
struct heat_region {
	uint64_t start, end; /* addresses */
	uint32_t nr_accesses;
	uint32_t age; /* aggregations for which it has been like this */
};

/*
 * 256 GiB of memory that is hot at all. Beyond that the coldest are forgotten; of those that are equal to a tenth of a
 * percent it is the ones of higher addresses.
 */
#define HEAT_MAX_SLOTS 131072
/* A region that is larger says nothing of a slot in it. */
#define HEAT_REGION_MAX_BYTES (1ULL << 32)

/* So many aggregations it takes DAMON to find where hot memory begins and ends; see regions_for_slots(). */
#define HEAT_COARSE_AGGREGATIONS 8

struct heat_slot {
	uint64_t start;	    /* address, a multiple of PMD_SIZE_BYTES */
	double pct;	    /* mean share of samples that hit, 0 to 100 */
	bool huge;	    /* as heat_set_huge() or heat_set_pages() was told last */
	uint8_t sights;	    /* aggregations since then in which it read hot; a few are counted */
	bool read;	    /* heat_set_pages() was told of it */
	uint16_t populated; /* pages, as it was told last, */
	uint16_t shared;    /* and those of them that others have too */
};

struct heat;

/* An empty map, for heat_free(); NULL when out of memory. */
struct heat *heat_new(void);
void heat_free(struct heat *heat); /* NULL is fine */

/*
 * Takes one aggregation, which ended at @now_ns: the @n regions that were accessed, in order of their
 * addresses; what is not among them was not. nr_accesses of them is at most @max_accesses (> 0; it may differ
 * from call to call). A slot's heat is the mean of all aggregations so far, each weighted by the share of the slot
 * that a region covers, and by age: what is a second older counts for less (HEAT_KEPT_PER_S in heat.c), and of the
 * first HEAT_COARSE_AGGREGATIONS each counts for less with every one that follows.
 *
 * The heat of a huge slot rises like any other's but falls slowly: a collapse, and each look at it, clears accessed
 * bits without flushing the TLB, so hot memory may read as cold. One that reads hot after it became huge is
 * not blind: from then on its heat falls like any other's.
 *
 * 0, or -ENOMEM with the map as it was.
 */
int heat_add(struct heat *heat, const struct heat_region *regions, size_t n, uint32_t max_accesses,
	     uint64_t now_ns);

/* Aggregations taken since the map was made or forgotten. */
uint64_t heat_aggregations(const struct heat *heat);

/* Bytes that were accessed in the last aggregation, in regions above HEAT_REGION_MAX_BYTES: where in them is not known. */
uint64_t heat_coarse_bytes(const struct heat *heat);

/* Forgets everything: after an exec the same addresses are other memory. */
void heat_forget(struct heat *heat);

/* What is known of the slot at address @start; nothing is kept of one without heat. */
void heat_set_huge(struct heat *heat, uint64_t start, bool huge);
void heat_set_pages(struct heat *heat, uint64_t start, uint16_t populated, uint16_t shared, bool huge);

/*
 * The slots at or above @min_pct, hottest first, of equal heat the lower address first. *@slots is @heat's until
 * the next call of anything but heat_set_huge() and heat_set_pages(). 0, or -ENOMEM with *@slots and *@n untouched.
 */
int heat_hottest(struct heat *heat, double min_pct, const struct heat_slot **slots, size_t *n);

#endif
