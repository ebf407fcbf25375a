/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quota: DAMOS turns a time quota (ms of collapsing per reset interval) into bytes by the speed that it
 * measured, and cuts a region where these bytes end. Where collapsing is slow, or the quota small, that is
 * less than a huge page, and nothing collapses any more, for ever. The same share of time in fewer, longer
 * windows lets whole huge pages through.
 */
#ifndef HOTDAMON_DECIDE_QUOTA_H
#define HOTDAMON_DECIDE_QUOTA_H

#include <stdbool.h>

#include "decide/process.h"

/* Below it windows are made longer: four huge pages, as regions are not aligned and lose both ends. */
#define QUOTA_LEAST_BYTES (4 * PMD_SIZE_BYTES)
/*
 * So much should fit into one then: memory that is huge already is charged again, and comes first by address.
 */
#define QUOTA_FITTING_BYTES (128 * PMD_SIZE_BYTES)
/* But no window is made longer than two minutes, 120 times the default. */
#define QUOTA_MAX_RESET_MS 120000

struct quota_config {
	uint64_t ms; /* 0: no time quota, nothing to fit */
	uint64_t reset_ms;
};

struct quota {
	uint64_t ms;
	uint64_t reset_ms; /* these two are what DAMON should have now */
	uint64_t factor;   /* windows are so many times as long as asked for */
	bool widening; /* the time is raised, and the interval follows when a window with that time has begun */
	uint64_t widened_ns;
	char reason[REASON_LEN];
};

/* As asked for. */
void quota_start(struct quota *quota, const struct quota_config *config);

/*
 * One look: @effective_bytes is what DAMOS lets through per window now, 0 when it is not known. True when
 * ms or reset_ms changed, with the reason.
 *
 * DAMOS opens a new window one reset interval after the last one, by the interval as it is then; so first
 * the time is raised, and when a window with it has surely begun, the interval. At most two windows of the
 * raised time are given in a row.
 */
bool quota_step(struct quota *quota, const struct quota_config *config, uint64_t effective_bytes,
		uint64_t now_ns);

#endif
