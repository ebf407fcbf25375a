// SPDX-License-Identifier: GPL-2.0
#include "decide/governor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/governor_reason.h"
#include "decide/penalty.h"
#include "decide/reason.h"

#define OUTRANKED_SHARE 0.8 /* of a waiting one's heat: below it a watched process is outranked */

/* To find a process's slot by bisection. */
struct seat_key {
	struct process_id id;
	unsigned int slot;
};

struct governor {
	struct governor_config config;
	struct governor_slot *slots;
	struct seat_key *keys;
	struct governor_move *moves;
	size_t n_moves;
	struct penalties *penalties; /* always room for one of every slot */

	/* Of this tick, all with room for every candidate. */
	struct governor_skip *skips;
	size_t n_skips;
	const struct candidate **waiting; /* eligible, not watched, in the order in which they come in */
	size_t n_waiting;
	bool *watched; /* of each candidate */
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

	if (!config->slots || !config->dwell_ticks)
		return NULL;
	governor = calloc(1, sizeof(*governor));
	if (!governor)
		return NULL;
	governor->config = *config;
	governor->slots = calloc(config->slots, sizeof(*governor->slots));
	governor->keys = calloc(config->slots, sizeof(*governor->keys));
	governor->moves = calloc(config->slots, 2 * sizeof(*governor->moves));
	governor->penalties = penalties_new(config->probe_ticks);
	if (governor->slots && governor->keys && governor->moves && governor->penalties)
		return governor;
	governor_free(governor);
	return NULL;
}

void governor_free(struct governor *governor)
{
	if (!governor)
		return;
	free(governor->slots);
	free(governor->keys);
	free(governor->moves);
	penalties_free(governor->penalties);
	free(governor->skips);
	free(governor->waiting);
	free(governor->watched);
	free(governor);
}

const struct governor_slot *governor_slots(const struct governor *governor)
{
	return governor->slots;
}

/* Makes @array, of elements of @size, one of @n; false: all as before. */
static bool resize(void *array, size_t n, size_t size)
{
	void *old, *grown;

	memcpy(&old, array, sizeof(old));
	grown = reallocarray(old, n, size);
	if (grown)
		memcpy(array, &grown, sizeof(grown));
	return grown;
}

/*
 * Makes all the room that a tick, and the failures after it, can need: nothing fails half-way. The skips come last: they
 * were handed out, and must stay where they are if anything fails.
 */
static int reserve(struct governor *governor, size_t n)
{
	size_t room = n + 1; /* never 0 */

	if (!penalties_reserve(governor->penalties, governor->config.slots) &&
	    resize(&governor->waiting, room, sizeof(*governor->waiting)) &&
	    resize(&governor->watched, room, sizeof(*governor->watched)) &&
	    resize(&governor->skips, room, sizeof(*governor->skips)))
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

		penalty_see(penalties, candidate->id, candidate->anon_bytes, candidate->execs);
	}
}

/* The process in @slot, of this tick; NULL: it ended, or the slot is free. */
static const struct candidate *candidate_in(const struct tick *tick, unsigned int slot)
{
	unsigned int rank = tick->governor->slots[slot].rank;

	return rank ? &tick->candidates[rank - 1] : NULL;
}

static int seat_key_cmp(const void *a, const void *b)
{
	const struct seat_key *left = a, *right = b;

	return process_id_cmp(left->id, right->id);
}

static size_t index_slots(struct governor *governor)
{
	size_t n = 0;

	for (unsigned int i = 0; i < governor->config.slots; i++)
		if (governor->slots[i].used)
			governor->keys[n++] = (struct seat_key){.id = governor->slots[i].id, .slot = i};
	qsort(governor->keys, n, sizeof(*governor->keys), seat_key_cmp);
	return n;
}

static void take_candidate(const struct tick *tick, unsigned int slot, size_t index)
{
	struct governor *governor = tick->governor;
	const struct candidate *candidate = &tick->candidates[index];
	struct governor_slot *taken = &governor->slots[slot];

	governor->watched[index] = true;
	taken->used = true;
	taken->id = candidate->id;
	memcpy(taken->comm, candidate->comm, sizeof(taken->comm)); /* an exec changes it */
	taken->rank = (unsigned int)(index + 1);
	taken->cpu_pct = candidate->cpu_pct;
}

/* Finds this tick's candidate of each slot. */
static void match_slots(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t n_keys = index_slots(governor);

	for (unsigned int i = 0; i < governor->config.slots; i++)
		governor->slots[i].rank = 0;
	for (size_t i = 0; i < tick->n; i++) {
		struct seat_key want = {.id = tick->candidates[i].id};
		const struct seat_key *key =
			bsearch(&want, governor->keys, n_keys, sizeof(want), seat_key_cmp);

		governor->watched[i] = false;
		if (key)
			take_candidate(tick, key->slot, i);
	}
}

static bool eligible(const struct governor *governor, const struct candidate *candidate)
{
	const struct governor_config *config = &governor->config;

	if (candidate->excluded || penalty_holds(governor->penalties, candidate->id))
		return false;
	if (config->listed)
		return true;
	return candidate->cpu_pct >= config->min_cpu_pct && candidate->anon_bytes >= config->min_anon_bytes;
}

static void collect_waiting(const struct tick *tick, bool blocked)
{
	struct governor *governor = tick->governor;

	for (size_t i = 0; i < tick->n; i++) {
		const struct candidate *candidate = &tick->candidates[i];

		if (candidate->blocked != blocked || governor->watched[i])
			continue;
		if (eligible(governor, candidate))
			governor->waiting[governor->n_waiting++] = candidate;
	}
}

static struct governor_move *push_move(struct governor *governor, enum governor_move_kind kind,
				       unsigned int slot)
{
	struct governor_move *move = &governor->moves[governor->n_moves++];

	*move = (struct governor_move){.kind = kind, .slot = slot, .id = governor->slots[slot].id};
	memcpy(move->comm, governor->slots[slot].comm, sizeof(move->comm));
	return move;
}

/* Frees the slot; the caller writes the move's reason. */
static struct governor_move *leave(const struct tick *tick, unsigned int slot)
{
	struct governor *governor = tick->governor;
	const struct candidate *candidate = candidate_in(tick, slot);
	struct governor_move *move = push_move(governor, GOVERNOR_LEAVE, slot);

	if (candidate)
		governor->watched[candidate - tick->candidates] = false;
	governor->slots[slot] = (struct governor_slot){0};
	return move;
}

static void leave_gone(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.slots; i++) {
		struct governor_move *move;

		if (!governor->slots[i].used || candidate_in(tick, i))
			continue;
		move = leave(tick, i);
		move->gone = true;
		reason_write(move->reason, "it ended");
	}
}

static bool is_cold(const struct governor *governor, const struct governor_slot *slot)
{
	return slot->cpu_pct < governor_cold_pct(&governor->config);
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

	for (unsigned int i = 0; i < governor->config.slots; i++) {
		struct governor_slot *slot = &governor->slots[i];
		char reason[REASON_LEN];

		if (!slot->used)
			continue;
		if (!is_cold(governor, slot)) {
			slot->below_ticks = 0;
			continue;
		}
		count_tick(governor, &slot->cold_ticks);
		count_tick(governor, &slot->below_ticks);
		if (slot->cold_ticks < governor->config.dwell_ticks)
			continue;
		governor_reason_cold(&governor->config, slot, reason);
		memcpy(leave(tick, i)->reason, reason, sizeof(reason));
	}
}

/* Whether @watched should make room for @waiting. */
static bool yields(const struct governor *governor, const struct candidate *watched,
		   const struct candidate *waiting)
{
	if (watched->blocked != waiting->blocked)
		return watched->blocked;
	return watched->cpu_pct < OUTRANKED_SHARE * waiting->cpu_pct ||
	       governor_is_shrunk(&governor->config, watched);
}

static unsigned int free_slots(const struct governor *governor)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < governor->config.slots; i++)
		n += !governor->slots[i].used;
	return n;
}

/*
 * Every watched process that the hottest waiting one clearly beats counts its ticks, not only the
 * weakest: among equals the weakest is another one in each tick, and none would ever have to go.
 */
static void count_outranked(const struct tick *tick, const struct candidate *hottest)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.slots; i++) {
		struct governor_slot *slot = &governor->slots[i];

		if (!slot->used || is_cold(governor, slot))
			continue;
		if (hottest && yields(governor, candidate_in(tick, i), hottest))
			count_tick(governor, &slot->cold_ticks);
		else
			slot->cold_ticks = 0;
	}
}

/* Whether @a has less to gain from its slot than @b. */
static bool weaker(const struct candidate *a, const struct candidate *b)
{
	if (a->blocked != b->blocked)
		return a->blocked;
	return a > b; /* candidates are ordered, hottest first */
}

/* The slot that goes to @waiting, or the number of slots if none does. */
static unsigned int find_victim(const struct tick *tick, const struct candidate *waiting)
{
	const struct governor *governor = tick->governor;
	unsigned int n = governor->config.slots, victim = n;

	for (unsigned int i = 0; i < n; i++) {
		const struct candidate *watched = candidate_in(tick, i);
		bool at_once;

		if (!watched || !yields(governor, watched, waiting))
			continue;
		at_once = watched->blocked && !waiting->blocked;
		if (!at_once && governor->slots[i].cold_ticks < governor->config.dwell_ticks)
			continue;
		if (victim == n || weaker(watched, candidate_in(tick, victim)))
			victim = i;
	}
	return victim;
}

static void leave_outranked(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t first = free_slots(governor); /* so many come in anyway */
	const struct candidate *hottest = first < governor->n_waiting ? governor->waiting[first] : NULL;

	count_outranked(tick, hottest);
	for (size_t i = first; i < governor->n_waiting; i++) {
		const struct candidate *waiting = governor->waiting[i], *watched;
		unsigned int slot = find_victim(tick, waiting);

		if (slot == governor->config.slots)
			break; /* the others that wait are colder still */
		watched = candidate_in(tick, slot);
		governor_reason_outranked(&governor->config, watched, waiting, leave(tick, slot)->reason);
	}
}

static void explain_slot(const struct tick *tick, unsigned int slot)
{
	const struct governor *governor = tick->governor;
	struct governor_slot *watched = &governor->slots[slot];

	governor_reason_watched(&governor->config, candidate_in(tick, slot), watched, tick->n,
				watched->reason);
}

static void explain_slots(const struct tick *tick)
{
	const struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.slots; i++)
		if (governor->slots[i].used)
			explain_slot(tick, i);
}

static void enter_waiting(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t next = 0;

	for (unsigned int i = 0; i < governor->config.slots && next < governor->n_waiting; i++) {
		struct governor_move *move;

		if (governor->slots[i].used)
			continue;
		take_candidate(tick, i, (size_t)(governor->waiting[next++] - tick->candidates));
		explain_slot(tick, i);
		move = push_move(governor, GOVERNOR_ENTER, i);
		memcpy(move->reason, governor->slots[i].reason, sizeof(move->reason));
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
	match_slots(&tick);
	see_candidates(&tick);
	collect_waiting(&tick, false);
	collect_waiting(&tick, true);
	leave_gone(&tick);
	if (!governor->config.listed) {
		leave_cold(&tick);
		leave_outranked(&tick);
	}
	explain_slots(&tick);
	enter_waiting(&tick);
	governor->n_skips = governor_list_skips(&governor->config, governor->slots, governor->penalties,
						candidates, n, governor->watched, governor->skips);
	*moves = governor->moves;
	*n_moves = governor->n_moves;
	*skips = governor->skips;
	*n_skips = governor->n_skips;
	return 0;
}

static bool is_taken(const struct governor *governor, unsigned int slot)
{
	return slot < governor->config.slots && governor->slots[slot].used;
}

void governor_slot_failed(struct governor *governor, unsigned int slot, const char *why)
{
	if (!is_taken(governor, slot))
		return;
	penalty_failed(governor->penalties, governor->slots[slot].id, why);
	governor->slots[slot] = (struct governor_slot){0};
}

void governor_let_go(struct governor *governor, unsigned int slot, const char *why, uint64_t anon_bytes,
		     uint32_t execs)
{
	if (!is_taken(governor, slot))
		return;
	penalty_let_go(governor->penalties, governor->slots[slot].id, why, anon_bytes, execs);
	governor->slots[slot] = (struct governor_slot){0};
}

void governor_slot_works(struct governor *governor, unsigned int slot)
{
	if (is_taken(governor, slot))
		penalty_works(governor->penalties, governor->slots[slot].id);
}
