// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "decide/governor.h"

#define MIB 1048576ULL

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

/* A tick of the world: at most so many processes in a table's case. */
#define CASE_MAX 8

static const struct governor_config top3 = {
	.seats = 3,
	.min_cpu_pct = 10,
	.min_anon_bytes = 32 * MIB,
	.dwell_ticks = 3,
	.probe_ticks = 10,
};

struct world {
	struct governor *governor;
	const struct governor_move *moves;
	size_t n_moves;
	const struct governor_skip *skips;
	size_t n_skips;
};

static struct world world_new(struct governor_config config)
{
	struct world world = {.governor = governor_new(&config)};

	assert_non_null(world.governor);
	return world;
}

static struct world world_top(unsigned int seats)
{
	struct governor_config config = top3;

	config.seats = seats;
	return world_new(config);
}

static void world_free(struct world *world)
{
	governor_free(world->governor);
}

/* A hot enough and big enough process. */
static struct candidate hot(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = {
		.id = {.tgid = tgid, .start_time_ns = 1}, .cpu_pct = cpu_pct, .anon_bytes = 312 * MIB};

	snprintf(candidate.comm, sizeof(candidate.comm), "p%u", tgid);
	return candidate;
}

static struct candidate small(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.anon_bytes = MIB;
	return candidate;
}

static struct candidate blocked(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.blocked = true;
	return candidate;
}

static struct candidate excluded(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.excluded = true;
	return candidate;
}

static int hottest_first(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->cpu_pct != right->cpu_pct)
		return left->cpu_pct > right->cpu_pct ? -1 : 1;
	return process_id_cmp(left->id, right->id);
}

static void tick(struct world *world, const struct candidate *candidates, size_t n)
{
	struct candidate *sorted =
		calloc(n ? n : 1, sizeof(*sorted)); /* gone after the tick, as in the daemon */

	if (n)
		memcpy(sorted, candidates, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), hottest_first);
	assert_int_equal(governor_tick(world->governor, sorted, n, &world->moves, &world->n_moves,
				       &world->skips, &world->n_skips),
			 0);
	free(sorted);
	for (size_t i = 1; i < world->n_moves; i++)
		assert_true(world->moves[i - 1].kind <= world->moves[i].kind);
	for (size_t i = 0; i < world->n_moves; i++)
		assert_true(strlen(world->moves[i].reason) > 0);
	for (size_t i = 1; i < world->n_skips; i++)
		assert_true(world->skips[i - 1].cpu_pct >= world->skips[i].cpu_pct);
}

#define TICK(world, ...)                                                                                     \
	tick(world, (const struct candidate[]){__VA_ARGS__},                                                 \
	     sizeof((const struct candidate[]){__VA_ARGS__}) / sizeof(struct candidate))

/* The watched pids by seat, e.g. "7 - 9": "-" is free. */
static void assert_seats(const struct world *world, const char *expected)
{
	const struct governor_seat *seats = governor_seats(world->governor);
	char have[200] = "", *end = have;
	size_t n = 1;

	for (const char *p = expected; *p; p++)
		n += *p == ' ';
	for (size_t i = 0; i < n; i++) {
		size_t room = sizeof(have) - (size_t)(end - have);

		if (seats[i].used)
			end += snprintf(end, room, "%s%u", i ? " " : "", seats[i].id.tgid);
		else
			end += snprintf(end, room, "%s-", i ? " " : "");
	}
	assert_string_equal(have, expected);
}

/* The moves, e.g. "-7@0 +9@0": '-' leaves, '!' leaves as it ended, '+' enters. */
static void assert_moves(const struct world *world, const char *expected)
{
	char have[200] = "", *end = have;

	for (size_t i = 0; i < world->n_moves; i++) {
		const struct governor_move *move = &world->moves[i];
		char sign = move->kind == GOVERNOR_ENTER ? '+' : move->gone ? '!' : '-';

		end += snprintf(end, sizeof(have) - (size_t)(end - have), "%s%c%u@%u", i ? " " : "", sign,
				move->id.tgid, move->seat);
	}
	assert_string_equal(have, expected);
}

static void assert_skip(const struct world *world, uint32_t tgid, const char *part)
{
	for (size_t i = 0; i < world->n_skips; i++) {
		char comm[COMM_LEN];

		if (world->skips[i].id.tgid != tgid)
			continue;
		snprintf(comm, sizeof(comm), "p%u", tgid);
		assert_string_equal(world->skips[i].comm, comm);
		assert_contains(world->skips[i].reason, part);
		return;
	}
	fail_msg("pid %u is not skipped", tgid);
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
		{"blocked ones last", {blocked(1, 99), hot(2, 50), hot(3, 12)}, 3, "2 3 1", 0},
		{"blocked ones not", {blocked(1, 99), hot(2, 50), hot(3, 12), hot(4, 11)}, 4, "2 3 4", 1},
		{"blocked ones by heat", {blocked(1, 20), blocked(2, 30), hot(3, 11)}, 3, "3 2 1", 0},
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
		{hot(1, 50), hot(1, 50), blocked(2, 100), 0},
		{hot(1, 50), hot(1, 6), hot(2, 9.9), 0},
		{hot(1, 50), hot(1, 6), hot(2, 10), 3},
		{hot(1, 50), hot(1, 9), hot(2, 11), 0},
		{hot(1, 50), small(1, 50), hot(2, 11), 3}, /* nothing is left to collapse there */
		{hot(1, 50), small(1, 50), blocked(2, 11), 0},
		{blocked(1, 50), blocked(1, 50), hot(2, 11), 1},
		{hot(1, 50), blocked(1, 50), hot(2, 11), 1},
		{hot(1, 50), blocked(1, 50), small(2, 11), 0},
		{blocked(1, 50), blocked(1, 50), blocked(2, 60), 0},
		{blocked(1, 50), blocked(1, 50), blocked(2, 70), 3},
		{blocked(1, 50), hot(1, 50), blocked(2, 70), 0}, /* it opted in again */
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

/* Exactly half of --min-anon is enough to stay. */
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
			    "anonymous memory of 15 MiB is below half of --min-anon 32 MiB, and pid 2 waits "
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
	TICK(&world, blocked(3, 100), hot(4, 11));
	assert_contains(world.moves[0].reason,
			"it opted out of huge pages (THP_enabled: 0 in /proc/PID/status)");
	assert_contains(world.moves[0].reason, "pid 4 waits with 11.0 %");
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

/* As many as there are free seats come in, and no blocked one has to go for them. */
static void test_blocked_stays_while_seats_are_free(void **state)
{
	struct world world = world_new(top3);

	(void)state;
	TICK(&world, blocked(1, 50));
	TICK(&world, blocked(1, 50), hot(2, 40), hot(3, 30));
	assert_moves(&world, "+2@1 +3@2");
	TICK(&world, blocked(1, 50), hot(2, 40), hot(3, 30), hot(4, 20));
	assert_moves(&world, "-1@0 +4@0");
	world_free(&world);
}

/* As many leave as wait, the coldest first, blocked ones before all. */
static void test_coldest_make_room(void **state)
{
	struct world world = world_new(top3);

	(void)state;
	TICK(&world, hot(1, 20), hot(2, 30), hot(3, 25));
	assert_seats(&world, "2 3 1");
	for (int i = 0; i < 3; i++)
		TICK(&world, hot(1, 20), hot(2, 30), hot(3, 25), hot(4, 90), hot(5, 80));
	assert_moves(&world, "-1@2 -3@1 +4@1 +5@2");
	TICK(&world, hot(2, 30), blocked(4, 90), blocked(5, 80), hot(6, 11));
	assert_moves(&world, "-5@2 +6@2");
	assert_seats(&world, "2 4 6");
	world_free(&world);
}

/* A blocked one comes and goes with the others' want, but those that are not blocked never change for it. */
static void test_blocked_no_thrash(void **state)
{
	struct world world = world_top(1);
	size_t moves = 0;

	(void)state;
	TICK(&world, blocked(1, 90));
	assert_contains(governor_seats(world.governor)->reason,
			"it opted out of huge pages, but nobody else waits");
	TICK(&world, blocked(1, 90), hot(2, 11));
	assert_moves(&world, "-1@0 +2@0");
	assert_skip(&world, 1, "it opted out of huge pages (THP_enabled: 0");
	for (int i = 0; i < 50; i++) {
		TICK(&world, blocked(1, 90), hot(2, i % 2 ? 11 : 4));
		moves += world.n_moves;
	}
	assert_int_equal(moves, 0);
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
	TICK(&world, hot(1, 57.3), small(2, 99), blocked(3, 60), hot(4, 50), excluded(5, 40), hot(6, 9));
	assert_seats(&world, "1");
	assert_int_equal(world.n_skips, 3);
	assert_skip(&world, 2, "anonymous memory of 1 MiB is below --min-anon 32 MiB");
	assert_skip(&world, 3, "it opted out of huge pages");
	assert_skip(&world, 4, "all 1 seats are taken, the coldest by a process with 57.3 % of a CPU");
	assert_near(world.skips[0].cpu_pct, 99);
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
	assert_skip(
		&world, 1,
		"no gain in 120 s: 0 % of 32 MiB; tried again when it grows or calls exec, or in 10 ticks");
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
		{"a new program", 400, 400, 400, 4, 0},
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

/* A new program is not charged with the old one's verdicts; memory that grows is. */
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
	assert_int_equal(ticks_out(&world, candidate), 0);
	governor_let_go(world.governor, 0, "no gain", candidate.anon_bytes, 1);
	assert_int_equal(ticks_out(&world, candidate), 10);
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
		low.execs = higher.execs = 1; /* a new program: all is new */
		TICK(&world, higher);
		governor_let_go(world.governor, 0, "no gain", 625 * MIB, 1);
		TICK(&world, low);
		assert_seats(&world, "-");
		high.execs = 1;
		TICK(&world, high);
		assert_seats(&world, "1");
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

static void test_listed(void **state)
{
	struct governor_config config = top3;
	struct world world;

	(void)state;
	config.listed = true;
	world = world_new(config);
	TICK(&world, small(1, 0), blocked(2, 40), hot(3, 0.1), excluded(4, 90));
	assert_seats(&world, "3 1 2");
	assert_int_equal(world.n_skips, 0);
	assert_string_equal(governor_seats(world.governor)[0].reason,
			    "listed with --pid: 0.1 % of a CPU, rank 3 of 4, 312 MiB anonymous");
	assert_string_equal(governor_seats(world.governor)[2].reason,
			    "listed with --pid: 40.0 % of a CPU, rank 2 of 4, 312 MiB anonymous; it opted "
			    "out of huge pages");
	for (int i = 0; i < 10; i++)
		TICK(&world, small(1, 0), blocked(2, 0), hot(3, 0));
	assert_seats(&world, "3 1 2");
	assert_int_equal(world.n_moves, 0);
	TICK(&world, small(1, 0), blocked(2, 0));
	assert_moves(&world, "!3@0");
	governor_seat_failed(world.governor, 1, "EBUSY");
	TICK(&world, small(1, 0), blocked(2, 0));
	assert_int_equal(world.n_skips, 1);
	assert_skip(&world, 1, "EBUSY");
	world_free(&world);
}

/* Nobody on the list makes room for another, not even a blocked one. */
static void test_listed_beyond_seats(void **state)
{
	struct governor_config config = top3;
	struct world world;

	(void)state;
	config.listed = true;
	config.seats = 1;
	world = world_new(config);
	TICK(&world, blocked(1, 0));
	for (int i = 0; i < 5; i++)
		TICK(&world, blocked(1, 0), small(2, 90));
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
		cmocka_unit_test(test_outranked),
		cmocka_unit_test(test_shrunk_limit),
		cmocka_unit_test(test_outranked_reasons),
		cmocka_unit_test(test_outranked_count_starts_again),
		cmocka_unit_test(test_free_seat_first),
		cmocka_unit_test(test_newcomer_is_not_starved),
		cmocka_unit_test(test_blocked_stays_while_seats_are_free),
		cmocka_unit_test(test_cold_and_outranked_in_turn),
		cmocka_unit_test(test_counts_are_bounded),
		cmocka_unit_test(test_coldest_make_room),
		cmocka_unit_test(test_blocked_no_thrash),
		cmocka_unit_test(test_all_end_one_by_one),
		cmocka_unit_test(test_skip_reasons),
		cmocka_unit_test(test_skip_names_an_idle_one),
		cmocka_unit_test(test_at_the_limits),
		cmocka_unit_test(test_skip_names_the_coldest),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_back_off_makes_room),
		cmocka_unit_test(test_back_off_memory),
		cmocka_unit_test(test_back_off_last_tick),
		cmocka_unit_test(test_many_back_off),
		cmocka_unit_test(test_let_go),
		cmocka_unit_test(test_let_go_comes_back),
		cmocka_unit_test(test_let_go_again),
		cmocka_unit_test(test_let_go_swings),
		cmocka_unit_test(test_let_go_and_failed),
		cmocka_unit_test(test_failed_is_ignored_for_free_seats),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_listed_beyond_seats),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
