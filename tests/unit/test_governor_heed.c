// SPDX-License-Identifier: GPL-2.0
/* The operator changes his mind while processes are watched. */
#include "governor_world.h"

/* Other bounds hold from the next tick on; who is watched leaves as one who grew colder, and not at once. */
static void test_heeds(void **state)
{
	struct world world = world_new(top3);
	struct governor_config config = top3;

	(void)state;
	TICK(&world, hot(1, 50), hot(2, 12), small(3, 40));
	assert_seats(&world, "1 2 -");
	config.min_cpu_pct = 30;
	config.min_mem_bytes = MIB;
	governor_heed(world.governor, &config);
	TICK(&world, hot(1, 50), hot(2, 12), small(3, 40), hot(4, 20));
	assert_seats(&world, "1 2 3");
	TICK(&world, hot(1, 50), hot(2, 12), small(3, 40), hot(4, 20));
	assert_moves(&world, "");
	TICK(&world, hot(1, 50), hot(2, 12), small(3, 40), hot(4, 20));
	assert_seats(&world, "1 - 3");
	assert_contains(world.moves[0].reason, "15"); /* half of what is asked for now */
	world_free(&world);
}

/* More seats are taken at once, as far as they were made, and nobody moves; of fewer the coldest leave at once. */
static void test_heeds_seats(void **state)
{
	struct governor_config config = top3;
	struct world world;

	(void)state;
	config.seats = 2;
	config.made = 4;
	world = world_new(config);
	TICK(&world, hot(1, 50), hot(2, 40), hot(3, 30), hot(4, 20), hot(5, 15));
	assert_seats(&world, "1 2 - -");
	config.seats = 9;
	governor_heed(world.governor, &config);
	TICK(&world, hot(1, 50), hot(2, 40), hot(3, 30), hot(4, 20), hot(5, 15));
	assert_moves(&world, "+3@2 +4@3");
	config.seats = 1;
	governor_heed(world.governor, &config);
	TICK(&world, hot(1, 50), hot(2, 60), preferred(3, 30), hot(4, 20));
	assert_seats(&world, "- - 3 -");
	assert_int_equal(world.n_moves, 3);
	assert_string_equal(world.moves[0].reason,
			    "the coldest of those that are watched, and --top is 1 now");
	TICK(&world, hot(1, 50), hot(2, 60), preferred(3, 30), hot(4, 20));
	assert_moves(&world, "");
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heeds),
		cmocka_unit_test(test_heeds_seats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
