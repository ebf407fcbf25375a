// SPDX-License-Identifier: GPL-2.0
/* Users: nobody takes all places while another user's service waits. */
#include "governor_world.h"

#define HOGGER_UID 1000
#define OTHER_UID  1001
#define THIRD_UID  1002

static struct world world_share(unsigned int seats, unsigned int user_share_pct)
{
	struct governor_config config = top3;

	config.seats = seats;
	config.user_share_pct = user_share_pct;
	return world_new(config);
}

static struct candidate of(uint32_t uid, struct candidate candidate)
{
	candidate.owner.uid = uid;
	return candidate;
}

#define HOG(tgid, pct)	 of(HOGGER_UID, hot(tgid, pct))
#define OTHER(tgid, pct) of(OTHER_UID, hot(tgid, pct))

/* They were there first, and have all that nobody wanted; which of them is the coldest changes. */
static void test_three_hogs(void **state)
{
	struct world world = world_share(3, 67);

	(void)state;
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70));
	assert_seats(&world, "1 2 3");
	TICK(&world, HOG(1, 90), HOG(2, 70), HOG(3, 80), OTHER(9, 12));
	TICK(&world, HOG(1, 70), HOG(2, 90), HOG(3, 80), OTHER(9, 12));
	assert_moves(&world, "");
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(9, 12));
	assert_moves(&world, "-3@2 +9@2");
	assert_contains(world.moves[0].reason,
			"for 3 ticks: its user has more than --user-share 67 %, and pid 9 of another user "
			"waits with 12.0 % of a CPU");
	for (int i = 0; i < 20; i++) {
		TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 85), OTHER(9, 12));
		assert_moves(&world, "");
	}
	assert_skip(&world, 3, "its user has a share of the places already, --user-share 67 %");
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 85)); /* it ended: its place is anybody's */
	assert_moves(&world, "!9@2 +3@2");
	world_free(&world);
}

/* All come in at once. */
static void test_first_tick(void **state)
{
	struct world world = world_share(3, 67);

	(void)state;
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(9, 12));
	assert_seats(&world, "1 2 9");
	world_free(&world);
	world = world_share(4, 67); /* of four, two are a share; the fourth is nobody's */
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(9, 12));
	assert_seats(&world, "1 2 9 3");
	world_free(&world);
}

/* Heat counts among one user's, and never against who is within their share. */
static void test_hotter_hog(void **state)
{
	struct world world = world_share(3, 67);

	(void)state;
	TICK(&world, HOG(1, 40), HOG(2, 30), OTHER(9, 12));
	for (int i = 0; i < 3; i++)
		TICK(&world, HOG(1, 40), HOG(2, 30), HOG(3, 90), OTHER(9, 12));
	assert_moves(&world, "-2@1 +3@1");
	for (int i = 0; i < 10; i++) {
		TICK(&world, HOG(1, 85), HOG(2, 86), HOG(3, 90), OTHER(9, 12));
		assert_seats(&world, "1 3 9");
	}
	world_free(&world);
}

/* Of those who wait, the ones within their share are first; and who is above it goes before who is colder. */
static void test_third_user(void **state)
{
	struct world world = world_share(4, 50);

	(void)state;
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(9, 20));
	assert_seats(&world, "1 2 9 3");
	for (int i = 0; i < 3; i++)
		TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), HOG(4, 95), OTHER(9, 20),
		     of(THIRD_UID, hot(7, 60)));
	assert_moves(&world, "-3@3 +7@3");
	for (int i = 0; i < 5; i++)
		TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(9, 20), OTHER(8, 19), OTHER(6, 95),
		     of(THIRD_UID, hot(7, 60)));
	assert_seats(&world, "1 2 6 7"); /* by heat, within one user's share: 6 for 9 */
	world_free(&world);
}

/* Who has a share already takes nothing from who is above one. */
static void test_both_above(void **state)
{
	struct world world = world_share(5, 40);

	(void)state;
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(8, 60), OTHER(9, 50));
	for (int i = 0; i < 10; i++)
		TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(7, 95), OTHER(8, 80), OTHER(9, 80));
	assert_seats(&world, "1 2 8 9 3");
	world_free(&world);
}

/* One that leaves brings its user within the share: no other has to go, for one who is not hotter. */
static void test_one_is_enough(void **state)
{
	struct world world = world_share(3, 67);

	(void)state;
	TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70));
	for (int i = 0; i < 3; i++)
		TICK(&world, HOG(1, 90), HOG(2, 80), HOG(3, 70), OTHER(9, 12), of(THIRD_UID, hot(7, 11)));
	assert_moves(&world, "-3@2 +9@2");
	world_free(&world);
}

/* Whom the bound is not for. */
static void test_no_bound(void **state)
{
	static const struct {
		uint32_t uid;
		unsigned int seats, pct;
	} cases[] = {{0, 3, 67}, {UID_UNKNOWN, 3, 67}, {HOGGER_UID, 3, 0}, {HOGGER_UID, 3, 100}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_share(cases[i].seats, cases[i].pct);

		for (int t = 0; t < 10; t++)
			TICK(&world, of(cases[i].uid, hot(1, 90)), of(cases[i].uid, hot(2, 80)),
			     of(cases[i].uid, hot(3, 70)), OTHER(9, 12));
		assert_seats(&world, "1 2 3");
		world_free(&world);
	}
}

/* One place is one user's, and goes by heat. A service of several processes is one. What its owner prefers stays. */
static void test_what_is_a_share(void **state)
{
	struct world world = world_share(1, 67);
	struct candidate wanted = of(HOGGER_UID, preferred(3, 30));

	(void)state;
	for (int i = 0; i < 5; i++)
		TICK(&world, HOG(1, 90), OTHER(9, 80));
	assert_seats(&world, "1");
	for (int i = 0; i < 3; i++)
		TICK(&world, HOG(1, 50), OTHER(9, 80));
	assert_seats(&world, "9");
	assert_skip(&world, 1, "all 1 seats are taken, the coldest by a process with 80.0 % of a CPU");
	world_free(&world);
	world = world_share(3, 34);
	TICK(&world, HOG(1, 90), HOG(2, 80), wanted);
	assert_seats(&world, "3 1 2");
	for (int i = 0; i < 6; i++)
		TICK(&world, HOG(1, 90), HOG(2, 80), wanted, OTHER(9, 12), of(THIRD_UID, hot(7, 12)));
	assert_seats(&world, "3 7 9");
	world_free(&world);
}

/* Of ten thousand services two thousand are of users with one each: a tick takes no longer for it. */
static void test_many_users(void **state)
{
	enum { N = 10000, HOGS = 8000 };
	struct candidate *all = calloc(N, sizeof(*all));
	struct world world = world_share(100, 67);
	unsigned int hogs = 0;

	(void)state;
	assert_non_null(all);
	for (uint32_t i = 0; i < N; i++)
		all[i] = of(i < HOGS ? HOGGER_UID : 2000 + i, hot(1 + i, 100 - 0.007 * i));
	for (int t = 0; t < 5; t++) {
		tick(&world, all, N);
		assert_int_equal(world.n_moves, t ? 0 : 100);
	}
	for (unsigned int seat = 0; seat < 100; seat++)
		hogs += governor_seats(world.governor)[seat].id.tgid <= HOGS;
	assert_int_equal(hogs, 67);
	free(all);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_hogs), cmocka_unit_test(test_first_tick),
		cmocka_unit_test(test_hotter_hog), cmocka_unit_test(test_third_user),
		cmocka_unit_test(test_both_above), cmocka_unit_test(test_one_is_enough),
		cmocka_unit_test(test_no_bound),   cmocka_unit_test(test_what_is_a_share),
		cmocka_unit_test(test_many_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
