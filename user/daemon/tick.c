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
#include "daemon/memory.h"
#include "daemon/skips.h"
#include "daemon/step.h"
#include "decide/optout.h"
#include "decide/ranking.h"
#include "report/log.h"
#include "sense/services.h"
#include "sense/share.h"

struct tick {
	const struct run_options *options; /* borrowed, as is the next one */
	struct hotness *hotness;
	struct ranking *ranking;
	struct judge *judge;
	struct tick_listed listed;

	const struct ranked *ranked; /* of the last tick; owned by the ranking */
	size_t n_ranked;
	struct services *services;
	struct skips skips;
	uint64_t window_ns;
	uint64_t ticks, came_in;

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
	tick->services = services_new("/proc", NULL);
	if (!options->n_pids) /* who is listed was named: nobody is asked */
		tick->judge = judge_new(&options->rules, tick->services);
	if (tick->ranking && tick->services && (tick->judge || options->n_pids))
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
	bool asked = facts->thp_disabled || watched || governor_would_take(watch->governor, candidate);

	candidate->opted_out = facts->thp_disabled;
	if (candidate->opted_out)
		candidate->barred = optout_reason(candidate->comm);
	else if (asked)
		candidate->barred = executor_bars(&watch->executor, facts);
	candidate->barred_s =
		said_see(&tick->skips.said, candidate->id, asked, candidate->barred, watch->now_ns);
}

/* Its command line is read when it comes in, and again after an exec: it takes the lock of the process's memory. */
static void read_command(struct target *target)
{
	if (process_command_read("/proc", target->id.tgid, target->whose.command,
				 sizeof(target->whose.command)))
		*target->whose.command = '\0';
}

static void take_whose(const struct tick *tick, struct target *target, const struct ranked *ranked,
		       uint64_t now_ns)
{
	struct whose whose;

	services_whose(tick->services, target->id, ranked->owner, false, now_ns, &whose);
	target_set_whose(target, &whose);
	if (target->execs != ranked->execs)
		read_command(target);
	target->execs = ranked->execs;
}

/* Who is listed was named: nobody else is asked. The last question takes some system calls. */
static void judge(const struct tick *tick, const struct watch *watch, const struct process_facts *facts,
		  bool watched, struct candidate *candidate)
{
	if (tick->listed.n)
		return;
	candidate->verdict =
		judge_process(tick->judge, facts, candidate->id, candidate->owner, watch->now_ns);
	if (rules_are_silent(&candidate->verdict) &&
	    (watched || governor_would_take(watch->governor, candidate)) &&
	    judge_finds_advised(tick->judge, facts))
		rules_take_advised(&candidate->verdict);
}

/* What /proc says of it now; false: it is gone, or no process to watch. */
static bool make_candidate(struct tick *tick, const struct watch *watch, const struct ranked *ranked,
			   struct candidate *candidate)
{
	struct process_id id = ranked->id;
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
		.owner = ranked->owner,
		.cpu_pct = ranked->cpu_pct,
		.execs = ranked->execs,
		.excluded = facts.kernel_thread || !facts.live_tid || id.tgid == (uint32_t)getpid(),
	};
	memcpy(candidate->comm, facts.comm, sizeof(candidate->comm));
	if (target)
		take_whose(tick, target, ranked, watch->now_ns);
	memory_see(watch, target, &facts, candidate);
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

/* One that has not run in our sight, or not for long. */
static bool candidate_unranked(struct tick *tick, const struct watch *watch, struct process_id id,
			       struct candidate *candidate)
{
	const struct target *target = target_of(watch, id);
	struct ranked ranked = {.id = id, .owner.uid = UID_UNKNOWN, .execs = target ? target->execs : 0};

	return make_candidate(tick, watch, &ranked, candidate);
}

/* What is watched and has not run for so long that the ranking forgot it lives on, and is the coldest. */
static size_t candidates_forgotten(struct tick *tick, const struct watch *watch, struct candidate *candidates)
{
	size_t n = 0;

	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		const struct target *target = watch_target(watch, seat);

		if (target && !ranked_of(tick, target->id) &&
		    candidate_unranked(tick, watch, target->id, &candidates[n]))
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

		if (!ranked->ended && (ranked->cpu_pct >= least_pct || target_of(watch, ranked->id)) &&
		    make_candidate(tick, watch, ranked, &candidates[n]))
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

		if (!id->tgid)
			continue;
		if (ranked ? make_candidate(tick, watch, ranked, &candidates[n])
			   : candidate_unranked(tick, watch, *id, &candidates[n]))
			n++;
		else
			id->tgid = 0;
	}
	tick->all_ended = n == 0;
	qsort(candidates, n, sizeof(*candidates), hotter_first);
	return n;
}

static void leave(const struct watch *watch, const struct target *target, enum event event,
		  const char *reason)
{
	struct log_about about = target_about(target, event);
	uint64_t succeeded = target_succeeded(target);

	log_event(&about, "out: %s, seat %u: %s; %" PRIu64 " collapses (%" PRIu64 " MiB) in %.1f s",
		  target->name, target->seat, reason, succeeded, bytes_to_mib(succeeded * PMD_SIZE_BYTES),
		  ns_to_s(watch->now_ns - target->since_ns));
}

static int take_in(const struct tick *tick, struct watch *watch, const struct governor_move *move)
{
	struct target *target = &watch->targets[move->seat];
	const struct ranked *ranked = ranked_of(tick, move->id);
	struct process_owner unknown = {.uid = UID_UNKNOWN};
	struct whose whose = {0};
	int err;

	services_whose(tick->services, move->id, ranked ? ranked->owner : unknown, false, watch->now_ns,
		       &whose);
	err = target_init(target, move->seat, move->id, &whose, watch->now_ns);
	if (err)
		return err;
	read_command(target);
	target->execs = ranked ? ranked->execs : 0;
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

	log_event(&about, "in: %s, seat %u: %s", target->name, move->seat, move->reason);
	whose_details(&target->whose, details);
	if (*details)
		log_info("%s: %s", target->name, details);
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
		governor_let_go(watch->governor, seat, target->benefit.reason, target_memory_bytes(target),
				target->execs);
		said_once(&tick->skips.said, target->id, false);
		leave(watch, target, EVENT_NOTHING, target->benefit.reason);
		seats_release(seats, watch, target);
	}
}

static int govern(struct tick *tick, struct watch *watch, struct seats *seats,
		  const struct candidate *candidates, size_t n)
{
	const struct governor_move *moves;
	const struct governor_skip *skips;
	size_t n_moves, n_skips;
	int err;

	leave_useless(tick, watch, seats);
	err = governor_tick(watch->governor, candidates, n, &moves, &n_moves, &skips, &n_skips);
	if (err)
		return err;
	for (size_t i = 0; i < n_moves; i++) {
		struct target *target = &watch->targets[moves[i].seat];

		if (moves[i].kind == GOVERNOR_ENTER) {
			enter(tick, watch, &moves[i]);
			continue;
		}
		skips_note_left(&tick->skips, &moves[i]);
		leave(watch, target, EVENT_OUT, moves[i].reason);
		seats_release(seats, watch, target);
	}
	return skips_take(&tick->skips, tick->services, skips, n_skips, watch->now_ns);
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

static void count_ranked(const struct tick *tick, struct tick_sums *sums)
{
	for (size_t i = 0; i < tick->n_ranked; i++) {
		sums->living += !tick->ranked[i].ended;
		sums->cpu_pct += tick->ranked[i].cpu_pct;
	}
}

struct tick_sums tick_sums(const struct tick *tick)
{
	struct tick_sums sums = {
		.ticks = tick->ticks,
		.window_ns = tick->window_ns,
		.came_in = tick->came_in,
		.missed_threads = hotness_missed(tick->hotness).threads,
		.skips = tick->skips.list,
		.n_skips = tick->skips.n,
		.skips_whose = tick->skips.whose,
	};

	count_ranked(tick, &sums);
	return sums;
}
