// SPDX-License-Identifier: GPL-2.0
#include "decide/worth.h"

#include "base/units.h"

double worth_least_rate_per_s(const struct worth_config *config)
{
	return config->collapse_ns / (config->miss_ns * (double)config->payback_s);
}

double worth_saved_pct(const struct worth_config *config, double rate_per_s)
{
	return 100.0 * rate_per_s * config->miss_ns / NS_PER_S;
}

double worth_payback_s(double spent_ns, double saved_pct)
{
	return saved_pct > 0 ? spent_ns / NS_PER_S * 100 / saved_pct : -1;
}
