// SPDX-License-Identifier: GPL-2.0
/* A step, several in a tick: evidence in, descents down, and the plan carried out. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/internal.h"
#include "report/log.h"

/* The same failure again and again is one line. */
static void say_failure(struct daemon *daemon, struct target *target, const char *text)
{
	daemon->totals.errors++;
	if (!strncmp(target->last_error, text, sizeof(target->last_error) - 1))
		return;
	snprintf(target->last_error, sizeof(target->last_error), "%s", text);
	log_warning("%s (%u): %s", target->comm, target->id.tgid, text);
}

/*
 * Statistics cost a command, which waits for the kdamond's next sample. A failure needs no word: either the kdamond
 * has ended, which the tick notices, or DAMON was busy.
 */
static void read_stats(struct daemon *daemon, unsigned int seat)
{
	struct target *target = &daemon->targets[seat];
	uint64_t exceeds = target->stats.quota_exceeds;
	struct damon_stats stats;

	if (damon_stats(daemon->damon, seat, &stats, NULL))
		return;
	target_take_stats(target, &stats, daemon->now_ns, daemon->heat_apply_us, daemon->tells_huge);
	target->effective_bytes = 0;
	if (stats.quota_exceeds > exceeds) /* it was used up, and is computed anew */
		damon_effective_bytes(daemon->damon, seat, &target->effective_bytes, NULL);
}

static bool has_stats(const struct daemon *daemon, unsigned int seat)
{
	return daemon->targets[seat].used && daemon->targets[seat].kdamond_pid &&
	       daemon->have[seat].watching && !daemon->madvise;
}

/* Of those that are parked one is asked in a step, in turn: what watches may have long samples. */
static void read_one_parked(struct daemon *daemon)
{
	for (unsigned int i = 0; i < daemon->n_seats; i++) {
		unsigned int seat = daemon->parked_turn++ % daemon->n_seats;

		if (has_stats(daemon, seat) && !daemon->targets[seat].descent.acting) {
			read_stats(daemon, seat);
			return;
		}
	}
}

void daemon_take_counts(struct daemon *daemon)
{
	const struct collapse_count *counts;
	size_t n;

	if (collapse_read(daemon->collapse, &counts, &n))
		return;
	for (unsigned int seat = 0; seat < daemon->n_seats; seat++)
		if (daemon->targets[seat].used)
			target_take_counts(&daemon->targets[seat], counts, n);
}

static void take_evidence(struct daemon *daemon)
{
	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		struct target *target = &daemon->targets[seat];

		if (!target->used || !target->descent.acting)
			continue;
		if (daemon->have[seat].watching)
			target->acting_ns += daemon->step_ns;
		if (has_stats(daemon, seat))
			read_stats(daemon, seat);
	}
	read_one_parked(daemon);
}

static void say_descent(const struct target *target, unsigned int changed)
{
	if (changed & DESCENT_FIRST_SUCCESS)
		log_info("%s (%u): %s (huge pages so far: %" PRIu64 ")", target->comm, target->id.tgid,
			 target->descent.reason, target_succeeded(target));
	else
		log_info("%s (%u): %s: %s", target->comm, target->id.tgid,
			 descent_state_name(target->descent.state), target->descent.reason);
}

/* Nothing was hot however it was looked at, and now it grew. */
static bool has_new_memory(const struct target *target, enum descent_state before)
{
	return before == DESCENT_FLOOR && target->descent.state == DESCENT_DESCENDING &&
	       !target->descent.probing;
}

/* What the old program used up, and how its memory was to be looked at, is not the new one's. */
static void start_anew(struct daemon *daemon, struct target *target)
{
	uint64_t aggr_us = target->intervals.aggr_us;

	quota_start(&target->quota, &daemon->quota);
	intervals_start(&target->intervals, &daemon->intervals, daemon->now_ns);
	target_new_intervals(target, aggr_us);
}

/* The kdamond is doing more than to watch. */
static bool works(const struct daemon *daemon, const struct target *target)
{
	return daemon->executor == EXECUTOR_DAMOS && target->descent.acting;
}

static struct intervals_look intervals_look(struct daemon *daemon, unsigned int seat)
{
	struct target *target = &daemon->targets[seat];
	const struct descent *descent = &target->descent;

	return (struct intervals_look){
		.now_ns = daemon->now_ns,
		.works = works(daemon, target),
		.searches = descent->state == DESCENT_DESCENDING && !descent->succeeded,
		.at_bottom = descent_is_at_bottom(descent, &daemon->descent),
		.min_access_pct = descent_min_access_pct(descent, &daemon->descent),
		.heat_known = target->heat_known,
		.hot_bytes = target->hot_bytes,
		.cpu_pct = governor_seats(daemon->governor)[seat].cpu_pct,
		.cost_known = target_has_new_cost(target),
		.cost_pct = target->monitor_cpu_pct,
	};
}

/* True: what the descent saw was blindness, and it began anew. */
static bool fit_intervals(struct daemon *daemon, unsigned int seat, const struct descent_evidence *evidence)
{
	struct target *target = &daemon->targets[seat];
	struct intervals_look look = intervals_look(daemon, seat);
	uint64_t aggr_us = target->intervals.aggr_us;
	unsigned int changed = intervals_step(&target->intervals, &daemon->intervals, &look);

	if (aggr_us != target->intervals.aggr_us)
		target_new_intervals(target, aggr_us);
	if (changed & INTERVALS_SAY)
		log_info("%s (%u): intervals: %s", target->comm, target->id.tgid, target->intervals.reason);
	if (!(changed & INTERVALS_LOOK_ANEW))
		return false;
	if (target->collapser)
		collapser_forget(target->collapser); /* its map holds what the short samples did not see */
	descent_restart(&target->descent, &daemon->descent, evidence, "with longer samples");
	return true;
}

void daemon_descend(struct daemon *daemon, unsigned int seat)
{
	struct target *target = &daemon->targets[seat];
	uint32_t execs = target->descent.execs;
	enum descent_state before = target->descent.state;
	unsigned int changed, min_accesses;
	struct descent_evidence evidence;

	if (!target->used || !target->kdamond_pid)
		return;
	min_accesses = descent_min_accesses(&target->descent, &daemon->descent);
	evidence = target_evidence(target, daemon->collapse, daemon->now_ns, daemon->tells_huge);
	if (daemon->madvise)
		madvise_evidence(daemon, target, &evidence);
	trial_step(daemon, seat, &evidence);
	if (fit_intervals(daemon, seat, &evidence))
		return;
	changed = descent_step(&target->descent, &daemon->descent, &evidence);
	if (changed)
		say_descent(target, changed);
	if (target->descent.execs != execs || has_new_memory(target, before))
		start_anew(daemon, target);
	if (descent_min_accesses(&target->descent, &daemon->descent) != min_accesses)
		target->heat_known = false; /* it was measured at another threshold */
}

/* A dry run has no evidence to descend by; the executor madvise looks more often than this. */
static void descend(struct daemon *daemon)
{
	for (unsigned int seat = 0; seat < daemon->n_seats && daemon->damon && !daemon->madvise; seat++)
		daemon_descend(daemon, seat);
}

static void fit_quotas(struct daemon *daemon)
{
	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		struct target *target = &daemon->targets[seat];

		if (!target->used || !target->kdamond_pid || daemon->executor != EXECUTOR_DAMOS)
			continue;
		if (daemon->options->quota_bytes) /* is per interval: a longer one would make it less */
			continue;
		if (quota_step(&target->quota, &daemon->quota, target->effective_bytes, daemon->now_ns) &&
		    target->quota.widening)
			log_info("%s (%u): %s", target->comm, target->id.tgid, target->quota.reason);
	}
}

/* What its kdamond's cost leaves of @regions. */
static uint64_t affordable(const struct target *target, uint64_t regions, uint64_t least)
{
	uint64_t fewer = regions >> target->intervals.halvings;

	return fewer > least ? fewer : least;
}

/*
 * The executor madvise needs no scheme: its threshold is a matter of the heat map, and a kdamond is not disturbed by
 * commits.
 */
static struct plan_seat wanted(const struct daemon *daemon, const struct target *target)
{
	const struct run_options *options = daemon->options;
	uint64_t least = options->min_regions, most = options->max_regions;
	struct plan_seat wanted = {
		.watching = true,
		.id = target->id,
		.pid_target = target->facts.live_tid,
		.quota_ms = target->quota.ms,
		.quota_reset_ms = target->quota.reset_ms,
		.min_regions = least,
		.max_regions = affordable(target, most, least),
		.sample_us = target->intervals.sample_us,
		.aggr_us = target->intervals.aggr_us,
		.update_us = target->intervals.update_us,
	};

	if (daemon->madvise) {
		wanted.min_regions =
			affordable(target, regions_for_slots(target->facts.mapped_bytes, least, most), least);
		return wanted;
	}
	wanted.min_accesses = descent_min_accesses(&target->descent, &daemon->descent);
	wanted.acting = target->descent.acting;
	wanted.max_regions =
		affordable(target, regions_fitting(target->facts.anon_bytes, least, most), least);
	return wanted;
}

static void want(struct daemon *daemon)
{
	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		const struct target *target = &daemon->targets[seat];

		daemon->want[seat] = (struct plan_seat){0};
		if (target->used && !target_is_gone(target))
			daemon->want[seat] = wanted(daemon, target);
	}
}

static struct damon_level level_of(const struct plan_seat *want)
{
	return (struct damon_level){
		.min_accesses = want->min_accesses,
		.acting = want->acting,
		.quota_ms = want->quota_ms,
		.quota_reset_ms = want->quota_reset_ms,
		.min_regions = want->min_regions,
		.max_regions = want->max_regions,
		.sample_us = want->sample_us,
		.aggr_us = want->aggr_us,
		.update_us = want->update_us,
	};
}

static void say_watching(const struct daemon *daemon, const struct target *target,
			 const struct plan_step *step)
{
	log_info("%s (%u): kdamond %d in seat %u watches it, threshold %u of %u accesses%s", target->comm,
		 target->id.tgid, target->kdamond_pid, step->seat,
		 descent_min_accesses(&target->descent, &daemon->descent),
		 daemon->descent.levels.max_accesses, target->descent.acting ? "" : ", parked");
}

/*
 * The pidfd is looked at on both sides of the start: in between the pid cannot have become another
 * process's. A thread's id is pinned by nothing but the kdamond that took it, so it is looked at after.
 */
static int start(struct daemon *daemon, const struct plan_step *step, struct act_error *error)
{
	struct target *target = &daemon->targets[step->seat];
	struct damon_level level = level_of(&step->want);
	pid_t kdamond_pid;
	int err;

	if (target_is_gone(target))
		return 0; /* the next tick lets it go */
	if (daemon->have[step->seat].watching)
		return 0; /* the one before could not be stopped yet: the next step tries again */
	err = damon_start(daemon->damon, step->seat, (pid_t)step->want.pid_target, &level, &kdamond_pid,
			  error);
	if (err)
		return target_is_gone(target) ? 0 : err;
	daemon->have[step->seat] = step->want;
	target_new_kdamond(target, kdamond_pid, daemon->now_ns);
	if (target_is_gone(target) || !process_has_thread("/proc", target->id.tgid, step->want.pid_target))
		return damon_stop(daemon->damon, step->seat, error);
	say_watching(daemon, target, step);
	return 0;
}

static void start_or_give_up(struct daemon *daemon, const struct plan_step *step)
{
	struct target *target = &daemon->targets[step->seat];
	struct act_error error;
	int err = start(daemon, step, &error);

	if (!err)
		return;
	daemon->seats_lost |= err == -ESTALE;
	say_failure(daemon, target, error.text);
	governor_seat_failed(daemon->governor, step->seat, "its kdamond could not be started");
	daemon_release(daemon, step->seat);
}

static void stop(struct daemon *daemon, const struct plan_step *step)
{
	struct target *target = &daemon->targets[step->seat];
	struct act_error error;

	if (damon_stop(daemon->damon, step->seat, &error)) {
		if (target->used)
			say_failure(daemon, target, error.text);
		return;
	}
	daemon->have[step->seat] = (struct plan_seat){0};
	if (target->used)
		target_new_kdamond(target, 0, daemon->now_ns);
}

/* A commit to a kdamond that has just ended by itself fails: no error, the tick finds out why. */
static void commit(struct daemon *daemon, const struct plan_step *step)
{
	struct damon_level level = level_of(&step->want);
	struct act_error error;
	int err = damon_commit(daemon->damon, step->seat, &level, &error);
	bool on;

	if (!err)
		daemon->have[step->seat] = step->want;
	else if (damon_is_on(daemon->damon, step->seat, &on, NULL) || on)
		say_failure(daemon, &daemon->targets[step->seat], error.text);
}

static void carry_out(struct daemon *daemon)
{
	size_t n = plan_diff(daemon->have, daemon->want, daemon->n_seats, daemon->steps_of_plan);

	for (size_t i = 0; i < n; i++) {
		const struct plan_step *step = &daemon->steps_of_plan[i];

		if (step->kind == PLAN_STOP)
			stop(daemon, step);
		else if (step->kind == PLAN_START)
			start_or_give_up(daemon, step);
		else
			commit(daemon, step);
	}
}

void daemon_step(struct daemon *daemon)
{
	daemon_take_counts(daemon);
	take_evidence(daemon);
	descend(daemon);
	if (!daemon->damon)
		return;
	fit_quotas(daemon);
	want(daemon);
	carry_out(daemon);
}
