/* SPDX-License-Identifier: GPL-2.0 */
#include "decide/governor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decide/benefit.h"
#include "decide/reason.h"

#define COLD_SHARE	  0.5 /* of min_cpu_pct: below it a watched process is cold */
#define OUTRANKED_SHARE	  0.8 /* of a waiting one's heat: below it a watched process is outranked */
#define MAX_BACKOFF_SHIFT 6   /* 64 ticks */
#define WHY_LEN		  128

/*
 * A process that could not be watched, or that gained nothing by it; kept until its time is up and it is no candidate
 * any more.
 */
struct backoff {
	struct process_id id;
	unsigned int failures; /* in a row */
	unsigned int let_go;   /* so many times */
	bool gained_nothing;   /* that is why it is out now */
	uint64_t anon_bytes;   /* growth counts from here */
	uint64_t most_bytes;   /* of anonymous memory, since it was let go for the first time */
	uint32_t execs;	       /* when it was let go */
	uint64_t until_tick;   /* kept out up to this tick, and in it */
	bool seen;	       /* among this tick's candidates */
	char why[WHY_LEN];
};

/* What else is known of a slot. */
struct seat {
	const struct candidate *candidate; /* of this tick; NULL: the process ended, or the slot is free */
	unsigned int below_ticks; /* those of cold_ticks in which it was below COLD_SHARE, in a row */
};

/* To find a process's slot by bisection. */
struct seat_key {
	struct process_id id;
	unsigned int slot;
};

struct governor {
	struct governor_config config;
	uint64_t tick;
	struct governor_slot *slots;
	struct seat *seats;
	struct seat_key *keys;
	struct governor_move *moves;
	size_t n_moves;
	struct backoff *backoffs; /* by identity; always room for a failure of every slot */
	size_t n_backoffs;

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
	governor->seats = calloc(config->slots, sizeof(*governor->seats));
	governor->keys = calloc(config->slots, sizeof(*governor->keys));
	governor->moves = calloc(config->slots, 2 * sizeof(*governor->moves));
	if (governor->slots && governor->seats && governor->keys && governor->moves)
		return governor;
	governor_free(governor);
	return NULL;
}

void governor_free(struct governor *governor)
{
	if (!governor)
		return;
	free(governor->slots);
	free(governor->seats);
	free(governor->keys);
	free(governor->moves);
	free(governor->backoffs);
	free(governor->skips);
	free(governor->waiting);
	free(governor->watched);
	free(governor);
}

const struct governor_slot *governor_slots(const struct governor *governor)
{
	return governor->slots;
}

/* Makes all the room that a tick, and the failures after it, can need: nothing fails half-way. */
static int reserve(struct governor *governor, size_t n)
{
	size_t room = n + 1; /* never 0 */
	size_t backoffs = governor->n_backoffs + governor->config.slots;
	void *grown;

	grown = reallocarray(governor->skips, room, sizeof(*governor->skips));
	if (!grown)
		return -ENOMEM;
	governor->skips = grown;
	grown = reallocarray(governor->waiting, room, sizeof(*governor->waiting));
	if (!grown)
		return -ENOMEM;
	governor->waiting = grown;
	grown = reallocarray(governor->watched, room, sizeof(*governor->watched));
	if (!grown)
		return -ENOMEM;
	governor->watched = grown;
	grown = reallocarray(governor->backoffs, backoffs, sizeof(*governor->backoffs));
	if (!grown)
		return -ENOMEM;
	governor->backoffs = grown;
	return 0;
}

/* Where the back-off of @id is, or where it would go. */
static size_t backoff_place(const struct governor *governor, struct process_id id)
{
	size_t low = 0, high = governor->n_backoffs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (process_id_cmp(governor->backoffs[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct backoff *backoff_find(const struct governor *governor, struct process_id id)
{
	size_t place = backoff_place(governor, id);

	if (place == governor->n_backoffs || !process_id_equal(governor->backoffs[place].id, id))
		return NULL;
	return &governor->backoffs[place];
}

static void backoff_remove(struct governor *governor, struct backoff *backoff)
{
	size_t after = (size_t)(governor->backoffs + governor->n_backoffs - (backoff + 1));

	memmove(backoff, backoff + 1, after * sizeof(*backoff));
	governor->n_backoffs--;
}

static struct backoff *backoff_add(struct governor *governor, struct process_id id)
{
	size_t place = backoff_place(governor, id);
	struct backoff *backoff = &governor->backoffs[place];

	memmove(backoff + 1, backoff, (governor->n_backoffs - place) * sizeof(*backoff));
	governor->n_backoffs++;
	*backoff = (struct backoff){.id = id};
	return backoff;
}

static const struct backoff *backing_off(const struct governor *governor, struct process_id id)
{
	const struct backoff *backoff = backoff_find(governor, id);

	return backoff && governor->tick <= backoff->until_tick ? backoff : NULL;
}

/*
 * A new program, or new memory, was not tried yet. The first time what is given back and taken again is new; who comes
 * in by that and gains nothing again must have more than ever, or memory that swings would flap.
 */
static void look_at_backoff(struct backoff *backoff, const struct candidate *candidate)
{
	bool is_new_program = candidate->execs > backoff->execs;

	backoff->seen = true;
	if (!backoff->gained_nothing)
		return;
	if (is_new_program || benefit_has_grown(backoff->anon_bytes, candidate->anon_bytes))
		backoff->until_tick = 0;
	if (is_new_program)
		backoff->let_go = 0;
	if (backoff->let_go <= 1 && candidate->anon_bytes < backoff->anon_bytes)
		backoff->anon_bytes = candidate->anon_bytes;
	if (is_new_program || candidate->anon_bytes > backoff->most_bytes)
		backoff->most_bytes = candidate->anon_bytes;
}

/* A failure outlives its time while the process is around: so the next one in a row doubles it. */
static void update_backoffs(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	struct backoff *backoffs = governor->backoffs;
	size_t kept = 0;

	for (size_t i = 0; i < governor->n_backoffs; i++)
		backoffs[i].seen = false;
	for (size_t i = 0; i < tick->n && governor->n_backoffs; i++) {
		struct backoff *backoff = backoff_find(governor, tick->candidates[i].id);

		if (backoff)
			look_at_backoff(backoff, &tick->candidates[i]);
	}
	for (size_t i = 0; i < governor->n_backoffs; i++)
		if (backoffs[i].seen || governor->tick <= backoffs[i].until_tick)
			backoffs[kept++] = backoffs[i];
	governor->n_backoffs = kept;
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

	governor->seats[slot].candidate = candidate;
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
		governor->seats[i].candidate = NULL;
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

	if (candidate->excluded || backing_off(governor, candidate->id))
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

static void free_slot(struct governor *governor, unsigned int slot)
{
	governor->slots[slot] = (struct governor_slot){0};
	governor->seats[slot] = (struct seat){0};
}

/* Frees the slot; the caller writes the move's reason. */
static struct governor_move *leave(const struct tick *tick, unsigned int slot)
{
	struct governor *governor = tick->governor;
	const struct candidate *candidate = governor->seats[slot].candidate;
	struct governor_move *move = push_move(governor, GOVERNOR_LEAVE, slot);

	if (candidate)
		governor->watched[candidate - tick->candidates] = false;
	free_slot(governor, slot);
	return move;
}

static void leave_gone(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.slots; i++) {
		struct governor_move *move;

		if (!governor->slots[i].used || governor->seats[i].candidate)
			continue;
		move = leave(tick, i);
		move->gone = true;
		reason_write(move->reason, "it ended");
	}
}

static double cold_pct(const struct governor *governor)
{
	return COLD_SHARE * governor->config.min_cpu_pct;
}

static bool is_cold(const struct governor *governor, unsigned int slot)
{
	return governor->slots[slot].cpu_pct < cold_pct(governor);
}

/* One more tick in a row; no more than dwell_ticks of them matter. */
static void count_tick(const struct governor *governor, unsigned int *ticks)
{
	if (*ticks < governor->config.dwell_ticks)
		(*ticks)++;
}

static void explain_cold(const struct governor *governor, unsigned int slot, char *reason)
{
	unsigned int dwell = governor->config.dwell_ticks;
	double pct = governor->slots[slot].cpu_pct;

	if (governor->seats[slot].below_ticks == dwell)
		reason_write(reason, "colder than %.1f %% of a CPU for %u ticks", cold_pct(governor), dwell);
	else
		reason_write(reason, "outranked or cold for %u ticks: now %.1f %% of a CPU, below %.1f %%",
			     dwell, pct, cold_pct(governor));
}

static void leave_cold(const struct tick *tick)
{
	struct governor *governor = tick->governor;

	for (unsigned int i = 0; i < governor->config.slots; i++) {
		struct governor_slot *slot = &governor->slots[i];
		char reason[REASON_LEN];

		if (!slot->used)
			continue;
		if (!is_cold(governor, i)) {
			governor->seats[i].below_ticks = 0;
			continue;
		}
		count_tick(governor, &slot->cold_ticks);
		count_tick(governor, &governor->seats[i].below_ticks);
		if (slot->cold_ticks < governor->config.dwell_ticks)
			continue;
		explain_cold(governor, i, reason);
		memcpy(leave(tick, i)->reason, reason, sizeof(reason));
	}
}

static bool shrunk(const struct governor *governor, const struct candidate *watched)
{
	return watched->anon_bytes < governor->config.min_anon_bytes / 2;
}

/* Whether @watched should make room for @waiting. */
static bool yields(const struct governor *governor, const struct candidate *watched,
		   const struct candidate *waiting)
{
	if (watched->blocked != waiting->blocked)
		return watched->blocked;
	return watched->cpu_pct < OUTRANKED_SHARE * waiting->cpu_pct || shrunk(governor, watched);
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
static void count_outranked(struct governor *governor, const struct candidate *hottest)
{
	for (unsigned int i = 0; i < governor->config.slots; i++) {
		struct governor_slot *slot = &governor->slots[i];

		if (!slot->used || is_cold(governor, i))
			continue;
		if (hottest && yields(governor, governor->seats[i].candidate, hottest))
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
static unsigned int find_victim(const struct governor *governor, const struct candidate *waiting)
{
	const struct seat *seats = governor->seats;
	unsigned int n = governor->config.slots, victim = n;

	for (unsigned int i = 0; i < n; i++) {
		const struct candidate *watched = seats[i].candidate;
		bool at_once;

		if (!watched || !yields(governor, watched, waiting))
			continue;
		at_once = watched->blocked && !waiting->blocked;
		if (!at_once && governor->slots[i].cold_ticks < governor->config.dwell_ticks)
			continue;
		if (victim == n || weaker(watched, seats[victim].candidate))
			victim = i;
	}
	return victim;
}

static void explain_outranked(const struct governor *governor, const struct candidate *watched,
			      const struct candidate *waiting, char *reason)
{
	const struct governor_config *config = &governor->config;

	if (watched->blocked && !waiting->blocked)
		reason_write(
			reason,
			"it opted out of huge pages (THP_enabled: 0 in /proc/PID/status), and pid %" PRIu32
			" waits with %.1f %% of a CPU",
			waiting->id.tgid, waiting->cpu_pct);
	else if (shrunk(governor, watched))
		reason_write(
			reason,
			"anonymous memory of %llu MiB is below half of --min-anon %llu MiB, and pid %" PRIu32
			" waits with %.1f %% of a CPU",
			watched->anon_bytes / MIB_BYTES, config->min_anon_bytes / MIB_BYTES, waiting->id.tgid,
			waiting->cpu_pct);
	else
		reason_write(reason,
			     "outranked or cold for %u ticks: %.1f %% of a CPU, while pid %" PRIu32
			     " waits with %.1f %%",
			     config->dwell_ticks, watched->cpu_pct, waiting->id.tgid, waiting->cpu_pct);
}

static void leave_outranked(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t first = free_slots(governor); /* so many come in anyway */
	const struct candidate *hottest = first < governor->n_waiting ? governor->waiting[first] : NULL;

	count_outranked(governor, hottest);
	for (size_t i = first; i < governor->n_waiting; i++) {
		const struct candidate *waiting = governor->waiting[i], *watched;
		unsigned int slot = find_victim(governor, waiting);

		if (slot == governor->config.slots)
			break; /* the others that wait are colder still */
		watched = governor->seats[slot].candidate;
		explain_outranked(governor, watched, waiting, leave(tick, slot)->reason);
	}
}

static void explain_slot(const struct tick *tick, unsigned int slot)
{
	const struct governor *governor = tick->governor;
	const struct governor_config *config = &governor->config;
	const struct candidate *candidate = governor->seats[slot].candidate;
	struct governor_slot *watched = &governor->slots[slot];
	char losing[48] = "", keeps[64] = "";
	const char *what = "hot";

	if (config->listed)
		what = "listed with --pid";
	else if (candidate->cpu_pct < config->min_cpu_pct)
		what = "less hot than when it came in";
	if (watched->cold_ticks)
		snprintf(losing, sizeof(losing), "; cold or outranked for %u of %u ticks",
			 watched->cold_ticks, config->dwell_ticks);
	if (candidate->blocked)
		snprintf(keeps, sizeof(keeps), "; it opted out of huge pages, but nobody else waits");
	if (candidate->blocked && config->listed)
		snprintf(keeps, sizeof(keeps), "; it opted out of huge pages");
	reason_write(watched->reason, "%s: %.1f %% of a CPU, rank %u of %zu, %llu MiB anonymous%s%s", what,
		     candidate->cpu_pct, watched->rank, tick->n, candidate->anon_bytes / MIB_BYTES, losing,
		     keeps);
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

static double coldest_watched_pct(const struct governor *governor)
{
	double coldest = -1;

	for (unsigned int i = 0; i < governor->config.slots; i++) {
		const struct governor_slot *slot = &governor->slots[i];

		if (slot->used && (coldest < 0 || slot->cpu_pct < coldest))
			coldest = slot->cpu_pct;
	}
	return coldest;
}

static void explain_backoff(const struct governor *governor, const struct backoff *backoff, char *reason)
{
	uint64_t ticks = backoff->until_tick - governor->tick + 1;

	if (backoff->gained_nothing)
		reason_write(reason, "%s; tried again when it grows or calls exec, or in %" PRIu64 " ticks",
			     backoff->why, ticks);
	else
		reason_write(reason,
			     "could not be watched: %.96s; failure %u in a row, tried again in %" PRIu64
			     " ticks",
			     backoff->why, backoff->failures, ticks);
}

static void explain_skip(const struct governor *governor, const struct candidate *candidate, double coldest,
			 char *reason)
{
	const struct governor_config *config = &governor->config;
	const struct backoff *backoff = backing_off(governor, candidate->id);

	if (backoff)
		explain_backoff(governor, backoff, reason);
	else if (!config->listed && candidate->anon_bytes < config->min_anon_bytes)
		reason_write(reason, "anonymous memory of %llu MiB is below --min-anon %llu MiB",
			     candidate->anon_bytes / MIB_BYTES, config->min_anon_bytes / MIB_BYTES);
	else if (candidate->blocked)
		reason_write(reason,
			     "it opted out of huge pages (THP_enabled: 0 in /proc/PID/status, set by prctl "
			     "PR_SET_THP_DISABLE), and all %u slots are taken",
			     config->slots);
	else
		reason_write(reason, "all %u slots are taken, the coldest by a process with %.1f %% of a CPU",
			     config->slots, coldest);
}

static bool worth_telling(const struct governor *governor, const struct candidate *candidate)
{
	if (candidate->excluded)
		return false;
	return governor->config.listed || candidate->cpu_pct >= governor->config.min_cpu_pct;
}

static void list_skips(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	double coldest = coldest_watched_pct(governor);

	for (size_t i = 0; i < tick->n; i++) {
		const struct candidate *candidate = &tick->candidates[i];
		struct governor_skip *skip = &governor->skips[governor->n_skips];

		if (governor->watched[i] || !worth_telling(governor, candidate))
			continue;
		*skip = (struct governor_skip){.id = candidate->id, .cpu_pct = candidate->cpu_pct};
		memcpy(skip->comm, candidate->comm, sizeof(skip->comm));
		explain_skip(governor, candidate, coldest, skip->reason);
		governor->n_skips++;
	}
}

int governor_tick(struct governor *governor, const struct candidate *candidates, size_t n,
		  const struct governor_move **moves, size_t *n_moves, const struct governor_skip **skips,
		  size_t *n_skips)
{
	const struct tick tick = {.governor = governor, .candidates = candidates, .n = n};

	if (reserve(governor, n))
		return -ENOMEM;
	governor->tick++;
	governor->n_moves = governor->n_skips = governor->n_waiting = 0;
	match_slots(&tick);
	update_backoffs(&tick);
	collect_waiting(&tick, false);
	collect_waiting(&tick, true);
	leave_gone(&tick);
	if (!governor->config.listed) {
		leave_cold(&tick);
		leave_outranked(&tick);
	}
	explain_slots(&tick);
	enter_waiting(&tick);
	list_skips(&tick);
	*moves = governor->moves;
	*n_moves = governor->n_moves;
	*skips = governor->skips;
	*n_skips = governor->n_skips;
	return 0;
}

static struct backoff *backoff_of_slot(struct governor *governor, unsigned int slot)
{
	struct process_id id = governor->slots[slot].id;
	struct backoff *backoff = backoff_find(governor, id);

	return backoff ? backoff : backoff_add(governor, id);
}

/* @first ticks, doubled @times. */
static uint64_t out_until(const struct governor *governor, uint64_t first, unsigned int times)
{
	return governor->tick + (first << (times < MAX_BACKOFF_SHIFT ? times : MAX_BACKOFF_SHIFT));
}

void governor_slot_failed(struct governor *governor, unsigned int slot, const char *why)
{
	struct backoff *backoff;

	if (slot >= governor->config.slots || !governor->slots[slot].used)
		return;
	backoff = backoff_of_slot(governor, slot);
	backoff->failures++;
	backoff->gained_nothing = false;
	backoff->until_tick = out_until(governor, 1, backoff->failures);
	snprintf(backoff->why, sizeof(backoff->why), "%s", why);
	free_slot(governor, slot);
}

void governor_let_go(struct governor *governor, unsigned int slot, const char *why, uint64_t anon_bytes,
		     uint32_t execs)
{
	struct backoff *backoff;

	if (slot >= governor->config.slots || !governor->slots[slot].used)
		return;
	backoff = backoff_of_slot(governor, slot);
	backoff->until_tick = out_until(governor, governor->config.probe_ticks, backoff->let_go++);
	backoff->gained_nothing = true;
	if (anon_bytes > backoff->most_bytes)
		backoff->most_bytes = anon_bytes;
	backoff->anon_bytes = backoff->most_bytes;
	backoff->execs = execs;
	snprintf(backoff->why, sizeof(backoff->why), "%s", why);
	free_slot(governor, slot);
}

void governor_slot_works(struct governor *governor, unsigned int slot)
{
	struct backoff *backoff;

	if (slot >= governor->config.slots || !governor->slots[slot].used)
		return;
	backoff = backoff_find(governor, governor->slots[slot].id);
	if (backoff && backoff->let_go)
		backoff->failures = 0;
	else if (backoff)
		backoff_remove(governor, backoff);
}
