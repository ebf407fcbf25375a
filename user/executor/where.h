/* SPDX-License-Identifier: GPL-2.0 */
/* Where in a target memory could become huge, and which ranges of that DAMON shall look at. */
#ifndef HOTDAMON_EXECUTOR_WHERE_H
#define HOTDAMON_EXECUTOR_WHERE_H

#include "decide/plan.h"
#include "sense/pagemap.h"
#include "sense/vma.h"

/* Of one target; starts as {0}. */
struct where {
	struct vma_map mappings;
	uint64_t looked_ns; /* when they were read; 0: they are to be read */
	uint64_t look_cost_ns;
	uint32_t execs; /* of the program that they are of */

	struct populated populated;
	struct address_range *slots; /* of the mappings; [room_slots] */
	size_t room_slots;
	struct address_range *ranges; /* that DAMON shall look at; ascending, apart, at least one */
	size_t n_ranges, room_ranges;
	bool by_slot;	  /* each is a slot, and a region of DAMON's for good */
	uint64_t version; /* of them; 0: there are none yet */
	uint64_t written_ns, write_cost_ns;
};

/* What a look is for. */
struct where_look {
	uint32_t pid; /* a live thread */
	uint32_t execs;
	uint64_t anon_bytes, aggr_us, now_ns;
	bool acting; /* the descent is at work: looks are more frequent */
	/* Whether DAMON takes ranges, and how many regions it may make of so many bytes. */
	bool by_ranges;
	uint64_t most_slots; /* each of them may have a region; 0: they are left to DAMON to split */
	uint64_t (*max_regions)(const void *arg, uint64_t bytes);
	const void *arg;
};

/*
 * If it is time: reads the mappings and what of them is populated, and makes other ranges if they are due. Negative
 * errno, -ESRCH: it has ended, -EACCES; then all is as it was.
 */
int where_look(struct where *where, const struct where_look *look);

/* DAMON was told the ranges just now, which took @cost_ns. */
void where_written(struct where *where, uint64_t now_ns, uint64_t cost_ns);

/* Bytes that DAMON looks at; 0: it chooses itself. */
uint64_t where_bytes(const struct where *where);

void where_free(struct where *where); /* leaves {0} */

#endif
