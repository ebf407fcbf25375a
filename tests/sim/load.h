/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A load: which page of a heap is accessed how often, and so with which chance within a sample. Rates are computed, not
 * stored by the page, so that a heap may be of any size.
 */
#ifndef HOTDAMON_TESTS_SIM_LOAD_H
#define HOTDAMON_TESTS_SIM_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_PAGE_BYTES	    UINT64_C(4096)
#define LOAD_PAGES_PER_SLOT 512

/* A stretch of memory whose pages are accessed alike, or by one law. */
struct load_part {
	uint64_t start, end; /* pages of the heap; end exclusive */
	double weight;	     /* accesses of each of its pages, relative to the others'; by zipf: on average */
	bool zipf;	     /* of its pages the k-th hottest gets 1/k^LOAD_ZIPF; where it is, is chance */
	bool resident; /* its translations stay in the TLB: only a flush makes an access set the accessed bit */
};

#define LOAD_ZIPF 0.99 /* as YCSB and kin have it */

struct load_spec {
	uint64_t mem_bytes;    /* of the heap: whole slots; all of it is populated */
	double accesses_per_s; /* of the whole load */
	double flushes_per_s;  /* of the TLB */
	bool sweeps;	       /* it visits its pages in turns, as tests/workload does, and not by chance */
	uint64_t move_ns;      /* all parts move on by their own size so often; 0: never */
	uint64_t seed;
};

struct load;

/*
 * A load by its name: uniform, zipf, range, upper, islands, many_islands, moving, hammered, resident. What the spec
 * leaves 0 becomes the load's own. NULL with errno: ENOENT, there is none of that name; EINVAL, it does not fit into the
 * memory; ENOMEM. *@spec becomes what it has.
 */
struct load *load_new(const char *name, struct load_spec *spec);
void load_free(struct load *load); /* NULL is fine */

const char *load_names(void); /* "uniform, zipf, ..." */

size_t load_slots(const struct load *load);
uint64_t load_moves(const struct load *load); /* so far */

/* It is @now_ns, which never goes back: what is hot may have moved. True: it has. */
bool load_set_time(struct load *load, uint64_t now_ns);

/* Accesses a second. */
double load_page_rate(const struct load *load, uint64_t page);
double load_slot_rate(const struct load *load, size_t slot);
double load_rate(const struct load *load); /* of all: the sum over all slots */

/* Whether it was ever accessed. */
bool load_slot_was_hot(const struct load *load, size_t slot);

/* The chance that within @sample_s a page, or a huge slot, has its accessed bit set. @resident: the TLB holds the slot. */
double load_page_chance(const struct load *load, uint64_t page, double sample_s);
double load_slot_chance(const struct load *load, size_t slot, double sample_s, bool resident);

#endif
