/* SPDX-License-Identifier: GPL-2.0 */
/* Who is stuck, and that it is said when it begins and when it ends. */
#ifndef HOTDAMON_DAEMON_STUCK_H
#define HOTDAMON_DAEMON_STUCK_H

#include "base/aside.h"
#include "daemon/seats.h"
#include "report/status.h"
#include "sense/proc.h"

/* Starts as {0}. */
struct stuck_list {
	struct status_stuck at[ASIDE_MOST];
	size_t n;
};

/* Whether the process of @facts is barred by that; then @candidate says so. */
bool stuck_bar(const struct process_facts *facts, bool watched, struct candidate *candidate);

/* Looks anew, once a tick. */
void stuck_look(struct stuck_list *list, const struct seats *seats);

#endif
