// SPDX-License-Identifier: GPL-2.0
/* The heat map: regions that begin and end anywhere, sampled in any way, become rates of slots that can be told apart. */
#include "heat_world.h"

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(rank_from(0), 0);
	assert_int_equal(sum.in_use_bytes, 0);
	heat_set_huge(heat, BASE, true);
	heat_set_pages(heat, BASE, 512, 0, true);
	heat_free(NULL);
}

/* Memory that is accessed at random: its rate does not depend on how it is sampled. */
static void test_rate_whatever_the_sample(void **state)
{
	static const uint64_t samples_us[] = {1000, 5000, 20000, 100000};
	static const double rates_per_s[] = {0.5, 2, 10, 30};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples_us) * ARRAY_SIZE(rates_per_s); i++) {
		double per_s = rates_per_s[i % 4];

		heat_forget(heat);
		sample(1000000, samples_us[i / 4]);
		add_one(0, 1, (uint32_t)lround(1e6 * (1 - exp(-per_s * sample_s()))));
		assert_about(page_rate(0), per_s);
		assert_within(rate(0), 512 * per_s, 0.05); /* surely a little less */
		assert_true(rate(0) < 512 * per_s);
	}
}

/* Aggregations of all lengths, a few hits in each: they add up. */
static void test_rates_add_up_over_changing_intervals(void **state)
{
	static const uint64_t samples_us[] = {5000, 20000, 100000};
	uint32_t random = 7;

	(void)state;
	settle();
	for (unsigned int i = 0; i < 450; i++) {
		uint32_t hits = 0;

		sample(20, samples_us[i % 3]);
		for (int k = 0; k < 20; k++) {
			random = random * 1664525 + 1013904223;
			hits += random / 4294967296.0 < 1 - exp(-2 * sample_s());
		}
		add_one(0, 1, hits);
	}
	assert_within(page_rate(0), 2, 0.12);
}

static void test_overlap_weighs(void **state)
{
	const struct heat_region regions[] = {region(0.5, 1.25, 20), region(1.25, 2, 10), region(4, 6, 5)};

	(void)state;
	add(regions, 3);
	assert_about(page_rate(0), rate_of(0.5));
	assert_about(page_rate(1), rate_of(0.25 + 0.5 * 0.75));
	assert_about(page_rate(2), 0);
	assert_about(page_rate(4), rate_of(0.25));
	assert_about(page_rate(5), rate_of(0.25));
	assert_int_equal(n_slots, 4);
}

/* Where each sample hits, it may be hotter still: that is all they tell, and what shorter ones told holds. */
static void test_saturation(void **state)
{
	double before;

	(void)state;
	settle();
	add_times(5, 0, 1, 10);
	before = rate_of(0.5);
	sample(20, 400000);
	for (int i = 0; i < 5; i++) {
		const struct heat_region both[] = {region(0, 1, 20),
						   region(9, 10, 30)}; /* by a greater maximum */

		add(both, 2);
	}
	assert_about(page_rate(0), before);
	assert_about(page_rate(9), rate_of(1 - 0.5 / 20));
	add_one(0, 1, 10);
	assert_true(page_rate(0) < before);
}

/* Hits make sure, and the more of them the surer: a deviation of their count less. */
static void test_sure(void **state)
{
	static const uint32_t hits[] = {0, 1, 3, 4, 9, 16, 25, 100};

	(void)state;
	settle();
	for (size_t i = 0; i < ARRAY_SIZE(hits); i++) {
		double likely, sure = 1 - 1 / sqrt(hits[i]);

		heat_forget(heat);
		sample(1000, 5000);
		add_one(0, 1, hits[i]);
		likely = 512 * rate_of(hits[i] / 1000.0);
		assert_about(rate(0), hits[i] >= HEAT_SURE_HITS ? likely * sure : 0);
		assert_int_equal(sum.in_use_bytes, hits[i] >= HEAT_SURE_HITS ? SLOT : 0);
	}
}

/* With far hotter memory about, a hit of a region is not one of each slot in it. */
static void test_hits_far_below_the_hottest(void **state)
{
	const struct heat_region regions[] = {region(0, 1, 20), region(100, 116, 1)};

	(void)state;
	settle();
	add_times(8, 100, 116, 1);
	assert_int_equal(rank_from(0), 16);
	heat_forget(heat);
	settle();
	for (int i = 0; i < 8; i++)
		add(regions, 2);
	assert_int_equal(rank_from(0), 1); /* two hits of their own each */
	for (int i = 0; i < 28; i++)
		add(regions, 2);
	assert_int_equal(rank_from(0), 17); /* nine */
	assert_within(rate(107), 512 * rate_of(0.05) * (1 - 1 / sqrt(9)), 0.01);
	assert_int_equal(sum.in_use_bytes, 17 * SLOT);
}

/*
 * A region that reaches a little beyond what is hot has the neighbour read as if it were accessed. But where the hits are
 * its own, or it reads not far below the hot one, or is not beside it, it is.
 */
static void test_edges_are_not_in_use(void **state)
{
	const struct heat_region regions[] = {region(-0.05, 0.5, 20), region(0.5, 1.05, 20),
					      region(3, 4, 1),	      region(7, 8, 20),
					      region(8, 9, 1),	      region(11, 12.4, 20)};

	(void)state;
	settle();
	for (int i = 0; i < 100; i++)
		add(regions, ARRAY_SIZE(regions));
	assert_about(rate(-1), 0);
	assert_about(rate(1), 0);
	assert_true(rate(0) > 0 && rate(3) > 0 && rate(7) > 0 && rate(8) > 0 && rate(11) > 0 && rate(12) > 0);
	assert_int_equal(n_slots, 6);
	assert_int_equal(sum.in_use_bytes, 6 * SLOT);
}

/* What is in use, and how much of it the samples find as they are now: whether small or huge. */
static void test_sum(void **state)
{
	const struct heat_region regions[] = {region(0, 1, 10), region(5, 6, 5)};

	(void)state;
	settle();
	for (int i = 0; i < 10; i++)
		add(regions, 2);
	assert_int_equal(rank_from(1e9), 0); /* nothing is so hot, but in use */
	assert_int_equal(sum.in_use_bytes, 2 * SLOT);
	assert_about(sum.share, (0.5 + 0.25) / 2);
	heat_set_huge(heat, BASE, true);
	rank_from(0);
	assert_about(sum.share, (0.5 + 0.25) / 2);
	sample(20, 20000);
	add_at(NULL, 0, now_ns + 400 * NS_PER_MS);
	rank_from(0);
	assert_true(sum.share > 0.7);
}

static void test_mean_over_time(void **state)
{
	(void)state;
	settle();
	add_one(0, 1, 10);
	silence(1);
	assert_about(page_rate(0), rate_of(0.5) / 2);
	silence(2);
	assert_about(page_rate(0), rate_of(0.5) / 4);
}

/* What is a minute old counts for 0.6. */
static void test_what_is_long_ago_counts_less(void **state)
{
	double old = exp(-0.5);

	(void)state;
	sample(20, 3000000);
	settle();
	add_one(0, 1, 16);
	add_one(0, 1, 5);
	assert_about(page_rate(0), (rate_of(0.8) * old + rate_of(0.25)) / (old + 1));
}

/* The first regions reach over the edges of what is hot: they are forgotten soon, and no more than they. */
static void test_coarse_regions_count_less(void **state)
{
	(void)state;
	for (int settled = 0; settled < 2; settled++) {
		heat_forget(heat);
		if (settled)
			settle();
		add_one(0, 4, 10);
		add_times(HEAT_COARSE_AGGREGATIONS - 1, 0, 1, 20);
		assert_true(rate(0) > 0);
		assert_int_equal(rate(3) > 0, settled);
	}
}

/* What was hot is void once so many hits were to be expected that this is no accident. */
static void test_cooled(void **state)
{
	(void)state;
	settle();
	add_times(50, 0, 1, 10);
	silence(19);
	assert_true(rate(0) > 0);
	add_one(0, 1, 1); /* a hit: it begins anew */
	silence(19);
	assert_true(rate(0) > 0);
	silence(2);
	assert_about(rate(0), 0);
	for (int i = 0; i < 120; i++) { /* 2 a second: 2 s of silence are nothing */
		silence(4);
		add_one(0, 1, 1);
	}
	silence(25);
	assert_true(rate(0) > 0);
	silence(15);
	assert_about(rate(0), 0);
}

/* A hot set that moves is followed in seconds. */
static void test_moved_hot_set(void **state)
{
	(void)state;
	add_times(300, 0, 8, 18);
	add_times(25, 100, 108, 18);
	assert_int_equal(rank_from(0), 8);
	assert_int_equal(heat_ranked(heat, 0)->start, BASE + 100 * SLOT);
	assert_about(page_rate(107), rate_of(0.9));
}

/* A kdamond that is busy samples more seldom than it was told; more than twice that is a gap. */
static void test_how_long_it_lasted(void **state)
{
	static const struct {
		uint64_t told_before_ms, told_ms;
		int64_t lasted_ms;
		uint64_t counts_ms;
	} cases[] = {
		{100, 100, 100, 100}, {100, 100, 150, 150},   {100, 100, 200, 200}, {100, 100, 1000000, 200},
		{400, 100, 700, 700}, {400, 100, 900, 800},   {100, 400, 110, 110}, {100, 400, 5000, 800},
		{100, 100, 0, 100},   {100, 100, -3000, 100},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heat_region one = region(0, 1, 10);

		heat_forget(heat);
		sampling.aggr_us = cases[i].told_before_ms * 1000;
		settle();
		sampling.aggr_us = cases[i].told_ms * 1000;
		add_at(&one, 1, now_ns + (uint64_t)cases[i].lasted_ms * NS_PER_MS);
		assert_non_null(find(0));
		assert_about((double)find(0)->time_s, (double)cases[i].counts_ms / 1000);
		assert_about(page_rate(0), log(2) * 20000 / (double)cases[i].counts_ms);
	}
}

/* Only what is populated is accessed. */
static void test_populated_pages_count(void **state)
{
	double all;

	(void)state;
	settle();
	add_one(0, 1, 16);
	all = rate(0);
	heat_set_pages(heat, BASE, 128, 0, false);
	assert_about(rate(0), all / 4);
	assert_int_equal(rank_from(all / 2), 0);
	heat_set_pages(heat, BASE, 0, 0, false);
	assert_int_equal(rank_from(0), 0);
	heat_set_pages(heat, BASE, 512, 0, false);
	assert_about(rate(0), all);
}

/* A huge slot has one bit for 512 pages: the same accesses hit it so much more often. */
static void test_huge_reads_the_same_rate(void **state)
{
	(void)state;
	sample(100000, 5000);
	settle();
	add_one(0, 1, (uint32_t)lround(1e5 * (1 - exp(-0.01 * 0.005))));
	assert_about(page_rate(0), 0.01);
	heat_set_huge(heat, BASE, true);
	add_times(3, 0, 1, (uint32_t)lround(1e5 * (1 - exp(-512 * 0.01 * 0.005))));
	assert_about(page_rate(0), 0.01);
	assert_within(rate(0), 5.12, 0.02);
}

/* A collapse may make hot memory read as cold, or nearly: what is huge keeps its rate, for a while. */
static void test_blind_fades_slowly(void **state)
{
	const struct heat_region both[] = {region(0, 1, 0), region(5, 6, 1)};
	double before;

	(void)state;
	settle();
	add_times(20, 0, 10, 16);
	before = page_rate(0);
	heat_set_huge(heat, BASE, true);
	heat_set_huge(heat, BASE + 5 * SLOT, true);
	for (int i = 0; i < 100; i++)
		add(both, 2);
	assert_int_equal(rank_from(0), 2); /* the others are cold */
	assert_about(page_rate(0), before * pow(0.99, 10));
	assert_about(page_rate(5), before * pow(0.99, 10));
	heat_set_huge(heat, BASE, false); /* the kernel split it */
	silence(1);
	assert_about(rate(0), 0);
	sample(20, 50000);
	silence(1000);
	assert_int_equal(rank_from(0), 0); /* not for ever */
}

/* One that reads hot while it is huge is not blind: when its accesses end, it is as cold as others. */
static void test_sighted_falls(void **state)
{
	(void)state;
	settle();
	add_times(20, 0, 1, 10);
	heat_set_huge(heat, BASE, true);
	add_times(5, 0, 1, 20);
	heat_set_huge(heat, BASE, true); /* a look at it is no news */
	assert_about(page_rate(0), rate_of(0.5));
	silence(21);
	assert_about(rate(0), 0);
}

/* Split, and made huge again: what was seen before says nothing of it. */
static void test_collapsed_again_is_blind_again(void **state)
{
	(void)state;
	settle();
	add_times(20, 0, 1, 10);
	heat_set_huge(heat, BASE, true);
	add_times(5, 0, 1, 20);
	heat_set_pages(heat, BASE, 512, 0, false);
	heat_set_pages(heat, BASE, 512, 0, true);
	silence(50);
	assert_within(page_rate(0), rate_of(0.5) * pow(0.99, 5), 0.01);
}

/* What was read of a slot stays with it, for as long as it has heat. */
static void test_pages_are_remembered(void **state)
{
	(void)state;
	add_one(0, 2, 20);
	heat_set_pages(heat, BASE + SLOT, 300, 20, false);
	heat_set_pages(heat, BASE + 9 * SLOT, 7, 0, true); /* not known here */
	add_one(0, 3, 10);
	assert_false(find(0)->read || find(2)->read);
	assert_true(find(1)->read && !find(1)->huge);
	assert_int_equal(find(1)->populated, 300);
	assert_int_equal(find(1)->shared, 20);
	heat_set_pages(heat, BASE + SLOT, 512, 0, true);
	assert_true(find(1)->populated == 512 && !find(1)->shared && find(1)->huge);
	assert_int_equal(n_slots, 3);
}

/* As after an exec: the first aggregations are coarse again too. */
static void test_forget(void **state)
{
	struct heat_region huge = region(0, 3072, 20);

	(void)state;
	settle();
	add_one(0, 4, 20);
	add(&huge, 1);
	assert_int_equal(heat_coarse_bytes(heat), 3072 * SLOT);
	heat_forget(heat);
	assert_int_equal(rank_from(0), 0);
	assert_int_equal(heat_aggregations(heat), 0);
	assert_int_equal(heat_coarse_bytes(heat), 0);
	add_one(0, 1, 10); /* and what was before does not thin it */
	assert_about(page_rate(0), rate_of(0.5));
	add_times(HEAT_COARSE_AGGREGATIONS, 5, 6, 20);
	assert_about(rate(0), 0);
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
	add(regions, ARRAY_SIZE(regions));
	assert_true(rate(8) > 0);
	assert_int_equal(n_slots, 1);
	assert_int_equal(heat_coarse_bytes(heat), 1ULL << 47); /* that it was accessed is known */
	silence(1);
	assert_int_equal(heat_coarse_bytes(heat), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_empty),
		test(test_rate_whatever_the_sample),
		test(test_rates_add_up_over_changing_intervals),
		test(test_overlap_weighs),
		test(test_saturation),
		test(test_sure),
		test(test_hits_far_below_the_hottest),
		test(test_edges_are_not_in_use),
		test(test_sum),
		test(test_mean_over_time),
		test(test_what_is_long_ago_counts_less),
		test(test_coarse_regions_count_less),
		test(test_cooled),
		test(test_moved_hot_set),
		test(test_how_long_it_lasted),
		test(test_populated_pages_count),
		test(test_huge_reads_the_same_rate),
		test(test_blind_fades_slowly),
		test(test_sighted_falls),
		test(test_collapsed_again_is_blind_again),
		test(test_pages_are_remembered),
		test(test_forget),
		test(test_nonsense_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
