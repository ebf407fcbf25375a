// SPDX-License-Identifier: GPL-2.0
#include "cmd/run_finish.h"

#include <inttypes.h>

#include "base/units.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"

static void check_together(const struct argp_state *state, const struct run_options *o)
{
	if (o->sample_us > o->aggr_us)
		cli_fail(state, "--sample-us %" PRIu64 " is above --aggr-us %" PRIu64, o->sample_us,
			 o->aggr_us);
	if (o->aggr_us > o->update_us)
		cli_fail(state, "--aggr-us %" PRIu64 " is above --update-us %" PRIu64, o->aggr_us,
			 o->update_us);
	if (o->max_regions && o->min_regions > o->max_regions)
		cli_fail(state, "--min-regions %" PRIu64 " is above --max-regions %" PRIu64, o->min_regions,
			 o->max_regions);
	if (o->quota_ms > o->quota_reset_ms)
		cli_fail(state, "--quota-ms %" PRIu64 " is above --quota-reset-ms %" PRIu64, o->quota_ms,
			 o->quota_reset_ms);
	if (o->quota_bytes && o->quota_bytes < PMD_SIZE_BYTES)
		cli_fail(state, "--quota-bytes %" PRIu64 " is less than one huge page of %llu bytes",
			 o->quota_bytes, PMD_SIZE_BYTES);
	if (o->duration_s > 0 && o->duration_s < o->interval_s)
		cli_fail(state, "--duration %g is below --interval %g: no tick would be", o->duration_s,
			 o->interval_s);
}

static void take_state_dir(struct run_options *options)
{
	options->unheld = options->executor == EXECUTOR_DRY_RUN && !options->state_dir;
	if (!options->state_dir)
		options->state_dir = DEFAULT_STATE_DIR;
}

void run_options_finish(const struct argp_state *state, struct run_options *options)
{
	take_state_dir(options);
	check_together(state, options);
}
