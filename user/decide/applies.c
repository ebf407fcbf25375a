// SPDX-License-Identifier: GPL-2.0
#include "decide/applies.h"

#include "base/units.h"

void applies_start(struct applies *applies, uint64_t aggr_us)
{
	*applies = (struct applies){.aggr_us = aggr_us};
}

void applies_take(struct applies *applies, struct applies_count count, bool counts_applies)
{
	applies->now = count;
	applies->reckoned = !counts_applies;
}

void applies_work(struct applies *applies, uint64_t ns)
{
	applies->acting_ns += ns;
}

void applies_new_kdamond(struct applies *applies)
{
	applies->past.applies += applies->now.applies;
	applies->past.quota_exceeds += applies->now.quota_exceeds;
	applies->now = (struct applies_count){0};
}

static uint64_t reckoned(const struct applies *applies)
{
	return applies->past_reckoned + applies->acting_ns / (applies->aggr_us * NS_PER_US);
}

void applies_new_aggregation(struct applies *applies, uint64_t aggr_us)
{
	applies->past_reckoned = reckoned(applies);
	applies->acting_ns = 0;
	applies->aggr_us = aggr_us;
}

uint64_t applies_sum(const struct applies *applies)
{
	return applies->reckoned ? reckoned(applies) : applies->past.applies + applies->now.applies;
}

uint64_t applies_quota_exceeds(const struct applies *applies)
{
	return applies->past.quota_exceeds + applies->now.quota_exceeds;
}
