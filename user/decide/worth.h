/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Worth: which slots pay. A slot with r accesses a second saves r misses of the TLB a second once it is huge; a collapse
 * costs CPU time once. It has paid for itself after collapse_ns / (r * miss_ns).
 */
#ifndef HOTDAMON_DECIDE_WORTH_H
#define HOTDAMON_DECIDE_WORTH_H

#include <stdint.h>

/* What pays back within so long is collapsed, by default. */
#define WORTH_DEFAULT_PAYBACK_S 600
/*
 * Being sure of a rate, by four hits of one page of the 512, takes a sixth of the time of paying back, whatever the rate: at
 * 50 ns and 0.65 ms a slot with 1000 accesses a second is known after 2 s, and has paid after 13.
 */
#define WORTH_SURE_SHARE 6

struct worth_config {
	double miss_ns;	    /* of CPU time that a miss of the TLB costs, > 0; see cost.h */
	double collapse_ns; /* of CPU time that a collapse costs, > 0 */
	uint64_t payback_s; /* > 0 */
};

/* The accesses a second from which on a slot pays back in time. */
double worth_least_rate_per_s(const struct worth_config *config);

/* What @rate_per_s accesses a second to huge slots save, in percent of a CPU. */
double worth_saved_pct(const struct worth_config *config, double rate_per_s);

/* Seconds after which @spent_ns of collapsing are paid back at @saved_pct of a CPU; negative: never. */
double worth_payback_s(double spent_ns, double saved_pct);

#endif
