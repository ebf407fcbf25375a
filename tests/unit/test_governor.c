// SPDX-License-Identifier: GPL-2.0
#include "governor_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* In place of base's: the fails_at-th call from now on fails, 1 the next; 0: none. No room is made but what is asked for. */
static unsigned int fails_at;

int array_reserve(void *array, size_t *room, size_t n, size_t size)
{
	void *at;

	if (fails_at && !--fails_at)
		return -ENOMEM;
	if (n <= *room)
		return 0;
	memcpy(&at, array, sizeof(at));
	at = realloc(at, n * size);
	if (!at)
		return -ENOMEM;
	memcpy(array, &at, sizeof(at));
	*room = n;
	return 0;
}

/* First tick of an empty governor: who comes in, and who is told to be skipped. */
struct first_case {
	const char *name;
	struct candidate candidates[CASE_MAX];
	size_t n;
	const char *seats;
	size_t n_skips;
};

static void test_first_tick(void **state)
{
	const struct first_case cases[] = {
		{.name = "empty machine", .seats = "- - -"},
		{"fewer than seats", {hot(1, 50)}, 1, "1 - -", 0},
		{"hottest first", {hot(1, 20), hot(2, 90), hot(3, 50), hot(4, 70)}, 4, "2 4 3", 1},
		{"ties by identity", {hot(9, 50), hot(8, 50), hot(7, 50), hot(6, 50)}, 4, "6 7 8", 1},
		{"just hot enough", {hot(1, 10), hot(2, 9.99)}, 2, "1 - -", 0},
		{"all idle", {hot(1, 0), hot(2, 0)}, 2, "- - -", 0},
		{"small", {small(1, 99), hot(2, 50)}, 2, "2 - -", 1},
		{"small and cold is not told", {small(1, 9)}, 1, "- - -", 0},
		{"itself", {excluded(1, 99), hot(2, 50)}, 2, "2 - -", 0},
		{"barred", {barred(1, 99), hot(2, 50), barred(3, 12)}, 3, "2 - -", 2},
		{"barred and cold is not told", {barred(1, 9)}, 1, "- - -", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_new(top3);

		tick(&world, cases[i].candidates, cases[i].n);
		assert_seats(&world, cases[i].seats);
		if (world.n_skips != cases[i].n_skips)
			fail_msg("%s: %zu skips", cases[i].name, world.n_skips);
		world_free(&world);
	}
}

static void test_bad_config(void **state)
{
	struct governor_config config = top3;

	(void)state;
	config.seats = 0;
	assert_null(governor_new(&config));
	config = top3;
	config.dwell_ticks = 0;
	assert_null(governor_new(&config));
	governor_free(NULL);
}

/* Exactly so much memory is enough. */
static void test_anon_limit(void **state)
{
	struct world world = world_new(top3);
	struct candidate a = hot(1, 50), b = hot(2, 50);

	(void)state;
	a.anon_bytes = 32 * MIB;
	b.anon_bytes = 32 * MIB - 1;
	TICK(&world, a, b);
	assert_seats(&world, "1 - -");
	world_free(&world);
}

static void test_seat_and_move_fields(void **state)
{
	struct world world = world_new(top3);
	const struct governor_seat *seats = governor_seats(world.governor);
	struct candidate renamed = hot(2, 91);

	(void)state;
	TICK(&world, excluded(9, 99), hot(2, 97.12), hot(3, 50), small(4, 5), small(5, 4));
	assert_string_equal(seats[0].reason, "hot: 97.1 % of a CPU, rank 2 of 5, 312 MiB anonymous");
	assert_string_equal(world.moves[0].reason, seats[0].reason);
	assert_string_equal(world.moves[0].comm, "p2");
	assert_string_equal(seats[0].comm, "p2");
	assert_int_equal(seats[1].rank, 3);
	snprintf(renamed.comm, sizeof(renamed.comm), "exec");
	TICK(&world, renamed);
	assert_string_equal(seats[0].comm, "exec");
	assert_near(seats[0].cpu_pct, 91);
	assert_int_equal(seats[0].rank, 1);
	assert_string_equal(world.moves[0].reason, "it ended");
	assert_string_equal(world.moves[0].comm, "p3");
	world_free(&world);
}

static void test_gone_leaves_at_once(void **state)
{
	struct world world = world_new(top3);
	struct candidate reused = hot(1, 90);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 50));
	TICK(&world, hot(2, 50));
	assert_moves(&world, "!1@0");
	assert_seats(&world, "- 2 -");
	TICK(&world, hot(2, 50), hot(3, 20));
	assert_moves(&world, "+3@0"); /* the lowest free seat; 2 stays where it is */
	TICK(&world, hot(2, 50), hot(3, 20), hot(1, 30));
	assert_seats(&world, "3 2 1");
	reused.id.start_time_ns = 2;
	TICK(&world, hot(2, 50), hot(3, 20), reused); /* it ended, and its pid is another's */
	assert_moves(&world, "!1@2 +1@2");
	assert_int_equal(governor_seats(world.governor)[2].id.start_time_ns, 2);
	tick(&world, NULL, 0);
	assert_moves(&world, "!3@0 !2@1 !1@2");
	assert_seats(&world, "- - -");
	world_free(&world);
}

/* A freed seat is taken in the same tick. */
static void test_seat_changes_hands(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 50), hot(2, 45));
	assert_seats(&world, "1");
	TICK(&world, hot(2, 45), hot(3, 44));
	assert_moves(&world, "!1@0 +2@0");
	world_free(&world);
}

/* One watched process alone, its heat tick by tick, and whether it is still watched after the last one. */
static void test_cold_dwell(void **state)
{
	static const struct {
		double pct[9];
		unsigned int cold_ticks; /* in the end, if watched */
		bool watched;
	} cases[] = {
		{{50, 4.9, 4.9}, 2, true},
		{{50, 4.9, 4.9, 4.9}, 0, false},
		{{50, 5, 5, 5, 5, 5, 5}, 0, true}, /* lukewarm is not cold */
		{{50, 9, 9, 9, 9}, 0, true},
		{{50, 4, 4, 5, 4, 4}, 2, true}, /* the count starts again */
		{{50, 4, 4, 5, 4, 4, 4}, 0, false},
		{{50, 4, 4, 11, 4, 4, 11, 4, 4}, 2, true},
		{{50, 4, 11, 4, 11, 4, 11, 4, 11}, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_new(top3);
		const struct governor_seat *seat = governor_seats(world.governor);

		for (size_t k = 0; k < ARRAY_SIZE(cases[i].pct) && cases[i].pct[k] > 0; k++)
			TICK(&world, hot(1, cases[i].pct[k]));
		assert_int_equal(seat->used, cases[i].watched);
		assert_int_equal(seat->cold_ticks, cases[i].cold_ticks);
		if (!cases[i].watched)
			assert_string_equal(world.moves[0].reason, "colder than 5.0 % of a CPU for 3 ticks");
		world_free(&world);
	}
}

/* One that flaps around min_cpu comes in once and stays. */
static void test_no_flapping_around_min_cpu(void **state)
{
	struct world world = world_new(top3);
	size_t moves = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		TICK(&world, hot(1, i % 2 ? 9.5 : 10.5));
		moves += world.n_moves;
	}
	assert_int_equal(moves, 1);
	TICK(&world, hot(1, 7));
	assert_string_equal(governor_seats(world.governor)->reason,
			    "less hot than when it came in: 7.0 % of a CPU, rank 1 of 1, 312 MiB anonymous");
	world_free(&world);
}

/* A seat that is taken over starts its counts at 0. */
static void test_counts_start_anew(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 50));
	TICK(&world, hot(1, 4));
	TICK(&world, hot(1, 4));
	assert_contains(governor_seats(world.governor)->reason, "for 2 of 3 ticks");
	TICK(&world, hot(2, 50));
	TICK(&world, hot(2, 4));
	TICK(&world, hot(2, 4));
	assert_seats(&world, "2");
	TICK(&world, hot(2, 4));
	assert_seats(&world, "-");
	TICK(&world, hot(2, 50));
	assert_string_equal(governor_seats(world.governor)->reason,
			    "hot: 50.0 % of a CPU, rank 1 of 1, 312 MiB anonymous");
	world_free(&world);
}

/* N shrinks by exits: the others keep their seats and nothing else happens. */
static void test_all_end_one_by_one(void **state)
{
	struct world world = world_new(top3);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 80), hot(3, 70));
	TICK(&world, hot(1, 90), hot(3, 70));
	assert_seats(&world, "1 - 3");
	TICK(&world, hot(3, 70));
	assert_seats(&world, "- - 3");
	tick(&world, NULL, 0);
	assert_seats(&world, "- - -");
	assert_moves(&world, "!3@2");
	world_free(&world);
}

static void test_skip_reasons(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 57.3), small(2, 99), barred(3, 60), hot(4, 50), excluded(5, 40), hot(6, 9));
	assert_seats(&world, "1");
	assert_int_equal(world.n_skips, 3);
	assert_skip(&world, 2, "anonymous memory of 1 MiB is below --min-mem 32 MiB");
	assert_skip(&world, 3, "it opted out");
	assert_skip(&world, 4, "all 1 seats are taken, the coldest by a process with 57.3 % of a CPU");
	assert_near(world.skips[0].cpu_pct, 99);
	world_free(&world);
}

static struct candidate sharing(uint32_t tgid, double cpu_pct, uint64_t shared_mib, uint64_t unaligned_mib)
{
	struct candidate candidate = small(tgid, cpu_pct);

	candidate.shared_bytes = shared_mib * MIB;
	candidate.unaligned_bytes = unaligned_mib * MIB;
	return candidate;
}

/* Shared memory counts where it could become huge; where not, and it would have been enough, that is the reason. */
static void test_shared_memory(void **state)
{
	struct world world = world_top(2);

	(void)state;
	TICK(&world, sharing(1, 90, 31, 0), sharing(2, 80, 30, 0), sharing(3, 70, 0, 45),
	     sharing(4, 60, 10, 20));
	assert_seats(&world, "1 -");
	assert_contains(governor_seats(world.governor)[0].reason, "1 MiB anonymous, 31 MiB shared");
	assert_skip(&world, 2, "anonymous and shared memory of 31 MiB is below --min-mem 32 MiB");
	assert_skip(&world, 3,
		    "anonymous memory of 1 MiB is below --min-mem 32 MiB; 45 MiB of shared memory are not "
		    "aligned "
		    "to 2 MiB: run with --align-shared, and start it anew");
	assert_skip(&world, 4, "anonymous and shared memory of 11 MiB is below --min-mem 32 MiB");
	world_free(&world);
}

/* The coldest of the watched is named. */
static void test_skip_names_the_coldest(void **state)
{
	struct world world = world_new(top3);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 80), hot(3, 70), hot(4, 60));
	assert_skip(&world, 4, "a process with 70.0 %");
	world_free(&world);
}

/* Just at the limits: hot enough, big enough, and so it is the seats that lack. */
static void test_at_the_limits(void **state)
{
	struct world world = world_top(1);
	struct candidate waiting = hot(2, 10);

	(void)state;
	waiting.anon_bytes = 32 * MIB;
	TICK(&world, hot(1, 10), waiting);
	assert_string_equal(governor_seats(world.governor)->reason,
			    "hot: 10.0 % of a CPU, rank 1 of 2, 312 MiB anonymous");
	assert_int_equal(world.n_skips, 1);
	assert_skip(&world, 2, "all 1 seats are taken");
	world_free(&world);
}

/* One of two that are watched is idle, in the first seat. */
static void test_skip_names_an_idle_one(void **state)
{
	struct world world = world_top(2);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 80));
	TICK(&world, hot(1, 0), hot(2, 80), hot(3, 70));
	assert_skip(&world, 3, "a process with 0.0 %");
	world_free(&world);
}

static void test_listed(void **state)
{
	struct governor_config config = top3;
	struct world world;

	(void)state;
	config.listed = true;
	world = world_new(config);
	TICK(&world, small(1, 0), hot(2, 40), hot(3, 0.1), excluded(4, 90));
	assert_seats(&world, "2 3 1");
	assert_int_equal(world.n_skips, 0);
	assert_string_equal(governor_seats(world.governor)[1].reason,
			    "listed with --pid: 0.1 % of a CPU, rank 3 of 4, 312 MiB anonymous");
	for (int i = 0; i < 10; i++)
		TICK(&world, small(1, 0), hot(2, 0), hot(3, 0));
	assert_seats(&world, "2 3 1");
	assert_int_equal(world.n_moves, 0);
	TICK(&world, small(1, 0), hot(2, 0));
	assert_moves(&world, "!3@1");
	governor_seat_failed(world.governor, 2, "EBUSY");
	TICK(&world, small(1, 0), hot(2, 0));
	assert_int_equal(world.n_skips, 1);
	assert_skip(&world, 1, "EBUSY");
	world_free(&world);
}

/* Nobody on the list makes room for another. */
static void test_listed_beyond_seats(void **state)
{
	struct governor_config config = top3;
	struct world world;

	(void)state;
	config.listed = true;
	config.seats = 1;
	world = world_new(config);
	TICK(&world, hot(1, 0));
	for (int i = 0; i < 5; i++)
		TICK(&world, hot(1, 0), small(2, 90));
	assert_seats(&world, "1");
	assert_skip(&world, 2, "all 1 seats are taken");
	world_free(&world);
}

/* Fails with no memory at each place in turn; what the last tick handed out stays as it is, and the next tick is whole. */
static void test_no_memory(void **state)
{
	static const size_t n = 100;
	unsigned int n_failed = 0;

	(void)state;
	for (unsigned int at = 1;; at++) {
		struct world world = world_top(1), before;
		struct candidate all[100];
		int err;

		for (uint32_t i = 0; i < n; i++)
			all[i] = hot(i + 1, 90 - 0.5 * i);
		tick(&world, all, 3);
		before = world;
		fails_at = at;
		err = governor_tick(world.governor, all, n, &world.moves, &world.n_moves, &world.skips,
				    &world.n_skips);
		fails_at = 0;
		if (!err) {
			world_free(&world);
			break;
		}
		n_failed++;
		assert_int_equal(err, -ENOMEM);
		assert_memory_equal(&world, &before, sizeof(world));
		assert_moves(&world, "+1@0");
		assert_int_equal(world.n_skips, 2);
		assert_skip(&world, 2, "all 1 seats are taken, the coldest by a process with 90.0 %");
		assert_skip(&world, 3, "all 1 seats are taken");
		governor_seat_failed(world.governor, 0, "EBUSY"); /* there is room for that */
		tick(&world, all, n);
		assert_moves(&world, "+2@0");
		assert_skip(&world, 1, "EBUSY; failure 1 in a row, tried again in 2 ticks");
		world_free(&world);
	}
	assert_in_range(n_failed, 4, 100);
}

/* 100 targets among 10,000 processes: the hottest, and with noise below the margin they stay. */
static void test_many(void **state)
{
	enum { N = 10000 };
	struct candidate *all = calloc(N, sizeof(*all));
	struct world world = world_top(100);
	const struct governor_seat *seats = governor_seats(world.governor);

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		all[i] = hot(1 + i * 7919 % N, 100 - 0.007 * i);
	tick(&world, all, N);
	assert_int_equal(world.n_moves, 100);
	assert_int_equal(world.n_skips, N - 100);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(seats[i].id.tgid, all[i].id.tgid);
	for (unsigned int t = 0; t < 5; t++) {
		for (uint32_t i = 0; i < N; i++)
			all[i].cpu_pct = 100 - 0.007 * i - (i * 31 + t * 17) % 15;
		tick(&world, all, N);
		assert_int_equal(world.n_moves, 0);
	}
	for (uint32_t i = 0; i < 50; i++)
		all[i].cpu_pct = 3;
	for (unsigned int t = 0; t < 3; t++)
		tick(&world, all, N);
	assert_int_equal(world.n_moves, 100); /* fifty out, fifty in */
	assert_int_equal(world.n_skips, N - 150);
	tick(&world, NULL, 0);
	assert_int_equal(world.n_moves, 100);
	world_free(&world);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_tick),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_anon_limit),
		cmocka_unit_test(test_seat_and_move_fields),
		cmocka_unit_test(test_gone_leaves_at_once),
		cmocka_unit_test(test_seat_changes_hands),
		cmocka_unit_test(test_cold_dwell),
		cmocka_unit_test(test_no_flapping_around_min_cpu),
		cmocka_unit_test(test_counts_start_anew),
		cmocka_unit_test(test_all_end_one_by_one),
		cmocka_unit_test(test_skip_reasons),
		cmocka_unit_test(test_shared_memory),
		cmocka_unit_test(test_skip_names_an_idle_one),
		cmocka_unit_test(test_at_the_limits),
		cmocka_unit_test(test_skip_names_the_coldest),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_listed_beyond_seats),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
