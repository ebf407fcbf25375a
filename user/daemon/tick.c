// SPDX-License-Identifier: GPL-2.0
#include "daemon/tick.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/units.h"
#include "daemon/judge.h"
#include "daemon/step.h"
#include "decide/optout.h"
#include "decide/ranking.h"
#include "decide/said.h"
#include "report/log.h"
#include "sense/share.h"

#define SAID_AT_ONCE 32
#define SAID_NAMES   64 /* of processes that are left out, the last ones: there may be forty of one name */

struct tick {
	const struct run_options *options; /* borrowed, as is the next one */
	struct hotness *hotness;
	struct ranking *ranking;
	struct judge *judge;
	struct tick_listed listed;

	const struct ranked *ranked; /* of the last tick; owned by the ranking */
	size_t n_ranked;
	const struct governor_skip *skips; /* likewise, by the governor */
	size_t n_skips;
	uint64_t window_ns;
	uint64_t ticks, came_in;

	struct said said;
	char said_names[SAID_NAMES][COMM_LEN]; /* a ring */
	size_t n_said_names;
	bool said_full; /* that the map of processes is full */
	int said_err;	/* of the last window, to say it once */
	bool all_ended;
};

static const char *not_to_be_watched(uint32_t pid, const struct process_facts *facts)
{
	if (facts->kernel_thread)
		return "a kernel thread has no memory of its own";
	return pid == (uint32_t)getpid() ? "that is hotdamon" : NULL;
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

struct tick *tick_new(const struct run_options *options, struct hotness *hotness,
		      const struct tick_listed *listed)
{
	struct tick *tick = calloc(1, sizeof(*tick));

	if (!tick)
		return NULL;
	tick->options = options;
	tick->hotness = hotness;
	tick->listed = *listed;
	tick->ranking = ranking_new(options->rank_by, RANKING_SMOOTHING_TICKS, 0);
	tick->judge = judge_new(&options->rules);
	if (tick->ranking && tick->judge)
		return tick;
	tick_free(tick);
	return NULL;
}

void tick_free(struct tick *tick)
{
	if (!tick)
		return;
	ranking_free(tick->ranking);
	judge_free(tick->judge);
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

/* A listed process is known by /proc's rounded start time, one found by BPF by the exact one. */
static bool same_process(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.start_time_ns / PROC_TICK_NS == b.start_time_ns / PROC_TICK_NS;
}

static struct target *target_of(const struct watch *watch, struct process_id id)
{
	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		struct target *target = watch_target(watch, seat);

		if (target && same_process(target->id, id))
			return target;
	}
	return NULL;
}

static int measure(struct tick *tick)
{
	struct hotness_span span;
	const struct usage *usage;
	size_t n;
	int err = hotness_window(tick->hotness, &usage, &n, &span);

	if (err)
		return err;
	tick->window_ns = span.ended_ns - span.began_ns;
	return ranking_update(tick->ranking, usage, n, tick->window_ns, cpus_online(), &tick->ranked,
			      &tick->n_ranked);
}

/* Only of one that would come in: it takes a millisecond. If it cannot be read, the process is no fork for all we know. */
static int shared_pct(const struct tick *tick, const struct watch *watch, const struct candidate *candidate,
		      uint32_t live_tid)
{
	struct share share;

	if (!governor_would_take(watch->governor, candidate) ||
	    process_share_read("/proc", live_tid, tick->ticks, &share))
		return -1;
	return share_pct(&share);
}

/* Whether it can be reached takes a system call, so it is asked of those for which it matters. */
static void see_bar(struct tick *tick, const struct watch *watch, const struct process_facts *facts,
		    bool watched, struct candidate *candidate)
{
	if (facts->thp_disabled)
		candidate->barred = optout_reason(candidate->comm);
	else if (watched || governor_would_take(watch->governor, candidate))
		candidate->barred = executor_bars(&watch->executor, facts);
	candidate->barred_s = said_see(&tick->said, candidate->id, candidate->barred, watch->now_ns);
}

/* Who is listed was named: nobody else is asked. The last question takes some system calls. */
static void judge(const struct tick *tick, const struct watch *watch, const struct process_facts *facts,
		  bool watched, struct candidate *candidate)
{
	if (tick->listed.n)
		return;
	candidate->verdict = judge_process(tick->judge, facts);
	if (rules_are_silent(&candidate->verdict) &&
	    (watched || governor_would_take(watch->governor, candidate)) &&
	    judge_finds_advised(tick->judge, facts))
		rules_take_advised(&candidate->verdict);
}

/* What /proc says of it now; false: it is gone, or no process to watch. */
static bool make_candidate(struct tick *tick, const struct watch *watch, struct process_id id, double cpu_pct,
			   uint32_t execs, struct candidate *candidate)
{
	struct target *target = target_of(watch, id);
	struct process_facts facts;

	if (target) {
		if (target_is_gone(target))
			return false;
		/* If it fails, for want of descriptors or of memory, what it said before will do. */
		target_look(target);
		facts = target->facts;
	} else if (process_facts_read("/proc", id.tgid, &facts) || !process_facts_match(&facts, id)) {
		return false;
	}
	*candidate = (struct candidate){
		.id = target ? target->id : id,
		.cpu_pct = cpu_pct,
		.anon_bytes = facts.anon_bytes,
		.execs = execs,
		.excluded = facts.kernel_thread || !facts.live_tid || id.tgid == (uint32_t)getpid(),
	};
	memcpy(candidate->comm, facts.comm, sizeof(candidate->comm));
	judge(tick, watch, &facts, target, candidate);
	see_bar(tick, watch, &facts, target, candidate);
	candidate->shared_pct = target ? -1 : shared_pct(tick, watch, candidate, facts.live_tid);
	return true;
}

static const struct ranked *ranked_of(const struct tick *tick, struct process_id id)
{
	for (size_t i = 0; i < tick->n_ranked; i++)
		if (same_process(tick->ranked[i].id, id))
			return &tick->ranked[i];
	return NULL;
}

/* What is watched and has not run for so long that the ranking forgot it lives on, and is the coldest. */
static size_t candidates_forgotten(struct tick *tick, const struct watch *watch, struct candidate *candidates)
{
	size_t n = 0;

	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		const struct target *target = watch_target(watch, seat);

		if (target && !ranked_of(tick, target->id) &&
		    make_candidate(tick, watch, target->id, 0, target->execs, &candidates[n]))
			n++;
	}
	return n;
}

/* Room for all that are ranked and all seats. */
static size_t candidates_by_heat(struct tick *tick, const struct watch *watch, struct candidate *candidates)
{
	double least_pct = governor_candidate_pct(watch->options->min_cpu_pct);
	size_t n = 0;

	for (size_t i = 0; i < tick->n_ranked; i++) {
		const struct ranked *ranked = &tick->ranked[i];
		struct target *target = target_of(watch, ranked->id);

		if (target)
			target->execs = ranked->execs;
		if (!ranked->ended && (target || ranked->cpu_pct >= least_pct) &&
		    make_candidate(tick, watch, ranked->id, ranked->cpu_pct, ranked->execs, &candidates[n]))
			n++;
	}
	return n + candidates_forgotten(tick, watch, candidates + n);
}

static int hotter_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->cpu_pct != b->cpu_pct)
		return a->cpu_pct > b->cpu_pct ? -1 : 1;
	return process_id_cmp(a->id, b->id);
}

static size_t candidates_listed(struct tick *tick, const struct watch *watch, struct candidate *candidates)
{
	size_t n = 0;

	for (unsigned int i = 0; i < tick->listed.n; i++) {
		struct process_id *id = &tick->listed.ids[i];
		const struct ranked *ranked = ranked_of(tick, *id);
		struct target *target = target_of(watch, *id);

		if (target && ranked)
			target->execs = ranked->execs;
		if (!id->tgid)
			continue;
		if (make_candidate(tick, watch, *id, ranked ? ranked->cpu_pct : 0, ranked ? ranked->execs : 0,
				   &candidates[n]))
			n++;
		else
			id->tgid = 0;
	}
	tick->all_ended = n == 0;
	qsort(candidates, n, sizeof(*candidates), hotter_first);
	return n;
}

static void leave(const struct watch *watch, const struct target *target, const char *reason)
{
	uint64_t succeeded = target_succeeded(target);

	log_info("out: %s (%u), seat %u: %s; %" PRIu64 " collapses (%" PRIu64 " MiB) in %.1f s", target->comm,
		 target->id.tgid, target->seat, reason, succeeded, bytes_to_mib(succeeded * PMD_SIZE_BYTES),
		 ns_to_s(watch->now_ns - target->since_ns));
}

static int take_in(const struct tick *tick, struct watch *watch, const struct governor_move *move)
{
	struct target *target = &watch->targets[move->seat];
	const struct ranked *ranked = ranked_of(tick, move->id);
	int err = target_init(target, move->seat, move->id, move->comm, watch->now_ns);

	if (err)
		return err;
	target->execs = ranked ? ranked->execs : 0;
	intervals_start(&target->intervals, &watch->intervals, watch->now_ns);
	err = executor_enter(&watch->executor, target, watch->now_ns);
	if (!err)
		return 0;
	executor_leave(&watch->executor, target);
	target_release(target);
	return err;
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
	log_info("in: %s (%u), seat %u: %s", move->comm, move->id.tgid, move->seat, move->reason);
}

/* Whether of none of this name it was said that it is left out; now it is. */
static bool name_is_news(struct tick *tick, const char *comm)
{
	for (size_t i = 0; i < SAID_NAMES && i < tick->n_said_names; i++)
		if (!strcmp(tick->said_names[i], comm))
			return false;
	snprintf(tick->said_names[tick->n_said_names++ % SAID_NAMES], COMM_LEN, "%s", comm);
	return true;
}

/* The hottest, once each, or a busy machine would fill its log; the status has it for as long as it lasts. */
static void say_skips(struct tick *tick)
{
	for (size_t i = 0; i < tick->n_skips && i < SAID_AT_ONCE; i++) {
		const struct governor_skip *skip = &tick->skips[i];

		if (!said_once(&tick->said, skip->id, skip->barred))
			continue;
		if (skip->ruled_out && !name_is_news(tick, skip->comm))
			continue;
		log_info("skipped: %s (%u), %.1f %% of a CPU: %s", skip->comm, skip->id.tgid, skip->cpu_pct,
			 skip->reason);
	}
}

/* An exec that the trial has not seen yet makes its verdict one of another program. */
static bool gained_nothing(const struct target *target)
{
	return target->benefit.verdict == BENEFIT_NONE && target->benefit.execs == target->execs;
}

/*
 * Those that gained nothing in their trial make room, and what was collapsed stays. One that was asked for by --pid is
 * watched on, as nobody else wants its seat.
 */
static void leave_useless(struct tick *tick, struct watch *watch, struct seats *seats)
{
	for (unsigned int seat = 0; seat < watch->n_seats && !tick->listed.n; seat++) {
		struct target *target = watch_target(watch, seat);

		if (!target || !gained_nothing(target) || target_is_gone(target))
			continue;
		governor_let_go(watch->governor, seat, target->benefit.reason, target->facts.anon_bytes,
				target->execs);
		said_once(&tick->said, target->id, false);
		leave(watch, target, target->benefit.reason);
		seats_release(seats, watch, target);
	}
}

static int govern(struct tick *tick, struct watch *watch, struct seats *seats,
		  const struct candidate *candidates, size_t n)
{
	const struct governor_move *moves;
	size_t n_moves;
	int err;

	leave_useless(tick, watch, seats);
	err = governor_tick(watch->governor, candidates, n, &moves, &n_moves, &tick->skips, &tick->n_skips);
	if (err)
		return err;
	for (size_t i = 0; i < n_moves; i++) {
		struct target *target = &watch->targets[moves[i].seat];

		if (moves[i].kind == GOVERNOR_ENTER) {
			enter(tick, watch, &moves[i]);
			continue;
		}
		if (moves[i].barred || moves[i].ruled_out)
			said_once(&tick->said, moves[i].id, moves[i].barred);
		if (moves[i].ruled_out)
			name_is_news(tick, moves[i].comm);
		leave(watch, target, moves[i].reason);
		seats_release(seats, watch, target);
	}
	say_skips(tick);
	return 0;
}

static int run(struct tick *tick, struct watch *watch, struct seats *seats)
{
	struct candidate *candidates;
	size_t n;
	int err = measure(tick);

	if (err)
		return err;
	candidates = malloc((tick->n_ranked + tick->listed.n + watch->n_seats + 1) * sizeof(*candidates));
	if (!candidates)
		return -ENOMEM;
	n = tick->listed.n ? candidates_listed(tick, watch, candidates)
			   : candidates_by_heat(tick, watch, candidates);
	err = govern(tick, watch, seats, candidates, n);
	free(candidates);
	return err;
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
	tick->ticks++;
	warn_if_full(tick);
	return 0;
}

static size_t count_living(const struct tick *tick)
{
	size_t n = 0;

	for (size_t i = 0; i < tick->n_ranked; i++)
		n += !tick->ranked[i].ended;
	return n;
}

struct tick_sums tick_sums(const struct tick *tick)
{
	return (struct tick_sums){
		.ticks = tick->ticks,
		.window_ns = tick->window_ns,
		.living = count_living(tick),
		.came_in = tick->came_in,
		.missed_threads = hotness_missed(tick->hotness).threads,
		.skips = tick->skips,
		.n_skips = tick->n_skips,
	};
}
