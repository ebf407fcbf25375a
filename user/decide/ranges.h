/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges: which parts of a process DAMON shall look at. Left to itself (vaddr) it looks at all between the two biggest gaps
 * of the address space: beside a reservation of terabytes a region is gigabytes long, and all that is accessed is lost in
 * it. So it is told (fvaddr) the slots that have memory and could become huge, and told anew when they change. What is
 * allocated in between is not seen before that: RANGES_* say how long that may be.
 */
#ifndef HOTDAMON_DECIDE_RANGES_H
#define HOTDAMON_DECIDE_RANGES_H

#include <stdbool.h>

#include "decide/process.h"

/*
 * A range costs two files at each commit, and a region at least. So many leave 1000 regions room to split into;
 * 3,000 mappings that lie side by side are few ranges anyhow.
 */
#define RANGES_MAX 128

/* Addresses, multiples of PMD_SIZE_BYTES here. */
struct address_range {
	uint64_t start, end; /* [start, end) */
};

/* What is known at @now_ns. */
struct ranges_look {
	uint64_t now_ns;
	uint64_t written_ns; /* when DAMON was told last; 0: never */
	uint64_t cost_ns;    /* how long that took */
	uint64_t aggr_us;    /* its aggregation */
	bool new_program;    /* what it looks at is another program's */
	uint64_t watched_bytes;
	uint64_t missing_bytes; /* have memory and are not looked at */
	uint64_t idle_bytes;	/* are looked at and have no memory */
};

/*
 * Populated memory is looked for in steps of so many bytes, a power of two times a slot: @anon_bytes of memory in a few
 * thousand steps, however much it is. DAMON's regions, a thousand at most, are longer than that.
 */
uint64_t ranges_step_bytes(uint64_t anon_bytes);

/* How many ranges DAMON can be told where it may make @max_regions: each splits into a few. */
size_t ranges_most(uint64_t max_regions);

/*
 * Joins the @n ranges, which ascend and are apart or touch, to at most @most (> 0), in place; returns how many they are then.
 * A gap that is shorter than a region would be (a 256th of all) costs less as a part of a range than it does as its end;
 * beyond that, if they are too many, the shortest gaps are closed.
 */
size_t ranges_join(struct address_range *ranges, size_t n, size_t most);

/*
 * The @n ranges slot by slot, into @slots with room for ranges_bytes() / PMD_SIZE_BYTES. Where DAMON may have as many regions
 * this is best: each is a slot, for good. It need not find where memory in use begins and ends; and nothing is lost as it
 * splits regions and merges them again, rounding their counts down each time (of one hit in two halves none is left).
 */
void ranges_by_slot(const struct address_range *ranges, size_t n, struct address_range *slots);

uint64_t ranges_bytes(const struct address_range *ranges, size_t n);

/* Bytes of @a (@n_a ranges, ascending) that are in none of @b. */
uint64_t ranges_missing(const struct address_range *a, size_t n_a, const struct address_range *b, size_t n_b);

/*
 * Whether DAMON is to be told anew. At once where another program runs. Else not before RANGES_REST_NS, two
 * aggregations (before 6.17 a commit begins the aggregation anew) and 50 times what the last one took; then when an
 * eighth more has come, when anything has for 5 s, or when a quarter of what is looked at has gone for 30 s.
 */
bool ranges_are_due(const struct ranges_look *look);

#endif
