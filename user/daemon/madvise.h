/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The executor madvise: kdamonds only watch; what they say makes a map of each target's heat, and the hottest seats
 * are collapsed one by one, within a budget of the target's time.
 */
#ifndef HOTDAMON_DAEMON_MADVISE_H
#define HOTDAMON_DAEMON_MADVISE_H

#include "act/file.h"

struct daemon;
struct descent_evidence;
struct madvise;
struct status;
struct status_target;
struct target;

/* Opens where regions come from. Negative errno with @error. *@out is for madvise_close(). */
int madvise_open(struct daemon *daemon, struct madvise **out, struct act_error *error);
void madvise_close(struct madvise *madvise); /* NULL is fine */

/* A descriptor that is readable when madvise_turn() should come before its time; -1: there is none. */
int madvise_fd(const struct madvise *madvise);

/* For a target that comes in; its execs are known. Negative errno; target_release() undoes what was begun. */
int madvise_enter(struct daemon *daemon, struct target *target);

/*
 * A turn: takes what the kdamonds said; if it is time, looks at each target, has its descent step, and chooses; then
 * collapses what was chosen, for some milliseconds at most. Returns when it wants to be called again.
 */
uint64_t madvise_turn(struct daemon *daemon);

/* Before a target is released: what became huge in it counts on for the cap of all, for as long as it lives. */
void madvise_leave(struct daemon *daemon, const struct target *target);

/* What the evidence for its descent is with this executor. */
void madvise_evidence(const struct daemon *daemon, const struct target *target,
		      struct descent_evidence *evidence);

/* What the status tells of a target besides what it tells with any executor. */
void madvise_status(const struct daemon *daemon, const struct target *target, struct status_target *status);

#endif
