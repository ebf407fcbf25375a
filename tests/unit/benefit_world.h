/* SPDX-License-Identifier: GPL-2.0 */
/* The benefit of one process, and what it is shown of it, second by second. */
#ifndef HOTDAMON_TESTS_BENEFIT_WORLD_H
#define HOTDAMON_TESTS_BENEFIT_WORLD_H

#include "cm.h"

#include "decide/benefit.h"

#define SECOND 1000000000ULL
#define MIB    1048576ULL

/* A busy process of 400 MiB, looked at each second. */
struct rig {
	struct benefit_config config;
	struct benefit benefit;
	struct benefit_look look;
};

static inline struct rig rig_new(void)
{
	struct rig rig = {
		.config = {.trial_ns = 120 * SECOND, .busy_pct = 10, .acts = true, .payback_s = 600},
		.look = {.now_ns = 1000 * SECOND,
			 .cpu_pct = 90,
			 .huge_known = true,
			 .succeeded = 7,
			 .lacked = 3,
			 .anon_bytes = 400 * MIB,
			 .execs = 2},
	};

	assert_false(benefit_step(&rig.benefit, &rig.config, &rig.look));
	return rig;
}

/* One second. Whether the verdict changed. */
static inline bool run_second(struct rig *rig)
{
	rig->look.now_ns += SECOND;
	return benefit_step(&rig->benefit, &rig->config, &rig->look);
}

/* How many seconds go by until the verdict changes; 0: it does not in @most. */
static inline unsigned int run_until_verdict(struct rig *rig, unsigned int most)
{
	for (unsigned int s = 1; s <= most; s++)
		if (run_second(rig))
			return s;
	return 0;
}

static inline void hot(struct rig *rig, uint64_t hot_mib, uint64_t huge_mib)
{
	rig->look.heat_known = true;
	rig->look.hot_bytes = hot_mib * MIB;
	rig->look.hot_huge_bytes = huge_mib * MIB;
}

static inline void park(struct rig *rig, enum descent_state state)
{
	rig->look.parked = true;
	rig->look.state = state;
}

static inline enum benefit_verdict verdict(const struct rig *rig)
{
	return rig->benefit.verdict;
}

#endif
