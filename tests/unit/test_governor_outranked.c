// SPDX-License-Identifier: GPL-2.0
#include "governor_world.h"

/* One seat, one watched, one waiting: after how many ticks the seat changes hands (0: not in ten). */
static void test_outranked(void **state)
{
	const struct {
		struct candidate watched, later, waiting;
		int ticks;
	} cases[] = {
		{hot(1, 50), hot(1, 50), hot(2, 100), 3},
		{hot(1, 50), hot(1, 50), hot(2, 62.4), 0}, /* 80 % of it are less than 50 */
		{hot(1, 50), hot(1, 50), hot(2, 62.6), 3},
		{hot(1, 50), hot(1, 80), hot(2, 100), 0}, /* just not below 80 % */
		{hot(1, 50), hot(1, 50), small(2, 100), 0},
		{hot(1, 50), hot(1, 50), excluded(2, 100), 0},
		{hot(1, 50), hot(1, 50), barred(2, 100), 0},
		{hot(1, 50), hot(1, 6), hot(2, 9.9), 0},
		{hot(1, 50), hot(1, 6), hot(2, 10), 3},
		{hot(1, 50), hot(1, 9), hot(2, 11), 0},
		{hot(1, 50), small(1, 50), hot(2, 11), 3}, /* nothing is left to collapse there */
		{hot(1, 50), small(1, 50), barred(2, 11), 0},
		{hot(1, 50), barred(1, 50), hot(2, 11), 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_top(1);
		int ticks = 0;

		TICK(&world, cases[i].watched);
		for (int k = 1; k <= 10 && !ticks; k++) {
			TICK(&world, cases[i].later, cases[i].waiting);
			if (world.n_moves)
				ticks = k;
		}
		if (ticks != cases[i].ticks)
			fail_msg("case %zu: after %d ticks, not %d", i, ticks, cases[i].ticks);
		if (ticks)
			assert_moves(&world, "-1@0 +2@0");
		world_free(&world);
	}
}

/* Exactly half of --min-mem is enough to stay. */
static void test_shrunk_limit(void **state)
{
	struct world world = world_top(1);
	struct candidate half = hot(1, 50);

	(void)state;
	half.anon_bytes = 16 * MIB;
	TICK(&world, hot(1, 50));
	for (int i = 0; i < 5; i++)
		TICK(&world, half, hot(2, 11));
	assert_seats(&world, "1");
	half.anon_bytes--;
	for (int i = 0; i < 3; i++)
		TICK(&world, half, hot(2, 11));
	assert_seats(&world, "2");
	assert_string_equal(world.moves[0].reason,
			    "anonymous memory of 15 MiB is below half of --min-mem 32 MiB, and pid 2 waits "
			    "with 11.0 % of a CPU");
	world_free(&world);
}

static void test_outranked_reasons(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 50));
	for (int i = 0; i < 3; i++)
		TICK(&world, hot(1, 30), hot(2, 100));
	assert_string_equal(world.moves[0].reason,
			    "outranked or cold for 3 ticks: 30.0 % of a CPU, while pid "
			    "2 waits with 100.0 %");
	TICK(&world, hot(2, 30), hot(3, 100));
	TICK(&world, hot(2, 30), hot(3, 100));
	TICK(&world, hot(2, 4), hot(3, 100)); /* one count for both */
	assert_string_equal(world.moves[0].reason, "outranked or cold for 3 ticks: now 4.0 % of a CPU, below "
						   "5.0 %");
	assert_seats(&world, "3");
	world_free(&world);
}

/* A tick without the hotter one starts the count again. */
static void test_outranked_count_starts_again(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 50));
	for (int i = 0; i < 10; i++) {
		TICK(&world, hot(1, 50), hot(2, 100));
		TICK(&world, hot(1, 50), hot(2, 100));
		TICK(&world, hot(1, 50), hot(2, 60));
		assert_seats(&world, "1");
	}
	world_free(&world);
}

/* While a seat is free, nobody is outranked. */
static void test_free_seat_first(void **state)
{
	struct world world = world_top(2);

	(void)state;
	TICK(&world, hot(1, 20));
	TICK(&world, hot(1, 20), hot(2, 100));
	assert_moves(&world, "+2@1");
	for (int i = 0; i < 5; i++)
		TICK(&world, hot(1, 20), hot(2, 100));
	assert_seats(&world, "1 2");
	world_free(&world);
}

/*
 * Three alike are watched and one far hotter waits: one of them makes room, though the third best of all
 * is as hot as they are, and though the weakest of them is another one in each tick.
 */
static void test_newcomer_is_not_starved(void **state)
{
	struct world world = world_new(top3);
	int ticks = 0;

	(void)state;
	TICK(&world, hot(1, 30), hot(2, 30), hot(3, 30));
	while (world.n_moves != 2 && ticks < 10) {
		ticks++;
		TICK(&world, hot(1, 30 + ticks % 3), hot(2, 30 + (ticks + 1) % 3),
		     hot(3, 30 + (ticks + 2) % 3), hot(4, 100));
	}
	assert_int_equal(ticks, 3);
	assert_seats(&world, "4 2 3"); /* pid 1 was the coldest in the third tick */
	TICK(&world, hot(1, 30), hot(2, 30), hot(3, 30), hot(4, 100));
	assert_int_equal(world.n_moves, 0);
	assert_int_equal(governor_seats(world.governor)[1].cold_ticks, 0);
	world_free(&world);
}

/* Hotter ones come without end: one a tick makes room, and no count runs beyond the dwell time. */
static void test_counts_are_bounded(void **state)
{
	struct world world = world_top(8);
	struct candidate all[30];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(all); i++)
		all[i] = hot(i + 1, i < 8 ? 30 : 100);
	tick(&world, all, 8);
	for (size_t n = 9; n < 14; n++) {
		tick(&world, all, n);
		for (unsigned int i = 0; i < 8; i++)
			assert_in_range(governor_seats(world.governor)[i].cold_ticks, 0, 3);
	}
	assert_seats(&world, "1 2 3 13 12 9 10 11");
	world_free(&world);
}

/* Cold ticks of before the count began do not make it "colder than". */
static void test_cold_and_outranked_in_turn(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 50));
	TICK(&world, hot(1, 4));
	TICK(&world, hot(1, 50));
	TICK(&world, hot(1, 50), hot(2, 100));
	TICK(&world, hot(1, 4), hot(2, 100));
	TICK(&world, hot(1, 4), hot(2, 100));
	assert_moves(&world, "-1@0 +2@0");
	assert_contains(world.moves[0].reason, "outranked or cold for 3 ticks: now 4.0 %");
	world_free(&world);
}

/* As many leave as wait, the coldest first. */
static void test_coldest_make_room(void **state)
{
	struct world world = world_new(top3);

	(void)state;
	TICK(&world, hot(1, 20), hot(2, 30), hot(3, 25));
	assert_seats(&world, "2 3 1");
	for (int i = 0; i < 3; i++)
		TICK(&world, hot(1, 20), hot(2, 30), hot(3, 25), hot(4, 90), hot(5, 80));
	assert_moves(&world, "-1@2 -3@1 +4@1 +5@2");
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outranked),
		cmocka_unit_test(test_shrunk_limit),
		cmocka_unit_test(test_outranked_reasons),
		cmocka_unit_test(test_outranked_count_starts_again),
		cmocka_unit_test(test_free_seat_first),
		cmocka_unit_test(test_newcomer_is_not_starved),
		cmocka_unit_test(test_cold_and_outranked_in_turn),
		cmocka_unit_test(test_counts_are_bounded),
		cmocka_unit_test(test_coldest_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
