// SPDX-License-Identifier: GPL-2.0
/* Services: who of which comes in, who leaves with whom, whose stint it is, and one line for each. */
#include "governor_world.h"

static struct world world_services(unsigned int services, unsigned int members, unsigned int seats)
{
	struct governor_config config = top3;

	config.services = services;
	config.members = members;
	config.seats = seats;
	return world_new(config);
}

/* The process @tgid of the service @key, which uses @cpu_pct in all. */
static struct candidate of(uint64_t key, double cpu_pct, uint32_t tgid)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.member = (struct membership){.key = key, .processes = 3, .cpu_pct = cpu_pct / 3};
	return candidate;
}

static struct candidate done(struct candidate candidate)
{
	candidate.member.done = true;
	return candidate;
}

static struct candidate had_stint(struct candidate candidate)
{
	candidate.member.had_stint = true;
	return candidate;
}

static struct candidate shrunk(struct candidate candidate)
{
	candidate.anon_bytes = MIB;
	return candidate;
}

static struct candidate young(struct candidate candidate, double short_life_s)
{
	candidate.member.young = true;
	candidate.member.short_life_s = short_life_s;
	return candidate;
}

static struct candidate opted_out(struct candidate candidate, double own_cpu_pct)
{
	candidate.barred = "it opted out";
	candidate.member.cpu_pct = own_cpu_pct;
	return candidate;
}

#define A(tgid) of(1, 90, tgid)
#define B(tgid) of(2, 50, tgid)
#define C(tgid) of(3, 40, tgid)

static void test_first_tick(void **state)
{
	const struct {
		const char *name;
		unsigned int services, members, seats;
		struct candidate candidates[CASE_MAX];
		size_t n;
		const char *expected;
	} cases[] = {
		{"members of the hottest two", 2, 2, 4, {A(1), A(2), A(3), B(4), C(5)}, 5, "1 2 4 -"},
		{"a seat is left for each that may come",
		 3,
		 4,
		 4,
		 {A(1), A(2), A(3), A(4), B(5)},
		 5,
		 "1 2 5 -"},
		{"all for one", 1, 4, 4, {A(1), A(2), A(3), A(4), B(5)}, 5, "1 2 3 4"},
		{"one of each", 3, 1, 3, {A(1), A(2), B(3), B(4), C(5)}, 5, "1 3 5"},
		{"small ones are passed over", 1, 2, 2, {shrunk(A(1)), A(2), A(3), B(4)}, 4, "2 3"},
		{"so is a service of them", 1, 2, 2, {shrunk(A(1)), shrunk(A(2)), B(4)}, 3, "4 -"},
		{"and those that began just now",
		 2,
		 2,
		 4,
		 {young(A(1), 0), A(2), young(B(3), 2)},
		 3,
		 "2 - - -"},
		{"its heat counts, not theirs",
		 2,
		 2,
		 4,
		 {of(3, 12, 1), of(3, 12, 2), of(4, 9, 3)},
		 3,
		 "1 2 - -"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_services(cases[i].services, cases[i].members, cases[i].seats);

		print_message("%s\n", cases[i].name);
		tick(&world, cases[i].candidates, cases[i].n);
		assert_seats(&world, cases[i].expected);
		world_free(&world);
	}
}

static void test_reason(void **state)
{
	struct world world = world_services(2, 2, 4);

	(void)state;
	TICK(&world, A(1), A(2), B(4));
	assert_string_equal(
		governor_seats(world.governor)[1].reason,
		"hot: 90.0 % of a CPU by 3 processes, 30.0 % by it, rank 1 of 2, 312 MiB anonymous");
	assert_contains(governor_seats(world.governor)[2].reason, "rank 2 of 2");
	assert_int_equal(governor_seats(world.governor)[2].member.key, 2);
	world_free(&world);
}

/* All of a service make room for all of a hotter one. */
static void test_outranked_as_a_whole(void **state)
{
	struct world world = world_services(1, 2, 2);

	(void)state;
	TICK(&world, B(1), B(2));
	TICK(&world, B(1), B(2), A(3), A(4));
	TICK(&world, B(1), B(2), A(3), A(4));
	assert_seats(&world, "1 2");
	TICK(&world, B(1), B(2), A(3), A(4));
	assert_moves(&world, "-1@0 -2@1 +3@0 +4@1");
	assert_contains(world.moves[1].reason, "50.0 % of a CPU, while pid 3 waits with 90.0 %");
	assert_int_equal(world.moves[1].service, 2);
	world_free(&world);
}

/* While its service is on its way out, nobody of it comes in, or it would never be. */
static void test_nobody_joins_the_outranked(void **state)
{
	struct world world = world_services(1, 2, 2);

	(void)state;
	TICK(&world, B(1));
	TICK(&world, B(1), B(2), A(3));
	TICK(&world, B(1), B(2), A(3));
	assert_seats(&world, "1 -");
	TICK(&world, B(1), B(2), A(3));
	assert_moves(&world, "-1@0 +3@0");
	world_free(&world);
}

static void test_cold_as_a_whole(void **state)
{
	struct world world = world_services(2, 2, 4);

	(void)state;
	TICK(&world, A(1), B(2), B(3));
	for (int i = 0; i < 3; i++)
		TICK(&world, A(1), of(2, 4, 2), of(2, 4, 3));
	assert_moves(&world, "-2@1 -3@2");
	world_free(&world);
}

/* That one of several has little memory left is no reason for the others to go. */
static void test_shrunk_one_of_several(void **state)
{
	struct world world = world_services(1, 2, 2);

	(void)state;
	TICK(&world, B(1), B(2));
	for (int i = 0; i < 5; i++)
		TICK(&world, shrunk(B(1)), B(2), C(3));
	assert_seats(&world, "1 2");
	for (int i = 0; i < 4; i++) /* the first of them sees the other one's end */
		TICK(&world, shrunk(B(1)), C(3));
	assert_seats(&world, "3 -");
	world_free(&world);
}

static void test_stints(void **state)
{
	struct world world = world_services(2, 2, 4);

	(void)state;
	TICK(&world, A(5), A(6), B(7));
	assert_seats(&world, "5 6 7 -");
	TICK(&world, A(3), A(4), done(A(5)), A(6), done(B(7))); /* nobody of its service waits for 7 */
	assert_moves(&world, "-5@0 +3@0");
	assert_true(world.moves[0].for_sibling);
	assert_string_equal(world.moves[0].reason,
			    "nothing is left to do for now, and pid 3 of its service waits");
	TICK(&world, done(A(3)), A(4), had_stint(A(5)), done(A(6)), done(B(7)));
	assert_moves(&world, "-3@0 +4@0"); /* one waits that had no stint */
	TICK(&world, had_stint(A(3)), done(A(4)), had_stint(A(5)), done(A(6)), done(B(7)));
	assert_moves(&world, "");
	TICK(&world, had_stint(A(3)), had_stint(A(5)), done(A(6)), done(B(7)));
	assert_moves(&world, "!4@0 +3@0"); /* a seat is never left empty */
	assert_false(world.moves[0].for_sibling);
	assert_int_equal(world.n_skips, 0); /* who waits for a stint is not told */
	world_free(&world);
}

/* All that are done make room at once; a free seat is taken before. */
static void test_many_stints(void **state)
{
	struct world world = world_services(1, 3, 3);

	(void)state;
	TICK(&world, A(1), A(2));
	TICK(&world, done(A(1)), done(A(2)), A(3), A(4), A(5));
	assert_moves(&world, "-1@0 -2@1 +3@0 +4@1 +5@2");
	world_free(&world);
}

static void test_one_line_for_a_service(void **state)
{
	struct world world = world_services(1, 2, 2);

	(void)state;
	TICK(&world, A(1), B(2), B(3), shrunk(C(4)), shrunk(C(5)));
	assert_int_equal(world.n_skips, 2);
	assert_skip(&world, 2, "all 1 places are taken, the coldest by a service with 90.0 %");
	assert_int_equal(world.skips[0].member.processes, 3);
	assert_skip(&world, 4, "anonymous memory of 1 MiB is below");
	world_free(&world);
}

/* Of one that is watched, only who burns much and can never be served is told. */
static void test_lines_beside_the_watched(void **state)
{
	struct world world = world_services(1, 1, 1);

	(void)state;
	TICK(&world, A(1), A(2), opted_out(A(3), 9));
	assert_int_equal(world.n_skips, 0);
	TICK(&world, A(1), A(2), opted_out(A(3), 10), opted_out(A(4), 10));
	assert_int_equal(world.n_skips, 1);
	assert_skip(&world, 3, "it opted out");
	world_free(&world);
}

static void test_short_lived(void **state)
{
	struct world world = world_services(1, 2, 2);

	(void)state;
	TICK(&world, young(A(1), 0), young(B(2), 0.62), young(B(3), 0.62));
	assert_seats(&world, "- -");
	assert_int_equal(world.n_skips, 1); /* the first one may be in with the next tick */
	assert_skip(&world, 2, "too short-lived: its processes live for 0.6 s on average");
	TICK(&world, A(1), young(B(2), 0.01));
	assert_moves(&world, "+1@0");
	assert_skip(&world, 2, "too short-lived: its processes end within the tick in which they begin");
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_tick),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_outranked_as_a_whole),
		cmocka_unit_test(test_nobody_joins_the_outranked),
		cmocka_unit_test(test_cold_as_a_whole),
		cmocka_unit_test(test_shrunk_one_of_several),
		cmocka_unit_test(test_stints),
		cmocka_unit_test(test_many_stints),
		cmocka_unit_test(test_one_line_for_a_service),
		cmocka_unit_test(test_lines_beside_the_watched),
		cmocka_unit_test(test_short_lived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
