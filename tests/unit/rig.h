/* SPDX-License-Identifier: GPL-2.0 */
/* One descent, and the evidence that it is shown. */
#ifndef HOTDAMON_TESTS_RIG_H
#define HOTDAMON_TESTS_RIG_H

#include "cm.h"

#include "decide/descent.h"

#define SECOND 1000000000ULL
#define MIB    1048576ULL

/* 20 samples an aggregation: 18 16 14 12 10 9 8 7 6 5 4 3 2 1. */
struct rig {
	struct descent_config config;
	struct descent descent;
	struct descent_evidence evidence;
};

static inline struct rig rig_new(void)
{
	struct rig rig = {.evidence = {.now_ns = 1000 * SECOND,
				       .applies = 70,
				       .succeeded = 9,
				       .execs = 4,
				       .anon_bytes = 400 * MIB}};
	struct descent_levels levels;

	assert_int_equal(descent_levels_build(5000, 100000, &levels), 0);
	descent_config_init(&rig.config, &levels);
	return rig;
}

static inline struct rig rig_started(void)
{
	struct rig rig = rig_new();

	descent_start(&rig.descent, &rig.config, &rig.evidence);
	return rig;
}

/* With a map: by what pays. */
static inline struct rig rig_by_worth(void)
{
	struct rig rig = rig_new();

	descent_config_by_map(&rig.config, 600);
	descent_start(&rig.descent, &rig.config, &rig.evidence);
	return rig;
}

static inline unsigned int look(struct rig *rig)
{
	char before[REASON_LEN];
	unsigned int changed, state_like;

	memcpy(before, rig->descent.reason, sizeof(before));
	changed = descent_step(&rig->descent, &rig->config, &rig->evidence);
	state_like = changed & ~(unsigned int)DESCENT_FIRST_SUCCESS;
	if (state_like)
		assert_string_not_equal(rig->descent.reason, before); /* a reason at each change */
	return changed;
}

/* So much later, with so many more applies. */
static inline unsigned int later(struct rig *rig, double seconds, unsigned int applies)
{
	rig->evidence.now_ns += (uint64_t)(seconds * 1e9);
	rig->evidence.applies += applies;
	return look(rig);
}

static inline unsigned int collapse(struct rig *rig, unsigned int n)
{
	rig->evidence.succeeded += n;
	return later(rig, 0.1, 1);
}

static inline void set_heat(struct rig *rig, uint64_t hot_bytes, uint64_t huge_bytes)
{
	rig->evidence.heat_known = rig->evidence.hot_huge_known = true;
	rig->evidence.hot_bytes = hot_bytes;
	rig->evidence.hot_huge_bytes = huge_bytes;
}

static inline void assert_is(const struct rig *rig, enum descent_state state, unsigned int level, bool acting)
{
	if (rig->descent.state != state || rig->descent.level != level ||
	    descent_acts(&rig->descent) != acting)
		fail_msg("%s at level %u, acting %d: %s", descent_state_name(rig->descent.state),
			 rig->descent.level, descent_acts(&rig->descent), rig->descent.reason);
}

/* To HOLDING at @level, by one collapse. */
static inline struct rig rig_holding(unsigned int level)
{
	struct rig rig = rig_started();

	while (rig.descent.level < level)
		later(&rig, 2, 5);
	collapse(&rig, 1);
	assert_is(&rig, DESCENT_HOLDING, level, true);
	return rig;
}

static inline struct rig rig_satisfied(void)
{
	struct rig rig = rig_holding(2);

	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_SATISFIED, 2, false);
	return rig;
}

static inline struct rig rig_floor(void)
{
	struct rig rig = rig_started();

	for (unsigned int i = 0; i < rig.config.levels.n; i++)
		later(&rig, 2, 5);
	assert_is(&rig, DESCENT_FLOOR, rig.config.levels.n - 1, false);
	return rig;
}

#endif
