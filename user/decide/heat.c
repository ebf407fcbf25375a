// SPDX-License-Identifier: GPL-2.0
#include "decide/heat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"

/* Half of what counts is of the last three seconds. */
#define HEAT_KEPT_PER_S	     0.8
#define HEAT_KEPT_PER_S_HUGE 0.99
/* DAMON finds the edges of what is hot by splitting regions at random: what it said before counts for little. */
#define HEAT_KEPT_COARSE 0.7  /* of an aggregation, by each of those that come next */
#define FORGOTTEN_PCT	 0.05 /* a slot below this is let go */
#define BINS		 1000 /* of heat, for the coldest to be found among very many */
#define SIGHTS		 3    /* aggregations in which a huge slot reads hot: it is not blind */

struct slots {
	struct heat_slot *at; /* in order of their addresses, but for `hottest` */
	size_t n, room;
};

struct heat {
	struct slots map;
	struct slots fresh;   /* of the aggregation that is being added */
	struct slots next;    /* becomes the map */
	struct slots hottest; /* as last asked for */
	double weight;	      /* of all aggregations so far, as they count now */
	uint64_t last_ns;
	uint64_t aggregations;
	uint64_t coarse_bytes; /* of the last one */
};

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
	free(heat->hottest.at);
	free(heat);
}

void heat_forget(struct heat *heat)
{
	heat->map.n = 0;
	heat->weight = 0;
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
static int add_share(struct slots *fresh, uint64_t start, double pct)
{
	struct heat_slot *last = fresh->n ? &fresh->at[fresh->n - 1] : NULL;
	int err;

	if (last && last->start == start) {
		last->pct += pct;
		return 0;
	}
	err = make_room(fresh, fresh->n + 1);
	if (!err)
		put(fresh, &(struct heat_slot){.start = start, .pct = pct});
	return err;
}

static int add_region(struct slots *fresh, const struct heat_region *region, uint32_t max_accesses)
{
	uint32_t hits = region->nr_accesses < max_accesses ? region->nr_accesses : max_accesses;
	uint64_t slot = region->start / PMD_SIZE_BYTES * PMD_SIZE_BYTES;
	int err = 0;

	if (fresh->n && slot < fresh->at[fresh->n - 1].start)
		return 0; /* not in order: the slots could not be told apart */
	for (; slot < region->end && !err; slot += PMD_SIZE_BYTES) {
		uint64_t from = region->start > slot ? region->start : slot;
		uint64_t to = region->end < slot + PMD_SIZE_BYTES ? region->end : slot + PMD_SIZE_BYTES;

		err = add_share(fresh, slot,
				100.0 * hits / max_accesses * (double)(to - from) / PMD_SIZE_BYTES);
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

struct lesson {
	double weight;	  /* of all aggregations with this one, which counts as 1 */
	double kept_huge; /* share of its heat that a huge slot keeps at least */
};

/* While it reads about as hot as before it became huge, each of its accesses is seen: then it can be seen to end. */
static void note_sight(struct heat_slot *slot, double pct)
{
	if (slot->huge && slot->sights < SIGHTS && 2 * pct >= slot->pct)
		slot->sights++;
}

static void learn(struct slots *next, struct heat_slot slot, double pct, const struct lesson *lesson)
{
	bool blind = slot.huge && slot.sights < SIGHTS;
	double held = blind ? slot.pct * lesson->kept_huge : 0;

	note_sight(&slot, pct);
	slot.pct += (pct - slot.pct) / lesson->weight;
	if (slot.pct < held)
		slot.pct = held;
	if (slot.pct >= FORGOTTEN_PCT)
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
		double pct = 0;

		if (old <= fresh)
			slot = heat->map.at[i++];
		if (fresh <= old)
			pct = heat->fresh.at[k++].pct;
		learn(&heat->next, slot, pct, lesson);
	}
}

static size_t bin_of(const struct heat_slot *slot)
{
	double bin = slot->pct * BINS / 100;

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

static double seconds_since(uint64_t then_ns, uint64_t now_ns)
{
	return now_ns > then_ns ? ns_to_s(now_ns - then_ns) : 0;
}

/* Of all aggregations before one that comes so much later. */
static double kept_weight(const struct heat *heat, double lasted_s)
{
	double kept = heat->weight * pow(HEAT_KEPT_PER_S, lasted_s);

	return heat->aggregations < HEAT_COARSE_AGGREGATIONS ? kept * HEAT_KEPT_COARSE : kept;
}

int heat_add(struct heat *heat, const struct heat_region *regions, size_t n, uint32_t max_accesses,
	     uint64_t now_ns)
{
	double lasted_s = seconds_since(heat->last_ns, now_ns);
	struct lesson lesson = {
		.weight = kept_weight(heat, lasted_s) + 1,
		.kept_huge = pow(HEAT_KEPT_PER_S_HUGE, lasted_s),
	};
	uint64_t coarse_bytes = 0;
	int err = spread(&heat->fresh, regions, n, max_accesses, &coarse_bytes);

	if (!err)
		err = make_room(&heat->next, heat->map.n + heat->fresh.n);
	if (err)
		return err;
	merge(heat, &lesson);
	keep_hottest(&heat->next, HEAT_MAX_SLOTS);
	swap(&heat->map, &heat->next);
	heat->weight = lesson.weight;
	heat->last_ns = now_ns;
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
	slot->read = true;
	slot->populated = populated;
	slot->shared = shared;
	set_huge(slot, huge);
}

static int hotter_first(const void *left, const void *right)
{
	const struct heat_slot *a = left, *b = right;

	if (a->pct > b->pct || a->pct < b->pct)
		return a->pct > b->pct ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

int heat_hottest(struct heat *heat, double min_pct, const struct heat_slot **slots, size_t *n)
{
	int err = make_room(&heat->hottest, heat->map.n);

	if (err)
		return err;
	heat->hottest.n = 0;
	for (size_t i = 0; i < heat->map.n; i++)
		if (heat->map.at[i].pct >= min_pct)
			put(&heat->hottest, &heat->map.at[i]);
	if (heat->hottest.n)
		qsort(heat->hottest.at, heat->hottest.n, sizeof(*heat->hottest.at), hotter_first);
	*slots = heat->hottest.at;
	*n = heat->hottest.n;
	return 0;
}
