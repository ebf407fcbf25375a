/* SPDX-License-Identifier: GPL-2.0 */
/* Back-off: a slot that could not be collapsed is left alone for a while, longer at each failure in a row. */
#ifndef HOTDAMON_DECIDE_BACKOFF_H
#define HOTDAMON_DECIDE_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "decide/outcome.h"

/* The first wait; it doubles at each failure in a row up to the longest. */
#define BACKOFF_FIRST_NS      (5 * NS_PER_S)
#define BACKOFF_UNSUITABLE_NS (60 * NS_PER_S) /* of a slot that is no memory to be collapsed */
#define BACKOFF_LONGEST_NS    (600 * NS_PER_S)

/* The slots of one target that failed. */
struct backoff;

/*
 * Remembers at most @max_slots; beyond, the one that may be tried the soonest is forgotten. NULL: no memory.
 */
struct backoff *backoff_new(size_t max_slots);
void backoff_free(struct backoff *backoff); /* NULL is fine */

/* A try on @slot had this outcome: DONE forgets the slot, the others make it wait. */
void backoff_note(struct backoff *backoff, uint64_t slot, enum collapse_outcome outcome, uint64_t now_ns);

/* Whether @slot has still to wait. */
bool backoff_waits(const struct backoff *backoff, uint64_t slot, uint64_t now_ns);

/* When @slot may be tried again; 0: it never failed. What it failed with is *@outcome (NULL is fine). */
uint64_t backoff_until_ns(const struct backoff *backoff, uint64_t slot, enum collapse_outcome *outcome);

/* All is forgotten: the memory is another one (exec). */
void backoff_clear(struct backoff *backoff);

/*
 * The same for a whole target (COLLAPSE_LIMITED) or for all (COLLAPSE_NO_MEMORY): one wait. Starts as {0}.
 */
struct backoff_pause {
	uint64_t until_ns;
	unsigned int failures; /* in a row */
};

void backoff_pause_fail(struct backoff_pause *pause, uint64_t now_ns);
void backoff_pause_work(struct backoff_pause *pause); /* a collapse was made: forgets */
static inline bool backoff_pauses(const struct backoff_pause *pause, uint64_t now_ns)
{
	return now_ns < pause->until_ns;
}

#endif
