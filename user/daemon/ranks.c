// SPDX-License-Identifier: GPL-2.0
#include "daemon/ranks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cpus.h"

int ranks_init(struct ranks *ranks, struct hotness *hotness, struct services *services, enum rank_by by)
{
	ranks->hotness = hotness;
	ranks->services = services;
	ranks->ranking = ranking_new(by, RANKING_SMOOTHING_TICKS, 0);
	ranks->by_service = service_ranking_new(by, RANKING_SMOOTHING_TICKS);
	return ranks->ranking && ranks->by_service ? 0 : -ENOMEM;
}

void ranks_release(struct ranks *ranks)
{
	ranking_free(ranks->ranking);
	service_ranking_free(ranks->by_service);
	free(ranks->keys);
}

static uint64_t key_of(const struct ranks *ranks, const struct ranked *process, uint64_t now_ns)
{
	const struct place *place;

	if (!ranks->services)
		return service_key_alone(process->id);
	place = services_place(ranks->services, process->id, process->owner.cgroup_id, process->ended,
			       now_ns);
	return service_key(&place->service, process->comm, process->owner.uid);
}

/* What is told of processes and of services is always of the same window. */
static int rank_services(struct ranks *ranks, const struct ranked *processes, size_t n, double window_s,
			 uint64_t now_ns)
{
	int err = array_reserve(&ranks->keys, &ranks->keys_room, n, sizeof(*ranks->keys));

	for (size_t i = 0; !err && i < n; i++)
		ranks->keys[i] = key_of(ranks, &processes[i], now_ns);
	if (!err)
		err = service_ranking_update(ranks->by_service, processes, ranks->keys, n, window_s,
					     ranks->span.ended_ns, &ranks->list, &ranks->n);
	if (err)
		ranks->n = 0;
	return err;
}

int ranks_measure(struct ranks *ranks, uint64_t now_ns)
{
	struct hotness_span span;
	const struct usage *usage;
	size_t n;
	int err = hotness_window(ranks->hotness, &usage, &n, &span);

	if (!err)
		err = ranking_update(ranks->ranking, usage, n, span.ended_ns - span.began_ns, cpus_online(),
				     &ranks->processes, &ranks->n_processes);
	if (err)
		return err;
	ranks->span = span;
	return rank_services(ranks, ranks->processes, ranks->n_processes, ranks_window_s(ranks), now_ns);
}
