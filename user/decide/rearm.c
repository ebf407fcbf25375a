// SPDX-License-Identifier: GPL-2.0
#include "base/units.h"
#include "decide/descent_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "decide/reason.h"

#define GROWTH_MIN_BYTES (16 * MIB_BYTES)
#define GROWTH_SHARE	 8 /* an eighth */
#define NEWS_LOOKS	 2
#define CRUMBS_NS	 (15 * NS_PER_S) /* crumbs wait for so long, to become more */
#define NEWS_SHARE	 4		 /* a quarter */

static bool has_grown(const struct descent *descent, const struct descent_evidence *evidence)
{
	uint64_t base = descent->parked_anon_bytes, grown;

	if (!base || evidence->anon_bytes <= base)
		return false;
	grown = evidence->anon_bytes - base;
	return grown >= GROWTH_MIN_BYTES && grown >= base / GROWTH_SHARE;
}

/* What is given back and taken again is new and small: growth counts from the least there was. */
static void note_shrinking(struct descent *descent, const struct descent_evidence *evidence)
{
	uint64_t base = descent->parked_anon_bytes;

	if (evidence->anon_bytes && (!base || evidence->anon_bytes < base))
		descent->parked_anon_bytes = evidence->anon_bytes;
}

/* @anew: from the top, whatever was reached. */
static void rearm(struct descent *descent, const struct descent_config *config,
		  const struct descent_evidence *evidence, bool anew, const char *why)
{
	struct part level = descent_level_part(config, descent->level);

	if (descent->state == DESCENT_FLOOR || anew) {
		descent_restart(descent, config, evidence, why);
		return;
	}
	descent_hold(descent, evidence);
	reason_write(descent->reason, "%s: works again at %s", why, level.text);
}

/* The hot set moved, or what was huge was split. One measure may be chance, and what stayed small at work is no news. */
static bool small_got_hot(struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence)
{
	struct heat heat = descent_heat_now(evidence);
	uint64_t small = heat_small_bytes(heat), before = descent->parked_small_bytes;
	bool news = heat_small_known(heat) && small >= before + PMD_SIZE_BYTES &&
		    (small - before) * NEWS_SHARE >= heat.hot_bytes;

	if (evidence->heat_is_new)
		descent->news_looks = news ? descent->news_looks + 1 : 0;
	return descent->news_looks >= NEWS_LOOKS && descent->state != DESCENT_FLOOR && !config->by_worth;
}

/* By worth there is a slot more that pays now and then: for few of many it does not begin anew each time. */
static bool wants_work(const struct descent *descent, const struct descent_config *config,
		       const struct descent_evidence *evidence)
{
	uint64_t bytes = evidence->collapsible_bytes;

	if (bytes < PMD_SIZE_BYTES)
		return false;
	return !config->by_worth || bytes * 100 >= evidence->hot_bytes * DESCENT_CRUMBS_PCT ||
	       evidence->now_ns - descent->parked_since_ns >= CRUMBS_NS;
}

void descent_step_parked(struct descent *descent, const struct descent_config *config,
			 const struct descent_evidence *evidence, uint64_t collapses)
{
	char why[PART_LEN];

	if (descent->state == DESCENT_FLOOR && collapses) {
		descent_start_holding(descent, config, evidence, collapses); /* it came late */
		return;
	}
	if (wants_work(descent, config, evidence)) {
		snprintf(why, sizeof(why), "%" PRIu64 " MiB %s are small",
			 bytes_to_mib(evidence->collapsible_bytes), descent_hot_word(config));
		rearm(descent, config, evidence, false, why);
		return;
	}
	if (small_got_hot(descent, config, evidence)) {
		snprintf(why, sizeof(why), "%" PRIu64 " MiB hot are small, %" PRIu64 " when it was parked",
			 bytes_to_mib(heat_small_bytes(descent_heat_now(evidence))),
			 bytes_to_mib(descent->parked_small_bytes));
		rearm(descent, config, evidence, config->progressive, why);
		return;
	}
	if (has_grown(descent, evidence)) {
		snprintf(why, sizeof(why), "anonymous memory grew from %" PRIu64 " to %" PRIu64 " MiB",
			 bytes_to_mib(descent->parked_anon_bytes), bytes_to_mib(evidence->anon_bytes));
		/* The level that a whole walk ended at is the coldest: new memory is taken hottest first again. */
		rearm(descent, config, evidence, config->progressive, why);
		return;
	}
	note_shrinking(descent, evidence);
	if (evidence->now_ns - descent->parked_since_ns < config->probe_ns)
		return;
	snprintf(why, sizeof(why), "probe after %" PRIu64 " s parked",
		 (evidence->now_ns - descent->parked_since_ns) / NS_PER_S);
	rearm(descent, config, evidence, false, why);
	descent->probing = true;
}
