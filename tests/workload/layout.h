/* SPDX-License-Identifier: GPL-2.0 */
/* Where the hot memory of the load is: pure arithmetic, all in bytes from the heap's start. */
#ifndef WORKLOAD_LAYOUT_H
#define WORKLOAD_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE		 UINT64_C(4096)
#define HUGE_SIZE	 (UINT64_C(2) << 20)
#define MIB		 (UINT64_C(1) << 20)
#define MAX_RANGES	 64
#define MAX_ISLANDS	 65536
#define MAX_UNEQUAL_HOTS 4096

struct range {
	uint64_t start;
	uint64_t end;
};

/* What is asked for: islands of equal heat, or ranges of any. */
struct hot_range {
	uint64_t at;
	uint64_t size;
	uint64_t heat; /* accesses of each of its pages, relative to the other ranges' */
};

struct layout_spec {
	uint64_t mem;
	uint64_t hot; /* of all islands together */
	bool hot_given;
	uint64_t hot_at;
	uint64_t islands;
	uint64_t spacing; /* from one island's start to the next one's; 0: spread over the heap */
	uint64_t sparse;  /* one page in so many is touched */
	uint64_t pieces;  /* the last page of each is a guard; 0: no guards */
	struct hot_range ranges[MAX_RANGES];
	size_t nr_ranges;
};

/* A hot stretch of memory, and the places in its neighbourhood where it may move. */
struct hot {
	uint64_t origin; /* of the place with index 0 */
	uint64_t size;
	uint64_t index; /* of the place where it begins */
	uint64_t places;
	uint64_t steps; /* pages touched */
	uint64_t heat;
};

struct layout {
	uint64_t mem;
	uint64_t sparse;
	uint64_t piece; /* 0: no guards */
	struct hot *hots;
	size_t nr_hots;
	uint32_t *turns; /* the hots in the order in which they are visited, the hotter more often */
	size_t nr_turns;
};

/* Works out a layout. Returns NULL, or why it cannot be; then @layout is untouched. What it points to
 * is the caller's, for layout_free(). */
const char *layout_place(const struct layout_spec *spec, struct layout *layout);
void layout_free(struct layout *layout);

/* Where hot memory @i is after so many moves. */
struct range layout_hot(const struct layout *layout, size_t i, uint64_t moves);
/* Where it was in the course of them: one or two ranges; returns how many. */
size_t layout_ever_hot(const struct layout *layout, size_t i, uint64_t moves, struct range out[2]);
/* Its first page that is touched, by the same rule as the heap's filling: each sparse-th page of the heap. */
uint64_t layout_first_page(const struct layout *layout, size_t i, uint64_t moves);

/* Bytes of hot memory, and those of it that lie in aligned slots of 2 MiB without a guard page: no more than
 * these can be huge. @heap is the heap's address. */
uint64_t layout_hot_bytes(const struct layout *layout);
uint64_t layout_fit_bytes(const struct layout *layout, uint64_t heap, uint64_t moves);

/* Bytes of @range that are hot now, and those that never were. */
uint64_t layout_hot_part(const struct layout *layout, struct range range, uint64_t moves);
uint64_t layout_never_hot_part(const struct layout *layout, struct range range, uint64_t moves);

/* Whether the page at @at is a guard. */
bool layout_is_guard(const struct layout *layout, uint64_t at);

/* A step through n places that visits every one of them, in no tidy order. */
uint64_t coprime_step(uint64_t n);

#endif
