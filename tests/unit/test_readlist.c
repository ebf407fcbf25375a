// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdlib.h>

#include "decide/readlist.h"

#define N	20000
#define MOST	2048
#define SMALL	700
#define HUGES	5000
#define SLOT(i) ((i)*PMD_SIZE_BYTES)

static struct work_slot slots[N];
static struct readlist_place places[N];
static struct readlist readlist;

/* The hottest first, and that is not in order of their addresses. */
static int set_up(void **state)
{
	(void)state;
	readlist = (struct readlist){0};
	for (size_t i = 0; i < N; i++)
		slots[i] = (struct work_slot){.start = SLOT((i * 7919) % N), .unread = true};
	return 0;
}

/* A look at the first @n; what it read is read then. */
static size_t look(size_t n, bool huge_too)
{
	struct readlist_most most = {.unread = MOST, .small = SMALL, .huge = huge_too ? HUGES : 0};
	size_t n_read = readlist_make(&readlist, slots, n, &most, places);

	for (size_t i = 0; i < n_read; i++) {
		assert_int_equal(places[i].start, slots[places[i].slot].start);
		assert_true(!i || places[i - 1].start < places[i].start);
		slots[places[i].slot].unread = false;
	}
	return n_read;
}

static bool has_read(size_t n_read, size_t slot)
{
	for (size_t i = 0; i < n_read; i++)
		if (places[i].slot == slot)
			return true;
	return false;
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(look(0, true), 0);
}

static void test_all_if_there_is_room(void **state)
{
	(void)state;
	slots[3].huge = true;
	assert_int_equal(look(100, true), 100);
	assert_int_equal(look(100, true), 100);
	assert_int_equal(look(100, false), 99);
	assert_false(has_read(99, 3));
}

static void test_unread_the_hottest_first(void **state)
{
	(void)state;
	for (size_t turn = 0; turn * MOST < N; turn++) {
		size_t n_read = look(N, false), n_unread = 0;

		for (size_t i = 0; i < n_read; i++) {
			bool again = places[i].slot < turn * MOST;

			assert_true(again || places[i].slot < (turn + 1) * MOST);
			n_unread += !again;
		}
		assert_int_equal(n_unread, (turn + 1) * MOST < N ? MOST : N - turn * MOST);
		assert_int_equal(n_read - n_unread, turn ? SMALL : 0);
	}
	for (size_t i = 0; i < N; i++)
		assert_false(slots[i].unread);
	slots[N - 1].unread = true;
	assert_true(has_read(look(N, false), N - 1));
}

/* None is read twice before all were read once. */
static void in_turns(bool huge, size_t most)
{
	unsigned int times[N] = {0}, least = 100, highest = 0;

	for (size_t i = 0; i < N; i++)
		slots[i] = (struct work_slot){.start = SLOT(i), .huge = huge};
	for (int turn = 0; turn < 50; turn++) {
		size_t n_read = look(N, true);

		assert_int_equal(n_read, most);
		for (size_t i = 0; i < n_read; i++)
			times[places[i].slot]++;
	}
	for (size_t i = 0; i < N; i++) {
		least = times[i] < least ? times[i] : least;
		highest = times[i] > highest ? times[i] : highest;
	}
	assert_int_equal(least, 50 * most / N);
	assert_int_equal(highest, (50 * most + N - 1) / N);
}

static void test_small_ones_in_turns(void **state)
{
	(void)state;
	in_turns(false, SMALL);
}

static void test_huge_ones_in_turns(void **state)
{
	(void)state;
	in_turns(true, HUGES);
}

static void test_each_kind_has_its_share(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++)
		slots[i] = (struct work_slot){.start = SLOT(i), .huge = i % 2, .unread = i % 4 == 0};
	assert_int_equal(look(N, true), MOST + SMALL + HUGES);
	assert_int_equal(look(N, false), MOST + SMALL);
}

static void test_fewer_slots_than_before(void **state)
{
	(void)state;
	readlist = (struct readlist){.next_small = 19000, .next_huge = 19000};
	look(10, true);
	assert_int_equal(look(10, true), 10);
}

static void test_unasked_is_not_read(void **state)
{
	(void)state;
	slots[5].unasked = true;
	slots[6] = (struct work_slot){.start = slots[6].start, .unasked = true};
	assert_int_equal(look(10, true), 8);
	assert_false(has_read(8, 5) || has_read(8, 6));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_all_if_there_is_room),
		TEST(test_unread_the_hottest_first),
		TEST(test_small_ones_in_turns),
		TEST(test_huge_ones_in_turns),
		TEST(test_each_kind_has_its_share),
		TEST(test_fewer_slots_than_before),
		TEST(test_unasked_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
