/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a seat's kdamond is told: `on`, `off`, `commit`, ... . Most of these wait until the thread heeds them, and meanwhile
 * hold the one lock that all of DAMON's sysfs needs. A kdamond whose target does not let go the lock of its memory heeds
 * nothing: it is told nothing then.
 *
 * Should the target take that lock in the moment between, the command waits all the same, and DAMON with it, until the
 * target lets go: nothing can be done of DAMON then, but hotdamon goes on, and ends.
 */
#ifndef HOTDAMON_ACT_DAMON_COMMAND_H
#define HOTDAMON_ACT_DAMON_COMMAND_H

#include <stdbool.h>

#include "act/file.h"

/* Negative errno, -ETIME: the seat's target does not answer, or DAMON does not. */
int damon_command(const char *root, unsigned int seat, const char *word, struct act_error *error);

/* Whether its kdamond runs. Negative errno, -ETIME: DAMON does not answer. */
int damon_seat_is_on(const char *root, unsigned int seat, bool *on, struct act_error *error);

/*
 * `off` for a kdamond that has ended by itself is EPERM on 6.12 and 7.2, EINVAL for one that never ran: only what is still
 * on is a failure.
 */
int damon_turn_off(const char *root, unsigned int seat, struct act_error *error);

#endif
