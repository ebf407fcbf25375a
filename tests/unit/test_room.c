// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/room.h"

#define PAGES(n)  ((n)*4096ULL)
#define MIB(n)	  ((n)*MIB_BYTES)
#define UNLIMITED ROOM_UNLIMITED

static const struct room wide = {25, UNLIMITED, UNLIMITED};

static void test_what_a_collapse_adds(void **state)
{
	static const struct {
		unsigned int present, shared, missing_pages, shared_pages;
	} cases[] = {
		{512, 0, 0, 0}, {400, 0, 112, 0},  {512, 100, 0, 100}, {400, 100, 112, 100},
		{0, 0, 512, 0}, {10, 20, 502, 10}, {600, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct room_growth added = room_added(cases[i].present, cases[i].shared);

		assert_int_equal(added.missing_bytes, PAGES(cases[i].missing_pages));
		assert_int_equal(added.shared_bytes, PAGES(cases[i].shared_pages));
	}
}

static enum room_verdict judge(struct room room, unsigned int present, unsigned int shared)
{
	struct room_growth added = room_added(present, shared);

	return room_judge(&room, &added);
}

static void test_a_slot(void **state)
{
	struct room all = wide, none = wide;

	(void)state;
	all.max_growth_pct = 100, none.max_growth_pct = 0;
	assert_int_equal(judge(wide, 384, 0), ROOM_FITS);
	assert_int_equal(judge(wide, 383, 0), ROOM_MISSING);
	assert_int_equal(judge(wide, 512, 128), ROOM_FITS);
	assert_int_equal(judge(wide, 512, 129), ROOM_SHARED);
	assert_int_equal(judge(wide, 448, 65), ROOM_SHARED); /* both together */
	assert_int_equal(judge(wide, 300, 300), ROOM_MISSING);
	assert_int_equal(judge(none, 512, 0), ROOM_FITS);
	assert_int_equal(judge(none, 511, 0), ROOM_MISSING);
	assert_int_equal(judge(none, 512, 1), ROOM_SHARED);
	assert_int_equal(judge(all, 1, 1), ROOM_FITS);
	assert_int_equal(judge(all, 0, 0), ROOM_MISSING); /* it would be tried for ever */
}

/* A slot is as it is where there is no room: what the kernel could not do then was not for what the slot became. */
static void test_a_slot_without_room(void **state)
{
	struct room none = {25, 0, 0};
	struct room_growth some = room_added(400, 0), sparse = room_added(100, 0),
			   copied = room_added(512, 200);

	(void)state;
	assert_int_equal(room_judge(&none, &some), ROOM_AT_GROWTH);
	assert_int_equal(room_judge_slot(25, &some), ROOM_FITS);
	assert_int_equal(room_judge_slot(25, &sparse), ROOM_MISSING);
	assert_int_equal(room_judge_slot(25, &copied), ROOM_SHARED);
}

/* What adds nothing goes on where nothing fits. */
static void test_process_and_groups(void **state)
{
	struct room room = {25, PAGES(100), PAGES(100)};

	(void)state;
	assert_int_equal(judge(room, 412, 0), ROOM_FITS);
	assert_int_equal(judge(room, 411, 0), ROOM_AT_GROWTH);
	room.growth_bytes = UNLIMITED;
	assert_int_equal(judge(room, 411, 0), ROOM_AT_LIMIT);
	room.limit_bytes = 0;
	assert_int_equal(judge(room, 511, 0), ROOM_AT_LIMIT);
	assert_int_equal(judge(room, 512, 0), ROOM_FITS);
	room.growth_bytes = 0;
	assert_int_equal(judge(room, 512, 1), ROOM_AT_GROWTH);
	assert_int_equal(judge(room, 512, 0), ROOM_FITS);
}

static void test_what_is_taken_is_gone(void **state)
{
	struct room room = {25, PAGES(150), PAGES(250)}, unlimited = wide;
	struct room_growth added = room_added(412, 0);

	(void)state;
	room_take(&room, &added);
	assert_int_equal(room.growth_bytes, PAGES(50));
	assert_int_equal(room.limit_bytes, PAGES(150));
	room_take(&room, &added);
	assert_int_equal(room.growth_bytes, 0);
	assert_int_equal(room.limit_bytes, PAGES(50));
	room_take(&unlimited, &added);
	assert_true(unlimited.limit_bytes == UNLIMITED);
}

static void test_who_cannot_choose(void **state)
{
	struct room room = {25, PAGES(1), MIB(32)};

	(void)state;
	assert_int_equal(room_judge_blind(&wide, MIB(32), false, ROOM_FITS), ROOM_FITS);
	assert_int_equal(room_judge_blind(&wide, MIB(32), true, ROOM_FITS), ROOM_PRESSED);
	assert_int_equal(room_judge_blind(&room, MIB(32), false, ROOM_FITS), ROOM_FITS);
	assert_int_equal(room_judge_blind(&room, MIB(32), false, ROOM_AT_GROWTH), ROOM_FITS);
	room.limit_bytes = MIB(32) - 1;
	assert_int_equal(room_judge_blind(&room, MIB(32), false, ROOM_FITS), ROOM_AT_LIMIT);
	room.limit_bytes = MIB(63);
	assert_int_equal(room_judge_blind(&room, MIB(32), false, ROOM_AT_LIMIT), ROOM_AT_LIMIT);
	room.limit_bytes = MIB(64);
	assert_int_equal(room_judge_blind(&room, MIB(32), false, ROOM_AT_LIMIT), ROOM_FITS);
	room.growth_bytes = 0;
	assert_int_equal(room_judge_blind(&room, MIB(32), false, ROOM_FITS), ROOM_AT_GROWTH);
}

/* What is in the way is what the quota lets through, in all targets that may use it. */
static void test_what_is_added_blindly(void **state)
{
	static const struct {
		struct room_blind blind;
		uint64_t bytes;
	} cases[] = {
		{{10, 1000, 0, 1}, MIB(32)},
		{{10, 1000, 0, 3}, MIB(96)},
		{{10, 1000, 0, 0}, MIB(32)},
		{{10, 250, 0, 1}, MIB(124)},	   /* four windows in a second */
		{{1000, 100000, 0, 1}, MIB(3078)}, /* all of a long window at once */
		{{100, 1000, MIB(64), 2}, MIB(128)},
		{{100, 500, MIB(64), 1}, MIB(128)},
		{{10, 1000, MIB(64), 1}, MIB(32)},
		{{0, 1000, 0, 1}, MIB(3078)}, /* no quota: all the time there is */
		{{0, 1000, MIB(8), 1}, MIB(8)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct room room = {25, UNLIMITED, cases[i].bytes};

		if (room_blind_bytes(&cases[i].blind) != cases[i].bytes)
			fail_msg("case %zu: %llu MiB", i,
				 (unsigned long long)(room_blind_bytes(&cases[i].blind) / MIB_BYTES));
		assert_int_equal(room_judge_blind(&room, cases[i].bytes, false, ROOM_FITS), ROOM_FITS);
		room.limit_bytes--;
		assert_int_equal(room_judge_blind(&room, cases[i].bytes, false, ROOM_FITS), ROOM_AT_LIMIT);
	}
}

static void test_growth_in_all(void **state)
{
	const struct room_config share = {25, UNLIMITED}, fixed = {25, MIB(10)};
	const struct room_limit limit = {.free_bytes = MIB(7)};
	const struct room_growth none = {0}, some = {MIB(2), MIB(1)}, much = {MIB(20), 0};

	(void)state;
	assert_int_equal(room_of(&share, MIB(100), &none, &limit).growth_bytes, MIB(5));
	assert_int_equal(room_of(&share, MIB(103), &some, &limit).growth_bytes, MIB(2));
	assert_int_equal(room_of(&share, MIB(103), &much, &limit).growth_bytes, 0);
	assert_int_equal(room_of(&share, 0, &some, &limit).growth_bytes, 0); /* it could not be read */
	assert_int_equal(room_of(&fixed, MIB(100), &some, &limit).growth_bytes, MIB(7));
	assert_int_equal(room_of(&fixed, MIB(100), &some, &limit).limit_bytes, MIB(7));
	assert_int_equal(room_most_growth_bytes(&share, MIB(203), &some), MIB(10));
	assert_int_equal(room_most_growth_bytes(&fixed, MIB(203), &some), MIB(10));
}

static void assert_free(struct room_level level, uint64_t want_bytes)
{
	struct room_limit limit = room_limit_by(&level, 1);

	if (limit.free_bytes != want_bytes)
		fail_msg("%llu MiB free, not %llu: %s", (unsigned long long)(limit.free_bytes / MIB_BYTES),
			 (unsigned long long)(want_bytes / MIB_BYTES), limit.reason);
	assert_int_equal(!*limit.reason, want_bytes == UNLIMITED);
}

/* The reserve is the greater of 64 MiB and a twentieth. */
static void test_a_limit(void **state)
{
	(void)state;
	assert_free(
		(struct room_level){.used_bytes = MIB(1), .max_bytes = UNLIMITED, .high_bytes = UNLIMITED},
		UNLIMITED);
	assert_free(
		(struct room_level){.used_bytes = MIB(100), .max_bytes = MIB(200), .high_bytes = UNLIMITED},
		MIB(36));
	assert_free(
		(struct room_level){.used_bytes = MIB(100), .max_bytes = UNLIMITED, .high_bytes = MIB(200)},
		MIB(36));
	assert_free(
		(struct room_level){.used_bytes = MIB(136), .max_bytes = MIB(200), .high_bytes = UNLIMITED},
		0);
	assert_free(
		(struct room_level){.used_bytes = MIB(300), .max_bytes = MIB(200), .high_bytes = UNLIMITED},
		0);
	assert_free((struct room_level){.used_bytes = 0, .max_bytes = MIB(64), .high_bytes = UNLIMITED}, 0);
	assert_free((struct room_level){.used_bytes = 0, .max_bytes = 0, .high_bytes = UNLIMITED}, 0);
	assert_free((struct room_level){.used_bytes = MIB(8000),
					.max_bytes = MIB(10000),
					.high_bytes = UNLIMITED},
		    MIB(1500));
	assert_free((struct room_level){.used_bytes = 0, .max_bytes = UNLIMITED - 1, .high_bytes = MIB(100)},
		    MIB(36));
}

static void test_the_least_of_all_groups(void **state)
{
	const struct room_level levels[] = {
		{.above = 0, .used_bytes = MIB(10), .max_bytes = UNLIMITED, .high_bytes = UNLIMITED},
		{.above = 1, .used_bytes = MIB(400), .max_bytes = MIB(500), .high_bytes = MIB(490)},
		{.above = 2, .used_bytes = MIB(400), .max_bytes = MIB(600), .high_bytes = UNLIMITED},
	};
	struct room_limit limit = room_limit_by(levels, ARRAY_SIZE(levels));

	(void)state;
	assert_int_equal(limit.free_bytes, MIB(26));
	assert_string_equal(limit.reason,
			    "its control group, 1 above its own, uses 400 MiB of a high mark of 490, of "
			    "which 64 are kept free");
	limit = room_limit_by(levels, 1);
	assert_true(limit.free_bytes == UNLIMITED);
	assert_string_equal(limit.reason, "");
	limit = room_limit_by(NULL, 0);
	assert_true(limit.free_bytes == UNLIMITED);
	limit = room_limit_unknown("it is hidden");
	assert_int_equal(limit.free_bytes, 0);
	assert_string_equal(limit.reason, "the limits of its control group are not known: it is hidden");
}

static void test_what_is_left_alone(void **state)
{
	struct room_left left = {0};
	struct room_growth added = room_added(412, 0);

	(void)state;
	assert_int_equal(room_left_slots(&left), 0);
	assert_int_equal(room_left_most(&left), ROOM_FITS);
	room_leave(&left, ROOM_SHARED, &added);
	room_leave(&left, ROOM_AT_LIMIT, &added);
	room_leave(&left, ROOM_AT_LIMIT, &added);
	assert_int_equal(room_left_slots(&left), 3);
	assert_int_equal(room_left_most(&left), ROOM_AT_LIMIT);
	assert_int_equal(left.bytes[ROOM_AT_LIMIT], PAGES(200));
	for (unsigned int i = 0; i < ROOM_VERDICTS; i++)
		assert_true(*room_verdict_name(i) && *room_verdict_words(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_collapse_adds),
		cmocka_unit_test(test_a_slot),
		cmocka_unit_test(test_a_slot_without_room),
		cmocka_unit_test(test_process_and_groups),
		cmocka_unit_test(test_what_is_taken_is_gone),
		cmocka_unit_test(test_who_cannot_choose),
		cmocka_unit_test(test_what_is_added_blindly),
		cmocka_unit_test(test_growth_in_all),
		cmocka_unit_test(test_a_limit),
		cmocka_unit_test(test_the_least_of_all_groups),
		cmocka_unit_test(test_what_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
