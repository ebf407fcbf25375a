// SPDX-License-Identifier: GPL-2.0
#include "daemon/seats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/aside.h"
#include "base/clock.h"
#include "decide/plan.h"
#include "report/log.h"

#define DEATHS_MAX 2 /* of its kdamonds in a row that a target may see, for no reason of its own */

/* What is no plan's of a seat. */
struct seat_state {
	bool stands_in; /* its kdamond is a stand-in: no target is in it */
	bool half_told; /* the last commit failed: what stands in its files is known to nobody */
	uint64_t
		others_since_ns; /* since when somebody else's settings have been seen in it; 0: they are ours */
};

struct seats {
	struct plan_seat *have, *want; /* [n] */
	struct plan_step *steps;       /* [2 * n] */
	struct seat_state *states;     /* [n] */
	unsigned int n;
	bool lost;
	bool said_stand_in; /* that a stand-in could not be started */
	struct seats_sums sums;
};

struct seats *seats_new(unsigned int n_seats)
{
	struct seats *seats = calloc(1, sizeof(*seats));

	if (!seats)
		return NULL;
	seats->n = n_seats;
	seats->have = calloc(n_seats, sizeof(*seats->have));
	seats->want = calloc(n_seats, sizeof(*seats->want));
	seats->steps = calloc(2UL * n_seats, sizeof(*seats->steps));
	seats->states = calloc(n_seats, sizeof(*seats->states));
	if (seats->have && seats->want && seats->steps && seats->states)
		return seats;
	seats_free(seats);
	return NULL;
}

void seats_free(struct seats *seats)
{
	if (!seats)
		return;
	free(seats->have);
	free(seats->want);
	free(seats->steps);
	free(seats->states);
	free(seats);
}

bool seats_are_lost(const struct seats *seats)
{
	return seats->lost;
}

const struct seats_sums *seats_sums(const struct seats *seats)
{
	return &seats->sums;
}

/* Its kdamond waits for the lock of the target's memory, and heeds nothing. */
static bool is_stuck(const struct seats *seats, unsigned int seat)
{
	const struct plan_seat *have = &seats->have[seat];

	return have->watching && aside_waits_ns(have->pid_target);
}

int seats_watching(const struct seats *seats, uint32_t pid)
{
	for (unsigned int seat = 0; seat < seats->n; seat++)
		if (seats->have[seat].watching && seats->have[seat].pid_target == pid)
			return (int)seat;
	return -1;
}

/* Its kdamond watches on, though who was in it is let go: the next fitting stops it, if that can be. */
static bool is_left(const struct seats *seats, const struct watch *watch, unsigned int seat)
{
	return seats->have[seat].watching && !watch_target(watch, seat);
}

void seats_close_unstopped(const struct seats *seats, const struct watch *watch)
{
	for (unsigned int seat = 0; seat < seats->n; seat++)
		governor_seat_close(watch->governor, seat,
				    is_stuck(seats, seat) || is_left(seats, watch, seat));
}

/* The same failure again and again is one line. */
static void say_failure(struct seats *seats, struct target *target, const char *text)
{
	seats->sums.errors++;
	if (!strncmp(target->last_error, text, sizeof(target->last_error) - 1))
		return;
	snprintf(target->last_error, sizeof(target->last_error), "%.*s", (int)sizeof(target->last_error) - 1,
		 text);
	log_warning("%s: %s", target->name, text);
}

static void take_kdamond(struct watch *watch, struct target *target, pid_t pid)
{
	target_new_kdamond(target, pid);
	executor_tell(&watch->executor, target, EXECUTOR_NEW_KDAMOND, watch->now_ns);
}

static void add_to_sums(struct seats_sums *sums, const struct watch *watch, const struct target *target)
{
	struct tally_list outcomes;

	sums->collapses += target_succeeded(target);
	sums->collapse_us += executor_pace(&watch->executor, target).stall_us;
	tally_all(&target->tally, &outcomes);
	tally_add(&sums->outcomes, &outcomes);
}

void seats_release(struct seats *seats, struct watch *watch, struct target *target)
{
	struct damon *damon = watch->executor.damon;
	unsigned int seat = target->seat;
	struct act_error error;

	if (is_stuck(seats, seat)) {
		log_warning("seat %u: its kdamond %d cannot be stopped before process %u answers or ends: it "
			    "watches on, and the seat stays closed",
			    seat, target->kdamond.pid, seats->have[seat].pid_target);
	} else if (seats->have[seat].watching && damon_stop(damon, seat, &error)) {
		log_warning("seat %u: %s", seat, error.text); /* the next fitting stops it again */
		seats->sums.errors++;
	} else {
		seats->have[seat] = (struct plan_seat){0};
	}
	add_to_sums(&seats->sums, watch, target);
	executor_leave(&watch->executor, target);
	target_release(target);
}

static void stop(struct seats *seats, struct watch *watch, const struct plan_step *step)
{
	struct target *target = watch_target(watch, step->seat);
	struct act_error error;

	if (damon_stop(watch->executor.damon, step->seat, &error)) {
		if (target)
			say_failure(seats, target, error.text);
		return;
	}
	seats->have[step->seat] = (struct plan_seat){0};
	if (target)
		take_kdamond(watch, target, 0);
}

static void say_watching(const struct watch *watch, const struct target *target)
{
	char threshold[48] = "";

	if (!watch->descent.by_worth)
		snprintf(threshold, sizeof(threshold), ", threshold %u of %u accesses",
			 descent_min_accesses(&target->descent, &watch->descent),
			 watch->descent.levels.max_accesses);
	target_say(target, "kdamond %d in seat %u watches it%s%s", target->kdamond.pid, target->seat,
		   threshold, descent_acts(&target->descent) ? "" : ", parked");
}

static int end_stand_in(struct seats *seats, struct damon *damon, unsigned int seat, struct act_error *error)
{
	int err = seats->states[seat].stands_in ? damon_stop(damon, seat, error) : 0;

	if (!err)
		seats->states[seat] = (struct seat_state){0};
	return err;
}

/*
 * The pidfd is looked at on both sides of the start: in between the pid cannot have become another process's. A thread's
 * id is pinned by nothing but the kdamond that took it, so it is looked at after.
 */
static int start(struct seats *seats, struct watch *watch, const struct plan_step *step,
		 struct act_error *error)
{
	struct target *target = &watch->targets[step->seat];
	struct damon *damon = watch->executor.damon;
	pid_t pid;
	int err;

	if (target_is_gone(target))
		return 0; /* the next tick lets it go */
	if (seats->have[step->seat].watching)
		return 0; /* the one before could not be stopped yet: the next step tries again */
	err = end_stand_in(seats, damon, step->seat, error);
	if (!err)
		err = damon_start(damon, step->seat, (pid_t)step->want.pid_target, &step->want.level, &pid,
				  error);
	if (err) /* one that does not answer is the next tick's to bar */
		return target_is_gone(target) || err == -ETIME ? 0 : err;
	seats->have[step->seat] = step->want;
	take_kdamond(watch, target, pid);
	if (target_is_gone(target) || !process_has_thread("/proc", target->id.tgid, step->want.pid_target))
		return damon_stop(damon, step->seat, error);
	say_watching(watch, target);
	return 0;
}

static void start_or_give_up(struct seats *seats, struct watch *watch, const struct plan_step *step)
{
	struct target *target = &watch->targets[step->seat];
	struct act_error error;
	int err = start(seats, watch, step, &error);

	if (!err)
		return;
	seats->lost |= err == -ESTALE;
	say_failure(seats, target, error.text);
	governor_seat_failed(watch->governor, step->seat, "its kdamond could not be started");
	seats_release(seats, watch, target);
}

static void set_again(struct seats *seats, const struct watch *watch, struct target *target,
		      const struct plan_level *level)
{
	struct plan_seat *have = &seats->have[target->seat];
	struct act_error error;
	int err =
		damon_set_again(watch->executor.damon, target->seat, (pid_t)have->pid_target, level, &error);

	if (err) {
		say_failure(seats, target, error.text);
		return;
	}
	seats->states[target->seat].others_since_ns = 0;
	log_info("%s: seat %u is set again as it was", target->name, target->seat);
}

/* What somebody else writes to a seat is told, and left alone for a while: a tool takes its own away when it is done. */
static void look_for_others(struct seats *seats, const struct watch *watch, struct target *target)
{
	const struct plan_seat *have = &seats->have[target->seat];
	struct seat_state *state = &seats->states[target->seat];
	struct plan_level level = have->level;
	struct act_error error;
	int err;

	level.ranges = target->where.ranges;
	level.n_ranges = level.ranges_version == target->where.version ? target->where.n_ranges : 0;
	err = damon_is_as_set(watch->executor.damon, target->seat, (pid_t)have->pid_target, &level, &error);
	if (!err && state->others_since_ns) {
		state->others_since_ns = 0;
		log_info("%s: seat %u is as it was again", target->name, target->seat);
	} else if ((err == -EUCLEAN || err == -ENOENT) && !state->others_since_ns) {
		state->others_since_ns = watch->now_ns;
		log_warning("%s: somebody else writes to its seat %u: %s; if it stays so for %u s, it is set "
			    "again",
			    target->name, target->seat, error.text,
			    (unsigned int)(PLAN_OTHERS_NS / NS_PER_S));
	} else if (err && state->others_since_ns &&
		   watch->now_ns - state->others_since_ns >= PLAN_OTHERS_NS) {
		set_again(seats, watch, target, &level);
	}
}

/* One who adds to a seat and takes it away again gets EBUSY where a commit of ours holds DAMON's lock, and would not try again. */
static bool others_are_at_work(const struct seats *seats, uint64_t now_ns)
{
	bool are = false;

	for (unsigned int seat = 0; seat < seats->n; seat++) {
		uint64_t since_ns = seats->states[seat].others_since_ns;

		are |= since_ns && now_ns - since_ns < PLAN_OTHERS_NS;
	}
	return are;
}

static void take_commit(struct seats *seats, struct target *target, const struct plan_step *step,
			uint64_t began_ns)
{
	uint64_t now_ns = clock_boot_ns();

	if (seats->have[step->seat].level.ranges_version != step->want.level.ranges_version)
		where_written(&target->where, now_ns, now_ns - began_ns);
	seats->have[step->seat] = step->want;
}

/* A commit to a kdamond that has just ended by itself fails: no error, the tick finds out why. */
static void commit(struct seats *seats, struct watch *watch, const struct plan_step *step)
{
	struct damon *damon = watch->executor.damon;
	struct act_error error;
	uint64_t began_ns = clock_boot_ns();
	bool on;
	int err;

	if (!seats->states[step->seat].half_told)
		look_for_others(seats, watch, &watch->targets[step->seat]);
	if (others_are_at_work(seats, watch->now_ns))
		return; /* the next fitting has it again */
	err = damon_commit(damon, step->seat, &step->want.level, &error);
	seats->states[step->seat].half_told = err != 0;
	if (!err)
		take_commit(seats, &watch->targets[step->seat], step, began_ns);
	else if (damon_is_on(damon, step->seat, &on, NULL) || on)
		say_failure(seats, &watch->targets[step->seat], error.text);
}

static struct plan_seat wanted(const struct watch *watch, const struct target *target)
{
	struct plan_seat wanted = {
		.watching = true,
		.id = target->id,
		.pid_target = target->facts.live_tid,
		.level = {.min_regions = watch->options->min_regions,
			  .sample_us = target->intervals.sample_us,
			  .aggr_us = target->intervals.aggr_us,
			  .update_us = target->intervals.update_us,
			  .ranges = target->where.ranges,
			  .n_ranges = target->where.n_ranges,
			  .ranges_version = target->where.version},
	};

	executor_wanted(&watch->executor, target, &wanted.level);
	return wanted;
}

static void carry_out(struct seats *seats, struct watch *watch, const struct plan_step *step)
{
	if (step->kind == PLAN_STOP)
		stop(seats, watch, step);
	else if (step->kind == PLAN_START)
		start_or_give_up(seats, watch, step);
	else
		commit(seats, watch, step);
}

/*
 * While a kdamond of ours works, the empty seats have stand-ins: a tool that tells all kdamonds what to do, as damo does, fails
 * at one that does not run.
 */
static void fill_empty(struct seats *seats, struct damon *damon)
{
	struct act_error error;
	bool works = false;
	int err = 0;

	for (unsigned int seat = 0; seat < seats->n; seat++)
		works |= seats->have[seat].watching;
	for (unsigned int seat = 0; seat < seats->n && !err; seat++) {
		if (seats->have[seat].watching || seats->states[seat].stands_in == works)
			continue;
		err = works ? damon_stand_in(damon, seat, &error) : end_stand_in(seats, damon, seat, &error);
		if (!err)
			seats->states[seat] = (struct seat_state){.stands_in = works};
	}
	if (err && !seats->said_stand_in)
		log_warning("a stand-in, for who tells all kdamonds what to do: %s", error.text);
	seats->said_stand_in = err != 0;
}

void seats_fit(struct seats *seats, struct watch *watch)
{
	size_t n;

	if (!watch->executor.damon)
		return;
	for (unsigned int seat = 0; seat < seats->n; seat++) {
		const struct target *target = watch_target(watch, seat);

		if (is_stuck(seats, seat))
			seats->want[seat] = seats->have[seat];
		else
			seats->want[seat] = target && !target_is_gone(target) ? wanted(watch, target)
									      : (struct plan_seat){0};
	}
	n = plan_diff(seats->have, seats->want, seats->n, seats->steps);
	for (size_t i = 0; i < n; i++)
		carry_out(seats, watch, &seats->steps[i]);
	fill_empty(seats, watch->executor.damon);
}

/* Nobody ends it but who has the right to, as by `damo stop`: it is started anew, but for one that ends again and again. */
static void take_end(struct seats *seats, struct watch *watch, struct target *target)
{
	struct plan_seat *have = &seats->have[target->seat];
	bool for_no_reason = have->pid_target == target->facts.live_tid;

	if (for_no_reason)
		log_warning("%s: its kdamond %d has ended, and the process has not: somebody stopped it, or "
			    "DAMON failed",
			    target->name, target->kdamond.pid);
	have->watching = false;
	take_kdamond(watch, target, 0);
	if (for_no_reason && ++target->kdamond.deaths > DEATHS_MAX) {
		log_warning("%s: its kdamond ended %u times in a row", target->name, target->kdamond.deaths);
		governor_seat_failed(watch->governor, target->seat, "its kdamond keeps ending");
		seats_release(seats, watch, target);
	}
}

static void check(struct seats *seats, struct watch *watch, struct target *target)
{
	struct plan_seat *have = &seats->have[target->seat];
	struct act_error error;
	bool on = true;
	int err;

	if (!have->watching || !target->kdamond.pid || target_is_gone(target))
		return;
	err = damon_is_on(watch->executor.damon, target->seat, &on, &error);
	if (err == -ESTALE)
		seats->lost = true;
	if (err)
		return; /* busy: the next tick asks again */
	if (!on) {
		take_end(seats, watch, target);
		return;
	}
	target->kdamond.deaths = 0;
	governor_seat_works(watch->governor, target->seat);
	if (!seats->states[target->seat].half_told)
		look_for_others(seats, watch, target);
}

/* One that ended is started anew by the next fitting. */
static void check_stand_in(struct seats *seats, struct damon *damon, unsigned int seat)
{
	struct seat_state *state = &seats->states[seat];
	bool on;

	if (state->stands_in && !damon_is_on(damon, seat, &on, NULL))
		state->stands_in = on;
}

void seats_check(struct seats *seats, struct watch *watch)
{
	for (unsigned int seat = 0; seat < seats->n; seat++) {
		struct target *target = watch_target(watch, seat);

		check_stand_in(seats, watch->executor.damon, seat);
		if (!target)
			continue;
		check(seats, watch, target);
		if (target->used)
			target_take_cost(target, watch->now_ns);
	}
}

void seats_stop_all(struct seats *seats, struct damon *damon)
{
	for (unsigned int seat = 0; seat < seats->n; seat++)
		if (seats->have[seat].watching || seats->states[seat].stands_in)
			damon_stop(damon, seat, NULL);
}
