/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the map of the heat share, and nobody else: heat.c keeps the map, heat_rank.c says who is hottest. */
#ifndef HOTDAMON_DECIDE_HEAT_INTERNAL_H
#define HOTDAMON_DECIDE_HEAT_INTERNAL_H

#include <math.h>

#include "decide/heat.h"

struct slots {
	struct heat_slot *at; /* in order of their addresses */
	size_t n, room;
};

/* A slot's place in the order of their rates. */
struct place {
	uint32_t rate; /* as a key: the higher the rate, the lower */
	uint32_t slot; /* of the map */
};

struct ranks {
	struct place *places, *spare;
	size_t n, room, spare_room;
	struct heat_sum sum;
	bool known; /* nothing came since that changes them */
};

struct heat {
	struct slots map;
	struct slots fresh; /* of the aggregation that is being added: hits are its share of samples */
	struct slots next;  /* becomes the map */
	struct ranks ranks;
	uint64_t last_ns;
	uint64_t last_aggr_us;
	uint64_t aggregations;
	uint64_t coarse_bytes; /* of the last one */
	double sample_s;       /* of the last one */
};

/* The share of samples that find a page accessed which is so often. */
static inline double heat_share_of(double rate_per_s, double sample_s)
{
	return -expm1(-rate_per_s * sample_s);
}

static inline double heat_page_rate(const struct heat_slot *slot)
{
	return slot->time_s > 0 ? slot->accesses / slot->time_s : 0;
}

/* A slot that was not read passes for full. */
static inline unsigned int heat_pages(const struct heat_slot *slot)
{
	return slot->read ? slot->populated : SLOT_PAGES;
}

#endif
