// SPDX-License-Identifier: GPL-2.0
#include "daemon/step.h"

#include <inttypes.h>

#include "base/clock.h"
#include "decide/looks.h"
#include "report/log.h"

static void say_descent(const struct target *target, unsigned int changed)
{
	bool satisfied = target->descent.state == DESCENT_SATISFIED;
	struct log_about about = target_about(target, satisfied ? EVENT_SATISFIED : EVENT_NONE);

	if (changed & DESCENT_FIRST_SUCCESS)
		log_event(&about, "%s: %s (huge pages so far: %" PRIu64 ")", target->name,
			  target->descent.reason, target_succeeded(target));
	else
		log_event(&about, "%s: %s: %s", target->name, descent_state_name(target->descent.state),
			  target->descent.reason);
}

/* Nothing was hot however it was looked at, and now it grew. */
static bool has_new_memory(const struct target *target, enum descent_state before)
{
	return before == DESCENT_FLOOR && target->descent.state == DESCENT_DESCENDING &&
	       !target->descent.probing;
}

static void tell_new_intervals(struct watch *watch, struct target *target)
{
	target->heat.known = false;
	executor_tell(&watch->executor, target, EXECUTOR_NEW_INTERVALS, watch->now_ns);
}

/* What the old program used up, and how its memory was to be looked at, is not the new one's. */
static void start_anew(struct watch *watch, struct target *target)
{
	intervals_start(&target->intervals, &watch->intervals, watch->now_ns);
	tell_new_intervals(watch, target);
	executor_tell(&watch->executor, target, EXECUTOR_NEW_PROGRAM, watch->now_ns);
}

static double cpu_pct_of(const struct watch *watch, const struct target *target)
{
	return governor_seats(watch->governor)[target->seat].member.cpu_pct;
}

static struct intervals_look intervals_look(const struct watch *watch, struct target *target)
{
	const struct descent *descent = &target->descent;
	struct plan_level wanted = {.min_regions = watch->options->min_regions};

	executor_wanted(&watch->executor, target, &wanted);
	return (struct intervals_look){
		.now_ns = watch->now_ns,
		.works = executor_works(&watch->executor, target),
		.searches = descent->state == DESCENT_DESCENDING && !descent->succeeded,
		.at_bottom = descent_is_at_bottom(descent, &watch->descent),
		.min_access_pct = descent_min_access_pct(descent, &watch->descent),
		.min_regions = wanted.min_regions,
		.max_regions = wanted.max_regions,
		.by_slot = target->where.by_slot,
		.mapped = target->heat.mapped,
		.in_use_bytes = target->heat.in_use_bytes,
		.share = target->heat.share,
		.heat_known = target->heat.known,
		.hot_bytes = target->heat.hot_bytes,
		.cpu_pct = cpu_pct_of(watch, target),
		.cost_known = target_has_new_cost(target),
		.cost_pct = target->kdamond.cost_pct,
	};
}

/* True: what the descent saw was blindness, and it began anew. */
static bool fit_intervals(struct watch *watch, struct target *target, const struct descent_evidence *evidence)
{
	struct intervals_look look = intervals_look(watch, target);
	uint64_t aggr_us = target->intervals.aggr_us;
	unsigned int changed = intervals_step(&target->intervals, &watch->intervals, &look);

	if (aggr_us != target->intervals.aggr_us)
		tell_new_intervals(watch, target);
	if (changed & INTERVALS_SAY)
		target_say(target, "intervals: %s", target->intervals.reason);
	if (!(changed & INTERVALS_LOOK_ANEW))
		return false;
	descent_restart(&target->descent, &watch->descent, evidence, "with longer samples");
	return true;
}

static void take_worth(const struct watch *watch, const struct target *target, struct benefit_look *look)
{
	struct worth_config worth = executor_worth(&watch->executor);

	look->worth_known = target->heat.known && target->heat.mapped;
	look->saved_pct = worth_saved_pct(&worth, target->heat.huge_per_s);
	look->left_pct = worth_saved_pct(&worth, target->heat.small_per_s);
	look->collapse_ns = worth.collapse_ns;
}

static struct benefit_look benefit_look(const struct watch *watch, const struct target *target,
					const struct descent_evidence *evidence)
{
	struct target_heat heat = target_heat(target);

	return (struct benefit_look){
		.now_ns = watch->now_ns,
		.cpu_pct = cpu_pct_of(watch, target),
		.heat_known = heat.known,
		.hot_bytes = heat.hot_bytes,
		.huge_known = evidence->hot_huge_known,
		.hot_huge_bytes = heat.huge_bytes,
		.succeeded = evidence->succeeded,
		.lacked = evidence->lacked,
		.failed = evidence->failed,
		.failed_most = evidence->failed_most,
		.barred = evidence->barred,
		.left_alone = evidence->left_alone,
		.left_most = evidence->left_most,
		.left_for_now = evidence->left_for_now,
		.held_up = evidence->held_up,
		.held_up_by_host = evidence->held_up_by_host,
		.parked = !descent_acts(&target->descent),
		.state = target->descent.state,
		.anon_bytes = evidence->anon_bytes,
		.execs = evidence->execs,
	};
}

/* That one is left for having gained nothing is said when it goes. */
static void say_verdict(const struct watch *watch, const struct target *target)
{
	const struct benefit *benefit = &target->benefit;
	bool gains = benefit->verdict == BENEFIT_GAINS;
	struct log_about about = target_about(target, gains ? EVENT_GAINS : EVENT_NOTHING);

	if (gains || (benefit->verdict == BENEFIT_NONE && watch->options->n_pids))
		log_event(&about, "%s: benefit: %s: %s", target->name, benefit_verdict_name(benefit->verdict),
			  benefit->reason);
}

static void judge_benefit(const struct watch *watch, struct target *target,
			  const struct descent_evidence *evidence)
{
	struct benefit_look look;

	if (!benefit_is_due(&target->benefit, watch->now_ns))
		return;
	look = benefit_look(watch, target, evidence);
	take_worth(watch, target, &look);
	if (benefit_step(&target->benefit, &watch->benefit, &look))
		say_verdict(watch, target);
}

static void descend(struct watch *watch, struct target *target)
{
	unsigned int min_accesses = descent_min_accesses(&target->descent, &watch->descent), changed;
	struct descent_evidence evidence = executor_evidence(&watch->executor, target, watch->now_ns);
	enum descent_state before = target->descent.state;
	uint32_t execs = target->descent.execs;

	judge_benefit(watch, target, &evidence);
	if (fit_intervals(watch, target, &evidence))
		return;
	changed = descent_step(&target->descent, &watch->descent, &evidence);
	if (changed)
		say_descent(target, changed);
	if (target->descent.execs != execs || (!watch->descent.by_worth && has_new_memory(target, before)))
		start_anew(watch, target);
	if (descent_min_accesses(&target->descent, &watch->descent) != min_accesses)
		target->heat.known = false; /* it was measured at another threshold */
}

void step_begin(struct watch *watch, struct target *target)
{
	struct descent_evidence evidence = executor_evidence(&watch->executor, target, watch->now_ns);
	struct benefit_look look;

	descent_start(&target->descent, &watch->descent, &evidence);
	if (!watch->executor.damon)
		return;
	executor_look_where(&watch->executor, target, watch->now_ns);
	look = benefit_look(watch, target, &evidence);
	benefit_step(&target->benefit, &watch->benefit, &look);
}

static void take_counts(struct watch *watch)
{
	const struct collapses_count *counts;
	size_t n;

	if (collapses_read(watch->collapses, &counts, &n))
		return;
	for (unsigned int seat = 0; seat < watch->n_seats; seat++)
		if (watch_target(watch, seat))
			target_take_counts(&watch->targets[seat], counts, n);
}

static void look(struct watch *watch, struct step_looks *looks)
{
	uint64_t began_ns = clock_boot_ns();

	take_counts(watch);
	executor_survey(&watch->executor, watch->now_ns);
	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		struct target *target = watch_target(watch, seat);

		if (!target)
			continue;
		executor_look_where(&watch->executor, target, watch->now_ns);
		executor_look(&watch->executor, target, watch->now_ns);
		if (target->kdamond.pid)
			descend(watch, target);
	}
	/* From its end on: looks that take long must leave time for the collapses. */
	watch->now_ns = looks->ended_ns = clock_boot_ns();
	looks->cost_ns = watch->now_ns - began_ns;
}

static uint64_t next_look_ns(const struct watch *watch, const struct step_looks *looks)
{
	return executor_next_look_ns(&watch->executor, looks->ended_ns, looks->cost_ns);
}

void step_turn(struct watch *watch, struct step_looks *looks)
{
	uint64_t until_ns = watch->now_ns + LOOKS_TURN_NS;

	if (!watch->executor.damon)
		return;
	executor_hear(&watch->executor, watch->now_ns);
	if (watch->now_ns >= next_look_ns(watch, looks))
		look(watch, looks);
	while (watch->now_ns < until_ns && executor_collapse(&watch->executor, watch->now_ns))
		watch->now_ns = clock_boot_ns();
}

uint64_t step_next_turn_ns(const struct watch *watch, const struct step_looks *looks)
{
	uint64_t look_ns, collapse_ns;

	if (!watch->executor.damon)
		return UINT64_MAX;
	look_ns = next_look_ns(watch, looks);
	collapse_ns = executor_next_collapse_ns(&watch->executor, watch->now_ns);
	if (!look_ns) /* the executor leaves it to the steps */
		return collapse_ns;
	return look_ns < collapse_ns ? look_ns : collapse_ns;
}
