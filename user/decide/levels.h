/* SPDX-License-Identifier: GPL-2.0 */
/* Levels: the schedule of thresholds that a descent goes down, for one setup of DAMON's sampling. */
#ifndef HOTDAMON_DECIDE_LEVELS_H
#define HOTDAMON_DECIDE_LEVELS_H

#include <stdint.h>

#define DESCENT_MAX_LEVELS 64

/*
 * Memory accessed in this share of the samples is surely hot. When all of it is huge already there is nothing
 * to look for; above it, huge memory says nothing of the hot memory below.
 */
#define DESCENT_HOT_PCT 50

/* The distinct levels of one sampling setup, from the hottest down; accesses strictly decreasing. */
struct descent_levels {
	unsigned int n;
	unsigned int max_accesses; /* aggr_us / sample_us, as damon_max_nr_accesses() of the kernel has it */
	unsigned int pct[DESCENT_MAX_LEVELS];
	unsigned int accesses[DESCENT_MAX_LEVELS]; /* >= 1 */
	unsigned int hold[DESCENT_MAX_LEVELS];	   /* the threshold once memory collapsed at this level */
};

/*
 * Builds the levels: 90, 80, 70, 60, 50 percent of the maximum of nr_accesses, then by 5 down to 15, then
 * by 1 down to 2 (the RFC's schedule, February 2026), each rounded up to a whole sample count, at least 1.
 * Of the percentages that give the same count only the first stays: there is no dead step. Returns 0, or
 * -EINVAL (sample_us 0, or aggr_us < sample_us) with *@levels untouched.
 */
int descent_levels_build(uint64_t sample_us, uint64_t aggr_us, struct descent_levels *levels);

/* Only the lowest level: for heat that is judged otherwise (executor madvise). */
void descent_levels_one(struct descent_levels *levels);

#endif
