// SPDX-License-Identifier: GPL-2.0
#include "decide/region_count.h"

#define REGION_COUNT_STEP  16 /* at least */
#define REGION_COUNT_STEPS 8  /* at most, of each power of two */
#define REGION_COUNT_LEAST 3  /* DAMON wants them */
#define REGION_COUNT_ROOM  4  /* DAMON may make so many times the minimum of them */

uint64_t region_count_most(uint64_t min_regions, bool by_slots)
{
	uint64_t most = by_slots ? REGION_COUNT_DEFAULT_BY_SLOTS : REGION_COUNT_DEFAULT;

	if (min_regions <= most / REGION_COUNT_ROOM)
		return most;
	most = min_regions * REGION_COUNT_ROOM;
	return most < REGION_COUNT_LIMIT ? most : REGION_COUNT_LIMIT;
}

uint64_t region_count_fitting(uint64_t anon_bytes, uint64_t min_regions, uint64_t max_regions)
{
	uint64_t wanted = anon_bytes / REGION_FITTING_BYTES, fitting = 1;

	while (fitting < wanted && fitting < max_regions)
		fitting *= 2;
	if (fitting < min_regions)
		return min_regions;
	return fitting < max_regions ? fitting : max_regions;
}

uint64_t region_count_for_slots(uint64_t watched_bytes, uint64_t min_regions, uint64_t max_regions)
{
	uint64_t wanted = watched_bytes / PMD_SIZE_BYTES, step = REGION_COUNT_STEP;

	while (step * REGION_COUNT_STEPS < wanted)
		step *= 2;
	wanted = (wanted + step - 1) / step * step;
	if (wanted > max_regions / REGION_COUNT_ROOM)
		wanted = max_regions / REGION_COUNT_ROOM;
	return wanted > min_regions ? wanted : min_regions;
}

void region_count_by_slot(uint64_t n_slots, uint64_t *min_regions, uint64_t *max_regions)
{
	uint64_t n = n_slots > REGION_COUNT_LEAST ? n_slots : REGION_COUNT_LEAST;

	*min_regions = n;
	*max_regions = 2 * n - 1;
}
