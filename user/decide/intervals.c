// SPDX-License-Identifier: GPL-2.0
#include "decide/intervals.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "decide/reason.h"

#define OVER_WINDOWS  2
#define CALM_WINDOWS  3U
#define CALM_SHARE    0.6
#define MAX_REVERSALS 8

static const unsigned int factors[] = {1, 4, 20, 80};

#define RUNGS (sizeof(factors) / sizeof(factors[0]))

static unsigned int last_rung_within(const struct intervals_config *config, uint64_t most_aggr_us)
{
	unsigned int rung = RUNGS - 1;

	while (rung && config->aggr_us > most_aggr_us / factors[rung])
		rung--;
	return rung;
}

static unsigned int last_rung(const struct intervals_config *config)
{
	return last_rung_within(config, INTERVALS_MAX_AGGR_US);
}

static unsigned int max_economy(const struct intervals *intervals, const struct intervals_config *config)
{
	return last_rung(config) + (intervals->by_slot ? INTERVALS_MAX_DOUBLINGS : INTERVALS_MAX_HALVINGS);
}

static unsigned int higher(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* The rung below which economy does not go. */
static unsigned int needed_step(const struct intervals *intervals)
{
	return higher(intervals->sight_step, intervals->crowd_step);
}

/* Sets what follows from the steps; whether that is another thing than before. */
static bool apply(struct intervals *intervals, const struct intervals_config *config, bool works)
{
	unsigned int last = last_rung(config), economy = works ? 0 : intervals->economy_step;
	unsigned int rung = higher(economy, needed_step(intervals));
	unsigned int beyond = economy > last ? economy - last : 0;
	unsigned int doublings = 0;
	const struct intervals before = *intervals;

	if (rung > last)
		rung = last;
	if (intervals->by_slot) {
		doublings = beyond < INTERVALS_MAX_DOUBLINGS ? beyond : INTERVALS_MAX_DOUBLINGS;
		beyond = 0;
	}
	intervals->halvings = beyond;
	intervals->sample_us = (config->sample_us * factors[rung]) << doublings;
	intervals->aggr_us = (config->aggr_us * factors[rung]) << doublings;
	intervals->update_us =
		config->update_us > intervals->aggr_us ? config->update_us : intervals->aggr_us;
	return intervals->sample_us != before.sample_us || intervals->halvings != before.halvings;
}

void intervals_start(struct intervals *intervals, const struct intervals_config *config, uint64_t now_ns)
{
	*intervals = (struct intervals){.changed_ns = now_ns};
	apply(intervals, config, true);
}

bool intervals_differ(const struct intervals *intervals, const struct intervals_config *config)
{
	return intervals->sample_us != config->sample_us || intervals->halvings;
}

static bool is_blind(const struct intervals *intervals, const struct intervals_config *config,
		     const struct intervals_look *look)
{
	unsigned int blind_pct = intervals->sight_step ? INTERVALS_DIM_PCT : INTERVALS_BLIND_PCT;

	return look->searches && (look->at_bottom || look->min_access_pct <= blind_pct) && look->heat_known &&
	       look->hot_bytes < PMD_SIZE_BYTES && look->cpu_pct >= config->busy_pct;
}

static void say_blind(struct intervals *intervals, const struct intervals_look *look, uint64_t sample_us,
		      uint64_t aggr_us)
{
	reason_write(intervals->sight_reason,
		     "nothing hot at %u %% with samples of %g ms in %g ms, though it uses %.0f %% of a CPU: "
		     "%g ms in %g ms instead",
		     look->min_access_pct, (double)sample_us / 1000, (double)aggr_us / 1000, look->cpu_pct,
		     (double)intervals->sample_us / 1000, (double)intervals->aggr_us / 1000);
	memcpy(intervals->reason, intervals->sight_reason, sizeof(intervals->reason));
}

static unsigned int see_more(struct intervals *intervals, const struct intervals_config *config,
			     const struct intervals_look *look)
{
	uint64_t sample_us = intervals->sample_us, aggr_us = intervals->aggr_us;

	if (intervals->sight_step >= last_rung(config) || !is_blind(intervals, config, look))
		return 0;
	intervals->sight_step++;
	if (!apply(intervals, config, look->works))
		return 0; /* economy has it that long already */
	intervals->changed_ns = look->now_ns;
	say_blind(intervals, look, sample_us, aggr_us);
	return INTERVALS_CHANGED | INTERVALS_SAY | INTERVALS_LOOK_ANEW;
}

/* The first rung with which so many regions are no more looks a second than a target may have. */
static unsigned int crowd_rung(const struct intervals_config *config, uint64_t regions)
{
	unsigned int rung = 0, last = last_rung(config);

	while (rung < last && regions > (uint64_t)INTERVALS_REGIONS * factors[rung])
		rung++;
	return rung;
}

/* One that is no slot is split, as long as there are no more than half of the maximum. */
static uint64_t most_regions(const struct intervals_look *look)
{
	return look->by_slot ? look->min_regions : look->max_regions;
}

static void say_crowd(struct intervals *intervals, uint64_t regions)
{
	reason_write(intervals->sight_reason,
		     "%" PRIu64 " regions are looked at with samples of %g ms in %g ms", regions,
		     (double)intervals->sample_us / 1000, (double)intervals->aggr_us / 1000);
	memcpy(intervals->reason, intervals->sight_reason, sizeof(intervals->reason));
}

/* Back only where a third more regions would allow it too: memory that comes and goes changes nothing. */
static unsigned int fit_crowd(struct intervals *intervals, const struct intervals_config *config,
			      const struct intervals_look *look)
{
	uint64_t regions = most_regions(look);
	unsigned int step = crowd_rung(config, regions);

	if (step < intervals->crowd_step)
		step = crowd_rung(config, regions + regions / 3);
	if (step == intervals->crowd_step)
		return 0;
	intervals->crowd_step = step;
	if (!apply(intervals, config, look->works))
		return 0; /* they are that long already */
	intervals->changed_ns = look->now_ns;
	say_crowd(intervals, regions);
	return INTERVALS_CHANGED | INTERVALS_SAY;
}

/* +1: longer samples tell more; -1: shorter ones do; 0: these are right, or it is too soon to say. */
static int fits_badly(const struct intervals *intervals, const struct intervals_config *config,
		      const struct intervals_look *look)
{
	uint64_t lasted_ns = look->now_ns - intervals->changed_ns;

	if (lasted_ns < INTERVALS_FIT_NS ||
	    lasted_ns < INTERVALS_FIT_AGGREGATIONS * intervals->aggr_us * NS_PER_US)
		return 0;
	if (look->in_use_bytes < PMD_SIZE_BYTES)
		return look->cpu_pct >= config->busy_pct;
	if (look->share < INTERVALS_DIM_SHARE)
		return 1;
	return look->share > INTERVALS_BRIGHT_SHARE ? -1 : 0;
}

static void say_fit(struct intervals *intervals, const struct intervals_look *look, uint64_t sample_us)
{
	reason_write(intervals->sight_reason,
		     "%" PRIu64 " MiB in use read %.0f %% with samples of %g ms: %g ms in %g ms instead",
		     bytes_to_mib(look->in_use_bytes), 100 * look->share, (double)sample_us / 1000,
		     (double)intervals->sample_us / 1000, (double)intervals->aggr_us / 1000);
	memcpy(intervals->reason, intervals->sight_reason, sizeof(intervals->reason));
}

/* The first rung from @step on with which what is in use should read no longer dim. */
static unsigned int bright_rung(const struct intervals *intervals, const struct intervals_config *config,
				const struct intervals_look *look)
{
	unsigned int step = intervals->sight_step + 1;
	unsigned int last = last_rung_within(config, INTERVALS_MAX_FIT_AGGR_US);
	double missed = log1p(-look->share) / (double)intervals->sample_us; /* per us, as a logarithm */

	while (step < last &&
	       1 - exp(missed * (double)(config->sample_us * factors[step])) < INTERVALS_DIM_SHARE)
		step++;
	return step < last ? step : last;
}

/* The samples are fitted to what is in use, and what only costs is left to the economy. */
static unsigned int fit(struct intervals *intervals, const struct intervals_config *config,
			const struct intervals_look *look)
{
	int wanted = fits_badly(intervals, config, look);
	unsigned int step = intervals->sight_step;
	uint64_t sample_us = intervals->sample_us;

	if (wanted > 0 && step < last_rung_within(config, INTERVALS_MAX_FIT_AGGR_US))
		step = bright_rung(intervals, config, look);
	else if (wanted < 0 && step > 0)
		step--;
	if (step == intervals->sight_step)
		return 0;
	intervals->sight_step = step;
	if (!apply(intervals, config, look->works))
		return 0; /* economy has it that long already */
	intervals->changed_ns = look->now_ns;
	say_fit(intervals, look, sample_us);
	return INTERVALS_CHANGED | INTERVALS_SAY;
}

/* How much dearer the step before is: samples are taken so much more often, or of twice the regions. */
static double dearer_by(unsigned int economy, const struct intervals_config *config)
{
	if (economy > last_rung(config))
		return 2;
	return (double)factors[economy] / factors[economy - 1];
}

static void count_window(struct intervals *intervals, const struct intervals_config *config, double cost_pct)
{
	unsigned int economy = intervals->economy_step;
	bool back = economy > needed_step(intervals);
	bool calm = back && cost_pct * dearer_by(economy, config) < config->monitor_cpu_pct * CALM_SHARE;

	intervals->nr_over = cost_pct > config->monitor_cpu_pct ? intervals->nr_over + 1 : 0;
	intervals->nr_calm = calm ? intervals->nr_calm + 1 : 0;
}

static const char *const shares[] = {"all", "1/2", "1/4", "1/8", "1/16"};

static void say_economy(struct intervals *intervals, const struct intervals_config *config,
			const struct intervals_look *look, bool dearer)
{
	reason_write(
		intervals->economy_reason,
		"its kdamond uses %.2f %% of a CPU, %s %g %%: samples of %g ms in %g ms, %s of its regions",
		look->cost_pct, dearer ? "above" : "far below", config->monitor_cpu_pct,
		(double)intervals->sample_us / 1000, (double)intervals->aggr_us / 1000,
		shares[intervals->halvings]);
	memcpy(intervals->reason, intervals->economy_reason, sizeof(intervals->reason));
}

static void say_dear_for_good(struct intervals *intervals, const struct intervals_config *config,
			      const struct intervals_look *look)
{
	reason_write(intervals->economy_reason,
		     "its kdamond uses %.2f %% of a CPU, above %g %%, with samples of %g ms and %s of its "
		     "regions: it cannot be made cheaper",
		     look->cost_pct, config->monitor_cpu_pct, (double)intervals->sample_us / 1000,
		     shares[intervals->halvings]);
	memcpy(intervals->reason, intervals->economy_reason, sizeof(intervals->reason));
}

static unsigned int change_economy(struct intervals *intervals, const struct intervals_config *config,
				   const struct intervals_look *look, unsigned int economy)
{
	bool dearer = economy > intervals->economy_step;

	if (dearer && intervals->stepped_back && intervals->nr_reversals < MAX_REVERSALS)
		intervals->nr_reversals++;
	intervals->stepped_back = !dearer;
	intervals->economy_step = economy;
	intervals->nr_over = intervals->nr_calm = 0;
	intervals->changed_ns = look->now_ns;
	apply(intervals, config, look->works);
	say_economy(intervals, config, look, dearer);
	return INTERVALS_CHANGED | INTERVALS_SAY;
}

static unsigned int economise(struct intervals *intervals, const struct intervals_config *config,
			      const struct intervals_look *look)
{
	unsigned int economy = intervals->economy_step;

	if (look->works) { /* what it costs is the collapsing, in the window in which it ends as well */
		intervals->changed_ns = look->now_ns;
		intervals->nr_over = intervals->nr_calm = 0;
	}
	if (config->monitor_cpu_pct <= 0 || !look->cost_known ||
	    look->now_ns - intervals->changed_ns < INTERVALS_GRACE_NS)
		return 0;
	count_window(intervals, config, look->cost_pct);
	economy = higher(economy, needed_step(intervals));
	if (intervals->nr_over >= OVER_WINDOWS && economy < max_economy(intervals, config))
		return change_economy(intervals, config, look, economy + 1);
	if (intervals->nr_over == OVER_WINDOWS) {
		say_dear_for_good(intervals, config, look);
		return INTERVALS_SAY;
	}
	if (intervals->nr_calm >= CALM_WINDOWS << intervals->nr_reversals)
		return change_economy(intervals, config, look, economy - 1);
	return 0;
}

/* What can be halved can be halved more often than doubled: steps that do nothing would have to be taken back. */
static void note_by_slot(struct intervals *intervals, const struct intervals_config *config, bool by_slot)
{
	unsigned int most;

	intervals->by_slot = by_slot;
	most = max_economy(intervals, config);
	if (intervals->economy_step > most)
		intervals->economy_step = most;
}

unsigned int intervals_step(struct intervals *intervals, const struct intervals_config *config,
			    const struct intervals_look *look)
{
	unsigned int changed;

	note_by_slot(intervals, config, look->by_slot);
	changed = fit_crowd(intervals, config, look);
	if (!changed)
		changed = look->mapped ? fit(intervals, config, look) : see_more(intervals, config, look);
	if (!changed)
		changed = economise(intervals, config, look);
	if (apply(intervals, config, look->works)) { /* it began, or ceased, to work */
		memcpy(intervals->reason, look->works ? intervals->sight_reason : intervals->economy_reason,
		       sizeof(intervals->reason));
		changed |= INTERVALS_CHANGED;
	}
	return changed;
}

uint64_t intervals_affordable(const struct intervals *intervals, uint64_t regions, uint64_t least)
{
	uint64_t fewer = regions >> intervals->halvings;

	return fewer > least ? fewer : least;
}

uint64_t intervals_heat_apply_us(uint64_t aggr_us, bool tells_huge)
{
	return tells_huge && aggr_us < US_PER_S ? US_PER_S : aggr_us;
}

double intervals_busy_pct(double min_cpu_pct)
{
	return min_cpu_pct > 1 ? min_cpu_pct : 1;
}
