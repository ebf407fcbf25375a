/* SPDX-License-Identifier: GPL-2.0 */
/* A heat map, and the aggregations that it is told, one after another. */
#ifndef HOTDAMON_TESTS_HEAT_WORLD_H
#define HOTDAMON_TESTS_HEAT_WORLD_H

#include "cm.h"

#include <math.h>
#include <stdlib.h>

#include "base/units.h"
#include "decide/heat.h"

#define SLOT PMD_SIZE_BYTES
#define BASE (1000 * SLOT)

static struct heat *heat;
static uint64_t now_ns;
static struct heat_sampling sampling; /* the next aggregations last as long as it says */
static size_t n_slots;		      /* as ranked last */
static struct heat_sum sum;

static inline int set_up(void **state)
{
	(void)state;
	heat = heat_new();
	now_ns = 500 * NS_PER_S;
	sampling = (struct heat_sampling){20, 100000}; /* samples of 5 ms */
	return heat ? 0 : -1;
}

static inline int tear_down(void **state)
{
	(void)state;
	heat_free(heat);
	return 0;
}

static inline void sample(uint32_t samples, uint64_t sample_us)
{
	sampling = (struct heat_sampling){samples, samples * sample_us};
}

static inline double sample_s(void)
{
	return (double)sampling.aggr_us / US_PER_S / sampling.max_accesses;
}

/* A region from and to fractions of slots above BASE. */
static inline struct heat_region region(double from, double to, uint32_t nr_accesses)
{
	return (struct heat_region){
		.start = BASE + (uint64_t)(int64_t)(from * (double)SLOT),
		.end = BASE + (uint64_t)(int64_t)(to * (double)SLOT),
		.nr_accesses = nr_accesses,
	};
}

static inline void add_at(const struct heat_region *regions, size_t n, uint64_t at_ns)
{
	now_ns = at_ns;
	assert_int_equal(heat_add(heat, regions, n, &sampling, now_ns), 0);
}

static inline void add(const struct heat_region *regions, size_t n)
{
	add_at(regions, n, now_ns + sampling.aggr_us * NS_PER_US);
}

static inline void add_one(double from, double to, uint32_t nr_accesses)
{
	struct heat_region one = region(from, to, nr_accesses);

	add(&one, 1);
}

static inline void add_times(int times, double from, double to, uint32_t nr_accesses)
{
	for (int i = 0; i < times; i++)
		add_one(from, to, nr_accesses);
}

static inline void silence(int times)
{
	for (int i = 0; i < times; i++)
		add(NULL, 0);
}

/* Leaves behind the first aggregations, which count for less. */
static inline void settle(void)
{
	silence(HEAT_COARSE_AGGREGATIONS);
}

static inline size_t rank_from(double least_per_s)
{
	assert_int_equal(heat_rank(heat, least_per_s, &n_slots, &sum), 0);
	return n_slots;
}

static inline const struct heat_slot *find(int64_t i)
{
	rank_from(0);
	for (size_t k = 0; k < n_slots; k++)
		if (heat_ranked(heat, k)->start == (uint64_t)((int64_t)BASE + i * (int64_t)SLOT))
			return heat_ranked(heat, k);
	return NULL;
}

/* Of the slot that is the @i-th above BASE, surely; 0 if it is not ranked. */
static inline double rate(int64_t i)
{
	const struct heat_slot *slot = find(i);

	return slot ? (double)slot->rate_per_s : 0;
}

/* Of one of its pages, likely. */
static inline double page_rate(int64_t i)
{
	const struct heat_slot *slot = find(i);

	return slot ? (double)(slot->accesses / slot->time_s) : 0;
}

static inline double rate_of(double share)
{
	return -log(1 - share) / sample_s();
}

static inline void assert_within(double have, double want, double share)
{
	if (!(fabs(have - want) <= share * want))
		fail_msg("%.6f is not %.6f", have, want);
}

#define assert_about(have, want) assert_within(have, want, 0.005)

#endif
