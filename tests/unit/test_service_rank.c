// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <math.h>
#include <stdlib.h>

#include "decide/service_rank.h"

#define CASE_MAX 8
#define NOW_NS	 1000000000000ULL
#define N_MANY	 20000

/* A process of a window, hottest first as the ranking has them. */
struct part {
	uint64_t key;
	double user_pct, system_pct;
	bool ended;
	double age_s;
};

struct world {
	struct service_ranking *ranking;
	const struct ranked_service *out;
	size_t n;
};

static struct world world_new(enum rank_by by, double time_constant_ticks)
{
	struct world world = {.ranking = service_ranking_new(by, time_constant_ticks)};

	assert_non_null(world.ranking);
	return world;
}

static void window(struct world *world, const struct part *parts, size_t n, double window_s)
{
	struct ranked ranked[CASE_MAX] = {0};
	uint64_t keys[CASE_MAX];

	for (size_t i = 0; i < n; i++) {
		ranked[i].window_user_pct = parts[i].user_pct;
		ranked[i].window_system_pct = parts[i].system_pct;
		ranked[i].ended = parts[i].ended;
		ranked[i].id.start_time_ns = NOW_NS - (uint64_t)(parts[i].age_s * 1e9);
		keys[i] = parts[i].key;
	}
	assert_int_equal(service_ranking_update(world->ranking, ranked, keys, n, window_s, NOW_NS,
						&world->out, &world->n),
			 0);
	memset(ranked, 0xFF, sizeof(ranked)); /* both may go */
	memset(keys, 0xFF, sizeof(keys));
	for (size_t i = 0; i < world->n; i++)
		assert_int_equal(world->out[i].rank, i + 1);
}

#define WINDOW(world, ...)                                                                                   \
	window(world, (const struct part[]){__VA_ARGS__},                                                    \
	       sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part), 5)

/* One window: the services as "KEY=PCT(members)", hottest first. */
struct first_case {
	const char *name;
	enum rank_by by;
	struct part parts[CASE_MAX];
	size_t n;
	const char *services;
};

static void test_first_window(void **state)
{
	static const struct first_case cases[] = {
		{.name = "nobody", .services = ""},
		{"one", RANK_BY_USER, {{7, 50, 10, false, 0}}, 1, "7=50(0)"},
		{"each for itself",
		 RANK_BY_USER,
		 {{7, 50, 0, false, 0}, {3, 40, 0, false, 0}},
		 2,
		 "7=50(0) 3=40(1)"},
		{"many small ones are hot together",
		 RANK_BY_USER,
		 {{7, 50, 0, false, 0}, {3, 20, 0, false, 0}, {3, 20, 0, false, 0}, {3, 20, 0, false, 0}},
		 4,
		 "3=60(1,2,3) 7=50(0)"},
		{"those that ended count",
		 RANK_BY_USER,
		 {{7, 50, 0, false, 0}, {3, 40, 0, true, 0}, {3, 20, 0, true, 0}},
		 3,
		 "3=60(1,2) 7=50(0)"},
		{"all time",
		 RANK_BY_CPU,
		 {{7, 50, 0, false, 0}, {3, 20, 20, false, 0}, {3, 10, 10, false, 0}},
		 3,
		 "3=60(1,2) 7=50(0)"},
		{"not the system's",
		 RANK_BY_USER,
		 {{7, 50, 0, false, 0}, {3, 20, 20, false, 0}, {3, 10, 10, false, 0}},
		 3,
		 "7=50(0) 3=30(1,2)"},
		{"ties by all time",
		 RANK_BY_USER,
		 {{7, 50, 0, false, 0}, {3, 50, 10, false, 0}},
		 2,
		 "3=50(1) 7=50(0)"},
		{"then by the best member",
		 RANK_BY_USER,
		 {{7, 50, 0, false, 0}, {3, 50, 0, false, 0}},
		 2,
		 "7=50(0) 3=50(1)"},
		{"members that do not run are members",
		 RANK_BY_USER,
		 {{7, 50, 0, false, 0}, {7, 0, 0, false, 0}},
		 2,
		 "7=50(0,1)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_new(cases[i].by, 1.5);
		char have[200] = "", *end = have;

		window(&world, cases[i].parts, cases[i].n, 5);
		for (size_t s = 0; s < world.n; s++) {
			const struct ranked_service *service = &world.out[s];

			end += sprintf(end, "%s%llu=%g(", s ? " " : "", (unsigned long long)service->key,
				       service->cpu_pct);
			for (size_t m = 0; m < service->n_members; m++)
				end += sprintf(end, "%s%zu", m ? "," : "", service->members[m]);
			end += sprintf(end, ")");
		}
		if (strcmp(have, cases[i].services))
			fail_msg("%s: %s, not %s", cases[i].name, have, cases[i].services);
		service_ranking_free(world.ranking);
	}
}

/* As a process's: one quiet window changes little, and what is new needs no time. */
static void test_smooth(void **state)
{
	struct world world = world_new(RANK_BY_USER, 1.5);
	double keep = exp(-1 / 1.5);

	(void)state;
	WINDOW(&world, {7, 100, 0, false, 0});
	assert_near(world.out->cpu_pct, 100);
	WINDOW(&world, {7, 0, 0, false, 0});
	assert_near(world.out->cpu_pct, 100 * keep);
	WINDOW(&world, {7, 60, 5, false, 0}, {7, 40, 5, false, 0});
	assert_near(world.out->cpu_pct, 100 * keep * keep + 100 * (1 - keep));
	assert_near(world.out->window_user_pct, 100);
	assert_near(world.out->window_system_pct, 10);
	service_ranking_free(world.ranking);
}

/* New processes in each window are one service that goes on: make -j is as hot as it is. */
static void test_goes_on_without_its_processes(void **state)
{
	struct world world = world_new(RANK_BY_USER, 1.5);
	double keep = exp(-1 / 1.5);

	(void)state;
	WINDOW(&world, {7, 100, 0, true, 0}, {7, 100, 0, true, 0});
	WINDOW(&world, {3, 10, 0, false, 0});
	assert_int_equal(world.n, 1); /* none of it is there to be told */
	assert_int_equal(world.out->key, 3);
	WINDOW(&world, {3, 10, 0, false, 0}, {7, 0, 0, false, 0});
	assert_int_equal(world.out->key, 7);
	assert_near(world.out->cpu_pct, 200 * keep * keep);
	for (int i = 0; i < 20; i++)
		window(&world, NULL, 0, 5);
	assert_int_equal(world.n, 0);
	WINDOW(&world, {7, 50, 0, false, 0});
	assert_near(world.out->cpu_pct, 50); /* it was forgotten */
	service_ranking_free(world.ranking);
}

/* How long its processes live, from how many are there and how many end. */
static void test_life(void **state)
{
	struct world world = world_new(RANK_BY_USER, 1.5);
	double life_s;

	(void)state;
	WINDOW(&world, {7, 100, 0, false, 0}, {7, 100, 0, false, 0}, {3, 1, 0, false, 0});
	assert_true(isinf(world.out[0].life_s));
	for (int i = 0; i < 10; i++)
		WINDOW(&world, {7, 40, 0, false, 0}, {7, 40, 0, true, 0}, {7, 40, 0, true, 0},
		       {7, 40, 0, true, 0}, {7, 40, 0, true, 0}, {3, 1, 0, false, 0});
	assert_int_equal(world.out[0].key, 7);
	assert_int_equal(world.out[0].n_ended, 4);
	assert_true(fabs(world.out[0].life_s - 1.25) < 0.01); /* one at a time, four in 5 s */
	assert_true(isinf(world.out[1].life_s));	      /* others' ends are no concern of it */
	life_s = world.out[0].life_s;
	for (int i = 0; i < 5; i++) {
		WINDOW(&world, {7, 100, 0, false, 0});
		assert_true(world.out->life_s > life_s);
		life_s = world.out->life_s;
	}
	assert_true(life_s > 30 && life_s < 60);
	service_ranking_free(world.ranking);
}

/* That an old server was stopped and a new one started says nothing of how long they live. */
static void test_restart(void **state)
{
	static const struct {
		double age_s;
		bool is_short;
	} cases[] = {{59.9, true}, {60, false}, {900, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_new(RANK_BY_USER, 1.5);

		WINDOW(&world, {7, 100, 0, true, cases[i].age_s}, {7, 20, 0, false, 2});
		assert_true(isinf(world.out->life_s) != cases[i].is_short);
		assert_int_equal(world.out->n_ended, 1);
		service_ranking_free(world.ranking);
	}
}

/* Twenty thousand processes of a thousand services, some windows of them. */
static void test_many(void **state)
{
	struct ranked *ranked = calloc(N_MANY, sizeof(*ranked));
	uint64_t *keys = calloc(N_MANY, sizeof(*keys));
	struct world world = world_new(RANK_BY_USER, 1.5);
	bool *seen = calloc(N_MANY, sizeof(*seen));
	size_t n_seen = 0;

	(void)state;
	for (size_t i = 0; i < N_MANY; i++) {
		ranked[i].window_user_pct = 1;
		keys[i] = (i * 7919) % 1000 * 0x9E3779B97F4A7C15ULL;
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(service_ranking_update(world.ranking, ranked, keys, N_MANY, 5, NOW_NS,
							&world.out, &world.n),
				 0);
	assert_int_equal(world.n, 1000);
	for (size_t s = 0; s < world.n; s++) {
		const struct ranked_service *service = &world.out[s];

		assert_int_equal(service->n_members, N_MANY / 1000);
		for (size_t m = 0; m < service->n_members; m++) {
			assert_int_equal(keys[service->members[m]], service->key);
			assert_true(!m || service->members[m - 1] < service->members[m]);
			n_seen += !seen[service->members[m]];
			seen[service->members[m]] = true;
		}
	}
	assert_int_equal(n_seen, N_MANY);
	free(ranked);
	free(keys);
	free(seen);
	service_ranking_free(world.ranking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_window),
		cmocka_unit_test(test_smooth),
		cmocka_unit_test(test_goes_on_without_its_processes),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_many),
	};

	service_ranking_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
