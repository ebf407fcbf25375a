// SPDX-License-Identifier: GPL-2.0
/* The heat map: regions that begin and end anywhere, over time, become slots that can be told apart. */
#include "cm.h"

#include <math.h>
#include <stdlib.h>

#include "decide/heat.h"

#define MAX    20U
#define SLOT   PMD_SIZE_BYTES
#define BASE   (1000 * SLOT)
#define SECOND 1000000000ULL
#define ROUND  (SECOND / 10)

static struct heat *heat;

static int set_up(void **state)
{
	(void)state;
	heat = heat_new();
	return heat ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	heat_free(heat);
	return 0;
}

static void add(const struct heat_region *regions, size_t n, uint64_t now_ns);

/* Leaves the first aggregations behind, with nothing in them, and so long ago that they count for nothing. */
#define SETTLED (1000 * SECOND)

static void settle(void)
{
	for (int i = 0; i < HEAT_COARSE_AGGREGATIONS; i++)
		add(NULL, 0, 0);
}

/* A region from and to fractions of slots above BASE. */
static struct heat_region region(double from, double to, uint32_t nr_accesses)
{
	return (struct heat_region){
		.start = BASE + (uint64_t)(from * (double)SLOT),
		.end = BASE + (uint64_t)(to * (double)SLOT),
		.nr_accesses = nr_accesses,
	};
}

static void add(const struct heat_region *regions, size_t n, uint64_t now_ns)
{
	assert_int_equal(heat_add(heat, regions, n, MAX, now_ns), 0);
}

static void add_one(double from, double to, uint32_t nr_accesses, uint64_t now_ns)
{
	struct heat_region one = region(from, to, nr_accesses);

	add(&one, 1, now_ns);
}

/* Heat of the slot that is the @i-th above BASE; 0 if the map has none. */
static double pct(int64_t i)
{
	const struct heat_slot *slots;
	size_t n;

	assert_int_equal(heat_hottest(heat, 0, &slots, &n), 0);
	for (size_t k = 0; k < n; k++)
		if (slots[k].start == (uint64_t)((int64_t)BASE + i * (int64_t)SLOT))
			return slots[k].pct;
	return 0;
}

static size_t count(double min_pct)
{
	const struct heat_slot *slots;
	size_t n;

	assert_int_equal(heat_hottest(heat, min_pct, &slots, &n), 0);
	return n;
}

static void assert_about(double have, double want)
{
	if (have < want - 0.1 || have > want + 0.1)
		fail_msg("%.3f is not %.3f", have, want);
}

#define assert_pct(i, expected) assert_about(pct(i), expected)

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(count(0), 0);
	assert_int_equal(heat_aggregations(heat), 0);
	heat_set_huge(heat, BASE, true);
	heat_free(NULL);
}

static void test_overlap_weighs(void **state)
{
	const struct heat_region regions[] = {region(0.5, 1.25, 20), region(1.25, 2, 10), region(4, 6, 5)};

	(void)state;
	add(regions, 3, SECOND);
	assert_int_equal(heat_aggregations(heat), 1);
	assert_pct(0, 50);
	assert_pct(1, 100 * 0.25 + 50 * 0.75);
	assert_pct(2, 0);
	assert_pct(4, 25);
	assert_pct(5, 25);
	assert_int_equal(count(0), 4);
}

static void test_percentage_of_any_maximum(void **state)
{
	struct heat_region one = region(0, 1, 50);

	(void)state;
	assert_int_equal(heat_add(heat, &one, 1, 100, SECOND), 0);
	assert_pct(0, 50);
	one.nr_accesses = 10;
	assert_int_equal(heat_add(heat, &one, 1, 20, SECOND + ROUND), 0);
	assert_pct(0, 50);
	one.nr_accesses = 30; /* counted by a maximum that was just lowered */
	heat_forget(heat);
	assert_int_equal(heat_add(heat, &one, 1, 20, SECOND + 2 * ROUND), 0);
	assert_pct(0, 100);
}

/* Without decay to speak of, heat is the mean; what is not told was not accessed. */
static void test_mean_over_time(void **state)
{
	(void)state;
	settle();
	add_one(0, 1, 20, SETTLED);
	add(NULL, 0, SETTLED);
	assert_pct(0, 50);
	add(NULL, 0, SETTLED);
	add(NULL, 0, SETTLED);
	assert_pct(0, 25);
	add_one(3, 4, 20, SETTLED);
	assert_pct(3, 20);
}

/* The first regions reach over the edges of what is hot: they are forgotten soon, and no more than they. */
static void test_coarse_regions_count_less(void **state)
{
	double weight = 1;

	(void)state;
	add_one(0, 4, 10, SECOND);
	for (int i = 1; i < HEAT_COARSE_AGGREGATIONS; i++) {
		add_one(0, 1, 20, SECOND);
		weight = weight * 0.7 + 1;
	}
	assert_pct(3, 50 * pow(0.7, HEAT_COARSE_AGGREGATIONS - 1) / weight);
	assert_true(pct(3) < 2);
	assert_true(pct(0) > 98);
	add(NULL, 0, SECOND);
	assert_pct(0, (100 * weight - 50 * pow(0.7, HEAT_COARSE_AGGREGATIONS - 1)) / (weight + 1));
}

/* What is a second old counts for 0.8 of what is new. */
static void test_decay(void **state)
{
	(void)state;
	settle();
	add_one(0, 1, 20, SETTLED);
	add_one(1, 2, 20, SETTLED + SECOND);
	assert_pct(0, 100 * 0.8 / 1.8);
	assert_pct(1, 100 * 1 / 1.8);
	add(NULL, 0, SETTLED + 100 * SECOND); /* after a long silence only the new counts */
	assert_int_equal(count(0), 0);
}

/* A hot set that moves is followed in seconds. */
static void test_moved_hot_set(void **state)
{
	uint64_t now = SECOND;

	(void)state;
	for (int i = 0; i < 300; i++)
		add_one(0, 8, 18, now += ROUND);
	assert_pct(7, 90);
	for (int i = 0; i < 50; i++)
		add_one(100, 108, 18, now += ROUND);
	assert_true(pct(100) > 55);
	assert_true(pct(0) < 35);
	for (int i = 0; i < 100; i++)
		add_one(100, 108, 18, now += ROUND);
	assert_true(pct(107) > 80);
	assert_true(pct(0) < 5);
}

/*
 * Islands of a slot in regions of about a slot that lie otherwise each time: over a second they stand out, the
 * hottest first, and what is beside them does not.
 */
static void test_islands_stand_out(void **state)
{
	const struct heat_slot *slots;
	uint64_t now = SECOND;
	size_t n;

	(void)state;
	srand(1);
	for (int round = 0; round < 10; round++) {
		struct heat_region regions[3 * 32];
		size_t k = 0;

		for (int i = 0; i < 32; i++) {
			double at = i * 6, cut = (double)(rand() % 80 + 10) / 100;
			uint32_t edge = (uint32_t)(15 * cut);

			regions[k++] = region(at - 1 + cut, at + cut, edge); /* hot in its last part */
			regions[k++] = region(at + cut, at + 1, 15);
			regions[k++] = region(at + 1, at + 1 + cut, 0);
		}
		add(regions, k, now += ROUND);
	}
	assert_int_equal(heat_hottest(heat, 0, &slots, &n), 0);
	assert_int_equal(n, 64);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal((slots[i].start - BASE) / SLOT % 6, 0);
	for (size_t i = 1; i < n; i++)
		assert_true(slots[i - 1].pct >= slots[i].pct);
	assert_true(slots[31].pct > 1.5 * slots[32].pct);
}

static void test_threshold_and_order(void **state)
{
	const struct heat_region regions[] = {region(0, 2, 10), region(2, 3, 20), region(3, 5, 10)};
	const struct heat_slot *slots;
	size_t n;

	(void)state;
	add(regions, 3, SECOND);
	assert_int_equal(heat_hottest(heat, 50, &slots, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(slots[0].start, BASE + 2 * SLOT);
	assert_int_equal(slots[1].start, BASE); /* of equal heat the lower one first */
	assert_int_equal(slots[2].start, BASE + SLOT);
	assert_int_equal(slots[4].start, BASE + 4 * SLOT);
	assert_int_equal(count(50.1), 1);
}

/* A collapse may make hot memory read as cold: what is huge keeps its heat, for a while. */
static void test_huge_is_not_cold_at_once(void **state)
{
	uint64_t now = SECOND;

	(void)state;
	for (int i = 0; i < 20; i++)
		add_one(0, 2, 16, now += ROUND);
	heat_set_huge(heat, BASE, true);
	assert_pct(1, 80); /* the other one */
	for (int i = 0; i < 100; i++)
		add(NULL, 0, now += ROUND);
	assert_true(pct(0) > 70);
	assert_true(pct(1) < 10);
	heat_set_huge(heat, BASE, false); /* the kernel split it */
	add(NULL, 0, now += 60 * SECOND);
	assert_pct(0, 0);
}

static void test_huge_gets_hotter_like_any(void **state)
{
	(void)state;
	settle();
	add_one(0, 1, 10, SETTLED);
	heat_set_huge(heat, BASE, true);
	add_one(0, 1, 20, SETTLED);
	assert_pct(0, 75);
}

/* One that reads hot while it is huge is not blind: when its accesses end, it is as cold as others. */
static void test_huge_that_is_seen_falls_like_any(void **state)
{
	uint64_t now = SECOND;

	(void)state;
	for (int i = 0; i < 20; i++)
		add_one(0, 2, 16, now += ROUND);
	heat_set_huge(heat, BASE, true);
	for (int i = 0; i < 5; i++)
		add_one(0, 2, 16, now += ROUND);
	heat_set_huge(heat, BASE, true); /* a look at it is no news */
	for (int i = 0; i < 100; i++)
		add(NULL, 0, now += ROUND);
	assert_pct(0, pct(1));
	assert_true(pct(0) < 10);
}

/* The aggregation that a collapse came into, or a bit set once in a while, is no sight. */
static void test_blind_is_not_cold(void **state)
{
	uint64_t now = SECOND;

	(void)state;
	for (int i = 0; i < 20; i++)
		add_one(0, 1, 16, now += ROUND);
	heat_set_huge(heat, BASE, true);
	add_one(0, 1, 16, now += ROUND);
	for (int i = 0; i < 100; i++)
		add_one(0, 1, 1, now += ROUND);
	assert_true(pct(0) > 70);
}

/* Split, and made huge again: what was seen before says nothing of it. */
static void test_collapsed_again_is_blind_again(void **state)
{
	uint64_t now = SECOND;

	(void)state;
	add_one(0, 1, 16, now);
	for (int times = 0; times < 2; times++) {
		heat_set_huge(heat, BASE, false);
		heat_set_huge(heat, BASE, true);
		for (int i = 0; i < 5 && !times; i++)
			add_one(0, 1, 16, now += ROUND);
	}
	for (int i = 0; i < 50; i++)
		add(NULL, 0, now += ROUND);
	assert_true(pct(0) > 70);
}

static void test_huge_is_cold_in_the_end(void **state)
{
	uint64_t now = SECOND;

	(void)state;
	add_one(0, 1, 20, now);
	heat_set_huge(heat, BASE, true);
	for (int i = 0; i < 1000; i++)
		add(NULL, 0, now += SECOND);
	assert_int_equal(count(0), 0);
}

/* What was read of a slot stays with it, for as long as it has heat. */
static void test_pages_are_remembered(void **state)
{
	const struct heat_slot *slots;
	size_t n;

	(void)state;
	add_one(0, 2, 20, SECOND);
	heat_set_pages(heat, BASE + SLOT, 300, 20, false);
	heat_set_pages(heat, BASE + 9 * SLOT, 7, 0, true); /* not known here */
	add_one(0, 3, 10, SECOND + ROUND);
	assert_int_equal(heat_hottest(heat, 0, &slots, &n), 0);
	assert_int_equal(n, 3);
	assert_false(slots[0].read || slots[2].read);
	assert_true(slots[1].start == BASE + SLOT && slots[1].read && !slots[1].huge);
	assert_int_equal(slots[1].populated, 300);
	assert_int_equal(slots[1].shared, 20);
	heat_set_pages(heat, BASE + SLOT, 512, 0, true);
	assert_int_equal(heat_hottest(heat, 0, &slots, &n), 0);
	assert_true(slots[1].populated == 512 && !slots[1].shared && slots[1].huge);
}

static void test_forget(void **state)
{
	(void)state;
	add_one(0, 4, 20, SECOND);
	heat_forget(heat);
	assert_int_equal(count(0), 0);
	assert_int_equal(heat_aggregations(heat), 0);
	add_one(0, 1, 20, SECOND + ROUND); /* and what was before does not thin it */
	assert_pct(0, 100);
}

static void test_nonsense_is_left_out(void **state)
{
	const struct heat_region regions[] = {
		region(1, 1, 20),				    /* empty */
		region(3, 2, 20),				    /* turned round */
		{.start = 0, .end = 1ULL << 47, .nr_accesses = 20}, /* says nothing of any slot */
		region(5, 6, 0),				    /* not accessed */
		region(8, 9, 20),
		region(7, 8, 20), /* not in order */
	};

	(void)state;
	add(regions, sizeof(regions) / sizeof(regions[0]), SECOND);
	assert_int_equal(count(0), 1);
	assert_pct(8, 100);
}

static void test_time_that_goes_back(void **state)
{
	(void)state;
	settle();
	add_one(0, 1, 20, SETTLED);
	add(NULL, 0, SECOND);
	assert_pct(0, 50);
}

/* 512 GiB, a quarter of them hotter: these are kept. */
static void test_bounded(void **state)
{
	struct heat_region *regions = calloc(1024, sizeof(*regions));

	(void)state;
	assert_non_null(regions);
	for (unsigned int i = 0; i < 1024; i++)
		regions[i] = region(i * 256, (i + 1) * 256, i % 4 ? 1 : 12);
	add(regions, 1024, SECOND);
	assert_int_equal(count(0), HEAT_MAX_SLOTS);
	assert_int_equal(count(50), 256 * 256);
	assert_pct(0, 60);
	assert_pct(4 * 256, 60);
	free(regions);
}

/* Where in 6 GiB it was accessed is not known; that it was, is. */
static void test_coarse_regions(void **state)
{
	struct heat_region regions[] = {region(0, 3072, 20), region(4000, 4001, 20)};

	(void)state;
	add(regions, 2, SECOND);
	assert_int_equal(count(0), 1);
	assert_int_equal(heat_coarse_bytes(heat), 3072ULL * PMD_SIZE_BYTES);
	regions[0].nr_accesses = 0;
	add(regions, 2, SECOND + ROUND);
	assert_int_equal(heat_coarse_bytes(heat), 0);
}

/* 512 GiB of one heat: as many as there is room for, and they stay. */
static void test_equal_heat_does_not_empty_it(void **state)
{
	struct heat_region regions[512];

	(void)state;
	for (unsigned int i = 0; i < 512; i++)
		regions[i] = region(i * 512, (i + 1) * 512, 16);
	for (uint64_t now = SECOND; now < 2 * SECOND; now += ROUND) {
		add(regions, 512, now);
		assert_int_equal(count(79), HEAT_MAX_SLOTS);
	}
}

/* What turns hot late finds room, although the map is full. */
static void test_full_map_takes_what_is_hotter(void **state)
{
	struct heat_region regions[257];

	(void)state;
	for (unsigned int i = 0; i < 256; i++)
		regions[i] = region(i * 512, (i + 1) * 512, 4);
	regions[256] = region(200000, 200008, 20);
	add(regions, 256, SECOND);
	assert_int_equal(count(0), HEAT_MAX_SLOTS);
	add(regions, 257, SECOND + ROUND);
	assert_int_equal(count(0), HEAT_MAX_SLOTS);
	assert_int_equal(count(40), 8);
	assert_true(pct(200007) > 40);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_empty),
		test(test_overlap_weighs),
		test(test_percentage_of_any_maximum),
		test(test_mean_over_time),
		test(test_coarse_regions_count_less),
		test(test_decay),
		test(test_moved_hot_set),
		test(test_islands_stand_out),
		test(test_threshold_and_order),
		test(test_huge_is_not_cold_at_once),
		test(test_huge_gets_hotter_like_any),
		test(test_huge_that_is_seen_falls_like_any),
		test(test_blind_is_not_cold),
		test(test_collapsed_again_is_blind_again),
		test(test_huge_is_cold_in_the_end),
		test(test_pages_are_remembered),
		test(test_forget),
		test(test_nonsense_is_left_out),
		test(test_time_that_goes_back),
		test(test_bounded),
		test(test_coarse_regions),
		test(test_equal_heat_does_not_empty_it),
		test(test_full_map_takes_what_is_hotter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
