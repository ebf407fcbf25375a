/* SPDX-License-Identifier: GPL-2.0 */
/* The load that the benchmark of collapses looks at: random accesses, each batch timed. A process of its own. */
#ifndef HOTDAMON_BENCH_COLLAPSE_LOAD_H
#define HOTDAMON_BENCH_COLLAPSE_LOAD_H

#include <stdatomic.h>
#include <stdint.h>

#define THREADS	  2
#define BATCH	  128 /* accesses; the load's unit of work */
#define WRITE_ONE 8   /* one access in so many is a write */

/* Times of batches, by powers of two in 32 parts each. */
#define PARTS	32
#define BUCKETS (64 * PARTS)

enum phase { WARMING, BEFORE, UNPACED, WITH, WITHOUT, AFTER, PHASES };

struct timing {
	_Atomic uint64_t batches; /* written by the load alone */
	uint64_t ns, longest_ns;
	uint64_t histogram[BUCKETS];
};

/* Shared between the load, which writes, and the one who collapses. */
struct board {
	atomic_int phase;
	_Atomic uint64_t arena;
	struct timing timings[THREADS][PHASES];
};

extern struct board *board;
extern uint64_t arena_bytes;

/* Says what failed, with errno, and ends. */
void die(const char *what) __attribute__((noreturn));

void sleep_until(uint64_t when_ns); /* of the boot clock */

/* The least time that is counted in this bucket of a histogram. */
uint64_t bucket_ns(unsigned int bucket);

/* arena_bytes of memory, from the start of a slot on. */
char *map_aligned(void);

/* Makes the arena and works on it for ever. */
void be_load(void) __attribute__((noreturn));

#endif
