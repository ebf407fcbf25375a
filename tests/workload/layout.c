// SPDX-License-Identifier: GPL-2.0
#include "layout.h"

#include <stdlib.h>
#include <string.h>

/* Turns of a round in which hots of unequal heat take part: enough to tell 1 from 100. */
#define TURNS_LEAST 1024
#define TURNS_EACH  8

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static uint64_t overlap(struct range a, struct range b)
{
	uint64_t from = greater(a.start, b.start);
	uint64_t to = lesser(a.end, b.end);

	return from < to ? to - from : 0;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint64_t coprime_step(uint64_t n)
{
	uint64_t step = (uint64_t)((double)n * 0.618) | 1;

	while (gcd(step, n) != 1)
		step++;
	return step;
}

/* ---- placing ---- */

/* The places of a hot stretch are @size apart, within @room from @origin on. */
static struct hot make_hot(uint64_t origin, uint64_t at, uint64_t size, uint64_t room)
{
	uint64_t rest = at % size;

	return (struct hot){
		.origin = origin + rest,
		.size = size,
		.index = at / size,
		.places = (room - rest) / size,
		.heat = 1,
	};
}

/* Aligned stretches, so that each island may begin with a huge page. */
static uint64_t island_stretch(const struct layout_spec *spec)
{
	uint64_t stretch = spec->spacing ? spec->spacing : spec->mem / spec->islands & ~(PAGE - 1);

	if (!spec->spacing && spec->islands > 1 && stretch > HUGE_SIZE)
		stretch &= ~(HUGE_SIZE - 1);
	return stretch;
}

static const char *place_islands(const struct layout_spec *spec, struct layout *layout)
{
	uint64_t stretch = island_stretch(spec);
	uint64_t all =
		spec->hot_given ? spec->hot : (spec->mem - spec->hot_at) / spec->islands * spec->islands;
	uint64_t island = all / spec->islands & ~(PAGE - 1);

	if (spec->hot_at + island > stretch || stretch * spec->islands > spec->mem)
		return "the hot memory does not fit: see --mem, --hot, --hot-at, --islands, --spacing";
	if (!all)
		return NULL;
	if (island < PAGE * spec->sparse)
		return "too many islands or too sparse: no page is hot";
	for (uint64_t i = 0; i < spec->islands; i++)
		layout->hots[layout->nr_hots++] = make_hot(i * stretch, spec->hot_at, island, stretch);
	return NULL;
}

/* Ranges stay where they are. */
static const char *place_ranges(const struct layout_spec *spec, struct layout *layout)
{
	for (size_t i = 0; i < spec->nr_ranges; i++) {
		const struct hot_range *range = &spec->ranges[i];

		if (range->at + range->size > spec->mem)
			return "a --range is beyond --mem";
		if (range->size < PAGE * spec->sparse)
			return "too sparse: no page of a --range is hot";
		layout->hots[layout->nr_hots] = make_hot(range->at, 0, range->size, range->size);
		layout->hots[layout->nr_hots++].heat = range->heat;
	}
	return NULL;
}

/* What a hot stretch has of one piece, or a size of 0. */
static struct hot part_of_piece(const struct hot *hot, uint64_t piece_start, uint64_t piece)
{
	uint64_t begin = hot->origin + hot->index * hot->size;
	uint64_t start = greater(begin, piece_start);
	uint64_t end = lesser(begin + hot->size, piece_start + piece - PAGE);
	struct hot part = {
		.origin = start, .size = start < end ? end - start : 0, .places = 1, .heat = hot->heat};

	return part;
}

/* Guards cut the hot memory, and it cannot move over them. */
static const char *cut_at_guards(struct layout *layout)
{
	struct hot *parts = calloc(MAX_UNEQUAL_HOTS, sizeof(*parts));
	size_t nr = 0;

	if (!parts)
		return "no memory";
	for (size_t i = 0; i < layout->nr_hots; i++) {
		for (uint64_t start = 0; start < layout->mem; start += layout->piece) {
			struct hot part = part_of_piece(&layout->hots[i], start, layout->piece);

			if (part.size < PAGE * layout->sparse)
				continue;
			if (nr == MAX_UNEQUAL_HOTS) {
				free(parts);
				return "too much is cut by --vmas";
			}
			parts[nr++] = part;
		}
	}
	free(layout->hots);
	layout->hots = parts;
	layout->nr_hots = nr;
	return NULL;
}

/* ---- who is visited when ---- */

static uint64_t weight(const struct hot *hot)
{
	return hot->heat * hot->steps;
}

static bool all_weigh_the_same(const struct layout *layout)
{
	for (size_t i = 1; i < layout->nr_hots; i++)
		if (weight(&layout->hots[i]) != weight(&layout->hots[0]))
			return false;
	return true;
}

/* Who waits longest for its share is next; all do, evenly spread over the round. */
static void share_turns(struct layout *layout, int64_t *credit, int64_t all)
{
	for (size_t turn = 0; turn < layout->nr_turns; turn++) {
		size_t next = 0;

		for (size_t i = 0; i < layout->nr_hots; i++) {
			credit[i] += (int64_t)weight(&layout->hots[i]);
			if (credit[i] > credit[next])
				next = i;
		}
		credit[next] -= all;
		layout->turns[turn] = (uint32_t)next;
	}
}

/* One so light that the round ended before its turn gets one at the end. */
static void none_left_out(struct layout *layout, int64_t *seen)
{
	size_t nr = layout->nr_turns;

	memset(seen, 0, layout->nr_hots * sizeof(*seen));
	for (size_t turn = 0; turn < nr; turn++)
		seen[layout->turns[turn]] = 1;
	for (size_t i = 0; i < layout->nr_hots; i++)
		if (!seen[i])
			layout->turns[layout->nr_turns++] = (uint32_t)i;
}

static const char *unequal_turns(struct layout *layout)
{
	int64_t *credit = calloc(layout->nr_hots, sizeof(*credit));
	int64_t all = 0;

	layout->nr_turns = greater(TURNS_LEAST, TURNS_EACH * layout->nr_hots);
	layout->turns = calloc(layout->nr_turns + layout->nr_hots, sizeof(*layout->turns));
	if (!credit || !layout->turns) {
		free(credit);
		return "no memory";
	}
	for (size_t i = 0; i < layout->nr_hots; i++)
		all += (int64_t)weight(&layout->hots[i]);
	share_turns(layout, credit, all);
	none_left_out(layout, credit);
	free(credit);
	return NULL;
}

static const char *make_turns(struct layout *layout)
{
	for (size_t i = 0; i < layout->nr_hots; i++)
		layout->hots[i].steps = layout->hots[i].size / PAGE / layout->sparse;
	if (!layout->nr_hots)
		return NULL;
	if (!all_weigh_the_same(layout))
		return unequal_turns(layout);
	layout->nr_turns = layout->nr_hots;
	layout->turns = calloc(layout->nr_turns, sizeof(*layout->turns));
	if (!layout->turns)
		return "no memory";
	for (size_t i = 0; i < layout->nr_hots; i++)
		layout->turns[i] = (uint32_t)i;
	return NULL;
}

static const char *check_spec(const struct layout_spec *spec)
{
	if (spec->mem && spec->hot_at >= spec->mem)
		return "--hot-at is beyond --mem";
	if (spec->nr_ranges && (spec->hot_given || spec->hot_at || spec->islands > 1))
		return "--range says it all: no --hot, --hot-at, --islands with it";
	if (spec->pieces && (spec->mem / spec->pieces & ~(PAGE - 1)) < 2 * PAGE)
		return "too many --vmas for --mem";
	return NULL;
}

const char *layout_place(const struct layout_spec *spec, struct layout *layout)
{
	struct layout made = {.mem = spec->mem, .sparse = spec->sparse};
	const char *why = check_spec(spec);

	if (why)
		return why;
	if (!spec->mem) {
		*layout = made;
		return NULL;
	}
	made.hots = calloc(spec->nr_ranges ? spec->nr_ranges : spec->islands, sizeof(*made.hots));
	if (!made.hots)
		return "no memory";
	if (spec->pieces)
		made.piece = spec->mem / spec->pieces & ~(PAGE - 1);
	why = spec->nr_ranges ? place_ranges(spec, &made) : place_islands(spec, &made);
	if (!why && made.piece)
		why = cut_at_guards(&made);
	if (!why)
		why = make_turns(&made);
	if (why)
		layout_free(&made);
	else
		*layout = made;
	return why;
}

void layout_free(struct layout *layout)
{
	free(layout->hots);
	free(layout->turns);
	*layout = (struct layout){0};
}

/* ---- questions ---- */

struct range layout_hot(const struct layout *layout, size_t i, uint64_t moves)
{
	const struct hot *hot = &layout->hots[i];
	uint64_t start = hot->origin + (hot->index + moves) % hot->places * hot->size;

	return (struct range){start, start + hot->size};
}

size_t layout_ever_hot(const struct layout *layout, size_t i, uint64_t moves, struct range out[2])
{
	const struct hot *hot = &layout->hots[i];
	uint64_t last = hot->index + lesser(moves, hot->places - 1);
	uint64_t top = lesser(last, hot->places - 1);

	out[0].start = hot->origin + hot->index * hot->size;
	out[0].end = hot->origin + (top + 1) * hot->size;
	if (last == top)
		return 1;
	out[1].start = hot->origin;
	out[1].end = hot->origin + (last - hot->places + 1) * hot->size;
	return 2;
}

uint64_t layout_first_page(const struct layout *layout, size_t i, uint64_t moves)
{
	return round_up(layout_hot(layout, i, moves).start, layout->sparse * PAGE);
}

uint64_t layout_hot_bytes(const struct layout *layout)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < layout->nr_hots; i++)
		sum += layout->hots[i].size;
	return sum;
}

/* Whether one mapping without a guard holds the aligned slot at @start. */
static bool slot_is_whole(const struct layout *layout, uint64_t start)
{
	uint64_t end = start + HUGE_SIZE;

	if (end > layout->mem)
		return false;
	return !layout->piece ||
	       (start / layout->piece == (end - 1) / layout->piece && !layout_is_guard(layout, end - PAGE));
}

uint64_t layout_fit_bytes(const struct layout *layout, uint64_t heap, uint64_t moves)
{
	uint64_t first = round_up(heap, HUGE_SIZE) - heap;
	uint64_t sum = 0;

	for (size_t i = 0; i < layout->nr_hots; i++) {
		struct range hot = layout_hot(layout, i, moves);
		uint64_t slot = first;

		if (hot.start > first)
			slot += (hot.start - first) / HUGE_SIZE * HUGE_SIZE;
		for (; slot < hot.end; slot += HUGE_SIZE)
			if (slot_is_whole(layout, slot))
				sum += overlap(hot, (struct range){slot, slot + HUGE_SIZE});
	}
	return sum;
}

uint64_t layout_hot_part(const struct layout *layout, struct range range, uint64_t moves)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < layout->nr_hots; i++)
		sum += overlap(range, layout_hot(layout, i, moves));
	return sum;
}

uint64_t layout_never_hot_part(const struct layout *layout, struct range range, uint64_t moves)
{
	uint64_t sum = range.end - range.start;

	for (size_t i = 0; i < layout->nr_hots; i++) {
		struct range ever[2];
		size_t nr = layout_ever_hot(layout, i, moves, ever);

		for (size_t j = 0; j < nr; j++)
			sum -= overlap(range, ever[j]);
	}
	return sum;
}

bool layout_is_guard(const struct layout *layout, uint64_t at)
{
	return layout->piece && at % layout->piece >= layout->piece - PAGE;
}
