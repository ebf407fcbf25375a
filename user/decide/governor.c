// SPDX-License-Identifier: GPL-2.0
#include "decide/governor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "decide/governor_internal.h"
#include "decide/governor_reason.h"
#include "decide/reason.h"
#include "decide/share.h"

struct governor *governor_new(const struct governor_config *config)
{
	struct governor *governor;

	if (!config->seats || !config->dwell_ticks)
		return NULL;
	governor = calloc(1, sizeof(*governor));
	if (!governor)
		return NULL;
	governor->config = *config;
	if (config->made < config->seats)
		governor->config.made = config->seats;
	governor->seats = calloc(governor->config.made, sizeof(*governor->seats));
	governor->in_seat = calloc(governor->config.made, sizeof(struct candidate *));
	governor->above_share = calloc(governor->config.made, sizeof(*governor->above_share));
	governor->closed = calloc(governor->config.made, sizeof(*governor->closed));
	governor->keys = calloc(governor->config.made, sizeof(*governor->keys));
	governor->moves = calloc(governor->config.made, 2 * sizeof(*governor->moves));
	governor->penalties = penalties_new(config->probe_ticks);
	if (governor->seats && governor->closed && governor->in_seat && governor->above_share &&
	    governor->keys && governor->moves && governor->penalties)
		return governor;
	governor_free(governor);
	return NULL;
}

void governor_free(struct governor *governor)
{
	if (!governor)
		return;
	free(governor->seats);
	free(governor->in_seat);
	free(governor->above_share);
	free(governor->closed);
	free(governor->keys);
	free(governor->moves);
	penalties_free(governor->penalties);
	free(governor->skips);
	free(governor->waiting);
	free(governor->outside);
	free(governor->counts);
	free(governor->watched);
	free(governor);
}

void governor_heed(struct governor *governor, const struct governor_config *config)
{
	unsigned int made = governor->config.made;

	governor->config = *config;
	governor->config.made = made;
	if (config->seats > made)
		governor->config.seats = made;
	governor->may_be_beyond = true;
	penalties_set_probe(governor->penalties, config->probe_ticks);
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
	if (!penalties_reserve(governor->penalties, governor->config.made + n) &&
	    !array_reserve(&governor->waiting, &governor->waiting_room, n, sizeof(*governor->waiting)) &&
	    !array_reserve(&governor->outside, &governor->outside_room, n, sizeof(*governor->outside)) &&
	    !array_reserve(&governor->counts, &governor->counts_room, n, sizeof(*governor->counts)) &&
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

static int seat_key_cmp(const void *a, const void *b)
{
	const struct seat_key *left = a, *right = b;

	return process_id_cmp(left->id, right->id);
}

static size_t index_seats(struct governor *governor)
{
	size_t n = 0;

	for (unsigned int i = 0; i < governor->config.made; i++)
		if (governor->seats[i].used)
			governor->keys[n++] = (struct seat_key){.id = governor->seats[i].id, .seat = i};
	qsort(governor->keys, n, sizeof(*governor->keys), seat_key_cmp);
	return n;
}

/* The members of a service are together. */
static bool begins_service(const struct tick *tick, size_t i)
{
	return !i || tick->candidates[i].member.key != tick->candidates[i - 1].member.key;
}

/* Of its service, 1 is the hottest; how many there are: that of the last candidate. */
static unsigned int rank_of(const struct tick *tick, const struct candidate *candidate)
{
	unsigned int rank = 0;

	for (size_t i = 0; &tick->candidates[i] <= candidate; i++)
		rank += begins_service(tick, i);
	return rank;
}

static void take_candidate(const struct tick *tick, unsigned int seat, const struct candidate *candidate)
{
	struct governor *governor = tick->governor;
	struct governor_seat *taken = &governor->seats[seat];

	governor->watched[candidate - tick->candidates] = true;
	governor->in_seat[seat] = candidate;
	if (!taken->used)
		taken->execs = candidate->execs;
	if (candidate_bytes(candidate) > taken->most_bytes)
		taken->most_bytes = candidate_bytes(candidate);
	taken->used = true;
	taken->id = candidate->id;
	memcpy(taken->comm, candidate->comm, sizeof(taken->comm)); /* an exec changes it */
	taken->rank = rank_of(tick, candidate);
	taken->cpu_pct = candidate->cpu_pct;
	taken->member = candidate->member;
}

/* Finds this tick's candidate of each seat. */
static void match_seats(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t n_keys = index_seats(governor);

	for (unsigned int i = 0; i < governor->config.made; i++)
		governor->in_seat[i] = NULL;
	for (size_t i = 0; i < tick->n; i++) {
		const struct candidate *candidate = &tick->candidates[i];
		struct seat_key want = {.id = candidate->id};
		const struct seat_key *key =
			bsearch(&want, governor->keys, n_keys, sizeof(want), seat_key_cmp);

		governor->watched[i] = false;
		if (key)
			take_candidate(tick, key->seat, candidate);
	}
}

/* But for penalties. */
static bool is_fit(const struct governor *governor, const struct candidate *candidate)
{
	const struct governor_config *config = &governor->config;

	if (candidate->excluded || candidate->barred || candidate->verdict.out)
		return false;
	if (candidate->member.young && !config->listed)
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

	*move = (struct governor_move){
		.kind = kind,
		.seat = seat,
		.service = governor->seats[seat].member.key,
		.id = governor->seats[seat].id,
	};
	memcpy(move->comm, governor->seats[seat].comm, sizeof(move->comm));
	return move;
}

struct governor_move *governor_leave(const struct tick *tick, unsigned int seat)
{
	struct governor *governor = tick->governor;
	const struct candidate *candidate = governor->in_seat[seat];
	struct governor_move *move = push_move(governor, GOVERNOR_LEAVE, seat);

	if (candidate)
		governor->watched[candidate - tick->candidates] = false;
	governor->seats[seat] = (struct governor_seat){0};
	governor->in_seat[seat] = NULL;
	return move;
}

static void leave_gone(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.made; i++) {
		struct governor_move *move;

		if (!governor->seats[i].used || governor->in_seat[i])
			continue;
		move = governor_leave(tick, i);
		move->gone = true;
		reason_write(move->reason, "it ended");
	}
}

static void leave_unwanted(const struct tick *tick)
{
	const struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.made; i++) {
		const struct candidate *candidate = governor->in_seat[i];
		struct governor_move *move;

		if (!candidate || (!candidate->barred && !candidate->verdict.out))
			continue;
		move = governor_leave(tick, i);
		move->ruled_out = candidate->verdict.out;
		move->barred = !move->ruled_out;
		if (move->ruled_out)
			rules_explain(&candidate->verdict, move->reason);
		else
			reason_write(move->reason, "%s", candidate->barred);
	}
}

static void leave_cold(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.made; i++) {
		struct governor_seat *seat = &governor->seats[i];
		char reason[REASON_LEN];

		if (!seat->used)
			continue;
		if (!governor_is_cold(governor, seat)) {
			seat->below_ticks = 0;
			continue;
		}
		governor_count_tick(governor, &seat->cold_ticks);
		governor_count_tick(governor, &seat->below_ticks);
		if (seat->cold_ticks < governor->config.dwell_ticks)
			continue;
		governor_reason_cold(&governor->config, seat, reason);
		memcpy(governor_leave(tick, i)->reason, reason, sizeof(reason));
	}
}

static void explain_seat(const struct tick *tick, unsigned int seat)
{
	const struct governor *governor = tick->governor;
	struct governor_seat *watched = &governor->seats[seat];

	governor_reason_watched(&governor->config, governor->in_seat[seat], watched,
				rank_of(tick, &tick->candidates[tick->n - 1]), watched->reason);
}

static void explain_seats(const struct tick *tick)
{
	const struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.made; i++)
		if (governor->seats[i].used)
			explain_seat(tick, i);
}

static unsigned int lowest_free(const struct governor *governor)
{
	unsigned int seat = 0;

	while (governor->seats[seat].used || governor->closed[seat])
		seat++;
	return seat;
}

static void enter_waiting(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (size_t i = 0; i < governor->n_waiting; i++) {
		struct governor_move *move;
		unsigned int seat;

		if (!governor_has_room(governor, governor->waiting[i]))
			continue;
		seat = lowest_free(governor);
		take_candidate(tick, seat, governor->waiting[i]);
		explain_seat(tick, seat);
		move = push_move(governor, GOVERNOR_ENTER, seat);
		memcpy(move->reason, governor->seats[seat].reason, sizeof(move->reason));
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
		governor_leave_beyond(&tick);
		governor_order_by_share(governor);
		governor_leave_outranked(&tick);
		governor_leave_for_sibling(&tick);
	}
	explain_seats(&tick);
	enter_waiting(&tick);
	governor_list_skips(&tick);
	*moves = governor->moves;
	*n_moves = governor->n_moves;
	*skips = governor->skips;
	*n_skips = governor->n_skips;
	return 0;
}

static bool is_taken(const struct governor *governor, unsigned int seat)
{
	return seat < governor->config.made && governor->seats[seat].used;
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
	struct governor_seat *left;

	if (!is_taken(governor, seat))
		return;
	left = &governor->seats[seat];
	if (execs != left->execs && left->most_bytes > anon_bytes)
		anon_bytes = left->most_bytes;
	penalty_let_go(governor->penalties, left->id, why, anon_bytes, left->execs);
	*left = (struct governor_seat){0};
}

void governor_seat_close(struct governor *governor, unsigned int seat, bool closed)
{
	governor->closed[seat] = closed;
}

void governor_seat_works(struct governor *governor, unsigned int seat)
{
	if (is_taken(governor, seat))
		penalty_works(governor->penalties, governor->seats[seat].id);
}
