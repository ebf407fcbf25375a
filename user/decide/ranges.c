// SPDX-License-Identifier: GPL-2.0
#include "decide/ranges.h"

#define RANGES_STEPS   4096 /* two microseconds each, seen natively */
#define RANGES_REGIONS 4    /* that each range may split into */
#define RANGES_FINEST  256  /* regions that DAMON shall make at least, see region_count_for_slots() */

#define RANGES_REST_NS	  NS_PER_S
#define RANGES_REST_AGGRS 2
#define RANGES_REST_COSTS 50 /* 2 % of the time */
#define RANGES_SOME_NS	  (5 * NS_PER_S)
#define RANGES_IDLE_NS	  (30 * NS_PER_S)
#define RANGES_MUCH	  8 /* a part of what is watched */
#define RANGES_IDLE	  4

uint64_t ranges_step_bytes(uint64_t anon_bytes)
{
	uint64_t step = PMD_SIZE_BYTES;

	while (step < anon_bytes / RANGES_STEPS)
		step *= 2;
	return step;
}

size_t ranges_most(uint64_t max_regions)
{
	uint64_t most = max_regions / RANGES_REGIONS;

	if (most > RANGES_MAX)
		return RANGES_MAX;
	return most ? most : 1;
}

uint64_t ranges_bytes(const struct address_range *ranges, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ranges[i].end - ranges[i].start;
	return sum;
}

/* Closes all gaps up to @gap_bytes. */
static size_t close_gaps(struct address_range *ranges, size_t n, uint64_t gap_bytes)
{
	size_t kept = 0;

	for (size_t i = 1; i < n; i++) {
		if (ranges[i].start - ranges[kept].end <= gap_bytes)
			ranges[kept].end = ranges[i].end;
		else
			ranges[++kept] = ranges[i];
	}
	return n ? kept + 1 : 0;
}

static size_t count_longer(const struct address_range *ranges, size_t n, uint64_t gap_bytes)
{
	size_t longer = 0;

	for (size_t i = 1; i < n; i++)
		longer += ranges[i].start - ranges[i - 1].end > gap_bytes;
	return longer;
}

/* The shortest length, in slots, so that no more than @most ranges are left when all gaps up to it are closed. */
static uint64_t gap_for(const struct address_range *ranges, size_t n, size_t most)
{
	uint64_t low = 0, high = (1ULL << 57) / PMD_SIZE_BYTES; /* all addresses */

	while (low < high) {
		uint64_t slots = low + (high - low) / 2;

		if (count_longer(ranges, n, slots * PMD_SIZE_BYTES) < most)
			high = slots;
		else
			low = slots + 1;
	}
	return low * PMD_SIZE_BYTES;
}

size_t ranges_join(struct address_range *ranges, size_t n, size_t most)
{
	n = close_gaps(ranges, n, ranges_bytes(ranges, n) / RANGES_FINEST);
	return n <= most ? n : close_gaps(ranges, n, gap_for(ranges, n, most));
}

uint64_t ranges_missing(const struct address_range *a, size_t n_a, const struct address_range *b, size_t n_b)
{
	uint64_t missing = ranges_bytes(a, n_a);

	for (size_t i = 0, k = 0; i < n_a && k < n_b;) {
		uint64_t start = a[i].start > b[k].start ? a[i].start : b[k].start;
		uint64_t end = a[i].end < b[k].end ? a[i].end : b[k].end;

		if (start < end)
			missing -= end - start;
		if (a[i].end < b[k].end)
			i++;
		else
			k++;
	}
	return missing;
}

static uint64_t rest_ns(const struct ranges_look *look)
{
	uint64_t rest = RANGES_REST_NS, aggrs = RANGES_REST_AGGRS * look->aggr_us * NS_PER_US;

	if (rest < aggrs)
		rest = aggrs;
	return rest > look->cost_ns * RANGES_REST_COSTS ? rest : look->cost_ns * RANGES_REST_COSTS;
}

bool ranges_are_due(const struct ranges_look *look)
{
	uint64_t since = look->now_ns - look->written_ns;

	if (!look->written_ns || look->new_program)
		return true;
	if (since < rest_ns(look))
		return false;
	if (look->missing_bytes >= look->watched_bytes / RANGES_MUCH)
		return look->missing_bytes > 0;
	if (look->missing_bytes && since >= RANGES_SOME_NS)
		return true;
	return since >= RANGES_IDLE_NS && look->idle_bytes >= look->watched_bytes / RANGES_IDLE;
}

void ranges_by_slot(const struct address_range *ranges, size_t n, struct address_range *slots)
{
	for (size_t i = 0; i < n; i++)
		for (uint64_t start = ranges[i].start; start < ranges[i].end; start += PMD_SIZE_BYTES)
			*slots++ = (struct address_range){start, start + PMD_SIZE_BYTES};
}
