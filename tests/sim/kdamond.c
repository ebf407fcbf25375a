// SPDX-License-Identifier: GPL-2.0
#include "sim/kdamond.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

static uint64_t size_of(const struct kdamond_region *region)
{
	return region->end - region->start;
}

static uint64_t align_down(uint64_t bytes)
{
	return bytes / KDAMOND_PAGE_BYTES * KDAMOND_PAGE_BYTES;
}

static uint64_t align_up(uint64_t bytes)
{
	return align_down(bytes + KDAMOND_PAGE_BYTES - 1);
}

static uint64_t samples_of(const struct kdamond_attrs *attrs)
{
	return attrs->aggr_us / attrs->sample_us;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static void put_spare(struct kdamond *kdamond, size_t *n, const struct kdamond_region *region, uint64_t start,
		      uint64_t end)
{
	kdamond->spare[*n] = *region;
	kdamond->spare[*n].start = start;
	kdamond->spare[*n].end = end;
	++*n;
}

static int make_spare(struct kdamond *kdamond, size_t n)
{
	return array_reserve(&kdamond->spare, &kdamond->spare_room, n, sizeof(*kdamond->spare));
}

/* What was made in the spare array are the regions now. */
static void take_spare(struct kdamond *kdamond, size_t n)
{
	struct kdamond_region *regions = kdamond->regions;
	size_t room = kdamond->room;

	kdamond->regions = kdamond->spare;
	kdamond->room = kdamond->spare_room;
	kdamond->n = n;
	kdamond->spare = regions;
	kdamond->spare_room = room;
}

/* Regions that are above what the least number of them allows are cut. */
static int apply_min_regions(struct kdamond *kdamond)
{
	uint64_t all = kdamond->regions[kdamond->n - 1].end - kdamond->regions[0].start;
	size_t n = 0;
	int err;

	kdamond->limit_bytes = align_up(all / kdamond->attrs.min_regions);
	err = make_spare(kdamond, kdamond->n + all / kdamond->limit_bytes + 1);
	if (err)
		return err;
	for (size_t i = 0; i < kdamond->n; i++) {
		const struct kdamond_region *region = &kdamond->regions[i];
		uint64_t at = region->start;

		for (; region->end - at > kdamond->limit_bytes; at += kdamond->limit_bytes)
			put_spare(kdamond, &n, region, at, at + kdamond->limit_bytes);
		put_spare(kdamond, &n, region, at, region->end);
	}
	take_spare(kdamond, n);
	return 0;
}

int kdamond_start(struct kdamond *kdamond, uint64_t start, uint64_t end, const struct kdamond_attrs *attrs,
		  uint64_t seed)
{
	int err;

	*kdamond = (struct kdamond){
		.attrs = *attrs,
		.samples_to_go = samples_of(attrs),
		.random = {seed},
	};
	err = array_reserve(&kdamond->regions, &kdamond->room, 1, sizeof(*kdamond->regions));
	if (err)
		return err;
	kdamond->regions[kdamond->n++] = (struct kdamond_region){.start = start, .end = end};
	return apply_min_regions(kdamond);
}

void kdamond_free(struct kdamond *kdamond)
{
	free(kdamond->regions);
	free(kdamond->spare);
	*kdamond = (struct kdamond){0};
}

/* ---- the end of an aggregation ---- */

static void grow_older(struct kdamond_region *region, uint32_t threshold)
{
	bool was_hit = region->last_nr_accesses, is_hit = region->nr_accesses;

	if (distance(region->nr_accesses, region->last_nr_accesses) > threshold || was_hit != is_hit)
		region->age = 0;
	else
		region->age++;
}

/* The mean by size, rounded down, as is the age. */
static void swallow(struct kdamond_region *left, const struct kdamond_region *right)
{
	uint64_t l = size_of(left), r = size_of(right);

	left->nr_accesses = (uint32_t)((left->nr_accesses * l + right->nr_accesses * r) / (l + r));
	left->age = (uint32_t)((left->age * l + right->age * r) / (l + r));
	left->end = right->end;
}

/* Neighbours that differ by no more than @threshold become one. */
static void merge_alike(struct kdamond *kdamond, uint32_t threshold)
{
	size_t n = 0;

	for (size_t i = 0; i < kdamond->n; i++) {
		struct kdamond_region *region = &kdamond->regions[i],
				      *before = n ? &kdamond->regions[n - 1] : NULL;

		grow_older(region, threshold);
		if (before && distance(before->nr_accesses, region->nr_accesses) <= threshold &&
		    size_of(before) + size_of(region) <= kdamond->limit_bytes)
			swallow(before, region);
		else
			kdamond->regions[n++] = *region;
	}
	kdamond->n = n;
}

/* Where there are too many for all that, what differs more is alike, too. */
static void merge(struct kdamond *kdamond, uint32_t most_accesses)
{
	uint32_t threshold = most_accesses / 10, most = (uint32_t)samples_of(&kdamond->attrs);

	for (;;) {
		merge_alike(kdamond, threshold);
		threshold = threshold ? threshold * 2 : 1;
		if (kdamond->n <= kdamond->attrs.max_regions || threshold / 2 >= most)
			return;
	}
}

static void begin_aggregation(struct kdamond *kdamond)
{
	for (size_t i = 0; i < kdamond->n; i++) {
		kdamond->regions[i].last_nr_accesses = kdamond->regions[i].nr_accesses;
		kdamond->regions[i].nr_accesses = 0;
	}
	kdamond->samples_to_go = samples_of(&kdamond->attrs);
	kdamond->ended = false;
}

/* The left part becomes one to nine tenths of the whole, and may be split once more. */
static void split_one(struct kdamond *kdamond, const struct kdamond_region *region, int parts, size_t *n)
{
	uint64_t ends[2];
	uint64_t size = size_of(region);
	int cuts = 0;

	for (int i = 1; i < parts && size > 2 * KDAMOND_PAGE_BYTES; i++) {
		uint64_t left = align_down((1 + random_below(&kdamond->random, 9)) * size / 10);

		if (!left || left >= size)
			continue;
		ends[cuts++] = size = left;
	}
	for (uint64_t at = region->start; at < region->end;) {
		uint64_t end = cuts ? region->start + ends[--cuts] : region->end;

		put_spare(kdamond, n, region, at, end);
		at = end;
	}
}

/* Only while there are few; into three where that gained nothing the last time and there are very few. */
static int split(struct kdamond *kdamond)
{
	size_t before = kdamond->n, n = 0;
	bool gained = kdamond->last_n != before;
	int err;

	if (before > kdamond->attrs.max_regions / 2)
		return 0;
	err = make_spare(kdamond, 3 * before);
	if (err)
		return err;
	for (size_t i = 0; i < before; i++)
		split_one(kdamond, &kdamond->regions[i],
			  !gained && before < kdamond->attrs.max_regions / 3 ? 3 : 2, &n);
	take_spare(kdamond, n);
	kdamond->last_n = before;
	return 0;
}

static int finish_aggregation(struct kdamond *kdamond)
{
	if (!kdamond->ended)
		return 0;
	begin_aggregation(kdamond);
	return split(kdamond);
}

/* ---- samples ---- */

/* The highest count of all regions so far. */
static uint32_t check_all(struct kdamond *kdamond, const struct kdamond_memory *memory)
{
	uint32_t most = 0;

	for (size_t i = 0; i < kdamond->n; i++) {
		struct kdamond_region *region = &kdamond->regions[i];
		uint64_t address = region->start + random_below(&kdamond->random, size_of(region));

		region->nr_accesses += memory->is_accessed(memory->arg, address, kdamond->attrs.sample_us);
		if (region->nr_accesses > most)
			most = region->nr_accesses;
	}
	kdamond->checked += kdamond->n;
	return most;
}

int kdamond_sample(struct kdamond *kdamond, const struct kdamond_memory *memory)
{
	int err = finish_aggregation(kdamond);
	uint32_t most;

	if (err)
		return err;
	most = check_all(kdamond, memory);
	if (--kdamond->samples_to_go)
		return 0;
	merge(kdamond, most);
	kdamond->ended = true;
	err = apply_min_regions(kdamond);
	return err ? err : 1;
}

/* In shares of ten thousand, as the kernel converts them. */
static uint32_t converted(uint32_t accesses, const struct kdamond_attrs *before,
			  const struct kdamond_attrs *now)
{
	return (uint32_t)(accesses * 10000ULL / samples_of(before) * samples_of(now) / 10000);
}

void kdamond_commit(struct kdamond *kdamond, const struct kdamond_attrs *attrs)
{
	if (kdamond->ended)
		begin_aggregation(kdamond);
	for (size_t i = 0; i < kdamond->n; i++) {
		struct kdamond_region *region = &kdamond->regions[i];

		region->last_nr_accesses = converted(region->last_nr_accesses, &kdamond->attrs, attrs);
		region->nr_accesses = 0;
		region->age = (uint32_t)(region->age * kdamond->attrs.aggr_us / attrs->aggr_us);
	}
	kdamond->attrs = *attrs;
	kdamond->samples_to_go = samples_of(attrs);
}
