// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/worklist.h"

#define SLOT(i) ((i)*PMD_SIZE_BYTES)

/* Room for all that a slot may add at most. */
static struct room room_for(unsigned int max_growth_pct)
{
	return (struct room){max_growth_pct, ROOM_UNLIMITED, ROOM_UNLIMITED};
}

static struct worklist make(const struct work_slot *slots, size_t n, unsigned int max_growth_pct,
			    uint64_t *chosen)
{
	struct room room = room_for(max_growth_pct);

	return worklist_make(slots, n, &room, chosen);
}

static void test_nothing_pays(void **state)
{
	struct worklist list = make(NULL, 0, 25, NULL);

	(void)state;
	assert_int_equal(list.hot_bytes, 0);
	assert_int_equal(list.n, 0);
}

static void test_each_slot_is_one_thing(void **state)
{
	const struct work_slot slots[] = {
		{.start = SLOT(9), .populated = 512},
		{.start = SLOT(2), .huge = true, .populated = 512},
		{.start = SLOT(7), .populated = 8},
		{.start = SLOT(1), .populated = 400, .waits = true},
		{.start = SLOT(3), .populated = 500},
		{.start = SLOT(8), .populated = 3, .waits = true},
		{.start = SLOT(4), .huge = true, .waits = true},
	};
	uint64_t chosen[ARRAY_SIZE(slots)];
	struct worklist list = make(slots, ARRAY_SIZE(slots), 25, chosen);

	(void)state;
	assert_int_equal(list.hot_bytes, 5 * PMD_SIZE_BYTES); /* what is left alone is none of it */
	assert_int_equal(list.hot_huge_bytes, 2 * PMD_SIZE_BYTES);
	assert_int_equal(list.left.slots[ROOM_MISSING], 2);
	assert_int_equal(list.waiting, 1);
	assert_int_equal(list.n, 2);
	assert_int_equal(chosen[0], SLOT(9)); /* in the order given */
	assert_int_equal(chosen[1], SLOT(3));
}

/* Neither hot nor cold, neither huge nor small, until it is known. */
static void test_unknown_is_left_alone(void **state)
{
	const struct work_slot slots[] = {
		{.start = SLOT(1), .rate_per_s = 90, .populated = 512, .unread = true},
		{.start = SLOT(2), .rate_per_s = 80, .populated = 512},
		{.start = SLOT(3), .rate_per_s = 70, .populated = 512, .unasked = true},
		{.start = SLOT(4), .rate_per_s = 60, .huge = true, .unasked = true},
		{.start = SLOT(5), .rate_per_s = 50, .huge = true},
		{.start = SLOT(6), .rate_per_s = 40, .unread = true, .unasked = true},
	};
	uint64_t chosen[ARRAY_SIZE(slots)];
	struct worklist list = make(slots, ARRAY_SIZE(slots), 25, chosen);

	(void)state;
	assert_int_equal(list.n, 1);
	assert_int_equal(chosen[0], SLOT(2));
	assert_int_equal(list.unknown, 4);
	assert_int_equal(list.left.slots[ROOM_MISSING], 0);
	assert_int_equal(list.hot_bytes, 2 * PMD_SIZE_BYTES);
	assert_int_equal(list.hot_huge_bytes, PMD_SIZE_BYTES);
}

/* Of what counts as hot: all, and what is huge already. */
static void test_accesses_add_up(void **state)
{
	const struct work_slot slots[] = {
		{.start = SLOT(1), .rate_per_s = 4000, .huge = true, .populated = 512},
		{.start = SLOT(2), .rate_per_s = 2000, .populated = 512},
		{.start = SLOT(3), .rate_per_s = 1000, .populated = 512, .waits = true},
		{.start = SLOT(4), .rate_per_s = 500, .populated = 8},
		{.start = SLOT(5), .rate_per_s = 250, .populated = 512, .shared = 512},
		{.start = SLOT(6), .rate_per_s = 125, .populated = 512, .unread = true},
	};
	uint64_t chosen[ARRAY_SIZE(slots)];
	struct worklist list = make(slots, ARRAY_SIZE(slots), 25, chosen);

	(void)state;
	assert_near(list.huge_per_s, 4000);
	assert_near(list.small_per_s, 3000);
	assert_int_equal(list.hot_bytes, 3 * PMD_SIZE_BYTES);
	assert_int_equal(list.hot_huge_bytes, PMD_SIZE_BYTES);
}

static size_t chosen_at(unsigned int populated, unsigned int max_growth_pct)
{
	struct work_slot slot = {.populated = populated};
	uint64_t chosen;

	return make(&slot, 1, max_growth_pct, &chosen).n;
}

static void test_populated_share(void **state)
{
	(void)state;
	assert_int_equal(chosen_at(384, 25), 1);
	assert_int_equal(chosen_at(383, 25), 0);
	assert_int_equal(chosen_at(512, 0), 1);
	assert_int_equal(chosen_at(511, 0), 0);
	assert_int_equal(chosen_at(6, 99), 1);
	assert_int_equal(chosen_at(5, 99), 0);
	assert_int_equal(chosen_at(1, 100), 1);
	assert_int_equal(chosen_at(0, 100), 0); /* nothing to collapse: it would be chosen for ever */
}

/* What a collapse adds is what it fills and what it copies. */
static void test_shared_pages_are_growth(void **state)
{
	const struct work_slot slots[] = {
		{.start = SLOT(1), .rate_per_s = 90, .populated = 512, .shared = 512},
		{.start = SLOT(2), .rate_per_s = 80, .populated = 512, .shared = 129},
		{.start = SLOT(3), .rate_per_s = 70, .populated = 400, .shared = 17, .waits = true},
		{.start = SLOT(4), .rate_per_s = 60, .populated = 512, .shared = 128},
		{.start = SLOT(5),
		 .rate_per_s = 50,
		 .populated = 300,
		 .shared = 300}, /* sparse it is anyway */
		{.start = SLOT(6), .rate_per_s = 40, .populated = 384, .shared = 9, .huge = true},
	};
	uint64_t chosen[ARRAY_SIZE(slots)];
	struct worklist list = make(slots, ARRAY_SIZE(slots), 25, chosen);

	(void)state;
	assert_int_equal(list.left.slots[ROOM_SHARED], 3);
	assert_int_equal(list.left.slots[ROOM_MISSING], 1);
	assert_int_equal(list.waiting, 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(chosen[0], SLOT(4));
	assert_int_equal(list.hot_huge_bytes, PMD_SIZE_BYTES);
	list = make(slots, 1, 100, chosen); /* growth is no matter then */
	assert_int_equal(list.n, 1);
}

/* The most accessed first; what waits takes no room from others. */
static void test_room_goes_to_the_hottest(void **state)
{
	const struct work_slot slots[] = {
		{.start = SLOT(1), .rate_per_s = 90, .populated = 412, .waits = true},
		{.start = SLOT(2), .rate_per_s = 80, .populated = 412},
		{.start = SLOT(3), .rate_per_s = 70, .populated = 412},
		{.start = SLOT(4), .rate_per_s = 60, .populated = 462},
		{.start = SLOT(5), .rate_per_s = 50, .populated = 512},
	};
	struct room growth = {25, 150 * 4096, ROOM_UNLIMITED}, limit = {25, ROOM_UNLIMITED, 150 * 4096};
	uint64_t chosen[ARRAY_SIZE(slots)];
	struct worklist list = worklist_make(slots, ARRAY_SIZE(slots), &growth, chosen);

	(void)state;
	assert_int_equal(list.n, 3);
	assert_true(chosen[0] == SLOT(2) && chosen[1] == SLOT(4) && chosen[2] == SLOT(5));
	assert_int_equal(list.waiting, 1);
	assert_int_equal(list.left.slots[ROOM_AT_GROWTH], 1);
	assert_int_equal(list.left.bytes[ROOM_AT_GROWTH], 100 * 4096);
	assert_int_equal(list.hot_bytes, 4 * PMD_SIZE_BYTES);
	list = worklist_make(slots, ARRAY_SIZE(slots), &limit, chosen);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.left.slots[ROOM_AT_LIMIT], 1);
}

static const struct work_state free_to_try = {.has_room = true, .pace_pct = 100};

static void test_what_is_listed_is_about_to_be_tried(void **state)
{
	struct worklist list = {.n = 3, .left.slots = {[ROOM_MISSING] = 2, [ROOM_SHARED] = 5}};
	struct descent_evidence evidence = {0};

	(void)state;
	worklist_evidence(&list, &free_to_try, &evidence);
	assert_false(evidence.held_up);
	assert_int_equal(evidence.collapsible_bytes, 3 * PMD_SIZE_BYTES);
	assert_int_equal(evidence.left_alone, 7);
	assert_string_equal(evidence.left_most, "shared with other processes");
	assert_null(evidence.barred);
}

/* A fork ends, and a control group may get room; what the process may grow is its own. */
static void test_what_is_left_for_now(void **state)
{
	static const struct worklist list = {.left.slots = {[ROOM_MISSING] = 1,
							    [ROOM_SHARED] = 2,
							    [ROOM_AT_GROWTH] = 4,
							    [ROOM_AT_LIMIT] = 8,
							    [ROOM_PRESSED] = 16,
							    [ROOM_NODE_DRY] = 32}};
	struct descent_evidence evidence = {0};

	(void)state;
	worklist_evidence(&list, &free_to_try, &evidence);
	assert_int_equal(evidence.left_alone, 63);
	assert_int_equal(evidence.left_for_now, 58);
}

static void test_what_bars_it_is_passed_on(void **state)
{
	struct work_state work = free_to_try;
	struct descent_evidence evidence = {0};

	(void)state;
	work.barred = "opted out";
	worklist_evidence(&(struct worklist){.n = 1}, &work, &evidence);
	assert_string_equal(evidence.barred, "opted out");
}

static bool is_held_up(struct work_state work, struct worklist list)
{
	struct descent_evidence evidence = {.collapsible_bytes = 99};

	worklist_evidence(&list, &work, &evidence);
	if (evidence.held_up && !list.unknown)
		assert_int_equal(evidence.collapsible_bytes, 0);
	return evidence.held_up;
}

static bool is_held_up_by_host(struct work_state work)
{
	struct descent_evidence evidence = {0};

	worklist_evidence(&(struct worklist){.unknown = 1}, &work, &evidence);
	assert_true(evidence.held_up);
	return evidence.held_up_by_host;
}

static void test_what_holds_up(void **state)
{
	struct work_state work = free_to_try;

	(void)state;
	assert_false(is_held_up(work, (struct worklist){.n = 1}));
	work.young = true;
	assert_true(is_held_up(work, (struct worklist){.n = 1}));
	assert_false(is_held_up_by_host(work));
	work = free_to_try, work.paused = true;
	assert_true(is_held_up(work, (struct worklist){.n = 1}));
	work = free_to_try, work.has_room = false;
	assert_true(is_held_up(work, (struct worklist){.n = 1}));
	assert_true(is_held_up_by_host(work));
	work = free_to_try, work.pace_pct = 0;
	assert_true(is_held_up(work, (struct worklist){.n = 1}));
	assert_true(is_held_up_by_host(work));
	assert_true(is_held_up(free_to_try, (struct worklist){.n = 1, .unknown = 1}));
}

/* Nothing is listed, but much may be hot in there. */
static void test_coarse_is_not_cold(void **state)
{
	struct work_state work = free_to_try;

	(void)state;
	work.coarse = true;
	assert_true(is_held_up(work, (struct worklist){.n = 0}));
	assert_false(is_held_up(work, (struct worklist){.n = 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_pays),
		cmocka_unit_test(test_each_slot_is_one_thing),
		cmocka_unit_test(test_unknown_is_left_alone),
		cmocka_unit_test(test_accesses_add_up),
		cmocka_unit_test(test_populated_share),
		cmocka_unit_test(test_shared_pages_are_growth),
		cmocka_unit_test(test_room_goes_to_the_hottest),
		cmocka_unit_test(test_what_is_listed_is_about_to_be_tried),
		cmocka_unit_test(test_what_is_left_for_now),
		cmocka_unit_test(test_what_bars_it_is_passed_on),
		cmocka_unit_test(test_what_holds_up),
		cmocka_unit_test(test_coarse_is_not_cold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
