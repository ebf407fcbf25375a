// SPDX-License-Identifier: GPL-2.0
#include "base/units.h"
#include "decide/descent_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "decide/reason.h"

#define HEAT_WAIT_LEVELS 3 /* so many times level_ns a level waits for its heat to be measured */

unsigned int descent_min_access_pct(const struct descent *descent, const struct descent_config *config)
{
	const struct descent_levels *levels = &config->levels;

	if (!descent->found)
		return levels->pct[descent->level];
	return (unsigned int)(levels->hold[descent->level] * 100ULL / levels->max_accesses);
}

unsigned int descent_min_accesses(const struct descent *descent, const struct descent_config *config)
{
	const struct descent_levels *levels = &config->levels;

	return descent->found ? levels->hold[descent->level] : levels->accesses[descent->level];
}

static uint64_t level_lasted_applies(const struct descent *descent, const struct descent_evidence *evidence)
{
	return evidence->applies - descent->level_applies_base;
}

static uint64_t dry_lasted_ns(const struct descent *descent, const struct descent_evidence *evidence)
{
	return evidence->now_ns - descent->last_success_ns;
}

static uint64_t dry_lasted_applies(const struct descent *descent, const struct descent_evidence *evidence)
{
	return evidence->applies - descent->last_success_applies;
}

/* "none in 10 s and 20 applies at 70 % (14 of 20)" */
static struct part dry_part(const struct descent *descent, const struct descent_config *config,
			    const struct descent_evidence *evidence)
{
	struct part part, level = descent_level_part(config, descent->level);

	snprintf(part.text, sizeof(part.text), "none in %" PRIu64 " s and %" PRIu64 " applies at %.40s",
		 dry_lasted_ns(descent, evidence) / NS_PER_S, dry_lasted_applies(descent, evidence),
		 level.text);
	return part;
}

static void enter_level(struct descent *descent, unsigned int level, const struct descent_evidence *evidence)
{
	descent->state = DESCENT_DESCENDING;
	descent->level = level;
	descent->found = false;
	descent->level_since_ns = evidence->now_ns;
	descent->level_applies_base = evidence->applies;
	descent->level_succeeded = 0;
	descent_forget_heat(descent);
}

/* Dryness counts from here. */
static void mark_success(struct descent *descent, const struct descent_evidence *evidence)
{
	descent->last_success_ns = evidence->now_ns;
	descent->last_success_applies = evidence->applies;
	descent_forget_heat(descent);
}

static void park(struct descent *descent, enum descent_state state, const struct descent_evidence *evidence)
{
	descent->state = state;
	descent->probing = false;
	descent->parked_since_ns = evidence->now_ns;
	descent->parked_anon_bytes = evidence->anon_bytes;
	descent->parked_small_bytes = heat_small_bytes(descent_heat_on_average(descent, evidence));
	descent->news_looks = 0;
}

void descent_hold(struct descent *descent, const struct descent_evidence *evidence)
{
	descent->state = DESCENT_HOLDING;
	descent->parked_since_ns = 0;
	mark_success(descent, evidence);
}

void descent_restart(struct descent *descent, const struct descent_config *config,
		     const struct descent_evidence *evidence, const char *why)
{
	struct part level = descent_level_part(config, 0);

	*descent = (struct descent){
		.succeeded_base = evidence->succeeded,
		.execs = evidence->execs,
	};
	enter_level(descent, 0, evidence);
	mark_success(descent, evidence);
	reason_write(descent->reason, "%s: starts at %s", why, level.text);
}

void descent_start(struct descent *descent, const struct descent_config *config,
		   const struct descent_evidence *evidence)
{
	descent_restart(descent, config, evidence, "newly watched");
}

/*
 * The first level below the present threshold: what a hold took in is no step any more. levels.n: there
 * is none.
 */
static unsigned int next_level(const struct descent *descent, const struct descent_config *config)
{
	unsigned int level = descent->level + 1;

	while (level < config->levels.n &&
	       config->levels.accesses[level] >= descent_min_accesses(descent, config))
		level++;
	return level;
}

static bool is_hot_and_small(const struct descent_evidence *evidence)
{
	return evidence->heat_known && heat_small_bytes(descent_heat_now(evidence)) >= PMD_SIZE_BYTES;
}

/* Nothing acts, so hot memory stays small: that is what a collapse would have taken. */
static bool would_collapse(const struct descent_config *config, const struct descent_evidence *evidence)
{
	return config->heat_is_evidence && is_hot_and_small(evidence);
}

/* What is hot and small may just wait for the quota's next window. */
static bool waits_for_quota(const struct descent *descent, const struct descent_config *config,
			    const struct descent_evidence *evidence, uint64_t lasted_ns)
{
	return lasted_ns < evidence->quota_reset_ns &&
	       heat_some_small(config, descent_heat_on_average(descent, evidence));
}

/* Huge memory says nothing of what is hot below, but where the walk ends there. */
static bool heat_ends_walk(const struct descent *descent, const struct descent_config *config)
{
	if (config->progressive)
		return descent_is_at_bottom(descent, config);
	return descent_min_access_pct(descent, config) <= DESCENT_HOT_PCT;
}

static bool waits_for_heat(const struct descent *descent, const struct descent_config *config,
			   const struct descent_evidence *evidence, uint64_t lasted_ns)
{
	return evidence->hot_huge_known && !descent->heat_looks && heat_ends_walk(descent, config) &&
	       lasted_ns < HEAT_WAIT_LEVELS * config->level_ns;
}

/* A level at which nothing is hot has nothing to collapse, however often it is applied: with long intervals that counts. */
static bool looked_enough(const struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence)
{
	bool nothing_hot =
		evidence->heat_known && descent_heat_on_average(descent, evidence).hot_bytes < PMD_SIZE_BYTES;

	return level_lasted_applies(descent, evidence) >= config->level_applies ||
	       (descent->level > 0 && nothing_hot);
}

/* What is tried or was kept from it is no reason to take colder memory, or to give up. */
static bool waits_for_tries(const struct descent_evidence *evidence)
{
	return evidence->held_up || evidence->collapsible_bytes >= PMD_SIZE_BYTES;
}

static bool level_lasted(const struct descent *descent, const struct descent_config *config,
			 const struct descent_evidence *evidence)
{
	uint64_t lasted_ns = evidence->now_ns - descent->level_since_ns;

	if (waits_for_tries(evidence) || (descent->level == 0 && lasted_ns < config->settle_ns))
		return false;
	if (lasted_ns < config->level_ns || !looked_enough(descent, config, evidence))
		return false;
	/* Before the first collapse nothing has been charged yet, or what failed, and that is no reason to wait. */
	if (descent->succeeded && waits_for_quota(descent, config, evidence, lasted_ns))
		return false;
	return !waits_for_heat(descent, config, evidence, lasted_ns);
}

static bool is_dry(const struct descent *descent, const struct descent_config *config,
		   const struct descent_evidence *evidence)
{
	uint64_t lasted_ns = dry_lasted_ns(descent, evidence);

	return lasted_ns >= config->dry_ns && dry_lasted_applies(descent, evidence) >= config->dry_applies &&
	       !waits_for_quota(descent, config, evidence, lasted_ns) && !waits_for_tries(evidence);
}

/* At a level that nothing collapsed at. Where nothing is hot at all, only what collapsed before is a success. */
static bool all_is_huge(const struct descent *descent, const struct descent_config *config,
			const struct descent_evidence *evidence)
{
	struct heat heat = descent_heat_on_average(descent, evidence);
	bool something = heat.hot_bytes >= PMD_SIZE_BYTES || (config->progressive && descent->succeeded);

	return heat_ends_walk(descent, config) && heat_nothing_small(config, heat) && something;
}

/* "holding, 10 of 20 and up is of the same heat" */
static struct part hold_part(const struct descent *descent, const struct descent_config *config)
{
	struct part part = {"holding"};

	if (config->by_worth)
		return part;
	snprintf(part.text, sizeof(part.text), "holding; %u of %u and up is of the same heat",
		 descent_min_accesses(descent, config), config->levels.max_accesses);
	return part;
}

/* @collapses: of this look; 0 with heat as the only evidence. */
void descent_start_holding(struct descent *descent, const struct descent_config *config,
			   const struct descent_evidence *evidence, uint64_t collapses)
{
	struct part level = descent_level_part(config, descent->level);
	const char *first = descent->succeeded == collapses ? "first " : "";
	struct part held;

	descent_hold(descent, evidence);
	descent->found = true;
	descent->probing = false;
	held = hold_part(descent, config);
	if (!collapses)
		reason_write(descent->reason,
			     "%" PRIu64 " MiB hot at %.40s are small and would be collapsed: %.80s",
			     bytes_to_mib(heat_small_bytes(descent_heat_now(evidence))), level.text,
			     held.text);
	else if (collapses == 1)
		reason_write(descent->reason, "%sreal collapse at %.40s: %.80s", first, level.text,
			     held.text);
	else
		reason_write(descent->reason, "%sreal collapses (%" PRIu64 ") at %.40s: %.80s", first,
			     collapses, level.text, held.text);
}

bool descent_is_at_bottom(const struct descent *descent, const struct descent_config *config)
{
	return next_level(descent, config) >= config->levels.n;
}

/* A whole walk that found something, and not all: a probe at its last level will do. */
static void park_walked(struct descent *descent, const struct descent_config *config,
			const struct descent_evidence *evidence)
{
	struct part level = descent_level_part(config, descent->level),
		    failures = descent_failures_part(evidence);
	uint64_t small = heat_small_bytes(descent_heat_on_average(descent, evidence));

	park(descent, DESCENT_HOLDING, evidence);
	if (config->by_worth)
		reason_write(descent->reason, "%" PRIu64 " MiB that pay stay small: parked%s",
			     bytes_to_mib(small), failures.text);
	else
		reason_write(descent->reason,
			     "%" PRIu64 " collapsed down to the lowest level %s; %" PRIu64
			     " MiB %s stay small: parked%s",
			     descent->succeeded, level.text, bytes_to_mib(small), descent_hot_word(config),
			     failures.text);
}

static void reach_floor(struct descent *descent, const struct descent_config *config,
			const struct descent_evidence *evidence)
{
	struct part level = descent_level_part(config, descent->level),
		    failures = descent_failures_part(evidence);

	park(descent, DESCENT_FLOOR, evidence);
	if (config->by_worth)
		reason_write(descent->reason, "nothing pays so far: parked%s", failures.text);
	else if (config->heat_is_evidence)
		reason_write(descent->reason, "nothing hot and small down to the lowest level %s: parked",
			     level.text);
	else if (descent->succeeded)
		reason_write(descent->reason,
			     "lowest level %s: none collapsed, %" PRIu64 " did on the way: parked%s",
			     level.text, descent->succeeded, failures.text);
	else
		reason_write(descent->reason, "nothing collapsed down to the lowest level %s: parked%s",
			     level.text, *failures.text ? failures.text : "; no failure was seen either");
}

static void go_down(struct descent *descent, const struct descent_config *config,
		    const struct descent_evidence *evidence)
{
	struct part from = descent_level_part(config, descent->level), to,
		    failures = descent_failures_part(evidence);
	const char *missing = config->heat_is_evidence ? "nothing hot and small" : "no real collapse";
	uint64_t applies = level_lasted_applies(descent, evidence);
	unsigned int next = next_level(descent, config);

	if (next >= config->levels.n) {
		if ((descent->succeeded || config->by_worth) &&
		    heat_some_small(config, descent_heat_on_average(descent, evidence)))
			park_walked(descent, config, evidence);
		else
			reach_floor(descent, config, evidence);
		return;
	}
	enter_level(descent, next, evidence);
	to = descent_level_part(config, descent->level);
	reason_write(descent->reason, "%s at %.40s in %" PRIu64 " applies: down to %.40s%.80s", missing,
		     from.text, applies, to.text, failures.text);
}

/* What is huge is most of what is hot; else it is crumbs beside what is left alone. */
static enum descent_state state_of_all_huge(const struct descent_evidence *evidence, struct heat heat)
{
	return heat.huge_bytes < evidence->left_alone * PMD_SIZE_BYTES ? DESCENT_HOLDING : DESCENT_SATISFIED;
}

static void park_all_huge(struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence)
{
	struct part level = descent_level_part(config, descent->level);
	struct heat heat = descent_heat_on_average(descent, evidence);
	uint64_t hot = bytes_to_mib(heat.hot_bytes), huge = bytes_to_mib(heat.huge_bytes);
	struct part left = descent_left_part(evidence);

	park(descent, state_of_all_huge(evidence, heat), evidence);
	if (descent->succeeded)
		reason_write(descent->reason,
			     "%" PRIu64 " collapsed, and %s is left small down to %s: %" PRIu64 " of %" PRIu64
			     " MiB %s are huge%s: parked",
			     descent->succeeded, config->by_worth ? "next to nothing" : "nothing hot",
			     level.text, huge, hot, descent_hot_word(config), left.text);
	else
		reason_write(descent->reason,
			     "all is huge at %s: %" PRIu64 " of %" PRIu64 " MiB %s%s: parked", level.text,
			     huge, hot, descent_hot_word(config), left.text);
}

/* That nothing surely pays yet does not mean that nothing does. */
static bool learns(const struct descent *descent, const struct descent_config *config,
		   const struct descent_evidence *evidence)
{
	if (evidence->left_alone || evidence->barred)
		return false; /* what is hot is known already, and left alone */
	return config->by_worth && evidence->now_ns - descent->level_since_ns < config->learn_ns;
}

static void step_descending(struct descent *descent, const struct descent_config *config,
			    const struct descent_evidence *evidence, uint64_t collapses)
{
	if (collapses) {
		descent_start_holding(descent, config, evidence, collapses);
		return;
	}
	if (!level_lasted(descent, config, evidence))
		return;
	if (config->heat_is_evidence && is_hot_and_small(evidence))
		descent_start_holding(descent, config, evidence, 0);
	else if (all_is_huge(descent, config, evidence))
		park_all_huge(descent, config, evidence);
	else if (!learns(descent, config, evidence))
		go_down(descent, config, evidence);
}

static void park_dry(struct descent *descent, const struct descent_config *config,
		     const struct descent_evidence *evidence)
{
	struct part dry = dry_part(descent, config, evidence), failures = descent_failures_part(evidence);
	struct heat average = descent_heat_on_average(descent, evidence);
	struct part heat = descent_heat_part(config, average), left = descent_left_part(evidence);

	if (heat_some_small(config, average)) {
		park(descent, DESCENT_HOLDING, evidence);
		reason_write(descent->reason, "%" PRIu64 " MiB %s stay small%.70s; %.80s: parked",
			     bytes_to_mib(heat_small_bytes(average)), descent_hot_word(config), failures.text,
			     dry.text);
	} else {
		park(descent, state_of_all_huge(evidence, average), evidence);
		reason_write(descent->reason, "%" PRIu64 " collapsed, %.80s%.60s%.70s: parked",
			     descent->succeeded, dry.text, heat.text, left.text);
	}
}

static void step_holding(struct descent *descent, const struct descent_config *config,
			 const struct descent_evidence *evidence, uint64_t collapses)
{
	unsigned int next = next_level(descent, config);
	struct part dry, to;

	if (collapses || would_collapse(config, evidence)) {
		mark_success(descent, evidence);
		descent->probing = false;
		return;
	}
	if (!is_dry(descent, config, evidence))
		return;
	if (!config->progressive || descent->probing || next >= config->levels.n) {
		park_dry(descent, config, evidence);
		return;
	}
	dry = dry_part(descent, config, evidence);
	enter_level(descent, next, evidence);
	to = descent_level_part(config, descent->level);
	reason_write(descent->reason, "%" PRIu64 " collapsed, %.80s: down to %.40s", descent->succeeded,
		     dry.text, to.text);
}

/* The collapses since the last look. */
static uint64_t take_collapses(struct descent *descent, const struct descent_evidence *evidence)
{
	uint64_t collapses = evidence->succeeded - descent->succeeded_base;

	descent->succeeded_base = evidence->succeeded;
	descent->level_succeeded += collapses;
	descent->succeeded += collapses;
	return collapses;
}

static void step(struct descent *descent, const struct descent_config *config,
		 const struct descent_evidence *evidence)
{
	uint64_t collapses = take_collapses(descent, evidence);

	if (!descent_acts(descent)) {
		descent_step_parked(descent, config, evidence, collapses);
		return;
	}
	descent_note_heat(descent, evidence);
	if (descent->state == DESCENT_DESCENDING)
		step_descending(descent, config, evidence, collapses);
	else
		step_holding(descent, config, evidence, collapses);
}

static unsigned int changes(const struct descent *before, const struct descent *after)
{
	unsigned int changed = 0;

	if (before->level != after->level)
		changed |= DESCENT_CHANGED_LEVEL;
	if (descent_acts(before) != descent_acts(after))
		changed |= DESCENT_CHANGED_ACTING;
	if (before->state != after->state)
		changed |= DESCENT_CHANGED_STATE;
	if (!before->succeeded && after->succeeded)
		changed |= DESCENT_FIRST_SUCCESS;
	return changed;
}

unsigned int descent_step(struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence)
{
	const struct descent before = *descent;

	if (evidence->execs != descent->execs)
		descent_restart(descent, config, evidence, "exec, a new program");
	else
		step(descent, config, evidence);
	return changes(&before, descent);
}
