// SPDX-License-Identifier: GPL-2.0
#include "decide/plan.h"

/* DAMON's target cannot be changed while it runs: another process or thread means another start. */
static bool same_target(const struct plan_seat *a, const struct plan_seat *b)
{
	return process_id_equal(a->id, b->id) && a->pid_target == b->pid_target;
}

static bool same_level(const struct plan_level *a, const struct plan_level *b)
{
	return a->min_accesses == b->min_accesses && a->acting == b->acting && a->quota_ms == b->quota_ms &&
	       a->quota_reset_ms == b->quota_reset_ms && a->min_regions == b->min_regions &&
	       a->max_regions == b->max_regions && a->sample_us == b->sample_us && a->aggr_us == b->aggr_us &&
	       a->update_us == b->update_us && a->ranges_version == b->ranges_version;
}

static bool needs(enum plan_kind kind, const struct plan_seat *have, const struct plan_seat *want)
{
	bool goes_on = have->watching && want->watching && same_target(have, want);

	switch (kind) {
	case PLAN_STOP:
		return have->watching && !goes_on;
	case PLAN_START:
		return want->watching && !goes_on;
	case PLAN_COMMIT:
		return goes_on && !same_level(&have->level, &want->level);
	}
	return false;
}

size_t plan_diff(const struct plan_seat *have, const struct plan_seat *want, size_t n,
		 struct plan_step *steps)
{
	static const enum plan_kind order[] = {PLAN_STOP, PLAN_START, PLAN_COMMIT};
	size_t n_steps = 0;

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (size_t i = 0; i < n; i++) {
			if (!needs(order[k], &have[i], &want[i]))
				continue;
			steps[n_steps] = (struct plan_step){.kind = order[k], .seat = (unsigned int)i};
			if (order[k] != PLAN_STOP)
				steps[n_steps].want = want[i];
			n_steps++;
		}
	}
	return n_steps;
}

uint64_t plan_stand_in_us(unsigned int n_seats)
{
	return US_PER_S / 50 * n_seats;
}
