/* SPDX-License-Identifier: GPL-2.0 */
#include "decide/descent.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "decide/reason.h"

#define SECOND_NS	 ((uint64_t)1000000000)
#define GROWTH_MIN_BYTES (16 * MIB_BYTES)
#define GROWTH_SHARE	 8 /* an eighth */
#define BLIND_PCT                                                                                            \
	25 /* a walk does not pass this in one stride: what is seen there tells whether samples are too short */
#define HOTTER_LEAST_PCT 15 /* memory that got hotter by so much, and by half, is newly hot */
#define NEWS_LOOKS	 2
#define NEWS_SHARE	 4 /* a quarter */
#define PART_LEN	 96
#define HEAT_WAIT_LEVELS 3 /* so many times level_ns a level waits for its heat to be measured */

/* The RFC's schedule: by 10 above 50 %, by 5 above 15 %, by 1 down to 2 %. */
static unsigned int next_pct(unsigned int pct)
{
	if (pct > 50)
		return pct - 10;
	return pct > 15 ? pct - 5 : pct - 1;
}

/* By how much equal heat scatters; descent_min_access_pct() says why so. */
static unsigned int hold_accesses(unsigned int accesses, unsigned int max)
{
	double level = accesses, samples = max, variance = level * (samples - level) / samples;
	bool surely_hot = level * 100 >= samples * DESCENT_HOT_PCT;
	double hold = surely_hot ? samples * (level + 2 - sqrt(4 * variance + 4)) / (samples + 4)
				 : level - sqrt(variance);

	return (unsigned int)fmax(ceil(hold), ceil(level / 2));
}

int descent_levels_build(uint64_t sample_us, uint64_t aggr_us, struct descent_levels *levels)
{
	uint64_t max;

	if (!sample_us || aggr_us < sample_us)
		return -EINVAL;
	max = aggr_us / sample_us;
	if (max > UINT32_MAX)
		max = UINT32_MAX; /* as the kernel does */
	memset(levels, 0, sizeof(*levels));
	levels->max_accesses = (unsigned int)max;
	for (unsigned int pct = 90; pct >= 2; pct = next_pct(pct)) {
		unsigned int accesses = (unsigned int)((pct * max + 99) / 100); /* max >= 1, so this is too */

		if (levels->n && levels->accesses[levels->n - 1] == accesses)
			continue;
		levels->pct[levels->n] = pct;
		levels->hold[levels->n] = hold_accesses(accesses, levels->max_accesses);
		levels->accesses[levels->n++] = accesses;
	}
	return 0;
}

void descent_levels_hold_half(struct descent_levels *levels)
{
	for (unsigned int i = 0; i < levels->n; i++)
		levels->hold[i] = (levels->accesses[i] + 1) / 2;
}

const char *descent_state_name(enum descent_state state)
{
	switch (state) {
	case DESCENT_DESCENDING:
		return "descending";
	case DESCENT_HOLDING:
		return "holding";
	case DESCENT_SATISFIED:
		return "satisfied";
	case DESCENT_FLOOR:
		return "floor";
	case DESCENT_BLOCKED:
		return "blocked";
	}
	return "unknown";
}

void descent_config_init(struct descent_config *config, const struct descent_levels *levels)
{
	*config = (struct descent_config){
		.levels = *levels,
		.level_applies = 5,
		.level_ns = SECOND_NS,
		.settle_ns = 2 * SECOND_NS,
		.dry_ns = 10 * SECOND_NS,
		.dry_applies = 20,
		.probe_ns = 60 * SECOND_NS,
	};
}

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

/* A piece of a sentence. */
struct part {
	char text[PART_LEN];
};

/* "70 % (14 of 20)" */
static struct part level_part(const struct descent_config *config, unsigned int level)
{
	const struct descent_levels *levels = &config->levels;
	struct part part;

	snprintf(part.text, sizeof(part.text), "%u %% (%u of %u)", levels->pct[level],
		 levels->accesses[level], levels->max_accesses);
	return part;
}

static struct part failures_part(const struct descent_evidence *evidence)
{
	struct part part = {""};

	if (evidence->refused)
		snprintf(part.text, sizeof(part.text), "; %s", evidence->refused);
	else if (evidence->sparse)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " MiB hot are too sparsely populated",
			 bytes_to_mib(evidence->sparse * PMD_SIZE_BYTES));
	else if (evidence->failed && evidence->failed_most)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " failed so far, mostly %s",
			 evidence->failed, evidence->failed_most);
	else if (evidence->failed)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " failed so far", evidence->failed);
	return part;
}

/* Hot memory and what of it is huge: of one look, or on average. */
struct heat {
	bool known;
	bool huge_known;
	uint64_t hot_bytes;
	uint64_t huge_bytes;
};

static struct heat heat_now(const struct descent_evidence *evidence)
{
	return (struct heat){
		.known = evidence->heat_known,
		.huge_known = evidence->hot_huge_known,
		.hot_bytes = evidence->hot_bytes,
		.huge_bytes = evidence->hot_huge_bytes,
	};
}

/* Over the looks since dryness counts: one alone may fall into the time in which a collapse blinds DAMON. */
static struct heat heat_on_average(const struct descent *descent, const struct descent_evidence *evidence)
{
	struct heat heat = {.huge_known = evidence->hot_huge_known};

	heat.known = descent_heat(descent, &heat.hot_bytes, &heat.huge_bytes);
	return heat;
}

static void note_heat(struct descent *descent, const struct descent_evidence *evidence)
{
	if (!evidence->heat_known)
		return;
	descent->heat_looks++;
	descent->hot_sum_bytes += evidence->hot_bytes;
	descent->hot_huge_sum_bytes += evidence->hot_huge_bytes;
}

static void forget_heat(struct descent *descent)
{
	descent->heat_looks = 0;
	descent->hot_sum_bytes = descent->hot_huge_sum_bytes = 0;
}

bool descent_heat(const struct descent *descent, uint64_t *hot_bytes, uint64_t *hot_huge_bytes)
{
	if (!descent->heat_looks)
		return false;
	*hot_bytes = descent->hot_sum_bytes / descent->heat_looks;
	*hot_huge_bytes = descent->hot_huge_sum_bytes / descent->heat_looks;
	return true;
}

static bool small_known(struct heat heat)
{
	return heat.known && heat.huge_known;
}

/* Hot memory that is not known to be huge. */
static uint64_t small_bytes(struct heat heat)
{
	uint64_t huge = heat.huge_known ? heat.huge_bytes : 0;

	return heat.hot_bytes > huge ? heat.hot_bytes - huge : 0;
}

/* ", 62 of 64 MiB hot are huge", as far as it is known */
static struct part heat_part(struct heat heat)
{
	struct part part = {""};
	uint64_t hot = bytes_to_mib(heat.hot_bytes), huge = bytes_to_mib(heat.huge_bytes);

	if (small_known(heat))
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " of %" PRIu64 " MiB hot are huge", huge,
			 hot);
	else if (heat.known)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " MiB are hot", hot);
	return part;
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
	struct part part, level = level_part(config, descent->level);

	snprintf(part.text, sizeof(part.text), "none in %" PRIu64 " s and %" PRIu64 " applies at %.40s",
		 dry_lasted_ns(descent, evidence) / SECOND_NS, dry_lasted_applies(descent, evidence),
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
	forget_heat(descent);
}

/* Dryness counts from here. */
static void mark_success(struct descent *descent, const struct descent_evidence *evidence)
{
	descent->small_low_pct = UINT32_MAX;
	descent->last_success_ns = evidence->now_ns;
	descent->last_success_applies = evidence->applies;
	forget_heat(descent);
}

static void park(struct descent *descent, enum descent_state state, const struct descent_evidence *evidence)
{
	descent->state = state;
	descent->acting = false;
	descent->probing = false;
	descent->parked_since_ns = evidence->now_ns;
	descent->parked_anon_bytes = evidence->anon_bytes;
	descent->parked_small_bytes = small_bytes(heat_on_average(descent, evidence));
	descent->news_looks = 0;
}

static void hold(struct descent *descent, const struct descent_evidence *evidence)
{
	descent->state = DESCENT_HOLDING;
	descent->acting = true;
	mark_success(descent, evidence);
}

/* From the top, as if it had just come in. */
static void restart(struct descent *descent, const struct descent_config *config,
		    const struct descent_evidence *evidence, const char *why)
{
	struct part level = level_part(config, 0);

	*descent = (struct descent){
		.acting = true,
		.succeeded_base = evidence->succeeded,
		.execs = evidence->execs,
	};
	enter_level(descent, 0, evidence);
	mark_success(descent, evidence);
	reason_write(descent->reason, "%s: starts at %s", why, level.text);
}

static void block(struct descent *descent, const struct descent_evidence *evidence)
{
	park(descent, DESCENT_BLOCKED, evidence);
	reason_write(descent->reason, "it opted out of huge pages (THP_enabled: 0 in /proc/PID/status, "
				      "set by prctl PR_SET_THP_DISABLE): parked");
}

void descent_restart(struct descent *descent, const struct descent_config *config,
		     const struct descent_evidence *evidence, const char *why)
{
	restart(descent, config, evidence, why);
	if (evidence->thp_disabled)
		block(descent, evidence);
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
	return evidence->heat_known && small_bytes(heat_now(evidence)) >= PMD_SIZE_BYTES;
}

/* Nothing acts, so hot memory stays small: that is what a collapse would have taken. */
static bool would_collapse(const struct descent_config *config, const struct descent_evidence *evidence)
{
	return config->heat_is_evidence && is_hot_and_small(evidence);
}

static bool nothing_small_is_left(struct heat heat)
{
	return small_known(heat) && small_bytes(heat) < PMD_SIZE_BYTES;
}

static bool small_is_left(struct heat heat)
{
	return small_known(heat) && small_bytes(heat) >= PMD_SIZE_BYTES;
}

/* What is hot and small may just wait for the quota's next window. */
static bool waits_for_quota(const struct descent *descent, const struct descent_evidence *evidence,
			    uint64_t lasted_ns)
{
	return lasted_ns < evidence->quota_reset_ns && small_is_left(heat_on_average(descent, evidence));
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
		evidence->heat_known && heat_on_average(descent, evidence).hot_bytes < PMD_SIZE_BYTES;

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
	if (descent->succeeded && waits_for_quota(descent, evidence, lasted_ns))
		return false;
	return !waits_for_heat(descent, config, evidence, lasted_ns);
}

static bool is_dry(const struct descent *descent, const struct descent_config *config,
		   const struct descent_evidence *evidence)
{
	uint64_t lasted_ns = dry_lasted_ns(descent, evidence);

	return lasted_ns >= config->dry_ns && dry_lasted_applies(descent, evidence) >= config->dry_applies &&
	       !waits_for_quota(descent, evidence, lasted_ns) && !waits_for_tries(evidence);
}

/* At a level that nothing collapsed at. Where nothing is hot at all, only what collapsed before is a success. */
static bool all_is_huge(const struct descent *descent, const struct descent_config *config,
			const struct descent_evidence *evidence)
{
	struct heat heat = heat_on_average(descent, evidence);
	bool something = heat.hot_bytes >= PMD_SIZE_BYTES || (config->progressive && descent->succeeded);

	/* Huge memory keeps its heat for a while; small memory that is nearly as hot may be what is hot now. */
	if (evidence->small_heat_known &&
	    2 * evidence->small_heat_pct >= descent_min_access_pct(descent, config))
		return false;
	return heat_ends_walk(descent, config) && nothing_small_is_left(heat) && something;
}

/* "holding, 10 of 20 and up is of the same heat" */
static struct part hold_part(const struct descent *descent, const struct descent_config *config)
{
	struct part part;

	snprintf(part.text, sizeof(part.text), "holding; %u of %u and up is of the same heat",
		 descent_min_accesses(descent, config), config->levels.max_accesses);
	return part;
}

/* @collapses: of this look; 0 with heat as the only evidence. */
static void start_holding(struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence, uint64_t collapses)
{
	struct part level = level_part(config, descent->level);
	const char *first = descent->succeeded == collapses ? "first " : "";
	struct part held;

	hold(descent, evidence);
	descent->found = true;
	descent->probing = false;
	held = hold_part(descent, config);
	if (!collapses)
		reason_write(descent->reason,
			     "%" PRIu64 " MiB hot at %.40s are small and would be collapsed: %.80s",
			     bytes_to_mib(small_bytes(heat_now(evidence))), level.text, held.text);
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
	struct part level = level_part(config, descent->level), failures = failures_part(evidence);
	uint64_t small = small_bytes(heat_on_average(descent, evidence));

	park(descent, DESCENT_HOLDING, evidence);
	reason_write(descent->reason,
		     "%" PRIu64 " collapsed down to the lowest level %s; %" PRIu64
		     " MiB hot stay small: parked%s",
		     descent->succeeded, level.text, bytes_to_mib(small), failures.text);
}

static void reach_floor(struct descent *descent, const struct descent_config *config,
			const struct descent_evidence *evidence)
{
	struct part level = level_part(config, descent->level), failures = failures_part(evidence);

	park(descent, DESCENT_FLOOR, evidence);
	if (config->heat_is_evidence)
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

/* The next level that it is worth to stop at: where it is known how hot small memory is, others are passed. */
static unsigned int level_to_go_to(const struct descent *descent, const struct descent_config *config,
				   const struct descent_evidence *evidence)
{
	unsigned int next = next_level(descent, config);

	while (evidence->small_heat_known && next + 1 < config->levels.n &&
	       config->levels.pct[next] > evidence->small_heat_pct && config->levels.pct[next] > BLIND_PCT)
		next++;
	return next;
}

static void go_down(struct descent *descent, const struct descent_config *config,
		    const struct descent_evidence *evidence)
{
	struct part from = level_part(config, descent->level), to, failures = failures_part(evidence);
	const char *missing = config->heat_is_evidence ? "nothing hot and small" : "no real collapse";
	uint64_t applies = level_lasted_applies(descent, evidence);
	unsigned int next = level_to_go_to(descent, config, evidence);

	if (next >= config->levels.n) {
		if (descent->succeeded && small_is_left(heat_on_average(descent, evidence)))
			park_walked(descent, config, evidence);
		else
			reach_floor(descent, config, evidence);
		return;
	}
	enter_level(descent, next, evidence);
	to = level_part(config, descent->level);
	reason_write(descent->reason, "%s at %.40s in %" PRIu64 " applies: down to %.40s%.80s", missing,
		     from.text, applies, to.text, failures.text);
}

static void park_all_huge(struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence)
{
	struct part level = level_part(config, descent->level);
	struct heat heat = heat_on_average(descent, evidence);
	uint64_t hot = bytes_to_mib(heat.hot_bytes), huge = bytes_to_mib(heat.huge_bytes);

	park(descent, DESCENT_SATISFIED, evidence);
	if (descent->succeeded)
		reason_write(descent->reason,
			     "%" PRIu64 " collapsed, and nothing hot is left small down to %s: %" PRIu64
			     " of %" PRIu64 " MiB hot are huge: parked",
			     descent->succeeded, level.text, huge, hot);
	else
		reason_write(descent->reason, "all is huge at %s: %" PRIu64 " of %" PRIu64 " MiB hot: parked",
			     level.text, huge, hot);
}

static void step_descending(struct descent *descent, const struct descent_config *config,
			    const struct descent_evidence *evidence, uint64_t collapses)
{
	if (collapses) {
		start_holding(descent, config, evidence, collapses);
		return;
	}
	if (!level_lasted(descent, config, evidence))
		return;
	if (config->heat_is_evidence && is_hot_and_small(evidence))
		start_holding(descent, config, evidence, 0);
	else if (all_is_huge(descent, config, evidence))
		park_all_huge(descent, config, evidence);
	else
		go_down(descent, config, evidence);
}

static void park_dry(struct descent *descent, const struct descent_config *config,
		     const struct descent_evidence *evidence)
{
	struct part dry = dry_part(descent, config, evidence), failures = failures_part(evidence);
	struct heat average = heat_on_average(descent, evidence);
	struct part heat = heat_part(average);

	if (small_is_left(average)) {
		park(descent, DESCENT_HOLDING, evidence);
		reason_write(descent->reason, "%" PRIu64 " MiB hot stay small%.70s; %.80s: parked",
			     bytes_to_mib(small_bytes(average)), failures.text, dry.text);
	} else {
		park(descent, DESCENT_SATISFIED, evidence);
		reason_write(descent->reason, "%" PRIu64 " collapsed, %.80s%.60s: parked", descent->succeeded,
			     dry.text, heat.text);
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
	to = level_part(config, descent->level);
	reason_write(descent->reason, "%" PRIu64 " collapsed, %.80s: down to %.40s", descent->succeeded,
		     dry.text, to.text);
}

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
	struct part level = level_part(config, descent->level);

	if (descent->state == DESCENT_FLOOR || anew) {
		restart(descent, config, evidence, why);
		return;
	}
	hold(descent, evidence);
	reason_write(descent->reason, "%s: works again at %s", why, level.text);
}

static void note_small_heat(struct descent *descent, const struct descent_evidence *evidence)
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
	struct heat heat = heat_now(evidence);
	uint64_t small = small_bytes(heat), before = descent->parked_small_bytes;
	bool news = small_known(heat) && small >= before + PMD_SIZE_BYTES &&
		    (small - before) * NEWS_SHARE >= heat.hot_bytes;

	if (evidence->heat_is_new)
		descent->news_looks = news ? descent->news_looks + 1 : 0;
	return descent->news_looks >= NEWS_LOOKS && descent->state != DESCENT_FLOOR &&
	       !evidence->small_heat_known;
}

static void step_parked(struct descent *descent, const struct descent_config *config,
			const struct descent_evidence *evidence, uint64_t collapses)
{
	char why[PART_LEN];

	if (descent->state == DESCENT_FLOOR && collapses) {
		start_holding(descent, config, evidence, collapses); /* it came late */
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
		restart(descent, config, evidence, why);
		return;
	}
	if (small_got_hot(descent, evidence)) {
		snprintf(why, sizeof(why), "%" PRIu64 " MiB hot are small, %" PRIu64 " when it was parked",
			 bytes_to_mib(small_bytes(heat_now(evidence))),
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
		 (evidence->now_ns - descent->parked_since_ns) / SECOND_NS);
	rearm(descent, config, evidence, false, why);
	descent->probing = true;
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

	note_small_heat(descent, evidence);
	if (!descent->acting) {
		step_parked(descent, config, evidence, collapses);
		return;
	}
	note_heat(descent, evidence);
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
	if (before->acting != after->acting)
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

	if (evidence->thp_disabled) {
		if (descent->state != DESCENT_BLOCKED)
			block(descent, evidence);
	} else if (descent->state == DESCENT_BLOCKED) {
		restart(descent, config, evidence, "it opted in to huge pages again");
	} else if (evidence->execs != descent->execs) {
		restart(descent, config, evidence, "exec, a new program");
	} else {
		step(descent, config, evidence);
	}
	return changes(&before, descent);
}
