// SPDX-License-Identifier: GPL-2.0
#include "decide/governor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "decide/governor_reason.h"
#include "decide/penalty.h"
#include "decide/reason.h"
#include "decide/share.h"

#define OUTRANKED_SHARE 0.8 /* of a waiting one's heat: below it a watched process is outranked */

/* To find a process's seat by bisection. */
struct seat_key {
	struct process_id id;
	unsigned int seat;
};

struct governor {
	struct governor_config config;
	struct governor_seat *seats;
	struct seat_key *keys;
	struct governor_move *moves;
	size_t n_moves;
	struct penalties *penalties; /* always room for one of every seat */

	/* Of this tick, all with room for every candidate. */
	struct governor_skip *skips;
	size_t n_skips, skips_room;
	const struct candidate **waiting; /* eligible, not watched, in the order in which they come in */
	size_t n_waiting, waiting_room;
	bool *watched; /* of each candidate */
	size_t watched_room;
};

/* One tick's input. */
struct tick {
	struct governor *governor;
	const struct candidate *candidates;
	size_t n;
};

struct governor *governor_new(const struct governor_config *config)
{
	struct governor *governor;

	if (!config->seats || !config->dwell_ticks)
		return NULL;
	governor = calloc(1, sizeof(*governor));
	if (!governor)
		return NULL;
	governor->config = *config;
	governor->seats = calloc(config->seats, sizeof(*governor->seats));
	governor->keys = calloc(config->seats, sizeof(*governor->keys));
	governor->moves = calloc(config->seats, 2 * sizeof(*governor->moves));
	governor->penalties = penalties_new(config->probe_ticks);
	if (governor->seats && governor->keys && governor->moves && governor->penalties)
		return governor;
	governor_free(governor);
	return NULL;
}

void governor_free(struct governor *governor)
{
	if (!governor)
		return;
	free(governor->seats);
	free(governor->keys);
	free(governor->moves);
	penalties_free(governor->penalties);
	free(governor->skips);
	free(governor->waiting);
	free(governor->watched);
	free(governor);
}

const struct governor_seat *governor_seats(const struct governor *governor)
{
	return governor->seats;
}

/*
 * Makes all the room that a tick, and the failures after it, can need: nothing fails half-way. The skips come last: they
 * were handed out, and must stay where they are if anything fails.
 */
static int reserve(struct governor *governor, size_t n)
{
	if (!penalties_reserve(governor->penalties, governor->config.seats + n) &&
	    !array_reserve(&governor->waiting, &governor->waiting_room, n, sizeof(*governor->waiting)) &&
	    !array_reserve(&governor->watched, &governor->watched_room, n, sizeof(*governor->watched)) &&
	    !array_reserve(&governor->skips, &governor->skips_room, n, sizeof(*governor->skips)))
		return 0;
	return -ENOMEM;
}

/* Penalties grow old, and may end by what is new of a process. */
static void see_candidates(const struct tick *tick)
{
	struct penalties *penalties = tick->governor->penalties;

	penalties_begin_tick(penalties);
	for (size_t i = 0; i < tick->n; i++) {
		const struct candidate *candidate = &tick->candidates[i];

		penalty_see(penalties, candidate->id, candidate_bytes(candidate), candidate->execs);
	}
}

/* The process in @seat, of this tick; NULL: it ended, or the seat is free. */
static const struct candidate *candidate_in(const struct tick *tick, unsigned int seat)
{
	unsigned int rank = tick->governor->seats[seat].rank;

	return rank ? &tick->candidates[rank - 1] : NULL;
}

static int seat_key_cmp(const void *a, const void *b)
{
	const struct seat_key *left = a, *right = b;

	return process_id_cmp(left->id, right->id);
}

static size_t index_seats(struct governor *governor)
{
	size_t n = 0;

	for (unsigned int i = 0; i < governor->config.seats; i++)
		if (governor->seats[i].used)
			governor->keys[n++] = (struct seat_key){.id = governor->seats[i].id, .seat = i};
	qsort(governor->keys, n, sizeof(*governor->keys), seat_key_cmp);
	return n;
}

static void take_candidate(const struct tick *tick, unsigned int seat, size_t index)
{
	struct governor *governor = tick->governor;
	const struct candidate *candidate = &tick->candidates[index];
	struct governor_seat *taken = &governor->seats[seat];

	governor->watched[index] = true;
	taken->used = true;
	taken->id = candidate->id;
	memcpy(taken->comm, candidate->comm, sizeof(taken->comm)); /* an exec changes it */
	taken->rank = (unsigned int)(index + 1);
	taken->cpu_pct = candidate->cpu_pct;
}

/* Finds this tick's candidate of each seat. */
static void match_seats(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t n_keys = index_seats(governor);

	for (unsigned int i = 0; i < governor->config.seats; i++)
		governor->seats[i].rank = 0;
	for (size_t i = 0; i < tick->n; i++) {
		struct seat_key want = {.id = tick->candidates[i].id};
		const struct seat_key *key =
			bsearch(&want, governor->keys, n_keys, sizeof(want), seat_key_cmp);

		governor->watched[i] = false;
		if (key)
			take_candidate(tick, key->seat, i);
	}
}

/* But for penalties. */
static bool is_fit(const struct governor *governor, const struct candidate *candidate)
{
	const struct governor_config *config = &governor->config;

	if (candidate->excluded || candidate->barred || candidate->verdict.out)
		return false;
	return (config->listed || candidate->cpu_pct >= config->min_cpu_pct) &&
	       governor_is_big(config, candidate);
}

static bool eligible(const struct governor *governor, const struct candidate *candidate)
{
	return is_fit(governor, candidate) && !penalty_holds(governor->penalties, candidate->id);
}

bool governor_would_take(const struct governor *governor, const struct candidate *candidate)
{
	return is_fit(governor, candidate) && !penalty_will_hold(governor->penalties, candidate->id);
}

/* One that is watched stays: its own fork shares its memory for a while. */
static bool is_barred_by_share(const struct governor *governor, const struct candidate *candidate)
{
	bool was_barred = penalty_is_shared(governor->penalties, candidate->id);

	if (!share_bars_seat(candidate->shared_pct, was_barred))
		return false;
	penalty_shared(governor->penalties, candidate->id, candidate->shared_pct);
	return true;
}

static void collect_waiting(const struct tick *tick, bool preferred)
{
	struct governor *governor = tick->governor;

	for (size_t i = 0; i < tick->n; i++) {
		const struct candidate *candidate = &tick->candidates[i];

		if (candidate->verdict.preferred == preferred && !governor->watched[i] &&
		    eligible(governor, candidate) && !is_barred_by_share(governor, candidate))
			governor->waiting[governor->n_waiting++] = candidate;
	}
}

static struct governor_move *push_move(struct governor *governor, enum governor_move_kind kind,
				       unsigned int seat)
{
	struct governor_move *move = &governor->moves[governor->n_moves++];

	*move = (struct governor_move){.kind = kind, .seat = seat, .id = governor->seats[seat].id};
	memcpy(move->comm, governor->seats[seat].comm, sizeof(move->comm));
	return move;
}

/* Frees the seat; the caller writes the move's reason. */
static struct governor_move *leave(const struct tick *tick, unsigned int seat)
{
	struct governor *governor = tick->governor;
	const struct candidate *candidate = candidate_in(tick, seat);
	struct governor_move *move = push_move(governor, GOVERNOR_LEAVE, seat);

	if (candidate)
		governor->watched[candidate - tick->candidates] = false;
	governor->seats[seat] = (struct governor_seat){0};
	return move;
}

static void leave_gone(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.seats; i++) {
		struct governor_move *move;

		if (!governor->seats[i].used || candidate_in(tick, i))
			continue;
		move = leave(tick, i);
		move->gone = true;
		reason_write(move->reason, "it ended");
	}
}

static void leave_unwanted(const struct tick *tick)
{
	const struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.seats; i++) {
		const struct candidate *candidate = candidate_in(tick, i);
		struct governor_move *move;

		if (!candidate || (!candidate->barred && !candidate->verdict.out))
			continue;
		move = leave(tick, i);
		move->ruled_out = candidate->verdict.out;
		move->barred = !move->ruled_out;
		if (move->ruled_out)
			rules_explain(&candidate->verdict, move->reason);
		else
			reason_write(move->reason, "%s", candidate->barred);
	}
}

static bool is_cold(const struct governor *governor, const struct governor_seat *seat)
{
	return seat->cpu_pct < governor_cold_pct(&governor->config);
}

/* One more tick in a row; no more than dwell_ticks of them matter. */
static void count_tick(const struct governor *governor, unsigned int *ticks)
{
	if (*ticks < governor->config.dwell_ticks)
		(*ticks)++;
}

static void leave_cold(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.seats; i++) {
		struct governor_seat *seat = &governor->seats[i];
		char reason[REASON_LEN];

		if (!seat->used)
			continue;
		if (!is_cold(governor, seat)) {
			seat->below_ticks = 0;
			continue;
		}
		count_tick(governor, &seat->cold_ticks);
		count_tick(governor, &seat->below_ticks);
		if (seat->cold_ticks < governor->config.dwell_ticks)
			continue;
		governor_reason_cold(&governor->config, seat, reason);
		memcpy(leave(tick, i)->reason, reason, sizeof(reason));
	}
}

/* Whether @watched should make room for @waiting. */
static bool yields(const struct governor *governor, const struct candidate *watched,
		   const struct candidate *waiting)
{
	if (governor_is_shrunk(&governor->config, watched))
		return true;
	if (watched->verdict.preferred != waiting->verdict.preferred)
		return waiting->verdict.preferred;
	return watched->cpu_pct < OUTRANKED_SHARE * waiting->cpu_pct;
}

static unsigned int free_seats(const struct governor *governor)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < governor->config.seats; i++)
		n += !governor->seats[i].used;
	return n;
}

/*
 * Every watched process that the hottest waiting one clearly beats counts its ticks, not only the
 * weakest: among equals the weakest is another one in each tick, and none would ever have to go.
 */
static void count_outranked(const struct tick *tick, const struct candidate *hottest)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.seats; i++) {
		struct governor_seat *seat = &governor->seats[i];

		if (!seat->used || is_cold(governor, seat))
			continue;
		if (hottest && yields(governor, candidate_in(tick, i), hottest))
			count_tick(governor, &seat->cold_ticks);
		else
			seat->cold_ticks = 0;
	}
}

/* Whether @one leaves before @other. Candidates are ordered, hottest first. */
static bool leaves_first(const struct candidate *one, const struct candidate *other)
{
	if (one->verdict.preferred != other->verdict.preferred)
		return other->verdict.preferred;
	return one > other;
}

/* The seat that goes to @waiting, or the number of seats if none does. */
static unsigned int find_victim(const struct tick *tick, const struct candidate *waiting)
{
	const struct governor *governor = tick->governor;
	unsigned int n = governor->config.seats, victim = n;

	for (unsigned int i = 0; i < n; i++) {
		const struct candidate *watched = candidate_in(tick, i);

		if (!watched || !yields(governor, watched, waiting))
			continue;
		if (governor->seats[i].cold_ticks < governor->config.dwell_ticks)
			continue;
		if (victim == n || leaves_first(watched, candidate_in(tick, victim)))
			victim = i;
	}
	return victim;
}

static void leave_outranked(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t first = free_seats(governor); /* so many come in anyway */
	const struct candidate *hottest = first < governor->n_waiting ? governor->waiting[first] : NULL;

	count_outranked(tick, hottest);
	for (size_t i = first; i < governor->n_waiting; i++) {
		const struct candidate *waiting = governor->waiting[i], *watched;
		unsigned int seat = find_victim(tick, waiting);

		if (seat == governor->config.seats)
			break; /* the others that wait are colder still, and no more preferred */
		watched = candidate_in(tick, seat);
		governor_reason_outranked(&governor->config, watched, waiting, leave(tick, seat)->reason);
	}
}

static void explain_seat(const struct tick *tick, unsigned int seat)
{
	const struct governor *governor = tick->governor;
	struct governor_seat *watched = &governor->seats[seat];

	governor_reason_watched(&governor->config, candidate_in(tick, seat), watched, tick->n,
				watched->reason);
}

static void explain_seats(const struct tick *tick)
{
	const struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.seats; i++)
		if (governor->seats[i].used)
			explain_seat(tick, i);
}

static void enter_waiting(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t next = 0;

	for (unsigned int i = 0; i < governor->config.seats && next < governor->n_waiting; i++) {
		struct governor_move *move;

		if (governor->seats[i].used)
			continue;
		take_candidate(tick, i, (size_t)(governor->waiting[next++] - tick->candidates));
		explain_seat(tick, i);
		move = push_move(governor, GOVERNOR_ENTER, i);
		memcpy(move->reason, governor->seats[i].reason, sizeof(move->reason));
	}
}

int governor_tick(struct governor *governor, const struct candidate *candidates, size_t n,
		  const struct governor_move **moves, size_t *n_moves, const struct governor_skip **skips,
		  size_t *n_skips)
{
	const struct tick tick = {.governor = governor, .candidates = candidates, .n = n};

	if (reserve(governor, n))
		return -ENOMEM;
	governor->n_moves = governor->n_waiting = 0;
	match_seats(&tick);
	see_candidates(&tick);
	collect_waiting(&tick, true);
	collect_waiting(&tick, false);
	leave_gone(&tick);
	leave_unwanted(&tick);
	if (!governor->config.listed) {
		leave_cold(&tick);
		leave_outranked(&tick);
	}
	explain_seats(&tick);
	enter_waiting(&tick);
	governor->n_skips = governor_list_skips(&governor->config, governor->seats, governor->penalties,
						candidates, n, governor->watched, governor->skips);
	*moves = governor->moves;
	*n_moves = governor->n_moves;
	*skips = governor->skips;
	*n_skips = governor->n_skips;
	return 0;
}

static bool is_taken(const struct governor *governor, unsigned int seat)
{
	return seat < governor->config.seats && governor->seats[seat].used;
}

void governor_seat_failed(struct governor *governor, unsigned int seat, const char *why)
{
	if (!is_taken(governor, seat))
		return;
	penalty_failed(governor->penalties, governor->seats[seat].id, why);
	governor->seats[seat] = (struct governor_seat){0};
}

void governor_let_go(struct governor *governor, unsigned int seat, const char *why, uint64_t anon_bytes,
		     uint32_t execs)
{
	if (!is_taken(governor, seat))
		return;
	penalty_let_go(governor->penalties, governor->seats[seat].id, why, anon_bytes, execs);
	governor->seats[seat] = (struct governor_seat){0};
}

void governor_seat_works(struct governor *governor, unsigned int seat)
{
	if (is_taken(governor, seat))
		penalty_works(governor->penalties, governor->seats[seat].id);
}
