/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Applies: how often a target's scheme was applied, and how often its quota was used up, since the target came in. Each
 * kdamond counts from 0, and kernels before 7.0 do not count applies at all: then they are reckoned from the time at work,
 * one for each aggregation.
 */
#ifndef HOTDAMON_DECIDE_APPLIES_H
#define HOTDAMON_DECIDE_APPLIES_H

#include <stdbool.h>
#include <stdint.h>

/* What a kdamond counted since it was started. */
struct applies_count {
	uint64_t applies;
	uint64_t quota_exceeds;
};

struct applies {
	struct applies_count now, past; /* of its present kdamond, as last read; of all before it */
	bool reckoned;			/* this kernel does not count them */
	uint64_t aggr_us;
	uint64_t acting_ns;	/* time at work with these aggregations */
	uint64_t past_reckoned; /* with others before */
};

void applies_start(struct applies *applies, uint64_t aggr_us);

/* What its kdamond counted, as read just now; @counts_applies: the kernel does. */
void applies_take(struct applies *applies, struct applies_count count, bool counts_applies);

/* It was at work for so long. */
void applies_work(struct applies *applies, uint64_t ns);

/* Another kdamond watches it, or none. */
void applies_new_kdamond(struct applies *applies);

void applies_new_aggregation(struct applies *applies, uint64_t aggr_us);

/* Cumulative, and neither ever goes back. */
uint64_t applies_sum(const struct applies *applies);
uint64_t applies_quota_exceeds(const struct applies *applies);

#endif
