// SPDX-License-Identifier: GPL-2.0
#include "decide/service_rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* What is remembered of a service from window to window. */
struct memory {
	uint64_t key;
	double cpu_pct;
	double alive, ended_per_s; /* processes of it, smoothed too; only those ended that were young */
};

struct service_ranking {
	enum rank_by by;
	double new_weight;
	struct memory *memories; /* by key */
	size_t n_memories;
	struct ranked_service *out;
	size_t *members; /* of all services, one after the other */
};

/* A place in the ranking of processes, and the service of that process. */
struct member {
	uint64_t key;
	size_t at;
};

/* One window, as it is worked on. */
struct window {
	const struct ranked *ranked;
	double s;
	uint64_t now_ns;
	struct member *by_key; /* [n] */
	size_t n;
	struct memory *memories; /* room for all that are known and all that ran, as the next ones */
	size_t n_memories;
	struct ranked_service *services;
	size_t n_services;
	size_t *members; /* [n] */
};

struct service_ranking *service_ranking_new(enum rank_by by, double time_constant_ticks)
{
	struct service_ranking *ranking = calloc(1, sizeof(*ranking));

	if (!ranking)
		return NULL;
	ranking->by = by;
	ranking->new_weight = 1 - exp(-1 / time_constant_ticks);
	return ranking;
}

void service_ranking_free(struct service_ranking *ranking)
{
	if (!ranking)
		return;
	free(ranking->memories);
	free(ranking->out);
	free(ranking->members);
	free(ranking);
}

/* Places are in order of heat, so the hottest of each service is its first. */
static int member_cmp(const void *a, const void *b)
{
	const struct member *left = a, *right = b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return left->at < right->at ? -1 : left->at > right->at;
}

static double window_pct(const struct ranked_service *service)
{
	return service->window_user_pct + service->window_system_pct;
}

static int service_cmp(const void *a, const void *b)
{
	const struct ranked_service *left = a, *right = b;

	if (left->cpu_pct != right->cpu_pct)
		return left->cpu_pct > right->cpu_pct ? -1 : 1;
	if (window_pct(left) != window_pct(right))
		return window_pct(left) > window_pct(right) ? -1 : 1;
	return left->members[0] < right->members[0] ? -1 : left->members[0] > right->members[0];
}

static double smooth(const struct service_ranking *ranking, double old, double now)
{
	return old + ranking->new_weight * (now - old);
}

static bool ended_young(const struct window *window, const struct ranked *process)
{
	return process->ended && process->id.start_time_ns + SERVICE_LONG_S * NS_PER_S > window->now_ns;
}

/* Sums up the members of one service, from @from on in the window's order; returns how many they are. *@ended: young. */
static size_t sum_up(struct window *window, size_t from, struct ranked_service *service, size_t *ended)
{
	size_t n = 0;

	*ended = 0;
	*service =
		(struct ranked_service){.key = window->by_key[from].key, .members = window->members + from};
	for (; from + n < window->n && window->by_key[from + n].key == service->key; n++) {
		size_t at = window->by_key[from + n].at;
		const struct ranked *process = &window->ranked[at];

		window->members[from + n] = at;
		service->window_user_pct += process->window_user_pct;
		service->window_system_pct += process->window_system_pct;
		service->n_ended += process->ended;
		*ended += ended_young(window, process);
	}
	service->n_members = n;
	return n;
}

/* As many as are alive at a time end in a mean life (Little's law). */
static double mean_life_s(const struct memory *memory)
{
	return memory->ended_per_s > 0 ? memory->alive / memory->ended_per_s : INFINITY;
}

/* This window's numbers into what is known of the service, @old or NULL, and back. */
static void remember(const struct service_ranking *ranking, struct window *window, const struct memory *old,
		     struct ranked_service *service, size_t ended)
{
	struct memory now = {
		.key = service->key,
		.cpu_pct = ranking->by == RANK_BY_CPU ? window_pct(service) : service->window_user_pct,
		.alive = (double)(service->n_members - service->n_ended),
		.ended_per_s = (double)ended / window->s,
	};

	if (old) {
		now.cpu_pct = smooth(ranking, old->cpu_pct, now.cpu_pct);
		now.alive = smooth(ranking, old->alive, now.alive);
		now.ended_per_s = smooth(ranking, old->ended_per_s, now.ended_per_s);
	}
	service->cpu_pct = now.cpu_pct;
	service->life_s = mean_life_s(&now);
	window->memories[window->n_memories++] = now;
}

/* None of its processes is there. */
static void fade(const struct service_ranking *ranking, struct window *window, const struct memory *old)
{
	struct memory *memory = &window->memories[window->n_memories];

	*memory = *old;
	memory->cpu_pct = smooth(ranking, old->cpu_pct, 0);
	memory->alive = smooth(ranking, old->alive, 0);
	memory->ended_per_s = smooth(ranking, old->ended_per_s, 0);
	if (memory->cpu_pct >= RANKING_FORGET_PCT)
		window->n_memories++;
}

/* Merges those of which a process is there with those that are known, both by key. */
static void merge(const struct service_ranking *ranking, struct window *window)
{
	const struct memory *old = ranking->memories, *end = old + ranking->n_memories;

	for (size_t from = 0; from < window->n;) {
		struct ranked_service *service = &window->services[window->n_services++];
		size_t ended;

		from += sum_up(window, from, service, &ended);
		for (; old < end && old->key < service->key; old++)
			fade(ranking, window, old);
		remember(ranking, window, old < end && old->key == service->key ? old++ : NULL, service,
			 ended);
	}
	for (; old < end; old++)
		fade(ranking, window, old);
}

static void sort_members(struct window *window, const uint64_t *keys)
{
	for (size_t i = 0; i < window->n; i++)
		window->by_key[i] = (struct member){keys[i], i};
	if (window->n)
		qsort(window->by_key, window->n, sizeof(*window->by_key), member_cmp);
}

static void rank(struct ranked_service *services, size_t n)
{
	if (n)
		qsort(services, n, sizeof(*services), service_cmp);
	for (size_t i = 0; i < n; i++)
		services[i].rank = (unsigned int)(i + 1);
}

/* One more each: never the NULL that calloc(0) may give. */
static int window_alloc(struct window *window, size_t n_known)
{
	window->by_key = calloc(window->n + 1, sizeof(*window->by_key));
	window->memories = calloc(window->n + n_known + 1, sizeof(*window->memories));
	window->services = calloc(window->n + 1, sizeof(*window->services));
	window->members = calloc(window->n + 1, sizeof(*window->members));
	if (window->by_key && window->memories && window->services && window->members)
		return 0;
	free(window->by_key);
	free(window->memories);
	free(window->services);
	free(window->members);
	return -ENOMEM;
}

int service_ranking_update(struct service_ranking *ranking, const struct ranked *ranked, const uint64_t *keys,
			   size_t n, double window_s, uint64_t now_ns, const struct ranked_service **out,
			   size_t *n_out)
{
	struct window window = {.ranked = ranked, .n = n, .s = window_s, .now_ns = now_ns};
	int err = window_alloc(&window, ranking->n_memories);

	if (err)
		return err;
	sort_members(&window, keys);
	merge(ranking, &window);
	free(window.by_key);
	rank(window.services, window.n_services);

	free(ranking->memories);
	ranking->memories = window.memories;
	ranking->n_memories = window.n_memories;
	free(ranking->out);
	ranking->out = window.services;
	free(ranking->members);
	ranking->members = window.members;
	*out = window.services;
	*n_out = window.n_services;
	return 0;
}
