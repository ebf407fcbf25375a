/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kdamond that watches one range of addresses, as Linux 7.2 does it (mm/damon/core.c and vaddr.c): what it finds by
 * sampling one page of each region, how it merges what is alike and splits what may not be.
 */
#ifndef HOTDAMON_TESTS_SIM_KDAMOND_H
#define HOTDAMON_TESTS_SIM_KDAMOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/random.h"

#define KDAMOND_PAGE_BYTES UINT64_C(4096) /* DAMON's smallest region, too */

struct kdamond_attrs {
	uint64_t sample_us, aggr_us; /* aggr_us >= sample_us > 0 */
	uint64_t min_regions;	     /* >= 3 */
	uint64_t max_regions;	     /* >= min_regions */
};

struct kdamond_region {
	uint64_t start, end;	   /* addresses */
	uint32_t nr_accesses;	   /* samples of this aggregation that hit; as merged, once it has ended */
	uint32_t last_nr_accesses; /* of the one before */
	uint32_t age;		   /* aggregations for which it has been like this */
};

/* Whether the page at @address is accessed within one sample. */
struct kdamond_memory {
	bool (*is_accessed)(void *arg, uint64_t address, uint64_t sample_us);
	void *arg;
};

struct kdamond {
	struct kdamond_attrs attrs;
	struct kdamond_region *regions; /* in order, without gaps, from the range's start to its end */
	size_t n, room;
	struct kdamond_region *spare; /* [spare_room], in which they are split */
	size_t spare_room;
	uint64_t limit_bytes;	/* no region is merged to more, nor stays above it */
	uint64_t samples_to_go; /* of this aggregation */
	size_t last_n;		/* when they were last split */
	bool ended;		/* the aggregation; what follows is done before the next sample */
	struct sim_random random;
	uint64_t checked; /* pages so far, for what it costs */
};

/* @start and @end: whole pages, at least min_regions of them. 0, or -ENOMEM; kdamond_free() is fine then, too. */
int kdamond_start(struct kdamond *kdamond, uint64_t start, uint64_t end, const struct kdamond_attrs *attrs,
		  uint64_t seed);
void kdamond_free(struct kdamond *kdamond); /* {0} is fine */

/* Other attributes from now on: the aggregation begins anew, what was found before is converted. */
void kdamond_commit(struct kdamond *kdamond, const struct kdamond_attrs *attrs);

/*
 * One sample, of all regions. 1: with it an aggregation ended, and until the next call kdamond->regions are what the
 * tracepoint damon_aggregated tells; 0: it goes on; -ENOMEM.
 */
int kdamond_sample(struct kdamond *kdamond, const struct kdamond_memory *memory);

#endif
