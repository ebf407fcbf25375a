/* SPDX-License-Identifier: GPL-2.0 */
/* The intervals of one target, and what is seen of it. */
#ifndef HOTDAMON_TESTS_INTERVALS_RIG_H
#define HOTDAMON_TESTS_INTERVALS_RIG_H

#include "cm.h"

#include <math.h>

#include "decide/intervals.h"

#define SECOND 1000000000ULL
#define MIB    1048576ULL

struct rig {
	struct intervals_config config;
	struct intervals intervals;
	struct intervals_look look;
};

static inline struct rig rig_new(void)
{
	struct rig rig = {
		.config = {.sample_us = 5000,
			   .aggr_us = 100000,
			   .update_us = 1000000,
			   .busy_pct = 10,
			   .monitor_cpu_pct = 1},
		.look = {.now_ns = 500 * SECOND, .min_access_pct = 90, .cpu_pct = 95},
	};

	intervals_start(&rig.intervals, &rig.config, rig.look.now_ns);
	return rig;
}

static inline unsigned int look(struct rig *rig)
{
	return intervals_step(&rig->intervals, &rig->config, &rig->look);
}

/* A window of five seconds, in which it only watches and costs so much. */
static inline unsigned int window(struct rig *rig, double cost_pct)
{
	rig->look.now_ns += 5 * SECOND;
	rig->look.works = rig->look.searches = false;
	rig->look.cost_known = true;
	rig->look.cost_pct = cost_pct;
	return look(rig);
}

static inline void assert_samples(const struct rig *rig, uint64_t sample_us, uint64_t aggr_us,
				  unsigned int halvings)
{
	const struct intervals *now = &rig->intervals;

	if (now->sample_us != sample_us || now->aggr_us != aggr_us || now->halvings != halvings)
		fail_msg("%llu in %llu, halved %u: %s", (unsigned long long)now->sample_us,
			 (unsigned long long)now->aggr_us, now->halvings, now->reason);
}

/* Down at @pct, and nothing hot there. */
static inline unsigned int blind(struct rig *rig, unsigned int pct)
{
	rig->look.now_ns += SECOND;
	rig->look.works = rig->look.searches = rig->look.heat_known = true;
	rig->look.hot_bytes = 0;
	rig->look.min_access_pct = pct;
	return look(rig);
}

/* A map tells what is in use and how it reads; so much later. */
static inline unsigned int mapped(struct rig *rig, double later_s, uint64_t in_use_mib, double share)
{
	rig->look.now_ns += (uint64_t)(later_s * 1e9);
	rig->look.mapped = true;
	rig->look.in_use_bytes = in_use_mib * MIB;
	rig->look.share = share;
	return look(rig);
}

#endif
