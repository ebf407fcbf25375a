// SPDX-License-Identifier: GPL-2.0
#include "sim/load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "sim/random.h"

#define MIB_PAGES     (MIB_BYTES / LOAD_PAGE_BYTES)
#define MAX_PARTS     65536
#define ZIPF_ADDED    (1U << 20) /* terms of the sum that are added; the others are integrated */
#define SCATTER_TURNS 4

struct load {
	struct load_spec spec;
	struct load_part *parts; /* in order */
	size_t n;
	uint64_t pages;	       /* of the heap */
	double rate_of_weight; /* accesses a second of a page of weight 1 */
	double zipf_scale;     /* weight of the hottest page, where the mean is 1 */
	uint64_t zipf_pages;
	unsigned int zipf_bits;
	float *zipf_slots; /* accesses a second of each slot of a zipf part */
	uint64_t moves;
};

/* ---- loads by name ---- */

static int add(struct load *load, uint64_t start, uint64_t pages, double weight)
{
	if (load->n == MAX_PARTS || start + pages > load->pages)
		return -EINVAL;
	load->parts[load->n++] = (struct load_part){start, start + pages, weight, false, false};
	return 0;
}

static int add_islands(struct load *load, uint64_t islands)
{
	uint64_t spacing = load->pages / LOAD_PAGES_PER_SLOT / islands * LOAD_PAGES_PER_SLOT;
	int err = spacing ? 0 : -EINVAL;

	for (uint64_t i = 0; i < islands && !err; i++)
		err = add(load, i * spacing, LOAD_PAGES_PER_SLOT, 1);
	return err;
}

static int make_uniform(struct load *load)
{
	return add(load, 0, load->pages, 1);
}

static int make_zipf(struct load *load)
{
	int err = make_uniform(load);

	load->parts[0].zipf = true;
	return err;
}

static int make_range(struct load *load)
{
	return add(load, 160 * MIB_PAGES, 64 * MIB_PAGES, 1);
}

static int make_upper(struct load *load)
{
	return load->pages < 64 * MIB_PAGES ? -EINVAL
					    : add(load, load->pages - 64 * MIB_PAGES, 64 * MIB_PAGES, 1);
}

static int make_islands(struct load *load)
{
	return add_islands(load, 24);
}

static int make_many_islands(struct load *load)
{
	return add_islands(load, 100);
}

static int make_moving(struct load *load)
{
	if (!load->spec.move_ns)
		load->spec.move_ns = 22 * NS_PER_S;
	return add(load, 96 * MIB_PAGES, 48 * MIB_PAGES, 1);
}

/* Accessed a hundred times as often by the page: of 2 GiB this is 28 % of all accesses. */
static uint64_t hammered_pages(const struct load *load)
{
	return (load->pages > 2048 * MIB_PAGES ? 16 : 8) * MIB_PAGES;
}

static int make_hammered(struct load *load)
{
	uint64_t hammered = hammered_pages(load);
	int err = load->pages <= hammered ? -EINVAL : add(load, 0, hammered, 100);

	return err ? err : add(load, hammered, load->pages - hammered, 1);
}

/* A thousand pages that the TLB holds get as many accesses as all the others. */
static int make_resident(struct load *load)
{
	uint64_t hot = 4 * MIB_PAGES;
	int err = load->pages <= hot ? -EINVAL : add(load, 0, hot, (double)(load->pages - hot) / (double)hot);

	load->parts[0].resident = true;
	return err ? err : add(load, hot, load->pages - hot, 1);
}

static const struct {
	const char *name;
	uint64_t mib;
	int (*make)(struct load *load);
} loads[] = {
	{"uniform", 1024, make_uniform},   {"zipf", 1024, make_zipf},
	{"range", 384, make_range},	   {"upper", 384, make_upper},
	{"islands", 384, make_islands},	   {"many_islands", 1024, make_many_islands},
	{"moving", 384, make_moving},	   {"hammered", 2048, make_hammered},
	{"resident", 2048, make_resident},
};

const char *load_names(void)
{
	return "uniform, zipf, range, upper, islands, many_islands, moving, hammered, resident";
}

/* ---- zipf ---- */

/* The sum of 1/k^LOAD_ZIPF. */
static double zipf_sum(uint64_t pages)
{
	uint64_t added = pages < ZIPF_ADDED ? pages : ZIPF_ADDED;
	double sum = 0;

	for (uint64_t k = added; k; k--)
		sum += pow((double)k, -LOAD_ZIPF);
	return sum + (pow((double)pages + 0.5, 1 - LOAD_ZIPF) - pow((double)added + 0.5, 1 - LOAD_ZIPF)) /
			     (1 - LOAD_ZIPF);
}

/* Another number below 2^bits for each. */
static uint64_t scatter_bits(uint64_t x, unsigned int bits, uint64_t seed)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1;

	for (unsigned int turn = 0; turn < SCATTER_TURNS; turn++) {
		x = (x + (seed >> turn)) & mask;
		x = (x * 0x9e3779b97f4a7c15) & mask;
		x ^= x >> (bits / 2 + 1);
	}
	return x;
}

/* How many are hotter than this page: each number below zipf_pages once. */
static uint64_t zipf_rank(const struct load *load, uint64_t page)
{
	do
		page = scatter_bits(page, load->zipf_bits, load->spec.seed);
	while (page >= load->zipf_pages);
	return page;
}

static double zipf_weight(const struct load *load, uint64_t page)
{
	return load->zipf_scale * pow((double)zipf_rank(load, page) + 1, -LOAD_ZIPF);
}

/* Once, as it is asked for at each collapse. */
static int sum_zipf_slots(struct load *load)
{
	size_t slots = load_slots(load);

	load->zipf_slots = calloc(slots, sizeof(*load->zipf_slots));
	if (!load->zipf_slots)
		return -ENOMEM;
	for (size_t slot = 0; slot < slots; slot++)
		for (uint64_t i = 0; i < LOAD_PAGES_PER_SLOT; i++)
			load->zipf_slots[slot] += (float)load_page_rate(load, slot * LOAD_PAGES_PER_SLOT + i);
	return 0;
}

static int prepare_zipf(struct load *load)
{
	const struct load_part *part = &load->parts[0];

	if (!part->zipf)
		return 0;
	load->zipf_pages = part->end - part->start;
	load->zipf_bits = 2;
	while (UINT64_C(1) << load->zipf_bits < load->zipf_pages)
		load->zipf_bits++;
	load->zipf_scale = (double)load->zipf_pages / zipf_sum(load->zipf_pages);
	return sum_zipf_slots(load);
}

/* ---- a load ---- */

static int make(struct load *load, const char *name, struct load_spec *spec)
{
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		double weight = 0;
		int err;

		if (strcmp(loads[i].name, name))
			continue;
		if (!spec->mem_bytes)
			spec->mem_bytes = loads[i].mib * MIB_BYTES;
		load->spec = *spec;
		load->pages = spec->mem_bytes / PMD_SIZE_BYTES * LOAD_PAGES_PER_SLOT;
		err = loads[i].make(load);
		if (err)
			return err;
		*spec = load->spec;
		for (size_t k = 0; k < load->n; k++)
			weight += load->parts[k].weight * (double)(load->parts[k].end - load->parts[k].start);
		load->rate_of_weight = weight > 0 ? spec->accesses_per_s / weight : 0;
		return weight > 0 ? prepare_zipf(load) : -EINVAL;
	}
	return -ENOENT;
}

struct load *load_new(const char *name, struct load_spec *spec)
{
	struct load *load = calloc(1, sizeof(*load));
	int err = -ENOMEM;

	if (load)
		load->parts = calloc(MAX_PARTS, sizeof(*load->parts));
	if (load && load->parts)
		err = make(load, name, spec);
	if (!err)
		return load;
	load_free(load);
	errno = -err;
	return NULL;
}

void load_free(struct load *load)
{
	if (!load)
		return;
	free(load->zipf_slots);
	free(load->parts);
	free(load);
}

size_t load_slots(const struct load *load)
{
	return load->pages / LOAD_PAGES_PER_SLOT;
}

uint64_t load_moves(const struct load *load)
{
	return load->moves;
}

bool load_set_time(struct load *load, uint64_t now_ns)
{
	uint64_t moves = load->spec.move_ns ? now_ns / load->spec.move_ns : 0;
	bool moved = moves != load->moves;

	load->moves = moves;
	return moved;
}

/* Where what is at @page after so many moves was at first. */
static uint64_t before_moves(const struct load *load, uint64_t page, uint64_t moves)
{
	uint64_t step = load->parts[0].end - load->parts[0].start;

	return moves ? (page + load->pages - moves * step % load->pages) % load->pages : page;
}

static int page_cmp(const void *key, const void *element)
{
	const struct load_part *part = element;
	uint64_t page = *(const uint64_t *)key;

	return page < part->start ? -1 : page >= part->end;
}

/* NULL: it is not accessed. */
static const struct load_part *part_of(const struct load *load, uint64_t page)
{
	return bsearch(&page, load->parts, load->n, sizeof(*load->parts), page_cmp);
}

/* Parts by zipf do not move. */
static double part_rate(const struct load *load, const struct load_part *part, uint64_t page)
{
	double weight = part->zipf ? zipf_weight(load, page - part->start) : 1;

	return load->rate_of_weight * part->weight * weight;
}

double load_page_rate(const struct load *load, uint64_t page)
{
	const struct load_part *part = part_of(load, before_moves(load, page, load->moves));

	return part ? part_rate(load, part, page) : 0;
}

/* All parts begin and end with slots. */
double load_slot_rate(const struct load *load, size_t slot)
{
	if (load->zipf_slots)
		return (double)load->zipf_slots[slot];
	return load_page_rate(load, slot * LOAD_PAGES_PER_SLOT) * (double)LOAD_PAGES_PER_SLOT;
}

double load_rate(const struct load *load)
{
	double rate = 0;

	for (size_t slot = 0; slot < load_slots(load); slot++)
		rate += load_slot_rate(load, slot);
	return rate;
}

bool load_slot_was_hot(const struct load *load, size_t slot)
{
	for (uint64_t moves = 0; moves <= load->moves; moves++)
		if (part_of(load, before_moves(load, slot * LOAD_PAGES_PER_SLOT, moves)))
			return true;
	return false;
}

/* An access that finds its translation in the TLB sets no bit: of those between two flushes the first one does. */
static double walks_per_s(const struct load *load, double rate, bool resident)
{
	return resident && rate > 0 ? 1 / (1 / rate + 1 / load->spec.flushes_per_s) : rate;
}

static double chance(const struct load *load, double per_s, double sample_s)
{
	return load->spec.sweeps ? fmin(1, per_s * sample_s) : -expm1(-per_s * sample_s);
}

double load_page_chance(const struct load *load, uint64_t page, double sample_s)
{
	const struct load_part *part = part_of(load, before_moves(load, page, load->moves));

	return part ? chance(load, walks_per_s(load, part_rate(load, part, page), part->resident), sample_s)
		    : 0;
}

double load_slot_chance(const struct load *load, size_t slot, double sample_s, bool resident)
{
	return chance(load, walks_per_s(load, load_slot_rate(load, slot), resident), sample_s);
}
