// SPDX-License-Identifier: GPL-2.0
#include "daemon/tick.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/aside.h"
#include "base/units.h"
#include "daemon/skips.h"
#include "daemon/step.h"
#include "report/log.h"

struct tick {
	const struct run_options *options; /* borrowed, as is the next one */
	struct hotness *hotness;
	struct services *services;
	struct judge *judge;
	struct tick_listed listed;

	struct ranks ranks;
	struct candidates candidates;
	struct skips skips;
	uint64_t came_in;

	bool said_full; /* that the map of processes is full */
	int said_err;	/* of the last window, to say it once */
	bool all_ended;
};

static const char *not_to_be_watched(uint32_t pid, const struct process_facts *facts)
{
	if (facts->kernel_thread)
		return "a kernel thread has no memory of its own";
	return aside_is_own(pid) ? "that is hotdamon" : NULL;
}

/* One is watched however little it runs, so it is found in /proc, whose start times are rounded to PROC_TICK_NS. */
void tick_find_listed(const struct run_options *options, struct tick_listed *listed)
{
	listed->n = 0;
	for (unsigned int i = 0; i < options->n_pids; i++) {
		uint32_t pid = options->pids[i];
		struct process_facts facts;
		int err = process_facts_read("/proc", pid, &facts);
		const char *why = err == -ESRCH ? "no such process" : strerror(-err);

		if (!err)
			why = not_to_be_watched(pid, &facts);
		if (why)
			log_warning("--pid %u: %s: skipped", pid, why);
		else
			listed->ids[listed->n++] =
				(struct process_id){pid, facts.start_time_ticks * PROC_TICK_NS};
	}
}

static int make_parts(struct tick *tick)
{
	const struct run_options *options = tick->options;
	bool by_service = !options->by_process && !options->n_pids;

	tick->services = services_new("/proc", NULL);
	if (tick->services && !options->n_pids) /* who is listed was named: nobody is asked */
		tick->judge = judge_new(&options->rules, tick->services);
	if (!tick->services || (!tick->judge && !options->n_pids))
		return -ENOMEM;
	tick->candidates.ranks = &tick->ranks;
	tick->candidates.services = tick->services;
	tick->candidates.judge = tick->judge;
	tick->candidates.said = &tick->skips.said;
	return ranks_init(&tick->ranks, tick->hotness, by_service ? tick->services : NULL, options->rank_by);
}

struct tick *tick_new(const struct run_options *options, struct hotness *hotness,
		      const struct tick_listed *listed)
{
	struct tick *tick = calloc(1, sizeof(*tick));

	if (!tick)
		return NULL;
	tick->options = options;
	tick->hotness = hotness;
	tick->listed = *listed;
	if (!make_parts(tick))
		return tick;
	tick_free(tick);
	return NULL;
}

void tick_free(struct tick *tick)
{
	if (!tick)
		return;
	ranks_release(&tick->ranks);
	free(tick->candidates.list);
	judge_free(tick->judge);
	services_free(tick->services);
	skips_free(&tick->skips);
	free(tick);
}

int tick_begin(struct tick *tick)
{
	struct hotness_span span;
	const struct usage *usage;
	size_t n;

	return hotness_window(tick->hotness, &usage, &n, &span);
}

bool tick_is_all_ended(const struct tick *tick)
{
	return tick->all_ended;
}

static void leave(const struct watch *watch, const struct target *target, enum event event,
		  const char *reason)
{
	struct log_about about = target_about(target, event);
	uint64_t succeeded = target_succeeded(target);

	about.brief = false;
	log_event(&about, "out: %s, seat %u: %s; %" PRIu64 " collapses (%" PRIu64 " MiB) in %.1f s",
		  target->name, target->seat, reason, succeeded, bytes_to_mib(succeeded * PMD_SIZE_BYTES),
		  ns_to_s(watch->now_ns - target->since_ns));
}

static int take_in(const struct tick *tick, struct watch *watch, const struct governor_move *move)
{
	struct target *target = &watch->targets[move->seat];
	const struct ranked *ranked = candidates_ranked(&tick->candidates, move->id);
	struct process_owner unknown = {.uid = UID_UNKNOWN};
	struct whose whose = {0};
	int err;

	services_whose(tick->services, move->id, ranked ? ranked->owner : unknown, false, watch->now_ns,
		       &whose);
	err = target_init(target, move->seat, move->id, &whose, watch->now_ns);
	if (err)
		return err;
	candidates_read_command(target);
	target->execs = ranked ? ranked->execs : 0;
	target->brief = governor_seats(watch->governor)[move->seat].member.had_stints;
	intervals_start(&target->intervals, &watch->intervals, watch->now_ns);
	err = executor_enter(&watch->executor, target, watch->now_ns);
	if (!err)
		return 0;
	executor_leave(&watch->executor, target);
	target_release(target);
	return err;
}

static void say_in(const struct target *target, const struct governor_move *move)
{
	struct log_about about = target_about(target, EVENT_IN);
	char details[WHOSE_DETAILS_LEN];

	about.brief = false;
	log_event(&about, "in: %s, seat %u: %s", target->name, move->seat, move->reason);
	whose_details(&target->whose, details);
	if (*details)
		target_say(target, "%s", details);
}

static void enter(struct tick *tick, struct watch *watch, const struct governor_move *move)
{
	struct target *target = &watch->targets[move->seat];
	int err = take_in(tick, watch, move);

	if (err) {
		governor_seat_failed(watch->governor, move->seat, strerror(-err));
		return;
	}
	step_begin(watch, target);
	tick->came_in++;
	say_in(target, move);
}

/*
 * Those that gained nothing in their trial make room, and what was collapsed stays. One that was asked for by --pid is
 * watched on, as nobody else wants its seat.
 */
static void leave_useless(struct tick *tick, struct watch *watch, struct seats *seats)
{
	for (unsigned int seat = 0; seat < watch->n_seats && !tick->listed.n; seat++) {
		struct target *target = watch_target(watch, seat);

		if (!target || target->benefit.verdict != BENEFIT_NONE || target_is_gone(target))
			continue;
		skips_note(&tick->skips, governor_seats(watch->governor)[seat].member.key, false);
		governor_let_go(watch->governor, seat, target->benefit.reason, target_memory_bytes(target),
				target->execs);
		leave(watch, target, EVENT_NOTHING, target->benefit.reason);
		seats_release(seats, watch, target);
	}
}

static void take_move(struct tick *tick, struct watch *watch, struct seats *seats,
		      const struct governor_move *move)
{
	struct target *target = &watch->targets[move->seat];

	if (move->kind == GOVERNOR_ENTER) {
		enter(tick, watch, move);
		return;
	}
	skips_note_left(&tick->skips, move);
	if (move->for_sibling && !descent_acts(&target->descent)) /* else it was idle */
		stints_note(&tick->candidates.stints, target->id, target->execs, watch->now_ns);
	leave(watch, target, EVENT_OUT, move->reason);
	seats_release(seats, watch, target);
}

/* What rules say of who is watched now. */
static void take_limits(const struct candidates *candidates, const struct watch *watch)
{
	for (size_t i = 0; i < candidates->n; i++) {
		struct target *target = candidates_target(watch, candidates->list[i].id);

		if (target)
			target->limits = candidates->list[i].verdict.limits;
	}
}

static int govern(struct tick *tick, struct watch *watch, struct seats *seats)
{
	const struct candidates *candidates = &tick->candidates;
	const struct governor_move *moves;
	const struct governor_skip *skips;
	size_t n_moves, n_skips;
	int err;

	leave_useless(tick, watch, seats);
	seats_close_unstopped(seats, watch);
	err = governor_tick(watch->governor, candidates->list, candidates->n, &moves, &n_moves, &skips,
			    &n_skips);
	if (err)
		return err;
	for (size_t i = 0; i < n_moves; i++)
		take_move(tick, watch, seats, &moves[i]);
	take_limits(candidates, watch);
	return skips_take(&tick->skips, tick->services, skips, n_skips, watch->now_ns);
}

static int run(struct tick *tick, struct watch *watch, struct seats *seats)
{
	int err = ranks_measure(&tick->ranks, watch->now_ns);

	if (err)
		return err;
	err = tick->listed.n ? candidates_listed(&tick->candidates, watch, &tick->listed)
			     : candidates_by_heat(&tick->candidates, watch);
	if (err)
		return err;
	tick->all_ended = tick->listed.n && !tick->candidates.n;
	return govern(tick, watch, seats);
}

static void warn_if_full(struct tick *tick)
{
	struct hotness_missed missed = hotness_missed(tick->hotness);

	if (tick->said_full || (!missed.threads && !missed.crowded))
		return;
	tick->said_full = true;
	log_warning(
		"more processes run than the map has room for (%u): they are counted by turns, which costs "
		"time%s; --max-processes makes room",
		missed.capacity, missed.threads ? ", and what some used at their end is lost" : "");
}

int tick_run(struct tick *tick, struct watch *watch, struct seats *seats)
{
	int err = run(tick, watch, seats);

	if (err && err != tick->said_err)
		log_warning("this tick could not be measured: %s", strerror(-err));
	tick->said_err = err;
	if (err)
		return err;
	seats_check(seats, watch);
	tick->candidates.ticks++;
	warn_if_full(tick);
	return 0;
}

static void count_ranked(const struct tick *tick, struct tick_sums *sums)
{
	const struct ranks *ranks = &tick->ranks;

	for (size_t i = 0; i < ranks->n_processes; i++) {
		sums->living += !ranks->processes[i].ended;
		sums->cpu_pct += ranks->processes[i].cpu_pct;
	}
}

struct tick_sums tick_sums(const struct tick *tick)
{
	struct tick_sums sums = {
		.ticks = tick->candidates.ticks,
		.window_ns = tick->ranks.span.ended_ns - tick->ranks.span.began_ns,
		.ranks = &tick->ranks,
		.came_in = tick->came_in,
		.missed_threads = hotness_missed(tick->hotness).threads,
		.skips = tick->skips.list,
		.n_skips = tick->skips.n,
		.skips_whose = tick->skips.whose,
	};

	count_ranked(tick, &sums);
	return sums;
}
