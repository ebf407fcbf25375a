// SPDX-License-Identifier: GPL-2.0
#include "decide/penalty.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bisect.h"
#include "decide/benefit.h"
#include "decide/reason.h"

/* 64 times the first wait: some minutes after failures, an hour and more without a gain. */
#define MAX_DOUBLINGS 6
#define WHY_LEN	      128

struct penalty {
	struct process_id id;
	unsigned int failures; /* in a row */
	unsigned int let_go;   /* so many times */
	bool gained_nothing;   /* that is why it is out now */
	bool shared;	       /* or this is: most of its memory */
	uint64_t anon_bytes;   /* growth counts from here */
	uint64_t most_bytes;   /* of anonymous memory, since it was let go for the first time */
	uint32_t execs;	       /* when it was let go */
	uint64_t until_tick;   /* kept out up to this tick, and in it */
	bool seen;	       /* in this tick */
	char why[WHY_LEN];
};

struct penalties {
	unsigned int probe_ticks;
	uint64_t tick;
	struct penalty *all; /* by identity */
	size_t n, room;
};

struct penalties *penalties_new(unsigned int probe_ticks)
{
	struct penalties *penalties = calloc(1, sizeof(*penalties));

	if (penalties)
		penalties->probe_ticks = probe_ticks;
	return penalties;
}

void penalties_set_probe(struct penalties *penalties, unsigned int probe_ticks)
{
	penalties->probe_ticks = probe_ticks;
}

void penalties_free(struct penalties *penalties)
{
	if (!penalties)
		return;
	free(penalties->all);
	free(penalties);
}

int penalties_reserve(struct penalties *penalties, size_t more)
{
	return array_reserve(&penalties->all, &penalties->room, penalties->n + more, sizeof(*penalties->all));
}

static int id_cmp(const void *key, const void *element)
{
	const struct process_id *id = key;
	const struct penalty *penalty = element;

	return process_id_cmp(*id, penalty->id);
}

/* Where the penalty of @id is, or where it would go. */
static size_t place_of(const struct penalties *penalties, struct process_id id)
{
	return bisect(&id, penalties->all, penalties->n, sizeof(*penalties->all), id_cmp);
}

static struct penalty *find(const struct penalties *penalties, struct process_id id)
{
	size_t place = place_of(penalties, id);

	if (place == penalties->n || !process_id_equal(penalties->all[place].id, id))
		return NULL;
	return &penalties->all[place];
}

static void drop(struct penalties *penalties, struct penalty *penalty)
{
	size_t after = (size_t)(penalties->all + penalties->n - (penalty + 1));

	memmove(penalty, penalty + 1, after * sizeof(*penalty));
	penalties->n--;
}

static struct penalty *find_or_add(struct penalties *penalties, struct process_id id)
{
	size_t place = place_of(penalties, id);
	struct penalty *penalty = find(penalties, id);

	if (penalty)
		return penalty;
	penalty = &penalties->all[place];
	memmove(penalty + 1, penalty, (penalties->n - place) * sizeof(*penalty));
	penalties->n++;
	*penalty = (struct penalty){.id = id};
	return penalty;
}

void penalties_begin_tick(struct penalties *penalties)
{
	size_t kept = 0;

	for (size_t i = 0; i < penalties->n; i++) {
		struct penalty *penalty = &penalties->all[i];

		if (!penalty->seen && penalties->tick > penalty->until_tick)
			continue;
		penalty->seen = false;
		penalties->all[kept++] = *penalty;
	}
	penalties->n = kept;
	penalties->tick++;
}

/*
 * New memory was not tried yet. The first time what is given back and taken again is new; who comes in by that and gains
 * nothing again must have more than ever, or memory that swings would flap. So must another program, whose memory always
 * begins small: an exec is called in no time.
 */
static void look_for_what_is_new(struct penalty *penalty, uint64_t anon_bytes, uint32_t execs)
{
	if (benefit_has_grown(penalty->anon_bytes, anon_bytes))
		penalty->until_tick = 0;
	if (penalty->let_go <= 1 && execs == penalty->execs && anon_bytes < penalty->anon_bytes)
		penalty->anon_bytes = anon_bytes;
	if (anon_bytes > penalty->most_bytes)
		penalty->most_bytes = anon_bytes;
}

void penalty_see(struct penalties *penalties, struct process_id id, uint64_t anon_bytes, uint32_t execs)
{
	struct penalty *penalty = find(penalties, id);

	if (!penalty)
		return;
	penalty->seen = true;
	if (penalty->gained_nothing)
		look_for_what_is_new(penalty, anon_bytes, execs);
}

bool penalty_holds(const struct penalties *penalties, struct process_id id)
{
	const struct penalty *penalty = find(penalties, id);

	return penalty && penalties->tick <= penalty->until_tick;
}

bool penalty_will_hold(const struct penalties *penalties, struct process_id id)
{
	const struct penalty *penalty = find(penalties, id);

	return penalty && penalties->tick < penalty->until_tick;
}

void penalty_explain(const struct penalties *penalties, struct process_id id, char *reason)
{
	const struct penalty *penalty = find(penalties, id);
	uint64_t ticks = penalty->until_tick - penalties->tick + 1;

	if (penalty->shared)
		reason_write(reason, "%s; looked at again in %" PRIu64 " ticks", penalty->why, ticks);
	else if (penalty->gained_nothing)
		reason_write(reason, "%s; tried again when it grows, or in %" PRIu64 " ticks", penalty->why,
			     ticks);
	else
		reason_write(reason,
			     "could not be watched: %.96s; failure %u in a row, tried again in %" PRIu64
			     " ticks",
			     penalty->why, penalty->failures, ticks);
}

/* Out for @first ticks, doubled @times, from the next tick on. */
static void keep_out(const struct penalties *penalties, struct penalty *penalty, const char *why,
		     uint64_t first, unsigned int times)
{
	penalty->until_tick = penalties->tick + (first << (times < MAX_DOUBLINGS ? times : MAX_DOUBLINGS));
	snprintf(penalty->why, sizeof(penalty->why), "%s", why);
}

void penalty_failed(struct penalties *penalties, struct process_id id, const char *why)
{
	struct penalty *penalty = find_or_add(penalties, id);

	penalty->gained_nothing = penalty->shared = false;
	keep_out(penalties, penalty, why, 1, ++penalty->failures);
}

void penalty_let_go(struct penalties *penalties, struct process_id id, const char *why, uint64_t anon_bytes,
		    uint32_t execs)
{
	struct penalty *penalty = find_or_add(penalties, id);

	penalty->gained_nothing = true;
	penalty->shared = false;
	keep_out(penalties, penalty, why, penalties->probe_ticks, penalty->let_go++);
	if (anon_bytes > penalty->most_bytes)
		penalty->most_bytes = anon_bytes;
	penalty->anon_bytes = penalty->most_bytes;
	penalty->execs = execs;
}

void penalty_shared(struct penalties *penalties, struct process_id id, int pct)
{
	struct penalty *penalty = find_or_add(penalties, id);
	char why[WHY_LEN];

	snprintf(why, sizeof(why),
		 "%d %% of its memory is shared with other processes, as a fork's is, and would be copied",
		 pct);
	penalty->gained_nothing = false;
	penalty->shared = true;
	keep_out(penalties, penalty, why, PENALTY_SHARED_TICKS, 0);
}

bool penalty_is_shared(const struct penalties *penalties, struct process_id id)
{
	const struct penalty *penalty = find(penalties, id);

	return penalty && penalty->shared;
}

void penalty_works(struct penalties *penalties, struct process_id id)
{
	struct penalty *penalty = find(penalties, id);

	if (penalty && penalty->let_go)
		penalty->failures = 0;
	else if (penalty)
		drop(penalties, penalty);
}
