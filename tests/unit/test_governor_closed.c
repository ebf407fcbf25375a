// SPDX-License-Identifier: GPL-2.0
/* A seat whose kdamond cannot be stopped is of no use to anybody. */
#include "governor_world.h"

static void test_nobody_comes_into_a_closed_seat(void **state)
{
	struct world world = world_top(2);

	(void)state;
	TICK(&world, hot(1, 90));
	governor_seat_close(world.governor, 0, true);
	TICK(&world, barred(1, 90), hot(2, 50), hot(3, 40));
	assert_moves(&world, "-1@0 +2@1");
	TICK(&world, barred(1, 90), hot(2, 50), hot(3, 40));
	assert_seats(&world, "- 2");
	governor_seat_close(world.governor, 0, false);
	TICK(&world, hot(1, 90), hot(2, 50), hot(3, 40));
	assert_seats(&world, "1 2");
	world_free(&world);
}

/* Of two seats one is left, and that goes to the hottest. */
static void test_others_are_outranked_as_ever(void **state)
{
	struct world world = world_top(2);

	(void)state;
	governor_seat_close(world.governor, 0, true);
	for (unsigned int i = 0; i < top3.dwell_ticks; i++)
		TICK(&world, hot(2, 50));
	assert_seats(&world, "- 2");
	for (unsigned int i = 0; i < top3.dwell_ticks; i++)
		TICK(&world, hot(1, 90), hot(2, 50));
	assert_seats(&world, "- 1");
	world_free(&world);
}

/* Who is in it keeps it: it may yet answer. */
static void test_who_is_in_it_stays(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 90));
	governor_seat_close(world.governor, 0, true);
	TICK(&world, hot(1, 90));
	assert_seats(&world, "1");
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_comes_into_a_closed_seat),
		cmocka_unit_test(test_others_are_outranked_as_ever),
		cmocka_unit_test(test_who_is_in_it_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
