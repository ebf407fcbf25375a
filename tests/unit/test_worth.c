// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "base/units.h"
#include "decide/worth.h"

static struct worth_config config_of(double miss_ns, double collapse_ns, uint64_t payback_s)
{
	return (struct worth_config){.miss_ns = miss_ns, .collapse_ns = collapse_ns, .payback_s = payback_s};
}

static void test_least_rate(void **state)
{
	static const struct {
		double miss_ns, collapse_ns;
		uint64_t payback_s;
		double rate_per_s;
	} cases[] = {
		{50, 700000, 14000, 1},	    {50, 700000, 1000, 14}, {50, 700000, 1, 14000},
		{100, 700000, 1000, 7},	    {25, 700000, 1000, 28}, {50, 1400000, 1000, 28},
		{200, 20000000, 100, 1000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct worth_config config =
			config_of(cases[i].miss_ns, cases[i].collapse_ns, cases[i].payback_s);

		assert_near(worth_least_rate_per_s(&config), cases[i].rate_per_s);
	}
}

/* A slot at the least rate has paid for its collapse when the time is over, whatever things cost. */
static void test_the_least_pays_in_time(void **state)
{
	(void)state;
	for (double miss_ns = 5; miss_ns < 500; miss_ns *= 1.7) {
		for (uint64_t payback_s = 1; payback_s < 100000; payback_s *= 7) {
			struct worth_config config = config_of(miss_ns, 650000.0, payback_s);
			double saved_pct = worth_saved_pct(&config, worth_least_rate_per_s(&config));

			assert_near(worth_payback_s(config.collapse_ns, saved_pct) / (double)payback_s, 1);
		}
	}
}

/* At 50 ns and 0.7 ms 23 accesses a second pay, and 1000 have paid after 14 s. */
static void test_typical(void **state)
{
	struct worth_config config = config_of(50, 700000, 600);

	(void)state;
	assert_near(worth_least_rate_per_s(&config), 70.0 / 3);
	assert_near(worth_payback_s(config.collapse_ns, worth_saved_pct(&config, 1000)), 14);
}

static void test_saved(void **state)
{
	struct worth_config config = config_of(50, 700000, 600);

	(void)state;
	assert_near(worth_saved_pct(&config, 0), 0);
	assert_near(worth_saved_pct(&config, 2e6), 10);
	config.miss_ns = 100;
	assert_near(worth_saved_pct(&config, 2e6), 20);
}

static void test_payback(void **state)
{
	(void)state;
	assert_near(worth_payback_s(0, 10), 0);
	assert_near(worth_payback_s(1e9, 100), 1);
	assert_near(worth_payback_s(1e9, 10), 10);
	assert_true(worth_payback_s(1e9, 0) < 0);
	assert_true(worth_payback_s(0, 0) < 0); /* nothing spent, nothing saved: there is no such time */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least_rate), cmocka_unit_test(test_the_least_pays_in_time),
		cmocka_unit_test(test_typical),	   cmocka_unit_test(test_saved),
		cmocka_unit_test(test_payback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
