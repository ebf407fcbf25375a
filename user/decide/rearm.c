// SPDX-License-Identifier: GPL-2.0
#include "base/units.h"
#include "decide/descent_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "decide/reason.h"

#define GROWTH_MIN_BYTES (16 * MIB_BYTES)
#define GROWTH_SHARE	 8  /* an eighth */
#define HOTTER_LEAST_PCT 15 /* memory that got hotter by so much, and by half, is newly hot */
#define NEWS_LOOKS	 2
#define NEWS_SHARE	 4 /* a quarter */

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

void descent_note_small_heat(struct descent *descent, const struct descent_evidence *evidence)
{
	if (evidence->small_heat_known && evidence->small_heat_pct < descent->small_low_pct)
		descent->small_low_pct = evidence->small_heat_pct;
}

/* What was hot is huge, or is hot no more; now other memory is. What was warm all the time is no news. */
static bool hot_set_moved(const struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence)
{
	unsigned int now_pct = evidence->small_heat_pct, low_pct = descent->small_low_pct;

	return evidence->small_heat_known && low_pct <= 100 &&
	       2 * now_pct >= descent_min_access_pct(descent, config) &&
	       now_pct >= low_pct + HOTTER_LEAST_PCT && 2 * now_pct >= 3 * low_pct;
}

/* The hot set moved, or what was huge was split. One measure may be chance, and what stayed small at work is no news. */
static bool small_got_hot(struct descent *descent, const struct descent_evidence *evidence)
{
	struct heat heat = descent_heat_now(evidence);
	uint64_t small = heat_small_bytes(heat), before = descent->parked_small_bytes;
	bool news = heat_small_known(heat) && small >= before + PMD_SIZE_BYTES &&
		    (small - before) * NEWS_SHARE >= heat.hot_bytes;

	if (evidence->heat_is_new)
		descent->news_looks = news ? descent->news_looks + 1 : 0;
	return descent->news_looks >= NEWS_LOOKS && descent->state != DESCENT_FLOOR &&
	       !evidence->small_heat_known;
}

void descent_step_parked(struct descent *descent, const struct descent_config *config,
			 const struct descent_evidence *evidence, uint64_t collapses)
{
	char why[PART_LEN];

	if (descent->state == DESCENT_FLOOR && collapses) {
		descent_start_holding(descent, config, evidence, collapses); /* it came late */
		return;
	}
	if (evidence->collapsible_bytes >= PMD_SIZE_BYTES) {
		snprintf(why, sizeof(why), "%" PRIu64 " MiB hot are small",
			 bytes_to_mib(evidence->collapsible_bytes));
		rearm(descent, config, evidence, false, why);
		return;
	}
	if (hot_set_moved(descent, config, evidence)) {
		snprintf(why, sizeof(why), "small memory got hot, from %u %% to %u %%",
			 descent->small_low_pct, evidence->small_heat_pct);
		descent_restart(descent, config, evidence, why);
		return;
	}
	if (small_got_hot(descent, evidence)) {
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
