/* SPDX-License-Identifier: GPL-2.0 */
/* A table of processes and its services, for the tests of what `hotdamon top` makes of them. */
#ifndef HOTDAMON_TESTS_SERVICE_WORLD_H
#define HOTDAMON_TESTS_SERVICE_WORLD_H

#include "cm.h"

#include "report/service_table.h"

#define MS    1000000ULL
#define WEB   10 /* keys */
#define BUILD 20
#define SHELL 30

struct world {
	struct table table;
	struct service_table services;
	struct service_ranking *ranking;
	struct opened opened;
	struct row *scratch[64];
	struct line lines[128];
};

static inline struct ranked world_process(uint32_t tgid, uint32_t uid, const char *comm, uint64_t user_ms,
					  bool ended)
{
	struct ranked ranked = {
		.id = {.tgid = tgid, .start_time_ns = 1},
		.user_ns = user_ms * MS,
		.window_user_pct = (double)user_ms / 10, /* of a second */
		.threads = 1,
		.ended = ended,
		.owner = {.uid = uid},
	};

	snprintf(ranked.comm, sizeof(ranked.comm), "%s", comm);
	return ranked;
}

/* A window of a second: @ranked, the hottest first, is ranked as it stands; whose each is, @keys says. */
static inline void world_window(struct world *world, struct ranked *ranked, const uint64_t *keys, size_t n)
{
	const struct ranked_service *services;
	size_t n_services, rows[64];

	if (!world->ranking)
		world->ranking = service_ranking_new(RANK_BY_USER, 0.001);
	for (size_t i = 0; i < n; i++)
		ranked[i].rank = (unsigned int)i + 1;
	assert_int_equal(table_update(&world->table, ranked, n, 1), 0);
	table_by_rank(&world->table, rows);
	assert_int_equal(
		service_ranking_update(world->ranking, ranked, keys, n, 1, 1000 * MS, &services, &n_services),
		0);
	assert_int_equal(service_table_update(&world->services, &world->table, services, n_services, rows, 1),
			 0);
}

static inline struct row *world_row(struct world *world, uint32_t tgid)
{
	for (size_t i = 0; i < world->table.n; i++)
		if (world->table.rows[i].ranked.id.tgid == tgid)
			return &world->table.rows[i];
	fail_msg("there is no process %u", tgid);
	return NULL;
}

static inline struct service_row *world_service(struct world *world, uint64_t key)
{
	for (size_t i = 0; i < world->services.n; i++)
		if (world->services.rows[i].key == key)
			return &world->services.rows[i];
	fail_msg("there is no service %u", (unsigned int)key);
	return NULL;
}

/* Names it as what is found out of its hottest process does, and that process with it. */
static inline void world_name(struct world *world, uint64_t key, const char *name, const char *user)
{
	struct service_row *service = world_service(world, key);
	struct whose *whose = &service->sum.facts.whose;

	whose->service.own = true;
	strcpy(whose->service.name, name);
	strcpy(whose->user, user);
	for (size_t i = 0; i < service->n; i++)
		world->table.rows[world->services.members[service->first + i]].facts.whose = *whose;
}

/* nginx of two users; a build of which most ended; and a shell. */
static inline void world_fill(struct world *world)
{
	static const uint64_t keys[] = {WEB, BUILD, WEB, BUILD, SHELL, BUILD, BUILD};
	struct ranked ranked[] = {
		world_process(100, 33, "nginx", 400, false), world_process(200, 0, "cc1", 300, true),
		world_process(101, 0, "nginx", 200, false),  world_process(201, 0, "cc1", 150, true),
		world_process(300, 0, "bash", 100, false),   world_process(202, 0, "as", 40, true),
		world_process(203, 0, "make", 20, false),
	};

	world_window(world, ranked, keys, ARRAY_SIZE(keys));
	strcpy(world_service(world, SHELL)->sum.facts.whose.user, "alice");
	world_name(world, WEB, "nginx.service", "www-data");
	world_name(world, BUILD, "build.scope", "root");
	strcpy(world_row(world, 101)->facts.whose.user, "root");
}

/* As the cgroup of @service has it. */
static inline void tell_memory(struct service_row *service, uint64_t anon, uint64_t shared, uint64_t huge)
{
	struct row_facts *facts = &service->sum.facts;

	service->memory_told = true;
	facts->anon_known = facts->shared_known = facts->huge_known = facts->huge_of_both = true;
	facts->anon_read_ns = 7;
	facts->anon_bytes = anon;
	facts->shared_bytes = shared;
	facts->huge_bytes = huge;
}

static inline void world_clear(struct world *world)
{
	table_clear(&world->table);
	service_table_clear(&world->services);
	service_ranking_free(world->ranking);
	opened_clear(&world->opened);
	*world = (struct world){0};
}

#endif
