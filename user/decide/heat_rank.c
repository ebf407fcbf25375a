// SPDX-License-Identifier: GPL-2.0
#include "decide/heat_internal.h"

#include <string.h>

#include "base/array.h"

/*
 * What reads less than this share of something else may owe it: a region of DAMON's that holds both speaks for both. Beside a
 * slot in use one that was not read up to 2.8 of 41, and all those in use 8 to 25 (redis, emulated 7.2).
 */
#define FAR_SHARE 0.125

/* Of a slot with so large a part of its hits in regions of its own size and less no hit is another's. */
#define OWN_PART 0.98F

/* A deviation of the count of hits less. @far: much hotter memory is about, which the hits may be of. */
static double sure_rate(const struct heat_slot *slot, bool far)
{
	double hits = far ? slot->own_hits : slot->hits;

	return hits >= HEAT_SURE_HITS ? heat_page_rate(slot) * (1 - 1 / sqrt(hits)) : 0;
}

static float most_share(struct heat *heat)
{
	float most = 0;

	for (size_t i = 0; i < heat->map.n; i++) {
		struct heat_slot *slot = &heat->map.at[i];

		slot->share =
			(float)heat_share_of(heat_page_rate(slot), heat->sample_s); /* as if all were small */
		most = fmaxf(most, slot->share);
	}
	return most;
}

static void rate_slots(struct heat *heat)
{
	float far_share = (float)FAR_SHARE * most_share(heat);

	for (size_t i = 0; i < heat->map.n; i++) {
		struct heat_slot *slot = &heat->map.at[i];
		double sure = sure_rate(slot, slot->share < far_share);

		slot->rate_per_s = (float)(sure * heat_pages(slot));
	}
}

/* Beside a neighbour that reads far hotter. */
static bool is_edge(const struct slots *map, size_t i)
{
	const struct heat_slot *slot = &map->at[i];
	float hotter = 0;

	if (slot->own_hits > OWN_PART * slot->hits)
		return false;
	if (i > 0 && slot[-1].start + PMD_SIZE_BYTES == slot->start)
		hotter = slot[-1].share;
	if (i + 1 < map->n && slot->start + PMD_SIZE_BYTES == slot[1].start && slot[1].share > hotter)
		hotter = slot[1].share;
	return slot->share < FAR_SHARE * hotter;
}

/* Floats that are not negative are in the order of their bits. */
static uint32_t key_of(double rate_per_s)
{
	float rate = (float)rate_per_s;
	uint32_t bits;

	memcpy(&bits, &rate, sizeof(bits));
	return ~bits;
}

static void gather(struct heat *heat, struct ranks *ranks)
{
	size_t seen = 0;

	ranks->n = 0;
	ranks->sum = (struct heat_sum){0};
	for (size_t i = 0; i < heat->map.n; i++) {
		const struct heat_slot *slot = &heat->map.at[i];

		if (slot->hits < 1)
			continue;
		seen++;
		ranks->sum.share += slot->share;
		if (slot->rate_per_s > 0 && !is_edge(&heat->map, i))
			ranks->places[ranks->n++] =
				(struct place){key_of((double)slot->rate_per_s), (uint32_t)i};
	}
	ranks->sum.in_use_bytes = ranks->n * PMD_SIZE_BYTES;
	if (seen)
		ranks->sum.share /= (double)seen;
}

#define DIGIT_BITS 8
#define DIGITS	   (1U << DIGIT_BITS)

static unsigned int digit(const struct place *place, unsigned int shift)
{
	return place->rate >> shift & (DIGITS - 1);
}

/* By one digit; those with the same one stay in order. */
static void sort_by_digit(const struct place *from, struct place *to, size_t n, unsigned int shift)
{
	size_t next[DIGITS + 1] = {0};

	for (size_t i = 0; i < n; i++)
		next[digit(&from[i], shift) + 1]++;
	for (unsigned int i = 1; i < DIGITS; i++)
		next[i] += next[i - 1];
	for (size_t i = 0; i < n; i++)
		to[next[digit(&from[i], shift)]++] = from[i];
}

/* In time that grows with their number only: there may be half a million, each time. */
static void sort(struct ranks *ranks)
{
	for (unsigned int shift = 0; shift < 32; shift += 2 * DIGIT_BITS) {
		sort_by_digit(ranks->places, ranks->spare, ranks->n, shift);
		sort_by_digit(ranks->spare, ranks->places, ranks->n, shift + DIGIT_BITS);
	}
}

static int rank_anew(struct heat *heat)
{
	struct ranks *ranks = &heat->ranks;
	int err = array_reserve(&ranks->places, &ranks->room, heat->map.n, sizeof(*ranks->places));

	if (!err)
		err = array_reserve(&ranks->spare, &ranks->spare_room, heat->map.n, sizeof(*ranks->spare));
	if (err)
		return err;
	rate_slots(heat);
	gather(heat, ranks);
	sort(ranks);
	ranks->known = true;
	return 0;
}

/* How many are accessed so often. */
static size_t count_from(const struct ranks *ranks, double least_per_s)
{
	uint32_t last = key_of(least_per_s);
	size_t low = 0, high = ranks->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ranks->places[middle].rate <= last)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int heat_rank(struct heat *heat, double least_per_s, size_t *n, struct heat_sum *sum)
{
	int err = heat->ranks.known ? 0 : rank_anew(heat);

	if (err)
		return err;
	*n = count_from(&heat->ranks, least_per_s);
	*sum = heat->ranks.sum;
	return 0;
}

const struct heat_slot *heat_ranked(const struct heat *heat, size_t rank)
{
	return &heat->map.at[heat->ranks.places[rank].slot];
}
