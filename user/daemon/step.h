/* SPDX-License-Identifier: GPL-2.0 */
/* How hot: looks at the targets, one step of each one's descent, and the collapses that follow. */
#ifndef HOTDAMON_DAEMON_STEP_H
#define HOTDAMON_DAEMON_STEP_H

#include "daemon/watch.h"

/* When all targets were last looked at, and what it took. Starts as {0}. */
struct step_looks {
	uint64_t ended_ns, cost_ns;
};

/* The descent and the trial of @target, which has just come in, begin. */
void step_begin(struct watch *watch, struct target *target);

/*
 * A turn: takes what the kdamonds said; if it is time, looks at each target and has its descent step; then collapses what
 * was chosen, for some milliseconds at most. watch->now_ns goes on with it. Nothing in a dry run.
 */
void step_turn(struct watch *watch, struct step_looks *looks);

/* When step_turn() wants to be called next, besides at each step; UINT64_MAX: not before that. */
uint64_t step_next_turn_ns(const struct watch *watch, const struct step_looks *looks);

#endif
