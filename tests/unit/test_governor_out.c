// SPDX-License-Identifier: GPL-2.0
#include "governor_world.h"

/* Out for 2, 4, 8 ... 64 and again 64 ticks. */
static void test_back_off(void **state)
{
	static const int outs[] = {2, 4, 8, 16, 32, 64, 64, 64};
	struct world world = world_new(top3);

	(void)state;
	TICK(&world, hot(1, 50));
	for (size_t i = 0; i < ARRAY_SIZE(outs); i++) {
		char part[100];

		governor_seat_failed(world.governor, 0, "ENOMEM at state");
		assert_seats(&world, "- - -");
		for (int k = 0; k < outs[i]; k++) {
			TICK(&world, hot(1, 50));
			assert_seats(&world, "- - -");
			assert_int_equal(world.n_moves, 0);
			snprintf(part, sizeof(part),
				 "ENOMEM at state; failure %zu in a row, tried again in %d", i + 1,
				 outs[i] - k);
			assert_skip(&world, 1, part);
		}
		TICK(&world, hot(1, 50));
		assert_moves(&world, "+1@0");
		assert_int_equal(world.n_skips, 0);
	}
	governor_seat_works(world.governor, 0);
	governor_seat_failed(world.governor, 0, "again");
	TICK(&world, hot(1, 50));
	assert_skip(&world, 1, "could not be watched: again; failure 1 in a row");
	world_free(&world);
}

/* While it backs off, others have the seat; one that is out does not outrank anybody. */
static void test_back_off_makes_room(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 20));
	governor_seat_failed(world.governor, 0, "EBUSY");
	TICK(&world, hot(1, 90), hot(2, 20));
	assert_moves(&world, "+2@0");
	TICK(&world, hot(1, 90), hot(2, 20));
	assert_int_equal(governor_seats(world.governor)->cold_ticks, 0);
	for (int i = 0; i < 3; i++)
		TICK(&world, hot(1, 90), hot(2, 20));
	assert_moves(&world, "-2@0 +1@0");
	world_free(&world);
}

/* Failures are forgotten with the process, not with one quiet tick of it. */
static void test_back_off_memory(void **state)
{
	struct world world = world_top(1);
	struct candidate reused = hot(1, 90);

	(void)state;
	reused.id.start_time_ns = 2;
	TICK(&world, hot(1, 90));
	governor_seat_failed(world.governor, 0, "EBUSY");
	tick(&world, NULL, 0); /* absent, but its time is not up */
	TICK(&world, hot(1, 90));
	assert_seats(&world, "-");
	TICK(&world, hot(1, 90));
	assert_seats(&world, "1");
	governor_seat_failed(world.governor, 0, "EBUSY");
	TICK(&world, reused); /* another process: not its failures */
	assert_seats(&world, "1");
	for (int i = 0; i < 5; i++)
		TICK(&world, reused);
	TICK(&world, hot(1, 90)); /* absent after its time: forgotten */
	assert_seats(&world, "1");
	governor_seat_failed(world.governor, 0, "EBUSY");
	TICK(&world, hot(1, 90));
	assert_skip(&world, 1, "failure 1 in a row");
	world_free(&world);
}

/* Absent in the very last tick of its time: not forgotten yet. */
static void test_back_off_last_tick(void **state)
{
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 90));
	governor_seat_failed(world.governor, 0, "EBUSY");
	tick(&world, NULL, 0);
	tick(&world, NULL, 0);
	TICK(&world, hot(1, 90));
	assert_seats(&world, "1");
	governor_seat_failed(world.governor, 0, "EBUSY");
	TICK(&world, hot(1, 90));
	assert_skip(&world, 1, "failure 2 in a row");
	world_free(&world);
}

/* Many back off at the same time, each by its own count. */
static void test_many_back_off(void **state)
{
	struct world world = world_top(6);
	const struct candidate all[] = {hot(5, 95), hot(1, 90), hot(3, 85),
					hot(6, 80), hot(2, 75), hot(4, 70)};

	(void)state;
	tick(&world, all, 6);
	assert_seats(&world, "5 1 3 6 2 4");
	for (unsigned int i = 0; i < 6; i++)
		governor_seat_failed(world.governor, i, "x");
	for (int i = 0; i < 2; i++) {
		tick(&world, all, 6);
		assert_int_equal(world.n_skips, 6);
	}
	tick(&world, all, 6);
	assert_seats(&world, "5 1 3 6 2 4");
	governor_seat_works(world.governor, 2);
	governor_seat_works(world.governor, 4);
	for (unsigned int i = 0; i < 6; i++)
		governor_seat_failed(world.governor, i, "x");
	for (int i = 0; i < 3; i++)
		tick(&world, all, 6);
	assert_seats(&world, "3 2 - - - -");
	for (int i = 0; i < 2; i++)
		tick(&world, all, 6);
	assert_seats(&world, "3 2 5 1 6 4");
	world_free(&world);
}

/* How many ticks of @candidate alone it is out before it comes in. */
static int ticks_out(struct world *world, struct candidate candidate)
{
	for (int out = 0; out < 10000; out++) {
		TICK(world, candidate);
		if (governor_seats(world->governor)[0].used)
			return out;
	}
	fail_msg("it never comes in");
	return -1;
}

/* Its seat is the next one's, in the next tick, and it waits longer at each verdict, and no longer than that. */
static void test_let_go(void **state)
{
	static const int outs[] = {10, 20, 40, 80, 160, 320, 640, 640};
	struct world world = world_top(1);

	(void)state;
	TICK(&world, hot(1, 90), hot(2, 50));
	assert_seats(&world, "1");
	governor_let_go(world.governor, 0, "no gain in 120 s: 0 % of 32 MiB", 312 * MIB, 0);
	assert_seats(&world, "-");
	TICK(&world, hot(1, 90), hot(2, 50));
	assert_moves(&world, "+2@0");
	assert_skip(&world, 1, "no gain in 120 s: 0 % of 32 MiB; tried again when it grows, or in 10 ticks");
	for (int i = 0; i < 9; i++)
		TICK(&world, hot(1, 90), hot(2, 50));
	assert_seats(&world, "2");
	assert_skip(&world, 1, "or in 1 ticks");
	world_free(&world);
	world = world_top(1);
	TICK(&world, hot(1, 90));
	for (size_t i = 0; i < ARRAY_SIZE(outs); i++) {
		governor_let_go(world.governor, 0, "no gain", 312 * MIB, 0);
		assert_int_equal(ticks_out(&world, hot(1, 90)), outs[i]);
		governor_seat_works(world.governor, 0); /* that it can be watched is no gain */
	}
	world_free(&world);
}

/* What ends the wait before its time. */
static void test_let_go_comes_back(void **state)
{
	static const struct {
		const char *what;
		uint64_t let_go_mib, low_mib, now_mib;
		uint32_t execs;
		int out;
	} cases[] = {
		{"the same", 400, 400, 400, 3, 9},
		{"a new program", 400, 400, 400, 4, 9},
		{"a new program, grown", 400, 400, 500, 4, 0},
		{"its count was lost", 400, 400, 400, 0, 9},
		{"grown by a quarter", 400, 400, 500, 3, 0},
		{"not quite", 400, 400, 499, 3, 9},
		{"grown from the least", 400, 200, 250, 3, 0},
		{"shrunk", 400, 200, 200, 3, 9},
		{"small", 40, 40, 55, 3, 9},
		{"small, by 16 MiB", 40, 40, 56, 3, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world = world_top(1);
		struct candidate candidate = hot(1, 90);
		int out;

		candidate.execs = 3;
		TICK(&world, candidate);
		governor_let_go(world.governor, 0, "no gain", cases[i].let_go_mib * MIB, 3);
		candidate.anon_bytes = cases[i].low_mib * MIB;
		TICK(&world, candidate);
		assert_seats(&world, "-");
		candidate.anon_bytes = cases[i].now_mib * MIB;
		candidate.execs = cases[i].execs;
		out = ticks_out(&world, candidate);
		if (out != cases[i].out)
			fail_msg("%s: out for %d", cases[i].what, out);
		world_free(&world);
	}
}

/* Who calls exec again and again may be small just when it is let go: that what it always had comes back is nothing new. */
static void test_let_go_after_exec(void **state)
{
	struct world world = world_top(1);
	struct candidate candidate = hot(1, 90);

	(void)state;
	candidate.anon_bytes = 312 * MIB;
	TICK(&world, candidate);
	candidate.execs = 4;
	candidate.anon_bytes = 40 * MIB;
	TICK(&world, candidate);
	governor_let_go(world.governor, 0, "no gain", candidate.anon_bytes, candidate.execs);
	TICK(&world, candidate);
	candidate.anon_bytes = 312 * MIB;
	TICK(&world, candidate);
	assert_seats(&world, "-");
	assert_skip(&world, 1, "no gain; tried again when it grows, or in ");
	candidate.anon_bytes = 400 * MIB;
	TICK(&world, candidate);
	assert_seats(&world, "1");
	world_free(&world);
}

/* Neither memory that grows nor a new program begins anew: each verdict costs twice as long as the last one. */
static void test_let_go_again(void **state)
{
	struct world world = world_top(1);
	struct candidate candidate = hot(1, 90);

	(void)state;
	TICK(&world, candidate);
	governor_let_go(world.governor, 0, "no gain", candidate.anon_bytes, 0);
	candidate.anon_bytes *= 2;
	assert_int_equal(ticks_out(&world, candidate), 0);
	governor_let_go(world.governor, 0, "no gain", candidate.anon_bytes, 0);
	assert_int_equal(ticks_out(&world, candidate), 20);
	governor_let_go(world.governor, 0, "no gain", candidate.anon_bytes, 0);
	candidate.execs = 1;
	assert_int_equal(ticks_out(&world, candidate), 40);
	governor_let_go(world.governor, 0, "no gain", candidate.anon_bytes, 1);
	assert_int_equal(ticks_out(&world, candidate), 80);
	world_free(&world);
}

/* Memory that swings by a quarter is new once; then only what is a quarter more than ever, wherever it was let go. */
static void test_let_go_swings(void **state)
{
	for (int at_low = 0; at_low < 2; at_low++) {
		struct world world = world_top(1);
		struct candidate low = hot(1, 90), high = low, higher = low;
		const struct candidate *at = at_low ? &low : &high;

		(void)state;
		low.anon_bytes = 400 * MIB;
		high.anon_bytes = 500 * MIB;
		higher.anon_bytes = 625 * MIB;
		TICK(&world, *at);
		governor_let_go(world.governor, 0, "no gain", at->anon_bytes, 0);
		TICK(&world, low);
		assert_seats(&world, "-");
		TICK(&world, high);
		assert_seats(&world, "1");
		TICK(&world, low);
		TICK(&world, *at);
		governor_let_go(world.governor, 0, "no gain", at->anon_bytes, 0);
		for (int i = 0; i < 10; i++) {
			TICK(&world, low);
			assert_seats(&world, "-");
			TICK(&world, high);
			assert_seats(&world, "-");
		}
		TICK(&world, higher);
		assert_seats(&world, "1");
		low.execs = high.execs = higher.execs = 1; /* a new program's memory is no newer */
		TICK(&world, higher);
		governor_let_go(world.governor, 0, "no gain", 625 * MIB, 1);
		TICK(&world, low);
		assert_seats(&world, "-");
		TICK(&world, high);
		assert_seats(&world, "-");
		world_free(&world);
	}
}

/* One that gained nothing and then cannot be watched is out for that reason, and for that time. */
static void test_let_go_and_failed(void **state)
{
	struct world world = world_top(1);

	(void)state;
	governor_let_go(world.governor, 0, "x", 0, 0); /* free: nothing */
	governor_let_go(world.governor, 1, "x", 0, 0);
	TICK(&world, hot(1, 90));
	governor_let_go(world.governor, 0, "no gain", 312 * MIB, 0);
	assert_int_equal(ticks_out(&world, hot(1, 90)), 10);
	governor_seat_failed(world.governor, 0, "EBUSY");
	TICK(&world, hot(1, 90));
	assert_skip(&world, 1, "could not be watched: EBUSY; failure 1 in a row, tried again in 2 ticks");
	assert_int_equal(ticks_out(&world, hot(1, 90)), 1);
	governor_seat_works(world.governor, 0);
	governor_seat_failed(world.governor, 0, "EBUSY");
	TICK(&world, hot(1, 90));
	assert_skip(&world, 1, "failure 1 in a row");
	world_free(&world);
}

static void test_failed_is_ignored_for_free_seats(void **state)
{
	struct world world = world_new(top3);

	(void)state;
	governor_seat_failed(world.governor, 0, "x");
	governor_seat_works(world.governor, 0);
	governor_seat_failed(world.governor, 3, "x");
	governor_seat_works(world.governor, 3);
	TICK(&world, hot(1, 50));
	assert_seats(&world, "1 - -");
	governor_seat_failed(world.governor, 1, "x");
	governor_seat_works(world.governor, 1);
	TICK(&world, hot(1, 50));
	assert_seats(&world, "1 - -");
	world_free(&world);
}

/* It leaves at once, whoever waits or not; stays out, whatever it does; and comes in when it opts in again. */
static void test_barred(void **state)
{
	struct world world = world_new(top3);

	(void)state;
	TICK(&world, hot(1, 50), hot(2, 40));
	TICK(&world, barred(1, 50), hot(2, 40));
	assert_moves(&world, "-1@0");
	assert_true(world.moves[0].barred);
	assert_contains(world.moves[0].reason, "it opted out");
	assert_int_equal(world.n_skips, 1);
	assert_true(world.skips[0].barred);
	assert_skip(&world, 1, "it opted out");
	for (int i = 0; i < 10; i++) {
		struct candidate after_exec = barred(1, 50 + i);

		after_exec.execs++;
		after_exec.barred_s = i;
		after_exec.opted_out = i % 2;
		TICK(&world, after_exec, hot(2, 40));
		assert_int_equal(world.n_moves, 0);
		assert_true(world.skips[0].barred_s == i);
		assert_int_equal(world.skips[0].opted_out, i % 2);
	}
	TICK(&world, hot(1, 50), hot(2, 40));
	assert_moves(&world, "+1@0");
	assert_false(world.moves[0].barred);
	assert_int_equal(world.n_skips, 0);
	world_free(&world);
}

/* What keeps it out first is told: that it is small; else that it opted out, even while it backs off. */
static void test_barred_reasons(void **state)
{
	struct world world = world_top(1);
	struct candidate both = barred(1, 50);

	(void)state;
	TICK(&world, hot(1, 50));
	governor_seat_failed(world.governor, 0, "EBUSY");
	TICK(&world, barred(1, 50));
	assert_skip(&world, 1, "it opted out");
	both.anon_bytes = MIB;
	TICK(&world, hot(2, 50));
	TICK(&world, both, hot(2, 50));
	TICK(&world, both, hot(2, 50));
	TICK(&world, both, hot(2, 50));
	assert_skip(&world, 1, "below --min-mem");
	assert_false(world.skips[0].barred);
	world_free(&world);
}

static struct candidate sharing(uint32_t tgid, double cpu_pct, int pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.shared_pct = pct;
	return candidate;
}

/* The child that saves its parent gets no seat, not even the parent's own; its next sample is some ticks away. */
static void test_shared_memory_gets_no_seat(void **state)
{
	struct world world = world_top(2);
	struct candidate child;

	(void)state;
	TICK(&world, hot(1, 50));
	assert_true(governor_would_take(
		world.governor, &(struct candidate){.id = {2, 1}, .cpu_pct = 90, .anon_bytes = 99 * MIB}));
	TICK(&world, sharing(1, 50, 98), sharing(2, 90, 98), sharing(3, 40, 98));
	assert_int_equal(world.n_moves, 0);
	assert_skip(&world, 2,
		    "98 % of its memory is shared with other processes, as a fork's is, and would be copied; "
		    "looked at again in");
	for (int i = 0; i < 6; i++) {
		child = sharing(2, 90, -1);
		assert_false(governor_would_take(world.governor, &child));
		TICK(&world, hot(1, 50), child, sharing(3, 40, -1));
		assert_int_equal(world.n_moves, 0);
	}
	/* Now it must be asked for, or it would come in unseen. */
	child = sharing(2, 90, 30);
	assert_true(governor_would_take(world.governor, &child));
	TICK(&world, hot(1, 50), sharing(2, 90, 30), sharing(3, 40, 20));
	assert_moves(&world, "+3@1"); /* of the other one it is not clearly less */
	assert_skip(&world, 2, "30 % of its memory is shared");
	world_free(&world);
}

/* By --pid it is asked for, and can be acted on as little; it keeps nobody from his seat. */
static void test_barred_listed(void **state)
{
	struct governor_config config = top3;
	struct world world;

	(void)state;
	config.listed = true;
	config.seats = 2;
	world = world_new(config);
	TICK(&world, barred(1, 0), small(2, 0));
	assert_seats(&world, "2 -");
	assert_skip(&world, 1, "it opted out");
	TICK(&world, hot(1, 0), small(2, 0));
	assert_moves(&world, "+1@1");
	TICK(&world, hot(1, 0), barred(2, 0));
	assert_moves(&world, "-2@0");
	assert_seats(&world, "- 1");
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_back_off_makes_room),
		cmocka_unit_test(test_back_off_memory),
		cmocka_unit_test(test_back_off_last_tick),
		cmocka_unit_test(test_many_back_off),
		cmocka_unit_test(test_let_go),
		cmocka_unit_test(test_let_go_comes_back),
		cmocka_unit_test(test_let_go_again),
		cmocka_unit_test(test_let_go_after_exec),
		cmocka_unit_test(test_let_go_swings),
		cmocka_unit_test(test_let_go_and_failed),
		cmocka_unit_test(test_failed_is_ignored_for_free_seats),
		cmocka_unit_test(test_barred),
		cmocka_unit_test(test_barred_reasons),
		cmocka_unit_test(test_shared_memory_gets_no_seat),
		cmocka_unit_test(test_barred_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
