// SPDX-License-Identifier: GPL-2.0
#include "decide/benefit.h"

#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "decide/reason.h"
#include "decide/worth.h"

#define LOOK_NS (900 * NS_PER_MS) /* steps come once a second, a little more or less */

#define PART_LEN 80

#define MAX_AGAIN_SHIFT 6 /* 64 times BENEFIT_AGAIN_NS */

const char *benefit_verdict_name(enum benefit_verdict verdict)
{
	switch (verdict) {
	case BENEFIT_GAINS:
		return "gains";
	case BENEFIT_NONE:
		return "none";
	default:
		return "unknown";
	}
}

bool benefit_is_before(const struct benefit *benefit)
{
	return benefit->verdict == BENEFIT_UNKNOWN &&
	       !(benefit->pct_seen && benefit->pct > BENEFIT_SMALL_PCT);
}

bool benefit_is_due(const struct benefit *benefit, uint64_t now_ns)
{
	return benefit_is_before(benefit) || now_ns - benefit->at_ns >= LOOK_NS;
}

/* What was measured holds; what was tried does not. */
static void begin_trial(struct benefit *benefit, const struct benefit_look *look)
{
	benefit->verdict = BENEFIT_UNKNOWN;
	benefit->reason[0] = '\0';
	benefit->given_up_ns = benefit->risen_ns = 0;
	benefit->least_anon_bytes = look->anon_bytes;
}

static void begin(struct benefit *benefit, const struct benefit_config *config,
		  const struct benefit_look *look)
{
	*benefit = (struct benefit){
		.began = true,
		.by_worth = config->by_worth,
		.at_ns = look->now_ns,
		.program_ns = look->now_ns,
		.execs = look->execs,
		.parked = look->parked,
		.succeeded = look->succeeded,
		.lacked = look->lacked,
		.most_anon_bytes = look->anon_bytes,
	};
	begin_trial(benefit, look);
}

static bool has_collapsed(const struct benefit *benefit, const struct benefit_look *look)
{
	return look->succeeded != benefit->succeeded;
}

static uint64_t made_bytes(const struct benefit *benefit, const struct benefit_look *look)
{
	return (look->succeeded - benefit->succeeded) * PMD_SIZE_BYTES;
}

static void note_share(struct benefit *benefit, const struct benefit_look *look)
{
	benefit->pct_known = look->heat_known && look->huge_known && look->hot_bytes >= PMD_SIZE_BYTES;
	benefit->hot_bytes = look->heat_known ? look->hot_bytes : 0;
	if (!benefit->pct_known)
		return;
	benefit->pct = (unsigned int)(look->hot_huge_bytes * 100 / look->hot_bytes);
	if (!has_collapsed(benefit, look)) {
		benefit->before_pct = benefit->pct;
		benefit->before_pct_known = true;
	}
	benefit->pct_seen = true;
}

/* A walk in which memory was short tells nothing, nor does the time after it; the next one may. */
static void note_lack(struct benefit *benefit, const struct benefit_look *look)
{
	if (benefit->parked && !look->parked)
		benefit->lacked_in_walk = false;
	benefit->parked = look->parked;
	if (look->lacked == benefit->lacked)
		return;
	benefit->lacked = look->lacked;
	benefit->lacked_in_walk = true;
	benefit->given_up_ns = 0;
}

/* More than there ever was: what is given back and taken again is no loading. */
static void note_loading(struct benefit *benefit, const struct benefit_look *look)
{
	if (look->anon_bytes < benefit->most_anon_bytes + BENEFIT_LOADS_BYTES)
		return;
	benefit->most_anon_bytes = look->anon_bytes;
	benefit->loads_until_ns = look->now_ns + BENEFIT_LOADS_NS;
}

static bool is_enough(double saved_pct, const struct benefit_look *look)
{
	return saved_pct >= BENEFIT_LEAST_PCT &&
	       saved_pct * 100 >= (look->saved_pct + look->left_pct) * BENEFIT_RISE_PCT;
}

static double spent_ns(const struct benefit *benefit, const struct benefit_look *look)
{
	return look->collapse_ns * (double)(look->succeeded - benefit->succeeded);
}

/* What is saved by what we made huge. */
static double saved_by_us_pct(const struct benefit *benefit, const struct benefit_look *look)
{
	uint64_t made = made_bytes(benefit, look);

	if (made >= look->hot_huge_bytes)
		return made ? look->saved_pct : 0;
	return look->saved_pct * (double)made / (double)look->hot_huge_bytes;
}

static bool is_partly_huge(const struct benefit *benefit, const struct benefit_look *look)
{
	if (look->worth_known)
		return is_enough(look->saved_pct, look);
	if (look->huge_known)
		return benefit->pct_known && benefit->pct >= BENEFIT_RISE_PCT;
	return has_collapsed(benefit, look);
}

static bool pays(const struct benefit *benefit, const struct benefit_config *config,
		 const struct benefit_look *look)
{
	double saved_pct = saved_by_us_pct(benefit, look);

	return is_enough(saved_pct, look) &&
	       worth_payback_s(spent_ns(benefit, look), saved_pct) <= (double)config->payback_s;
}

/* The share alone would rise and fall with the threshold, and as hot sets move. */
static bool has_risen(const struct benefit *benefit, const struct benefit_config *config,
		      const struct benefit_look *look)
{
	if (look->worth_known)
		return pays(benefit, config, look);
	return is_partly_huge(benefit, look) && benefit->hot_bytes >= PMD_SIZE_BYTES &&
	       made_bytes(benefit, look) * 100 >= benefit->hot_bytes * BENEFIT_RISE_PCT;
}

/* Each of its programs must be learnt anew, and it calls exec before one is. */
static bool is_restless(const struct benefit *benefit)
{
	return benefit->hasty_execs >= BENEFIT_HASTY_EXECS;
}

/* With nothing left to save it has done all it could. */
static bool is_at_end(const struct benefit_look *look)
{
	return look->state == DESCENT_FLOOR || look->state == DESCENT_HOLDING ||
	       (look->worth_known && look->state == DESCENT_SATISFIED);
}

static bool has_given_up(const struct benefit *benefit, const struct benefit_config *config,
			 const struct benefit_look *look)
{
	if (!config->acts || look->held_up_by_host || look->left_for_now || benefit->lacked_in_walk ||
	    look->cpu_pct < config->busy_pct)
		return false;
	return is_restless(benefit) ||
	       (look->parked && !look->held_up && (look->heat_known || look->barred) &&
		look->now_ns >= benefit->loads_until_ns && is_at_end(look));
}

static void count_trial(struct benefit *benefit, const struct benefit_config *config,
			const struct benefit_look *look, uint64_t step_ns)
{
	if (has_risen(benefit, config, look))
		benefit->risen_ns += step_ns;
	else if (look->worth_known || benefit->pct_known || !look->huge_known)
		benefit->risen_ns = 0;
	if (is_partly_huge(benefit, look) && !is_restless(benefit))
		benefit->given_up_ns = 0;
	else if (has_given_up(benefit, config, look))
		benefit->given_up_ns += step_ns;
}

struct part {
	char text[PART_LEN];
};

/* "98 % of 64 MiB hot are huge, 0 % before" */
static struct part share_part(const struct benefit *benefit, const struct benefit_look *look)
{
	struct part part, before = {""};

	if (benefit->before_pct_known)
		snprintf(before.text, sizeof(before.text), ", %u %% before", benefit->before_pct);
	if (benefit->pct_known)
		snprintf(part.text, sizeof(part.text), "%u %% of %" PRIu64 " MiB hot are huge%.20s",
			 benefit->pct, bytes_to_mib(benefit->hot_bytes), before.text);
	else if (benefit->hot_bytes >= PMD_SIZE_BYTES)
		snprintf(part.text, sizeof(part.text), "none of %" PRIu64 " MiB hot was collapsed",
			 bytes_to_mib(benefit->hot_bytes));
	else
		snprintf(part.text, sizeof(part.text), "%s",
			 look->left_alone ? "all that is hot is left alone" : "nothing hot was found");
	return part;
}

/* "saves about 2.10 % of a CPU, 0.31 s of collapsing, paid back in 15 s" */
static struct part saved_part(const struct benefit *benefit, const struct benefit_look *look)
{
	struct part part;
	double saved_pct = saved_by_us_pct(benefit, look);

	snprintf(part.text, sizeof(part.text),
		 "saves about %.2f %% of a CPU, %.2f s of collapsing, paid back in %.0f s", saved_pct,
		 spent_ns(benefit, look) / NS_PER_S, worth_payback_s(spent_ns(benefit, look), saved_pct));
	return part;
}

/* "saves about 0.01 % of a CPU, and 0.40 % are left to save" */
static struct part little_part(const struct benefit *benefit, const struct benefit_look *look)
{
	struct part part;

	if (!look->worth_known || benefit->hot_bytes < PMD_SIZE_BYTES)
		return share_part(benefit, look);
	snprintf(part.text, sizeof(part.text), "saves about %.3f %% of a CPU, and %.3f %% are left to save",
		 look->saved_pct, look->left_pct);
	return part;
}

/* "; 16 slots too sparsely populated" */
static struct part cause_part(const struct benefit_look *look)
{
	struct part part = {""};

	if (look->left_alone)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " slots %s", look->left_alone,
			 look->left_most);
	else if (look->failed)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " failed, mostly %.30s", look->failed,
			 look->failed_most ? look->failed_most : "for reasons unknown");
	return part;
}

static void set_none(struct benefit *benefit)
{
	unsigned int shift = benefit->nones < MAX_AGAIN_SHIFT ? benefit->nones : MAX_AGAIN_SHIFT;

	benefit->verdict = BENEFIT_NONE;
	benefit->none_until_ns = benefit->at_ns + (BENEFIT_AGAIN_NS << shift);
	benefit->nones++;
}

static void judge_gain(struct benefit *benefit, const struct benefit_look *look)
{
	struct part share = share_part(benefit, look), saved = saved_part(benefit, look);

	if (benefit->risen_ns < BENEFIT_STEADY_NS)
		return;
	benefit->verdict = BENEFIT_GAINS;
	if (look->worth_known)
		reason_write(benefit->reason, "%s", saved.text);
	else if (benefit->pct_known)
		reason_write(benefit->reason, "%s", share.text);
	else
		reason_write(benefit->reason, "%" PRIu64 " collapses", look->succeeded - benefit->succeeded);
}

static void judge(struct benefit *benefit, const struct benefit_config *config,
		  const struct benefit_look *look)
{
	struct part little = little_part(benefit, look), cause = cause_part(look);

	judge_gain(benefit, look);
	if (benefit->verdict != BENEFIT_UNKNOWN || !config->trial_ns ||
	    benefit->given_up_ns < config->trial_ns)
		return;
	set_none(benefit);
	if (is_restless(benefit))
		reason_write(benefit->reason,
			     "no gain in %" PRIu64 " s, in which it called exec again and again",
			     benefit->given_up_ns / NS_PER_S);
	else if (look->barred)
		reason_write(benefit->reason, "no gain in %" PRIu64 " s: nothing can be collapsed in it: %s",
			     benefit->given_up_ns / NS_PER_S, look->barred);
	else
		reason_write(benefit->reason, "no gain in %" PRIu64 " s: %s%.50s",
			     benefit->given_up_ns / NS_PER_S, little.text, cause.text);
}

static uint64_t step_of(const struct benefit *benefit, uint64_t now_ns)
{
	uint64_t step_ns = now_ns > benefit->at_ns ? now_ns - benefit->at_ns : 0;

	return step_ns < BENEFIT_MAX_STEP_NS ? step_ns : BENEFIT_MAX_STEP_NS;
}

static bool wants_new_trial(const struct benefit *benefit, const struct benefit_look *look)
{
	if (benefit->verdict == BENEFIT_GAINS)
		return false;
	if (benefit_has_grown(benefit->least_anon_bytes, look->anon_bytes))
		return true;
	if (benefit->verdict == BENEFIT_UNKNOWN)
		return false;
	return look->now_ns >= benefit->none_until_ns ||
	       (is_partly_huge(benefit, look) && !is_restless(benefit));
}

/* One that gained, or was there for long, owes nothing to its next program. */
static bool has_settled(const struct benefit *benefit, const struct benefit_config *config,
			const struct benefit_look *look)
{
	return benefit->verdict == BENEFIT_GAINS || !config->trial_ns ||
	       look->now_ns - benefit->program_ns >= BENEFIT_SETTLED_TRIALS * config->trial_ns;
}

/*
 * Another program, whose memory is measured anew. But its trial goes on, and its memory is new only where it is more than
 * that of the programs before, or nobody's trial would end who calls exec often enough.
 */
static void take_exec(struct benefit *benefit, const struct benefit_config *config,
		      const struct benefit_look *look)
{
	struct benefit was = *benefit;

	begin(benefit, config, look);
	if (has_settled(&was, config, look))
		return;
	benefit->verdict = was.verdict;
	memcpy(benefit->reason, was.reason, sizeof(benefit->reason));
	benefit->nones = was.nones;
	benefit->none_until_ns = was.none_until_ns;
	benefit->hasty_execs = was.hasty_execs + 1;
	benefit->given_up_ns = was.given_up_ns;
	if (is_restless(benefit) && has_given_up(benefit, config, look))
		benefit->given_up_ns += step_of(&was, look->now_ns);
	if (benefit->most_anon_bytes < was.most_anon_bytes)
		benefit->most_anon_bytes = was.most_anon_bytes;
	benefit->least_anon_bytes = benefit->most_anon_bytes;
}

bool benefit_step(struct benefit *benefit, const struct benefit_config *config,
		  const struct benefit_look *look)
{
	enum benefit_verdict before = benefit->verdict;
	uint64_t step_ns;

	if (!benefit->began) {
		begin(benefit, config, look);
		return false;
	}
	if (look->execs != benefit->execs) {
		take_exec(benefit, config, look);
		if (benefit->verdict == BENEFIT_UNKNOWN)
			judge(benefit, config, look);
		return benefit->verdict != before;
	}
	step_ns = step_of(benefit, look->now_ns);
	benefit->at_ns = look->now_ns;
	note_share(benefit, look);
	note_lack(benefit, look);
	note_loading(benefit, look);
	if (wants_new_trial(benefit, look))
		begin_trial(benefit, look);
	if (look->anon_bytes && look->anon_bytes < benefit->least_anon_bytes && !benefit->hasty_execs)
		benefit->least_anon_bytes = look->anon_bytes;
	if (benefit->verdict == BENEFIT_UNKNOWN) {
		count_trial(benefit, config, look, step_ns);
		judge(benefit, config, look);
	}
	return benefit->verdict != before;
}
