// SPDX-License-Identifier: GPL-2.0
/* Rules and their owner's word: who is left out, and who comes first. */
#include "governor_world.h"

static void test_left_out(void **state)
{
	struct world world = world_top(2);
	struct candidate small_one = left_out(3, 30);

	(void)state;
	small_one.anon_bytes = MIB;
	TICK(&world, left_out(1, 90), hot(2, 20), small_one, left_out(4, 9));
	assert_moves(&world, "+2@0");
	assert_false(governor_would_take(world.governor, &small_one));
	assert_int_equal(world.n_skips, 2); /* the last one is too cold to be told */
	assert_skip(&world, 1, "left out by --exclude comm=p*");
	assert_skip(&world, 3, "left out by --exclude comm=p*");
	assert_true(world.skips[0].ruled_out);
	world_free(&world);
}

/* It changed its name, or its owner his mind. */
static void test_leaves_at_once(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 20));
	TICK(&world, left_out(1, 90), hot(2, 20));
	assert_moves(&world, "-1@0 +2@0");
	assert_string_equal(world.moves[0].reason, "left out by --exclude comm=p*");
	assert_true(world.moves[0].ruled_out);
	TICK(&world, hot(1, 90), hot(2, 20)); /* in again, when it may: after the dwell time */
	assert_seats(&world, "2");
	TICK(&world, hot(1, 90), hot(2, 20));
	TICK(&world, hot(1, 90), hot(2, 20));
	assert_seats(&world, "1");
	world_free(&world);
}

/* Both an opt-out and a rule: the rule is what the operator can change. */
static void test_rule_before_opt_out(void **state)
{
	struct world world = world_top(1);
	struct candidate both = left_out(1, 90);

	(void)state;
	both.barred = "it opted out";
	TICK(&world, both);
	assert_skip(&world, 1, "left out by");
	assert_false(world.skips[0].barred);
	world_free(&world);
}

static void test_preferred_comes_first(void **state)
{
	struct world world = world_top(2);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 80), preferred(3, 11), preferred(4, 9));
	assert_seats(&world, "3 1"); /* the other preferred one is too cold */
	assert_contains(governor_seats(world.governor)[0].reason, "rank 3 of 4");
	assert_contains(governor_seats(world.governor)[0].reason, "; let in by its owner: `prefer`");
	assert_skip(&world, 2, "all 2 seats are taken, the coldest by a process with 90.0 %");
	world_free(&world);
}

/* That a colder one has the seat is no reason by itself. */
static void test_skip_tells_of_preferred(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 90), preferred(2, 11), preferred(3, 10.5));
	assert_seats(&world, "2");
	assert_skip(&world, 1, "all 1 seats are taken by processes that their owners prefer");
	assert_skip(&world, 3, "all 1 seats are taken, the coldest by a process with 11.0 %");
	world_free(&world);
}

/* Whatever their heat, after the dwell time; among the preferred heat counts as ever. */
static void test_preferred_outranks(void **state)
{
	struct world world = world_top(2);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 80));
	for (int i = 0; i < 2; i++) {
		TICK(&world, hot(1, 90), hot(2, 80), preferred(3, 20));
		assert_seats(&world, "1 2");
	}
	TICK(&world, hot(1, 90), hot(2, 80), preferred(3, 20));
	assert_moves(&world, "-2@1 +3@1");
	assert_contains(world.moves[0].reason, "pid 3 waits, with 20.0 % of a CPU, which its owner prefers");
	for (int i = 0; i < 5; i++)
		TICK(&world, hot(1, 90), hot(2, 80), preferred(3, 20));
	assert_seats(&world, "1 3");
	for (int i = 0; i < 3; i++) /* the one that is not preferred goes, though the other one is colder */
		TICK(&world, hot(1, 90), preferred(4, 40), preferred(3, 20));
	assert_seats(&world, "4 3");
	for (int i = 0; i < 3; i++)
		TICK(&world, hot(1, 90), preferred(4, 40), preferred(5, 30), preferred(3, 20));
	assert_seats(&world, "4 5");
	world_free(&world);
}

/* Preferred is not for ever: one that turned cold, or lost its memory, makes room. */
static void test_preferred_leaves(void **state)
{
	struct world world = world_top(1);
	struct candidate shrunk = preferred(1, 50);

	(void)state;
	shrunk.anon_bytes = 15 * MIB;
	TICK(&world, preferred(1, 50), hot(2, 20));
	assert_seats(&world, "1");
	for (int i = 0; i < 3; i++)
		TICK(&world, hot(2, 20), shrunk);
	assert_seats(&world, "2");
	for (int i = 0; i < 3; i++)
		TICK(&world, preferred(1, 50), hot(2, 20));
	assert_seats(&world, "1");
	for (int i = 0; i < 3; i++)
		TICK(&world, hot(2, 20), preferred(1, 4));
	assert_seats(&world, "2");
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_leaves_at_once),
		cmocka_unit_test(test_rule_before_opt_out),
		cmocka_unit_test(test_preferred_comes_first),
		cmocka_unit_test(test_skip_tells_of_preferred),
		cmocka_unit_test(test_preferred_outranks),
		cmocka_unit_test(test_preferred_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
