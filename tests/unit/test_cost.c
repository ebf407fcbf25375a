// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <math.h>

#include "base/units.h"
#include "decide/cost.h"

static struct host_cost cost;

static int set_up(void **state)
{
	(void)state;
	cost_start(&cost, 0);
	return 0;
}

static struct cost_measure measure(double low_ns, double median_ns, double high_ns, double collapse_ns)
{
	return (struct cost_measure){{low_ns, median_ns, high_ns}, collapse_ns};
}

static void take(double low_ns, double median_ns, double high_ns)
{
	struct cost_measure taken = measure(low_ns, median_ns, high_ns, 400000);

	cost_take(&cost, &taken, false);
}

static void test_defaults_hold_until_something_is_known(void **state)
{
	(void)state;
	assert_near(cost.miss_ns, COST_MISS_DEFAULT_NS);
	assert_near(cost.collapse_ns, COST_COLLAPSE_DEFAULT_NS);
	assert_string_equal(cost_source_name(cost.miss_source), "default");
	assert_string_equal(cost.miss_reason, "not measured yet");
	cost_take_none(&cost, "memory is short");
	assert_near(cost.miss_ns, COST_MISS_DEFAULT_NS);
	assert_string_equal(cost.miss_reason, "not measured: memory is short");
}

/* One round in which something else ran, on either side, moves nothing. */
static void test_rounds(void **state)
{
	struct cost_round rounds[COST_MAX_ROUNDS + 1];
	struct cost_miss miss = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++)
		rounds[i] = (struct cost_round){130 + (double)(i % 5), 100};
	rounds[3].small_ns = 90000;
	rounds[7].huge_ns = 90000;
	assert_true(cost_of_rounds(rounds, COST_MAX_ROUNDS, &miss));
	assert_near(miss.median_ns, 32);
	assert_near(miss.low_ns, 31);
	assert_near(miss.high_ns, 33);
	assert_true(cost_of_rounds(rounds, COST_LEAST_ROUNDS, &miss));
	assert_false(cost_of_rounds(rounds, COST_LEAST_ROUNDS - 1, &miss));
	assert_false(cost_of_rounds(rounds, COST_MAX_ROUNDS + 1, &miss));
}

static void test_what_is_sure_is_taken(void **state)
{
	(void)state;
	take(28, 32.4, 37);
	assert_near(cost.miss_ns, 32.4);
	assert_int_equal(cost.miss_source, COST_MEASURED);
	assert_string_equal(cost.miss_reason, "half of the rounds from 28.0 to 37.0 ns");
	assert_near(cost.collapse_ns, 400000);
	assert_int_equal(cost.collapse_source, COST_MEASURED);
}

static void test_what_is_not_sure_leaves_the_default(void **state)
{
	static const struct {
		double low_ns, median_ns, high_ns;
		const char *why;
	} cases[] = {
		{-12.7, -7.5, -0.1, "not measurable here: no difference"}, /* seen in a virtual machine */
		{-1, 9, 12, "no difference"},
		{0.2, 0.9, 1.1, "no difference"},
		{0, 0, 0, "no difference"},
		{3, 13.2, 107.5, "too scattered"},	  /* likewise */
		{800, 2598, 2777, "more than a look-up"}, /* likewise */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(state);
		take(cases[i].low_ns, cases[i].median_ns, cases[i].high_ns);
		assert_near(cost.miss_ns, COST_MISS_DEFAULT_NS);
		assert_int_equal(cost.miss_source, COST_DEFAULT);
		assert_contains(cost.miss_reason, cases[i].why);
		assert_near(cost.collapse_ns, 400000); /* which is another matter */
	}
}

static void test_operators_word_stays(void **state)
{
	(void)state;
	cost_start(&cost, 12.5);
	take(28, 32, 37);
	cost_take_none(&cost, "memory is short");
	assert_near(cost.miss_ns, 12.5);
	assert_int_equal(cost.miss_source, COST_GIVEN);
	assert_string_equal(cost.miss_reason, "by --miss-ns");
}

static void test_kept(void **state)
{
	struct cost_measure kept = measure(28, 32, 37, 0);

	(void)state;
	cost_take(&cost, &kept, true);
	assert_int_equal(cost.miss_source, COST_KEPT);
	assert_near(cost.collapse_ns, COST_COLLAPSE_DEFAULT_NS); /* there is none in it */
	assert_int_equal(cost.collapse_source, COST_DEFAULT);
}

static void test_sanity(void **state)
{
	static const struct cost_measure bad[] = {
		{{NAN, 1, 2}, 1e6},   {{1, NAN, 2}, 1e6}, {{1, 2, INFINITY}, 1e6}, {{3, 2, 1}, 1e6},
		{{1, 3, 2}, 1e6},     {{1, 2, 3}, -1},	  {{1, 2, 3}, 999},	   {{1, 2, 3}, 1.1e9},
		{{1, 2, 1.1e9}, 1e6}, {{1, 2, 3}, NAN},
	};
	struct cost_measure good = measure(-5, 0, 5, 1e6);

	(void)state;
	assert_true(cost_measure_is_sane(&good));
	good.collapse_ns = 0;
	assert_true(cost_measure_is_sane(&good));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (cost_measure_is_sane(&bad[i]))
			fail_msg("measure %zu is no measure", i);
}

static void test_collapses_of_targets_replace_the_rest(void **state)
{
	(void)state;
	cost_note_collapse(&cost, 500000);
	assert_near(cost.collapse_ns, 500000);
	cost_note_collapse(&cost, 700000);
	assert_near(cost.collapse_ns, 600000);
	take(28, 32, 37);
	assert_near(cost.collapse_ns, 600000);
	assert_int_equal(cost.collapses, 2);
}

/* One that hung for a second is no measure of the next; a host that got slower is. */
static void test_mean_is_robust_and_follows(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++)
		cost_note_collapse(&cost, 500000);
	cost_note_collapse(&cost, NS_PER_S);
	assert_true(cost.collapse_ns < 600000);
	for (int i = 0; i < 500; i++)
		cost_note_collapse(&cost, 5000000);
	assert_true(cost.collapse_ns > 4900000 && cost.collapse_ns <= 5000000);
	for (int i = 0; i < 2000; i++)
		cost_note_collapse(&cost, 0);
	assert_near(cost.collapse_ns, COST_COLLAPSE_LEAST_NS);
}

static void test_words(void **state)
{
	char words[2 * REASON_LEN];

	(void)state;
	cost_words(&cost, words);
	assert_string_equal(words,
			    "a TLB miss 50.0 ns (default: not measured yet), a collapse 2.00 ms (default)");
	take(28, 32, 37);
	cost_note_collapse(&cost, 650000);
	cost_words(&cost, words);
	assert_string_equal(words,
			    "a TLB miss 32.0 ns (measured: half of the rounds from 28.0 to 37.0 ns), a "
			    "collapse 0.65 ms (mean of 1)");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(test_defaults_hold_until_something_is_known),
		TEST(test_rounds),
		TEST(test_what_is_sure_is_taken),
		TEST(test_what_is_not_sure_leaves_the_default),
		TEST(test_operators_word_stays),
		TEST(test_kept),
		TEST(test_sanity),
		TEST(test_collapses_of_targets_replace_the_rest),
		TEST(test_mean_is_robust_and_follows),
		TEST(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
