// SPDX-License-Identifier: GPL-2.0
#include "decide/regions.h"

#define REGIONS_STEP  16 /* at least */
#define REGIONS_STEPS 8	 /* at most, of each power of two */
#define REGIONS_ROOM  4	 /* DAMON may make so many times the minimum of them */

uint64_t regions_fitting(uint64_t anon_bytes, uint64_t min_regions, uint64_t max_regions)
{
	uint64_t wanted = anon_bytes / REGION_FITTING_BYTES, fitting = 1;

	while (fitting < wanted && fitting < max_regions)
		fitting *= 2;
	if (fitting < min_regions)
		return min_regions;
	return fitting < max_regions ? fitting : max_regions;
}

uint64_t regions_for_slots(uint64_t mapped_bytes, uint64_t min_regions, uint64_t max_regions)
{
	uint64_t wanted = mapped_bytes / PMD_SIZE_BYTES, step = REGIONS_STEP;

	while (step * REGIONS_STEPS < wanted)
		step *= 2;
	wanted = (wanted + step - 1) / step * step;
	if (wanted > max_regions / REGIONS_ROOM)
		wanted = max_regions / REGIONS_ROOM;
	return wanted > min_regions ? wanted : min_regions;
}
