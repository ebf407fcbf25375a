// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/ranges.h"

#define SLOT PMD_SIZE_BYTES

static struct address_range slots(uint64_t at, uint64_t n)
{
	return (struct address_range){at * SLOT, (at + n) * SLOT};
}

static void assert_range(struct address_range range, uint64_t at, uint64_t n)
{
	assert_int_equal(range.start, at * SLOT);
	assert_int_equal(range.end, (at + n) * SLOT);
}

static void test_steps(void **state)
{
	(void)state;
	assert_int_equal(ranges_step_bytes(0), SLOT);
	assert_int_equal(ranges_step_bytes(8 * 1024 * MIB_BYTES), SLOT);
	assert_int_equal(ranges_step_bytes(64 * 1024 * MIB_BYTES), 8 * SLOT);
	assert_int_equal(ranges_most(1000), RANGES_MAX);
	assert_int_equal(ranges_most(64), 16);
	assert_int_equal(ranges_most(3), 1);
}

static void test_neighbours_are_one(void **state)
{
	struct address_range ranges[] = {slots(10, 1), slots(11, 1), slots(12, 3), slots(16, 1)};

	(void)state;
	assert_int_equal(ranges_join(ranges, 0, 128), 0);
	assert_int_equal(ranges_join(ranges, 4, 128), 2);
	assert_range(ranges[0], 10, 5);
	assert_range(ranges[1], 16, 1);
}

/* 256 MiB and an island 8 TiB away stay two; the gap is shorter than a region in 8 GiB, and not in 1. */
static void test_only_short_gaps_are_closed(void **state)
{
	struct address_range far[] = {slots(10, 128), slots(4194304, 1)};
	struct address_range large[] = {slots(0, 2048), slots(2056, 2048)};
	struct address_range small[] = {slots(0, 256), slots(264, 256)};

	(void)state;
	assert_int_equal(ranges_join(far, 2, 128), 2);
	assert_int_equal(ranges_join(large, 2, 128), 1);
	assert_range(large[0], 0, 4104);
	assert_int_equal(ranges_join(small, 2, 128), 2);
}

/* 300 islands, each third gap longer: these stay. */
static void test_too_many_are_joined_at_the_shortest_gaps(void **state)
{
	struct address_range ranges[300];
	uint64_t at = 0;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		ranges[i] = slots(at, 1);
		at += i % 3 == 2 ? 100 : 5;
	}
	assert_int_equal(ranges_join(ranges, 300, 128), 100);
	assert_range(ranges[0], 0, 11);
	assert_range(ranges[1], 110, 11);
	assert_int_equal(ranges_join(ranges, 100, 1), 1);
	assert_int_equal(ranges[0].start, 0);
	assert_int_equal(ranges[0].end, (at - 99) * SLOT);
}

static void test_what_is_missing(void **state)
{
	struct address_range a[] = {slots(0, 10), slots(20, 10), slots(40, 1)};
	struct address_range b[] = {slots(5, 20), slots(26, 2), slots(100, 1)};

	(void)state;
	assert_int_equal(ranges_bytes(a, 3), 21 * SLOT);
	assert_int_equal(ranges_missing(a, 3, b, 3), (5 + 3 + 1) * SLOT);
	assert_int_equal(ranges_missing(b, 3, a, 3), (10 + 1) * SLOT);
	assert_int_equal(ranges_missing(a, 3, b, 0), 21 * SLOT);
	assert_int_equal(ranges_missing(a, 0, b, 3), 0);
}

#define S NS_PER_S

static void test_when_it_is_told(void **state)
{
	struct ranges_look look = {.now_ns = 100 * S, .aggr_us = 100000, .watched_bytes = 800 * SLOT};

	(void)state;
	assert_true(ranges_are_due(&look)); /* never yet */
	look.written_ns = 100 * S - 1;
	assert_false(ranges_are_due(&look));
	look.new_program = true;
	assert_true(ranges_are_due(&look));
	look.new_program = false;
	look.written_ns = 1 * S;
	assert_false(ranges_are_due(&look)); /* all is as it was */
	look.idle_bytes = 199 * SLOT;
	assert_false(ranges_are_due(&look));
	look.idle_bytes = 200 * SLOT;
	assert_true(ranges_are_due(&look));
	look.written_ns = 71 * S;
	assert_false(ranges_are_due(&look));
	look.missing_bytes = SLOT;
	assert_true(ranges_are_due(&look));
	look.written_ns = 96 * S;
	assert_false(ranges_are_due(&look));
	look.missing_bytes = 100 * SLOT;
	assert_true(ranges_are_due(&look));
}

static void test_it_rests(void **state)
{
	struct ranges_look look = {.now_ns = 100 * S,
				   .written_ns = 99 * S,
				   .aggr_us = 100000,
				   .watched_bytes = 800 * SLOT,
				   .missing_bytes = 800 * SLOT};

	(void)state;
	assert_true(ranges_are_due(&look));
	look.aggr_us = 2 * US_PER_S;
	assert_false(ranges_are_due(&look));
	look.written_ns = 96 * S;
	assert_true(ranges_are_due(&look));
	look.cost_ns = 100 * NS_PER_MS;
	assert_false(ranges_are_due(&look));
	look.written_ns = 95 * S;
	assert_true(ranges_are_due(&look));
}

/* A heap that grows by 1 GiB a second, looked at each second, and one whose mappings come and go. */
static void test_it_is_not_told_at_each_look(void **state)
{
	struct ranges_look look = {.now_ns = 1, .aggr_us = 100000};
	uint64_t populated = 128, watched = 0;
	unsigned int told = 0;

	(void)state;
	for (unsigned int i = 0; i < 240; i++, look.now_ns += S / 4, populated += 128) {
		look.watched_bytes = watched * SLOT;
		look.missing_bytes = (populated - watched) * SLOT;
		if (!ranges_are_due(&look))
			continue;
		told++;
		watched = populated;
		look.written_ns = look.now_ns;
	}
	assert_in_range(told, 10, 30);
	for (told = 0; look.now_ns < 1000 * S; look.now_ns += S / 4) {
		look.missing_bytes = look.idle_bytes = SLOT;
		if (!ranges_are_due(&look))
			continue;
		told++;
		look.written_ns = look.now_ns;
	}
	assert_in_range(told, 150, 200); /* of 3760 looks */
}

static void test_by_slot(void **state)
{
	const struct address_range ranges[] = {{2 * PMD_SIZE_BYTES, 5 * PMD_SIZE_BYTES},
					       {9 * PMD_SIZE_BYTES, 10 * PMD_SIZE_BYTES}};
	struct address_range slots[4];

	(void)state;
	ranges_by_slot(ranges, 2, slots);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(slots[i].start, (i < 3 ? 2 + i : 9) * PMD_SIZE_BYTES);
		assert_int_equal(slots[i].end, slots[i].start + PMD_SIZE_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_slot),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_neighbours_are_one),
		cmocka_unit_test(test_only_short_gaps_are_closed),
		cmocka_unit_test(test_too_many_are_joined_at_the_shortest_gaps),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_when_it_is_told),
		cmocka_unit_test(test_it_rests),
		cmocka_unit_test(test_it_is_not_told_at_each_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
