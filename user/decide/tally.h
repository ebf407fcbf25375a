/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tally: the attempts on one target's memory, by outcome, as BPF counts them. BPF counts for each actor (a kdamond, or
 * ourselves) from when it first tried, and may have to forget; a target's sums never go back, whoever acts on it.
 */
#ifndef HOTDAMON_DECIDE_TALLY_H
#define HOTDAMON_DECIDE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define TALLY_OUTCOMES 24

struct tally_count {
	uint32_t
		status; /* the kernel's scan_result; a status may stand in a list more than once: the most counts */
	uint64_t count; /* cumulative */
};

struct tally_list {
	struct tally_count counts[TALLY_OUTCOMES]; /* each status once */
	size_t n;
};

/* Starts as {0}. */
struct tally {
	struct tally_list base; /* before the target came in */
	struct tally_list now;	/* since, of the actor that acts now */
	struct tally_list past; /* of those before */
};

/*
 * A sum over all of BPF's counts of one process, of all actors. Starts as {0}. Where BPF forgot some of them, what came
 * besides since the last look is lost, and no more.
 */
struct tally_sum {
	uint64_t all;  /* never goes back */
	uint64_t told; /* the last time */
};

static inline void tally_sum_take(struct tally_sum *sum, uint64_t told)
{
	sum->all += told > sum->told ? told - sum->told : 0;
	sum->told = told;
}

/* The actor acted on this process before it came in: @counts so far are not to count. */
void tally_begin(struct tally *tally, const struct tally_count *counts, size_t n);

/* What BPF counted of the actor by now. */
void tally_take(struct tally *tally, const struct tally_count *counts, size_t n);

/* Another actor, whose counts begin at 0. */
void tally_new_actor(struct tally *tally);

/* Attempts that ended with @status since the target came in. */
uint64_t tally_of(const struct tally *tally, uint32_t status);

/* To each of @list what @more has of it. */
void tally_add(struct tally_list *list, const struct tally_list *more);

/* Every outcome since it came in, each status once. */
void tally_all(const struct tally *tally, struct tally_list *all);

#endif
