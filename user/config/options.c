// SPDX-License-Identifier: GPL-2.0
#include "config/options.h"

#include <math.h>

#include "base/units.h"
#include "decide/benefit.h"
#include "decide/members.h"
#include "decide/pace.h"
#include "decide/user_share.h"
#include "decide/worth.h"

#define STEP_MAX_NS NS_PER_S

void run_options_init(struct run_options *options)
{
	*options = (struct run_options){
		.top = 3,
		.members = MEMBERS_DEFAULT,
		.max_seats = SEATS_DEFAULT,
		.user_share_pct = USER_SHARE_DEFAULT_PCT,
		.interval_s = 5,
		.rank_by = RANK_BY_USER,
		.min_cpu_pct = 10,
		.min_mem_bytes = 32 * MIB_BYTES,
		.executor = EXECUTOR_AUTO,
		.sample_us = 5000,
		.aggr_us = 100000,
		.update_us = 1000000,
		.min_regions = 10,
		.monitor_cpu_pct = 1,
		.trial_s = ns_to_s(BENEFIT_TRIAL_NS),
		.quota_ms = 10,
		.quota_reset_ms = 1000,
		.stall_budget_us = PACE_DEFAULT_BUDGET_US,
		.payback_s = WORTH_DEFAULT_PAYBACK_S,
		.room = {ROOM_MAX_GROWTH_PCT, ROOM_UNLIMITED},
		.state_dir = DEFAULT_STATE_DIR,
	};
}

static uint64_t interval_ns(const struct run_options *options)
{
	return (uint64_t)llround(options->interval_s * (double)NS_PER_S);
}

unsigned int run_steps_per_tick(const struct run_options *options)
{
	return (unsigned int)((interval_ns(options) + STEP_MAX_NS - 1) / STEP_MAX_NS);
}

uint64_t run_step_ns(const struct run_options *options)
{
	return interval_ns(options) / run_steps_per_tick(options);
}
