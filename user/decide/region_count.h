/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Region count: how many regions DAMON may make of a target. It splits regions for as long as there are fewer
 * than half the maximum, and merges only what is nearly of the same heat; samples of hot memory scatter more
 * than that, so it falls to pieces that are smaller than a huge page, and the collapse scheme, which goes
 * region by region, finds no whole one in them.
 */
#ifndef HOTDAMON_DECIDE_REGION_COUNT_H
#define HOTDAMON_DECIDE_REGION_COUNT_H

#include "decide/process.h"

/*
 * The maximum by default. Where memory is judged slot by slot it is as many as can be looked at for 1 % of a CPU (with
 * samples of 400 ms, at 400 ns each), 16 GiB of slots: beyond, regions span several slots, and cold memory beside hot
 * memory becomes huge. A scheme of DAMON's needs regions that hold a slot, and short samples.
 */
#define REGION_COUNT_DEFAULT	      1000
#define REGION_COUNT_DEFAULT_BY_SLOTS 8192
#define REGION_COUNT_LIMIT	      1000000 /* that an operator may ask for */

/*
 * The maximum where the operator gave the minimum only: the default, but room above @min_regions for DAMON to split.
 * @by_slots: memory is judged slot by slot.
 */
uint64_t region_count_most(uint64_t min_regions, bool by_slots);

/*
 * On average a region should hold two huge pages: then most have a whole, aligned one inside. Seen on an
 * emulated 7.2 after 25 s, 64 MiB hot of 256: 44 MiB huge with 1000 regions at most, 52 with 64, 54 with 30.
 */
#define REGION_FITTING_BYTES (2 * PMD_SIZE_BYTES)

/*
 * The maximum for a target with @anon_bytes of resident anonymous memory: a power of two, so that it does
 * not change with every page, within @min_regions and @max_regions, the operator's.
 */
uint64_t region_count_fitting(uint64_t anon_bytes, uint64_t min_regions, uint64_t max_regions);

/*
 * The minimum for a process whose memory is judged slot by slot (executor madvise), of which DAMON looks at
 * @watched_bytes: one region for each huge page, so that each stands out from its neighbours. Seen on an emulated
 * 7.2, 32 hot huge pages 12 MiB apart in 384 MiB: with 10 regions at least, 8 of them stood out after 1 s and 30
 * after 10 s; with 200, all after 0.5 s, for less than three times the CPU time.
 *
 * At most a quarter of @max_regions: DAMON splits regions only while it has no more than half of that, each into two,
 * and splitting is how regions get the edges of what is hot. With half of it as the minimum, which it never merges
 * below, it did not split at all, and hot and cold memory stayed together: of 1 GiB with 100 hot huge pages 10 MiB
 * apart 60 of the 100 hottest slots were hot after 1 s and after 25 s, and as much cold memory became huge; with
 * a quarter 98 were after 1 s, and all after 2 s (emulated 7.2). In steps of an eighth or so, as each change is a
 * commit; within @min_regions and @max_regions.
 */
uint64_t region_count_for_slots(uint64_t watched_bytes, uint64_t min_regions, uint64_t max_regions);

/*
 * The minimum and maximum with which each of @n_slots regions, a slot each, stays as it is: DAMON merges none beyond the mean
 * size of the minimum, and splits none as long as there are more than half of the maximum.
 */
void region_count_by_slot(uint64_t n_slots, uint64_t *min_regions, uint64_t *max_regions);

#endif
