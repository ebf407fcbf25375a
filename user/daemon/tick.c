// SPDX-License-Identifier: GPL-2.0
/* A tick: the window is closed, the processes ranked, and the governor decides who is watched. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"
#include "daemon/internal.h"
#include "report/log.h"

/* Colder ones matter only while they are watched: the governor's lower threshold is half of the upper one. */
#define CANDIDATE_SHARE 0.5

/* A listed process is known by /proc's rounded start time, one found by BPF by the exact one. */
static bool same_process(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.start_time_ns / PROC_TICK_NS == b.start_time_ns / PROC_TICK_NS;
}

static struct target *target_of(struct daemon *daemon, struct process_id id)
{
	for (unsigned int seat = 0; seat < daemon->n_seats; seat++)
		if (daemon->targets[seat].used && same_process(daemon->targets[seat].id, id))
			return &daemon->targets[seat];
	return NULL;
}

static int measure(struct daemon *daemon)
{
	struct hotness_span span;
	const struct usage *usage;
	size_t n;
	int err = hotness_window(daemon->hotness, &usage, &n, &span);

	if (err)
		return err;
	daemon->window_ns = span.ended_ns - span.began_ns;
	return ranking_update(daemon->ranking, usage, n, daemon->window_ns, cpus_online(), &daemon->ranked,
			      &daemon->n_ranked);
}

/* What /proc says of it now; false: it is gone, or no process to watch. */
static bool make_candidate(struct daemon *daemon, struct process_id id, double cpu_pct, uint32_t execs,
			   struct candidate *candidate)
{
	struct target *target = target_of(daemon, id);
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
		.blocked = facts.thp_disabled,
		.excluded = facts.kernel_thread || !facts.live_tid || id.tgid == (uint32_t)getpid(),
	};
	memcpy(candidate->comm, facts.comm, sizeof(candidate->comm));
	return true;
}

static const struct ranked *ranked_of(const struct daemon *daemon, struct process_id id)
{
	for (size_t i = 0; i < daemon->n_ranked; i++)
		if (same_process(daemon->ranked[i].id, id))
			return &daemon->ranked[i];
	return NULL;
}

/* What is watched and has not run for so long that the ranking forgot it lives on, and is the coldest. */
static size_t candidates_forgotten(struct daemon *daemon, struct candidate *candidates)
{
	size_t n = 0;

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		const struct target *target = &daemon->targets[seat];

		if (target->used && !ranked_of(daemon, target->id) &&
		    make_candidate(daemon, target->id, 0, target->execs, &candidates[n]))
			n++;
	}
	return n;
}

/* Room for all that are ranked and all seats. */
static size_t candidates_by_heat(struct daemon *daemon, struct candidate *candidates)
{
	double least_pct = daemon->options->min_cpu_pct * CANDIDATE_SHARE;
	size_t n = 0;

	for (size_t i = 0; i < daemon->n_ranked; i++) {
		const struct ranked *ranked = &daemon->ranked[i];
		struct target *target = target_of(daemon, ranked->id);

		if (target)
			target->execs = ranked->execs;
		if (!ranked->ended && (target || ranked->cpu_pct >= least_pct) &&
		    make_candidate(daemon, ranked->id, ranked->cpu_pct, ranked->execs, &candidates[n]))
			n++;
	}
	return n + candidates_forgotten(daemon, candidates + n);
}

static int hotter_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->cpu_pct != b->cpu_pct)
		return a->cpu_pct > b->cpu_pct ? -1 : 1;
	return process_id_cmp(a->id, b->id);
}

static size_t candidates_listed(struct daemon *daemon, struct candidate *candidates)
{
	size_t n = 0;

	for (unsigned int i = 0; i < daemon->options->n_pids; i++) {
		const struct ranked *ranked = ranked_of(daemon, daemon->listed[i]);
		struct target *target = target_of(daemon, daemon->listed[i]);

		if (target && ranked)
			target->execs = ranked->execs;
		if (!daemon->listed[i].tgid)
			continue;
		if (make_candidate(daemon, daemon->listed[i], ranked ? ranked->cpu_pct : 0,
				   ranked ? ranked->execs : 0, &candidates[n]))
			n++;
		else
			daemon->listed[i].tgid = 0;
	}
	daemon->all_listed_ended = n == 0;
	qsort(candidates, n, sizeof(*candidates), hotter_first);
	return n;
}

void daemon_release(struct daemon *daemon, unsigned int seat)
{
	struct target *target = &daemon->targets[seat];
	struct act_error error;

	if (daemon->have[seat].watching && damon_stop(daemon->damon, seat, &error)) {
		log_warning("seat %u: %s", seat, error.text); /* the plan stops it again */
		daemon->totals.errors++;
	} else {
		daemon->have[seat] = (struct plan_seat){0};
	}
	daemon->totals.collapses += target_succeeded(target);
	if (daemon->madvise)
		madvise_leave(daemon, target);
	target_release(target);
}

static void leave(struct daemon *daemon, unsigned int seat, const char *reason)
{
	const struct target *target = &daemon->targets[seat];
	uint64_t succeeded = target_succeeded(target);

	log_info("out: %s (%u), seat %u: %s; %" PRIu64 " collapses (%" PRIu64 " MiB) in %.1f s", target->comm,
		 target->id.tgid, seat, reason, succeeded, bytes_to_mib(succeeded * PMD_SIZE_BYTES),
		 (double)(daemon->now_ns - target->since_ns) / 1e9);
	daemon_release(daemon, seat);
}

static void enter(struct daemon *daemon, const struct governor_move *move)
{
	struct target *target = &daemon->targets[move->seat];
	const struct ranked *ranked = ranked_of(daemon, move->id);
	struct descent_evidence evidence;
	int err = target_init(target, move->id, move->comm, daemon->now_ns);

	target->execs = ranked ? ranked->execs : 0;
	if (!err && daemon->madvise)
		err = madvise_enter(daemon, target);
	if (err) {
		target_release(target);
		governor_seat_failed(daemon->governor, move->seat, strerror(-err));
		return;
	}
	intervals_start(&target->intervals, &daemon->intervals, daemon->now_ns);
	evidence = target_evidence(target, daemon->collapse, daemon->now_ns, daemon->tells_huge);
	descent_start(&target->descent, &daemon->descent, &evidence);
	quota_start(&target->quota, &daemon->quota);
	if (daemon->damon)
		trial_begin(daemon, move->seat, &evidence);
	daemon->totals.watched++;
	log_info("in: %s (%u), seat %u: %s", move->comm, move->id.tgid, move->seat, move->reason);
	if (target->descent.state == DESCENT_BLOCKED)
		log_info("%s (%u): blocked: %s", move->comm, move->id.tgid, target->descent.reason);
}

static bool was_said(const struct daemon *daemon, struct process_id id)
{
	for (size_t i = 0; i < SAID_SKIPS; i++)
		if (process_id_equal(daemon->said_skips[i], id))
			return true;
	return false;
}

static void note_said(struct daemon *daemon, struct process_id id)
{
	if (!was_said(daemon, id))
		daemon->said_skips[daemon->n_said_skips++ % SAID_SKIPS] = id;
}

/* The hottest, once each, or a busy machine would fill its log; the status has it for as long as it lasts. */
static void say_skips(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->n_skips && i < SAID_AT_ONCE; i++) {
		const struct governor_skip *skip = &daemon->skips[i];

		if (was_said(daemon, skip->id))
			continue;
		note_said(daemon, skip->id);
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
static void leave_useless(struct daemon *daemon)
{
	for (unsigned int seat = 0; seat < daemon->n_seats && !daemon->options->n_pids; seat++) {
		struct target *target = &daemon->targets[seat];

		if (!target->used || !gained_nothing(target) || target_is_gone(target))
			continue;
		governor_let_go(daemon->governor, seat, target->benefit.reason, target->facts.anon_bytes,
				target->execs);
		note_said(daemon, target->id);
		leave(daemon, seat, target->benefit.reason);
	}
}

static int govern(struct daemon *daemon, const struct candidate *candidates, size_t n)
{
	const struct governor_move *moves;
	size_t n_moves;
	int err;

	leave_useless(daemon);
	err = governor_tick(daemon->governor, candidates, n, &moves, &n_moves, &daemon->skips,
			    &daemon->n_skips);
	if (err)
		return err;
	for (size_t i = 0; i < n_moves; i++) {
		if (moves[i].kind == GOVERNOR_LEAVE)
			leave(daemon, moves[i].seat, moves[i].reason);
		else
			enter(daemon, &moves[i]);
	}
	say_skips(daemon);
	return 0;
}

/*
 * A kdamond ends with its target's last thread, or when the thread it was given has gone; DAMON may
 * also fail.
 */
static void check_kdamond(struct daemon *daemon, unsigned int seat)
{
	struct target *target = &daemon->targets[seat];
	struct act_error error;
	bool on = true;
	int err;

	if (!daemon->have[seat].watching || !target->kdamond_pid || target_is_gone(target))
		return;
	err = damon_is_on(daemon->damon, seat, &on, &error);
	if (err == -ESTALE)
		daemon->seats_lost = true;
	if (err)
		return; /* busy: the next tick asks again */
	if (on) {
		target->deaths = 0;
		governor_seat_works(daemon->governor, seat);
		return;
	}
	daemon->have[seat].watching = false; /* the plan starts it anew */
	target_new_kdamond(target, 0, daemon->now_ns);
	if (daemon->have[seat].pid_target == target->facts.live_tid && ++target->deaths > 2) {
		log_warning("%s (%u): its kdamond ended %u times in a row", target->comm, target->id.tgid,
			    target->deaths);
		governor_seat_failed(daemon->governor, seat, "its kdamond keeps ending");
		daemon_release(daemon, seat);
	}
}

int daemon_tick(struct daemon *daemon)
{
	struct candidate *candidates;
	size_t n;
	int err = measure(daemon);

	if (err)
		return err;
	candidates = malloc((daemon->n_ranked + daemon->options->n_pids + daemon->n_seats + 1) *
			    sizeof(*candidates));
	if (!candidates)
		return -ENOMEM;
	n = daemon->options->n_pids ? candidates_listed(daemon, candidates)
				    : candidates_by_heat(daemon, candidates);
	err = govern(daemon, candidates, n);
	free(candidates);
	for (unsigned int seat = 0; !err && seat < daemon->n_seats; seat++)
		if (daemon->targets[seat].used) {
			check_kdamond(daemon, seat);
			target_take_cost(&daemon->targets[seat], daemon->now_ns);
		}
	return err;
}
