/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heat: how often each slot of a process's memory is accessed, in accesses a second. DAMON's regions begin and end
 * anywhere, and tell in how many samples one page of each was found accessed; what they say of a slot over minutes
 * becomes its rate.
 *
 * Let a page be accessed l times a second, at random. A sample of s seconds finds it accessed with probability
 * p = 1 - exp(-l s), so l = -ln(1 - hits / samples) / s. How many hits come in a second hardly depends on s while l s is
 * small: aggregations of different intervals add up once they are rates. Memory that nobody accesses gets no hits.
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

/* How an aggregation was sampled. */
struct heat_sampling {
	uint32_t max_accesses; /* samples of it, > 0: nr_accesses of no region is more */
	uint64_t aggr_us;      /* as DAMON was told, > 0 */
};

/* 1 TiB of memory that is in use. Beyond that the coldest are forgotten. */
#define HEAT_MAX_SLOTS 524288
/* A region that is larger says nothing of a slot in it. */
#define HEAT_REGION_MAX_BYTES (1ULL << 32)
/* So many aggregations it takes DAMON to find where hot memory begins and ends; see regions_for_slots(). */
#define HEAT_COARSE_AGGREGATIONS 8
/* So many hits are proof: where none are expected, four are no accident. */
#define HEAT_SURE_HITS 4

struct heat_slot {
	uint64_t start;	  /* address, a multiple of PMD_SIZE_BYTES */
	float rate_per_s; /* accesses to all that is populated of it; set by heat_rank() */
	float share; /* of samples that should find one of its pages accessed, 0 to 1; set by heat_rank() */
	float accesses; /* of one page, in the time below */
	float time_s; /* for which it was looked at; what is long ago counts for less, as for all of these */
	float hits;   /* samples that found it, or what shared a region with it, accessed */
	float own_hits; /* the same, each divided by the root of how many slots its region touched */
	float silent_samples, silent_s; /* since it was found accessed for the last time */
	uint16_t populated;		/* pages, as heat_set_pages() was told last */
	uint8_t sights;	 /* aggregations since it became huge in which it read as before; a few are counted */
	bool huge;	 /* as heat_set_huge() or heat_set_pages() was told last */
	bool read;	 /* heat_set_pages() was told of it */
	uint16_t shared; /* and those of them that others have too */
};

struct heat;

/* An empty map, for heat_free(); NULL when out of memory. */
struct heat *heat_new(void);
void heat_free(struct heat *heat); /* NULL is fine */

/*
 * Takes one aggregation, which ended at @now_ns: the @n regions that were accessed, in order of their addresses; what is
 * not among them was not. How long it lasted is the time since the last one, as a busy kdamond samples more seldom than it
 * was told, but at most twice what it was told now or then: more was a gap. What is HEAT_TAU_S old counts for a third; of the
 * first HEAT_COARSE_AGGREGATIONS each counts for less with every one that follows.
 *
 * The rate of a huge slot rises like any other's but falls slowly: a collapse, and each look at it, clears accessed
 * bits without flushing the TLB, so hot memory may read as cold. One that reads as before after it became huge is not
 * blind: from then on it falls like any other's.
 *
 * 0, or -ENOMEM with the map as it was.
 */
int heat_add(struct heat *heat, const struct heat_region *regions, size_t n,
	     const struct heat_sampling *sampling, uint64_t now_ns);

/* Aggregations taken since the map was made or forgotten. */
uint64_t heat_aggregations(const struct heat *heat);

/* Bytes that were accessed in the last aggregation, in regions above HEAT_REGION_MAX_BYTES: where in them is not known. */
uint64_t heat_coarse_bytes(const struct heat *heat);

/* Forgets everything: after an exec the same addresses are other memory. */
void heat_forget(struct heat *heat);

/* What is known of the slot at address @start; nothing is kept of one that is not accessed. */
void heat_set_huge(struct heat *heat, uint64_t start, bool huge);
void heat_set_pages(struct heat *heat, uint64_t start, uint16_t populated, uint16_t shared, bool huge);

/* What all that is in use comes to. */
struct heat_sum {
	uint64_t in_use_bytes; /* surely: not edges, see heat_rank() */
	double share; /* of samples, as they are now, that should find a page accessed, 0 to 1: the mean of slots with a hit */
};

/*
 * The slots that are surely accessed at least @least_per_s times a second, the most accessed first, of equal ones the lower
 * address first. Surely: by HEAT_SURE_HITS at least; by a rate that is lower than the likely one as chance may have it (a
 * deviation of the count of hits); and not as the edge of a neighbour that is accessed far more, which a region of DAMON's takes with it.
 * They are heat_ranked(0) to heat_ranked(*@n - 1). It costs nothing while neither an aggregation nor other pages came.
 * 0, or -ENOMEM with *@n and *@sum untouched.
 */
int heat_rank(struct heat *heat, double least_per_s, size_t *n, struct heat_sum *sum);

/* As heat_rank() said, until the next heat_add() or heat_forget(). It is @heat's; what it says of pages is up to date. */
const struct heat_slot *heat_ranked(const struct heat *heat, size_t rank);

#endif
