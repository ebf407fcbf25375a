// SPDX-License-Identifier: GPL-2.0
/* How patient a descent is, by who looks at the evidence. */
#include "base/units.h"
#include "decide/descent.h"
#include "decide/worth.h"

void descent_config_init(struct descent_config *config, const struct descent_levels *levels)
{
	*config = (struct descent_config){
		.levels = *levels,
		.level_applies = 5,
		.level_ns = NS_PER_S,
		.settle_ns = 2 * NS_PER_S,
		.dry_ns = 10 * NS_PER_S,
		.dry_applies = 20,
		.probe_ns = 60 * NS_PER_S,
	};
}

void descent_config_by_map(struct descent_config *config, uint64_t payback_s)
{
	descent_levels_one(&config->levels);
	config->by_worth = true;
	config->progressive = false;
	config->learn_ns = payback_s * NS_PER_S / WORTH_SURE_SHARE;
	config->level_applies = 1;
	config->level_ns = 150 * NS_PER_MS;
	config->settle_ns = 0;
	config->dry_ns = 5 * NS_PER_S;
	config->dry_applies = 2;
	config->probe_ns = 3600 * NS_PER_S; /* it goes on by itself when the map shows something to do */
}

void descent_config_allow_for_steps(struct descent_config *config)
{
	config->level_ns -= config->level_ns / 8;
	config->settle_ns -= config->settle_ns / 8;
}
