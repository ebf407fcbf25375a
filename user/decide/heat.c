// SPDX-License-Identifier: GPL-2.0
#include "decide/heat_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"

/* What pays back within the horizon is known in a sixth of it (decide/worth.h): 100 s of 600. */
#define HEAT_TAU_S 120.0
/* Where so many hits were to be expected, and so long, and none came (one chance in 400), what was known is void. */
#define COOLED_HITS	     6
#define COOLED_S	     2.0
#define HEAT_KEPT_PER_S_HUGE 0.99
/* DAMON finds the edges of what is hot by splitting regions at random: what it said before counts for little. */
#define HEAT_KEPT_COARSE 0.7  /* of an aggregation, by each of those that come next */
#define FORGOTTEN_HITS	 0.05 /* a slot with less is let go */
#define SIGHTS		 3    /* aggregations in which a huge slot reads as before: it is not blind */
struct heat *heat_new(void)
{
	return calloc(1, sizeof(struct heat));
}

void heat_free(struct heat *heat)
{
	if (!heat)
		return;
	free(heat->map.at);
	free(heat->fresh.at);
	free(heat->next.at);
	free(heat->ranks.places);
	free(heat->ranks.spare);
	free(heat);
}

void heat_forget(struct heat *heat)
{
	heat->map.n = 0;
	heat->ranks.known = false;
	heat->aggregations = 0;
	heat->coarse_bytes = 0;
}

uint64_t heat_aggregations(const struct heat *heat)
{
	return heat->aggregations;
}

uint64_t heat_coarse_bytes(const struct heat *heat)
{
	return heat->coarse_bytes;
}

static int make_room(struct slots *slots, size_t n)
{
	return array_reserve(&slots->at, &slots->room, n, sizeof(*slots->at));
}

static void put(struct slots *slots, const struct heat_slot *slot)
{
	slots->at[slots->n++] = *slot;
}

static bool is_accessed(const struct heat_region *region)
{
	return region->nr_accesses && region->start < region->end;
}

/* A slot may have parts of several regions, one after another. */
static int add_share(struct slots *fresh, uint64_t start, double share, double own)
{
	struct heat_slot *last = fresh->n ? &fresh->at[fresh->n - 1] : NULL;
	int err;

	if (last && last->start == start) {
		last->share += (float)share;
		last->own_hits += (float)(share * own);
		return 0;
	}
	err = make_room(fresh, fresh->n + 1);
	if (!err)
		put(fresh, &(struct heat_slot){
				   .start = start, .share = (float)share, .own_hits = (float)(share * own)});
	return err;
}

/* How far the hits of a region are those of each slot that it touches. */
static double own_part(const struct heat_region *region)
{
	uint64_t first = region->start / PMD_SIZE_BYTES, last = (region->end - 1) / PMD_SIZE_BYTES;

	return 1 / sqrt((double)(last - first + 1));
}

static int add_region(struct slots *fresh, const struct heat_region *region, uint32_t max_accesses)
{
	uint32_t hits = region->nr_accesses < max_accesses ? region->nr_accesses : max_accesses;
	uint64_t slot = region->start / PMD_SIZE_BYTES * PMD_SIZE_BYTES;
	double own = own_part(region);
	int err = 0;

	if (fresh->n && slot < fresh->at[fresh->n - 1].start)
		return 0; /* not in order: the slots could not be told apart */
	for (; slot < region->end && !err; slot += PMD_SIZE_BYTES) {
		uint64_t from = region->start > slot ? region->start : slot;
		uint64_t to = region->end < slot + PMD_SIZE_BYTES ? region->end : slot + PMD_SIZE_BYTES;

		err = add_share(fresh, slot,
				(double)hits / max_accesses * (double)(to - from) / PMD_SIZE_BYTES, own);
	}
	return err;
}

static int spread(struct slots *fresh, const struct heat_region *regions, size_t n, uint32_t max_accesses,
		  uint64_t *coarse_bytes)
{
	int err = 0;

	fresh->n = 0;
	for (size_t i = 0; i < n && !err && fresh->n < 2 * HEAT_MAX_SLOTS; i++) {
		if (!is_accessed(&regions[i]))
			continue;
		if (regions[i].end - regions[i].start > HEAT_REGION_MAX_BYTES)
			*coarse_bytes += regions[i].end - regions[i].start;
		else
			err = add_region(fresh, &regions[i], max_accesses);
	}
	return err;
}

/* What one aggregation says of all slots. */
struct lesson {
	double lasted_s, sample_s, samples;
	double kept;	  /* share of what was known before */
	double kept_huge; /* of the rate of a slot that may be blind */
};

/* Accesses a second to a page that is found accessed in so large a @share of samples. */
static double rate_of(double share, double sample_s)
{
	return -log1p(-share) / sample_s;
}

/* A huge slot has one accessed bit for all of its pages. */
static double pages_of_a_bit(const struct heat_slot *slot)
{
	return slot->huge ? SLOT_PAGES : 1;
}

/* The share of samples that should hit. */
static double expected_share(const struct heat_slot *slot, double sample_s)
{
	return heat_share_of(heat_page_rate(slot) * pages_of_a_bit(slot), sample_s);
}

/* Of a page. Where each sample hits, it is so hot at least: what shorter samples found, or found of small pages, holds. */
static double seen_rate(const struct heat_slot *slot, double share, const struct lesson *lesson)
{
	double most = 1 - 0.5 / lesson->samples, before = heat_page_rate(slot), rate;

	if (share < most)
		return rate_of(share, lesson->sample_s) / pages_of_a_bit(slot);
	rate = rate_of(most, lesson->sample_s) / pages_of_a_bit(slot);
	return before > rate ? before : rate;
}

/* It reads no more as it did before it became huge, or not yet: its accesses may be unseen. */
static bool is_blind(struct heat_slot *slot, double share, const struct lesson *lesson)
{
	if (!slot->huge || slot->sights >= SIGHTS)
		return false;
	if (2 * share < expected_share(slot, lesson->sample_s))
		return true;
	slot->sights++;
	return false;
}

static void note_silence(struct heat_slot *slot, double share, const struct lesson *lesson)
{
	slot->silent_samples = share > 0 ? 0 : slot->silent_samples + (float)lesson->samples;
	slot->silent_s = share > 0 ? 0 : slot->silent_s + (float)lesson->lasted_s;
}

/* What was hot, or seemed to be while regions were coarse, and is no more. */
static bool has_cooled(const struct heat_slot *slot, const struct lesson *lesson)
{
	if (slot->huge && slot->sights < SIGHTS)
		return false;
	return slot->silent_s >= COOLED_S &&
	       slot->silent_samples * expected_share(slot, lesson->sample_s) >= COOLED_HITS;
}

/* @own: of the share, what is this slot's alone. */
static void learn(struct slots *next, struct heat_slot slot, double share, double own,
		  const struct lesson *lesson)
{
	note_silence(&slot, share, lesson);
	if (is_blind(&slot, share, lesson)) {
		slot.accesses = (float)(slot.accesses * lesson->kept_huge);
		slot.hits = (float)(slot.hits * lesson->kept_huge);
		slot.own_hits = (float)(slot.own_hits * lesson->kept_huge);
	} else {
		double rate = seen_rate(&slot, share, lesson);

		slot.accesses = (float)(slot.accesses * lesson->kept + rate * lesson->lasted_s);
		slot.time_s = (float)(slot.time_s * lesson->kept + lesson->lasted_s);
		slot.hits = (float)(slot.hits * lesson->kept + share * lesson->samples);
		slot.own_hits = (float)(slot.own_hits * lesson->kept + own * lesson->samples);
	}
	if (slot.hits >= FORGOTTEN_HITS && !has_cooled(&slot, lesson))
		put(next, &slot);
}

/* Both are in order; what is in the map only was not accessed. */
static void merge(struct heat *heat, const struct lesson *lesson)
{
	size_t i = 0, k = 0;

	heat->next.n = 0;
	while (i < heat->map.n || k < heat->fresh.n) {
		uint64_t old = i < heat->map.n ? heat->map.at[i].start : UINT64_MAX;
		uint64_t fresh = k < heat->fresh.n ? heat->fresh.at[k].start : UINT64_MAX;
		struct heat_slot slot = {.start = fresh};
		double share = 0, own = 0;

		if (old <= fresh)
			slot = heat->map.at[i++];
		if (fresh <= old)
			share = heat->fresh.at[k].share, own = heat->fresh.at[k++].own_hits;
		learn(&heat->next, slot, share, own, lesson);
	}
}

/* Of the logarithm of the rate: each is 9 % more than the one before. */
#define BINS	 512
#define BIN_STEP 8

static size_t bin_of(const struct heat_slot *slot)
{
	double bin = BINS / 2 + BIN_STEP * log2(heat_page_rate(slot) + 1e-9);

	if (bin < 0)
		return 0;
	return bin < BINS ? (size_t)bin : BINS - 1;
}

/* Without sorting them: of those in the bin that the limit cuts, the first ones stay. */
static void keep_hottest(struct slots *slots, size_t most)
{
	size_t in_bin[BINS] = {0}, bin = BINS - 1, n = slots->n;

	if (n <= most)
		return;
	for (size_t i = 0; i < n; i++)
		in_bin[bin_of(&slots->at[i])]++;
	while (in_bin[bin] <= most) /* all of them are more */
		most -= in_bin[bin--];
	slots->n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t its = bin_of(&slots->at[i]);

		if (its > bin || (its == bin && most && most--))
			put(slots, &slots->at[i]);
	}
}

static void swap(struct slots *a, struct slots *b)
{
	struct slots was = *a;

	*a = *b;
	*b = was;
}

/* See heat_add(). */
static double lasted_s(const struct heat *heat, const struct heat_sampling *sampling, uint64_t now_ns)
{
	uint64_t told_us = sampling->aggr_us > heat->last_aggr_us ? sampling->aggr_us : heat->last_aggr_us;
	double most_s = 2.0 * (double)told_us / US_PER_S;
	double lasted = now_ns > heat->last_ns ? ns_to_s(now_ns - heat->last_ns) : 0;

	if (!heat->aggregations || lasted <= 0)
		return (double)sampling->aggr_us / US_PER_S;
	return lasted < most_s ? lasted : most_s;
}

static struct lesson lesson_of(const struct heat *heat, const struct heat_sampling *sampling, uint64_t now_ns)
{
	double lasted = lasted_s(heat, sampling, now_ns);
	double since = now_ns > heat->last_ns ? ns_to_s(now_ns - heat->last_ns) : 0;
	double coarse = heat->aggregations < HEAT_COARSE_AGGREGATIONS ? HEAT_KEPT_COARSE : 1;

	return (struct lesson){
		.lasted_s = lasted,
		.samples = sampling->max_accesses,
		.sample_s = lasted / sampling->max_accesses,
		.kept = exp(-since / HEAT_TAU_S) * coarse,
		.kept_huge = pow(HEAT_KEPT_PER_S_HUGE, since),
	};
}

int heat_add(struct heat *heat, const struct heat_region *regions, size_t n,
	     const struct heat_sampling *sampling, uint64_t now_ns)
{
	struct lesson lesson = lesson_of(heat, sampling, now_ns);
	uint64_t coarse_bytes = 0;
	int err = spread(&heat->fresh, regions, n, sampling->max_accesses, &coarse_bytes);

	if (!err)
		err = make_room(&heat->next, heat->map.n + heat->fresh.n);
	if (err)
		return err;
	merge(heat, &lesson);
	keep_hottest(&heat->next, HEAT_MAX_SLOTS);
	swap(&heat->map, &heat->next);
	heat->ranks.known = false;
	heat->sample_s = lesson.sample_s;
	heat->last_ns = now_ns;
	heat->last_aggr_us = sampling->aggr_us;
	heat->coarse_bytes = coarse_bytes;
	heat->aggregations++;
	return 0;
}

static int start_cmp(const void *key, const void *element)
{
	uint64_t start = *(const uint64_t *)key, other = ((const struct heat_slot *)element)->start;

	return start < other ? -1 : start > other;
}

/* Of those that map has; others have no heat to speak of. */
static struct heat_slot *find(const struct heat *heat, uint64_t start)
{
	const struct slots *map = &heat->map;

	return map->n ? bsearch(&start, map->at, map->n, sizeof(*map->at), start_cmp) : NULL;
}

static void set_huge(struct heat_slot *slot, bool huge)
{
	if (slot->huge != huge)
		slot->sights = 0;
	slot->huge = huge;
}

void heat_set_huge(struct heat *heat, uint64_t start, bool huge)
{
	struct heat_slot *slot = find(heat, start);

	if (slot)
		set_huge(slot, huge);
}

void heat_set_pages(struct heat *heat, uint64_t start, uint16_t populated, uint16_t shared, bool huge)
{
	struct heat_slot *slot = find(heat, start);

	if (!slot)
		return;
	if (heat_pages(slot) != populated)
		heat->ranks.known = false;
	slot->read = true;
	slot->populated = populated;
	slot->shared = shared;
	set_huge(slot, huge);
}
