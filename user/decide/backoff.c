// SPDX-License-Identifier: GPL-2.0
#include "decide/backoff.h"

#include <stdlib.h>
#include <string.h>

#include "base/bisect.h"

struct failed_slot {
	uint64_t slot, until_ns;
	unsigned int failures; /* in a row */
	enum collapse_outcome outcome;
};

struct backoff {
	struct failed_slot *slots; /* ascending by address */
	size_t n, max;
};

struct backoff *backoff_new(size_t max_slots)
{
	struct backoff *backoff = calloc(1, sizeof(*backoff));

	if (!backoff)
		return NULL;
	backoff->max = max_slots ? max_slots : 1;
	backoff->slots = calloc(backoff->max, sizeof(*backoff->slots));
	if (!backoff->slots) {
		free(backoff);
		return NULL;
	}
	return backoff;
}

void backoff_free(struct backoff *backoff)
{
	if (!backoff)
		return;
	free(backoff->slots);
	free(backoff);
}

void backoff_clear(struct backoff *backoff)
{
	backoff->n = 0;
}

static int slot_cmp(const void *key, const void *element)
{
	uint64_t slot = *(const uint64_t *)key, other = ((const struct failed_slot *)element)->slot;

	return slot < other ? -1 : slot > other;
}

/* The place of the first that is not below @slot: where it is, or belongs. */
static size_t place_of(const struct backoff *backoff, uint64_t slot)
{
	return bisect(&slot, backoff->slots, backoff->n, sizeof(*backoff->slots), slot_cmp);
}

static struct failed_slot *find(const struct backoff *backoff, uint64_t slot)
{
	size_t place = place_of(backoff, slot);

	return place < backoff->n && backoff->slots[place].slot == slot ? &backoff->slots[place] : NULL;
}

static void drop(struct backoff *backoff, size_t place)
{
	backoff->n--;
	memmove(&backoff->slots[place], &backoff->slots[place + 1],
		(backoff->n - place) * sizeof(*backoff->slots));
}

static void drop_soonest(struct backoff *backoff)
{
	size_t soonest = 0;

	for (size_t i = 1; i < backoff->n; i++)
		if (backoff->slots[i].until_ns < backoff->slots[soonest].until_ns)
			soonest = i;
	drop(backoff, soonest);
}

static struct failed_slot *add(struct backoff *backoff, uint64_t slot)
{
	size_t place;

	if (backoff->n == backoff->max)
		drop_soonest(backoff);
	place = place_of(backoff, slot);
	memmove(&backoff->slots[place + 1], &backoff->slots[place],
		(backoff->n - place) * sizeof(*backoff->slots));
	backoff->n++;
	backoff->slots[place] = (struct failed_slot){.slot = slot};
	return &backoff->slots[place];
}

/* @first_ns, doubled at each failure after the first. */
static uint64_t wait_ns(uint64_t first_ns, unsigned int failures)
{
	uint64_t wait = first_ns;

	for (unsigned int i = 1; i < failures && wait < BACKOFF_LONGEST_NS; i++)
		wait *= 2;
	return wait < BACKOFF_LONGEST_NS ? wait : BACKOFF_LONGEST_NS;
}

void backoff_note(struct backoff *backoff, uint64_t slot, enum collapse_outcome outcome, uint64_t now_ns)
{
	struct failed_slot *failed = find(backoff, slot);

	if (outcome == COLLAPSE_DONE) {
		if (failed)
			drop(backoff, (size_t)(failed - backoff->slots));
		return;
	}
	if (!failed)
		failed = add(backoff, slot);
	failed->failures++;
	failed->outcome = outcome;
	failed->until_ns =
		now_ns + wait_ns(outcome == COLLAPSE_UNSUITABLE ? BACKOFF_UNSUITABLE_NS : BACKOFF_FIRST_NS,
				 failed->failures);
}

bool backoff_waits(const struct backoff *backoff, uint64_t slot, uint64_t now_ns)
{
	return now_ns < backoff_until_ns(backoff, slot, NULL);
}

uint64_t backoff_until_ns(const struct backoff *backoff, uint64_t slot, enum collapse_outcome *outcome)
{
	const struct failed_slot *failed = find(backoff, slot);

	if (!failed)
		return 0;
	if (outcome)
		*outcome = failed->outcome;
	return failed->until_ns;
}

void backoff_pause_fail(struct backoff_pause *pause, uint64_t now_ns)
{
	pause->failures++;
	pause->until_ns = now_ns + wait_ns(BACKOFF_FIRST_NS, pause->failures);
}

void backoff_pause_work(struct backoff_pause *pause)
{
	*pause = (struct backoff_pause){0};
}
