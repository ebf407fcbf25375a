// SPDX-License-Identifier: GPL-2.0
#include "daemon/options.h"

#include <math.h>

#include "base/units.h"

#define STEP_MAX_NS NS_PER_S

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
