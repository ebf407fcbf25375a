// SPDX-License-Identifier: GPL-2.0
#include "sim/kdamond.h"

#include "base/units.h"
#include "cm.h"

#define START (UINT64_C(1) << 40)

static const struct kdamond_attrs attrs = {5000, 100000, 10, 1000};

/* What lies below `hot_end` is hit in `hot_pct` of the samples. */
struct heap {
	struct sim_random random;
	uint64_t hot_start, hot_end;
	unsigned int hot_pct;
	uint64_t asked, sample_us, lowest, highest;
};

static bool is_accessed(void *arg, uint64_t address, uint64_t sample_us)
{
	struct heap *heap = arg;

	heap->asked++;
	heap->sample_us = sample_us;
	if (address < heap->lowest || !heap->lowest)
		heap->lowest = address;
	if (address > heap->highest)
		heap->highest = address;
	return address >= heap->hot_start && address < heap->hot_end &&
	       random_below(&heap->random, 100) < heap->hot_pct;
}

/* To the end of an aggregation; returns the samples that it took. */
static unsigned int aggregate(struct kdamond *kdamond, struct heap *heap)
{
	struct kdamond_memory memory = {is_accessed, heap};
	unsigned int samples = 0;
	int ended;

	do {
		ended = kdamond_sample(kdamond, &memory);
		assert_true(ended >= 0);
		samples++;
	} while (!ended);
	return samples;
}

/* In order, without gaps, of whole pages, none above the limit, no count above what there can be. */
static void check(const struct kdamond *kdamond, uint64_t start, uint64_t end)
{
	uint64_t at = start;

	assert_true(kdamond->n <= kdamond->attrs.max_regions);
	for (size_t i = 0; i < kdamond->n; i++) {
		const struct kdamond_region *region = &kdamond->regions[i];

		assert_int_equal(region->start, at);
		assert_true(region->end > region->start);
		assert_int_equal(region->end % KDAMOND_PAGE_BYTES, 0);
		assert_true(region->end - region->start <= kdamond->limit_bytes);
		assert_in_range(region->nr_accesses, 0, kdamond->attrs.aggr_us / kdamond->attrs.sample_us);
		at = region->end;
	}
	assert_int_equal(at, end);
}

static void test_starts_with_the_least_number_of_regions(void **state)
{
	struct kdamond kdamond;

	(void)state;
	assert_int_equal(kdamond_start(&kdamond, START, START + 10 * 4096 * 100, &attrs, 1), 0);
	assert_int_equal(kdamond.n, 10);
	check(&kdamond, START, START + 10 * 4096 * 100);
	kdamond_free(&kdamond);
}

static void test_regions_cover_the_range_whatever_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		uint64_t end = START + (seed * 77 + 11) * 4096 * seed;
		struct heap heap = {
			.random = {seed},
			.hot_start = START + (end - START) / 3,
			.hot_end = START + (end - START) / 2,
			.hot_pct = (unsigned int)(seed * 12),
		};
		struct kdamond kdamond;

		assert_int_equal(kdamond_start(&kdamond, START, end, &attrs, seed), 0);
		for (int i = 0; i < 60; i++) {
			assert_int_equal(aggregate(&kdamond, &heap), 20);
			check(&kdamond, START, end);
		}
		assert_true(heap.lowest >= START && heap.highest < end);
		assert_int_equal(heap.sample_us, 5000);
		assert_int_equal(kdamond.checked, heap.asked);
		kdamond_free(&kdamond);
	}
}

/* 2 MiB that are always hit, in 256 MiB: whatever the first regions were, in the end there is one of about that size. */
static void test_finds_edges(void **state)
{
	struct heap heap = {.random = {3}, .hot_pct = 100};
	struct kdamond kdamond;
	uint64_t hit = 0;

	(void)state;
	heap.hot_start = START + 101 * MIB_BYTES;
	heap.hot_end = heap.hot_start + 2 * MIB_BYTES;
	assert_int_equal(kdamond_start(&kdamond, START, START + 256 * MIB_BYTES, &attrs, 5), 0);
	for (int i = 0; i < 100; i++)
		aggregate(&kdamond, &heap);
	for (size_t i = 0; i < kdamond.n; i++)
		if (kdamond.regions[i].nr_accesses >= 18)
			hit += kdamond.regions[i].end - kdamond.regions[i].start;
	assert_in_range(hit, 3 * MIB_BYTES / 2, 5 * MIB_BYTES / 2);
	kdamond_free(&kdamond);
}

static void merge_three(uint32_t left, uint32_t middle, uint32_t right, struct kdamond *kdamond)
{
	static const struct kdamond_attrs three = {5000, 5000, 3, 1000};
	struct heap cold = {.random = {1}};
	const uint32_t counts[] = {left, middle, right};

	/* An aggregation of one sample, before which the counts are put there. The least regions would forbid merging. */
	assert_int_equal(kdamond_start(kdamond, START, START + 30 * 4096, &three, 1), 0);
	kdamond->limit_bytes = 30 * 4096;
	for (size_t i = 0; i < 3; i++)
		kdamond->regions[i].nr_accesses = kdamond->regions[i].last_nr_accesses = counts[i];
	kdamond->regions[1].age = 8;
	kdamond->attrs.min_regions = 1;
	aggregate(kdamond, &cold);
}

/* A tenth of the highest count is no difference. */
static void test_merges_what_is_alike(void **state)
{
	struct kdamond kdamond;

	(void)state;
	merge_three(18, 20, 2, &kdamond);
	assert_int_equal(kdamond.n, 2);
	assert_int_equal(kdamond.regions[0].nr_accesses, 19);
	assert_int_equal(kdamond.regions[0].end, START + 20 * 4096);
	assert_int_equal(kdamond.regions[0].age, 5); /* of 1 and 9 */
	kdamond_free(&kdamond);

	merge_three(17, 20, 2, &kdamond);
	assert_int_equal(kdamond.n, 3);
	kdamond_free(&kdamond);

	merge_three(9, 8, 8, &kdamond); /* below ten none differ by a tenth */
	assert_int_equal(kdamond.n, 2);
	assert_int_equal(kdamond.regions[1].nr_accesses, 8);
	kdamond_free(&kdamond);
}

/* Eight aggregations as before, and one that is not: what goes from some accesses to none is another, too. */
static void test_ages(void **state)
{
	struct heap heap = {.random = {1}, .hot_start = START, .hot_end = START + 30 * 4096, .hot_pct = 100};
	static const struct kdamond_attrs one = {5000, 100000, 3, 3};
	struct kdamond kdamond;

	(void)state;
	assert_int_equal(kdamond_start(&kdamond, START, START + 30 * 4096, &one, 1), 0);
	for (int i = 0; i < 9; i++)
		aggregate(&kdamond, &heap);
	assert_int_equal(kdamond.regions[0].age, 8);
	heap.hot_pct = 0;
	aggregate(&kdamond, &heap);
	assert_int_equal(kdamond.regions[0].age, 0);
	kdamond_free(&kdamond);
}

/* One hit less is scatter, but not where it was the only one. */
static void test_ages_anew_without_any_access(void **state)
{
	static const struct kdamond_attrs three = {5000, 5000, 3, 1000};
	struct heap cold = {.random = {1}};
	struct kdamond kdamond;

	(void)state;
	assert_int_equal(kdamond_start(&kdamond, START, START + 30 * 4096, &three, 1), 0);
	for (size_t i = 0; i < 3; i++) {
		kdamond.regions[i].nr_accesses = (uint32_t)(20 - 10 * i);
		kdamond.regions[i].last_nr_accesses = kdamond.regions[i].nr_accesses + 1;
		kdamond.regions[i].age = 5;
	}
	aggregate(&kdamond, &cold);
	assert_int_equal(kdamond.regions[1].age, 6);
	assert_int_equal(kdamond.regions[2].age, 0);
	kdamond_free(&kdamond);
}

/* With few regions each becomes two, or three; with more than half of the most none is split. */
static void test_splits_while_there_are_few(void **state)
{
	static const struct kdamond_attrs few = {5000, 5000, 3, 8}, many = {5000, 5000, 5, 8};
	struct heap cold = {.random = {1}};
	struct kdamond kdamond;

	(void)state;
	assert_int_equal(kdamond_start(&kdamond, START, START + 30 * 4096, &few, 1), 0);
	aggregate(&kdamond, &cold);
	assert_int_equal(kdamond.n, 3);
	cold.asked = 0;
	aggregate(&kdamond, &cold);
	assert_int_equal(cold.asked, 6);
	kdamond_free(&kdamond);

	assert_int_equal(kdamond_start(&kdamond, START, START + 30 * 4096, &many, 1), 0);
	aggregate(&kdamond, &cold);
	cold.asked = 0;
	aggregate(&kdamond, &cold);
	assert_int_equal(cold.asked, 5);
	kdamond_free(&kdamond);
}

static void test_too_many_are_merged_though_they_differ(void **state)
{
	static const struct kdamond_attrs fewer = {5000, 100000, 3, 20};
	struct heap heap = {
		.random = {9}, .hot_start = START, .hot_end = START + 64 * MIB_BYTES, .hot_pct = 50};
	struct kdamond kdamond;

	(void)state;
	assert_int_equal(kdamond_start(&kdamond, START, START + 64 * MIB_BYTES, &attrs, 1), 0);
	for (int i = 0; i < 20; i++)
		aggregate(&kdamond, &heap);
	assert_true(kdamond.n > 20);
	kdamond_commit(&kdamond, &fewer);
	aggregate(&kdamond, &heap);
	check(&kdamond, START, START + 64 * MIB_BYTES);
	kdamond_free(&kdamond);
}

static void test_a_commit_converts(void **state)
{
	static const struct kdamond_attrs longer = {20000, 1000000, 20, 1000};
	struct heap heap = {
		.random = {1}, .hot_start = START, .hot_end = START + 64 * MIB_BYTES, .hot_pct = 100};
	struct kdamond kdamond;

	(void)state;
	assert_int_equal(kdamond_start(&kdamond, START, START + 64 * MIB_BYTES, &attrs, 1), 0);
	for (int i = 0; i < 21; i++)
		aggregate(&kdamond, &heap);
	kdamond_commit(&kdamond, &longer);
	assert_int_equal(kdamond.regions[0].last_nr_accesses, 50); /* all of them, as before */
	assert_int_equal(kdamond.regions[0].nr_accesses, 0);
	assert_int_equal(kdamond.regions[0].age, 2);
	assert_int_equal(aggregate(&kdamond, &heap), 50);
	assert_int_equal(heap.sample_us, 20000);
	assert_true(kdamond.n >= 20);
	check(&kdamond, START, START + 64 * MIB_BYTES);
	kdamond_free(&kdamond);
}

static void test_the_same_seed_is_the_same_run(void **state)
{
	uint64_t sums[3] = {0};

	(void)state;
	for (int run = 0; run < 3; run++) {
		struct heap heap = {
			.random = {4}, .hot_start = START, .hot_end = START + MIB_BYTES, .hot_pct = 30};
		struct kdamond kdamond;

		assert_int_equal(
			kdamond_start(&kdamond, START, START + 64 * MIB_BYTES, &attrs, run == 2 ? 8 : 7), 0);
		for (int i = 0; i < 20; i++) {
			aggregate(&kdamond, &heap);
			for (size_t k = 0; k < kdamond.n; k++)
				sums[run] = sums[run] * 31 + kdamond.regions[k].end;
		}
		kdamond_free(&kdamond);
	}
	assert_int_equal(sums[0], sums[1]);
	assert_int_not_equal(sums[0], sums[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_with_the_least_number_of_regions),
		cmocka_unit_test(test_regions_cover_the_range_whatever_happens),
		cmocka_unit_test(test_finds_edges),
		cmocka_unit_test(test_merges_what_is_alike),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_ages_anew_without_any_access),
		cmocka_unit_test(test_splits_while_there_are_few),
		cmocka_unit_test(test_too_many_are_merged_though_they_differ),
		cmocka_unit_test(test_a_commit_converts),
		cmocka_unit_test(test_the_same_seed_is_the_same_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
