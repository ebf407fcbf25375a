/* SPDX-License-Identifier: GPL-2.0 */
/* Who ran in a window: the processes, and the services that they are part of, each by its heat. */
#ifndef HOTDAMON_DAEMON_RANKS_H
#define HOTDAMON_DAEMON_RANKS_H

#include "decide/service_rank.h"
#include "sense/hotness.h"
#include "sense/services.h"

struct ranks {
	struct hotness *hotness;   /* borrowed, as is the next one */
	struct services *services; /* NULL: each process is a service of its own */
	struct ranking *ranking;
	struct service_ranking *by_service;
	uint64_t *keys; /* [n_processes] of the service of each */
	size_t keys_room;

	/* Of the last window that could be measured; owned by the two rankings. */
	struct hotness_span span;
	const struct ranked *processes;
	size_t n_processes;
	const struct ranked_service *list;
	size_t n;
};

/* Starts as {0}. -ENOMEM. */
int ranks_init(struct ranks *ranks, struct hotness *hotness, struct services *services, enum rank_by by);
void ranks_release(struct ranks *ranks);

/* Closes a window. Negative errno. */
int ranks_measure(struct ranks *ranks, uint64_t now_ns);

static inline double ranks_window_s(const struct ranks *ranks)
{
	return ns_to_s(ranks->span.ended_ns - ranks->span.began_ns);
}

#endif
