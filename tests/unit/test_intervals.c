// SPDX-License-Identifier: GPL-2.0
#include "intervals_rig.h"

static void test_start(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	assert_samples(&rig, 5000, 100000, 0);
	assert_int_equal(rig.intervals.update_us, 1000000);
	assert_string_equal(rig.intervals.reason, "");
	assert_int_equal(look(&rig), 0);
	rig.config.update_us = 50000; /* less than an aggregation is no use */
	intervals_start(&rig.intervals, &rig.config, 0);
	assert_int_equal(rig.intervals.update_us, 100000);
}

/* By steps, each with a reason and another walk; the ratio stays, the update follows. */
static void test_blind_climbs(void **state)
{
	static const uint64_t samples_us[] = {20000, 100000, 400000};
	static const unsigned int blind_pct[] = {25, 50, 50};
	struct rig rig = rig_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples_us); i++) {
		assert_int_equal(blind(&rig, 90), 0);
		assert_int_equal(blind(&rig, blind_pct[i] + 1), 0);
		assert_int_equal(blind(&rig, blind_pct[i]),
				 INTERVALS_CHANGED | INTERVALS_SAY | INTERVALS_LOOK_ANEW);
		assert_samples(&rig, samples_us[i], 20 * samples_us[i], 0);
		assert_int_equal(rig.intervals.update_us, i ? 20 * samples_us[i] : 1000000);
		if (i == 0)
			assert_string_equal(
				rig.intervals.reason,
				"nothing hot at 25 % with samples of 5 ms in 100 ms, though it uses "
				"95 % of a CPU: 20 ms in 400 ms instead");
	}
	assert_int_equal(blind(&rig, 5), 0); /* there is no longer one: the floor is its own */
	assert_samples(&rig, 400000, 8000000, 0);
}

static void test_what_is_not_blind(void **state)
{
	static const struct {
		bool searches, at_bottom, heat_known;
		unsigned int pct;
		uint64_t hot_bytes;
		double cpu_pct;
		bool blind;
	} cases[] = {
		{true, false, true, 25, 0, 10, true},
		{true, false, true, 25, 2 * MIB - 1, 95, true},
		{true, false, true, 26, 0, 95, false},
		{true, true, true, 90, 0, 95, true}, /* one sample an aggregation: the top is the bottom */
		{true, false, true, 25, 2 * MIB, 95, false},
		{true, false, true, 25, 0, 9.9, false}, /* it is idle: nothing is hot */
		{true, false, false, 25, 0, 95, false}, /* not measured is not blind */
		{false, false, true, 25, 0, 95, false}, /* something collapsed: that blinds as well */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();
		unsigned int changed;

		rig.look = (struct intervals_look){
			.now_ns = 501 * SECOND,
			.works = true,
			.searches = cases[i].searches,
			.at_bottom = cases[i].at_bottom,
			.min_access_pct = cases[i].pct,
			.heat_known = cases[i].heat_known,
			.hot_bytes = cases[i].hot_bytes,
			.cpu_pct = cases[i].cpu_pct,
		};
		changed = look(&rig);
		if (!!(changed & INTERVALS_LOOK_ANEW) != cases[i].blind)
			fail_msg("case %zu: %u", i, changed);
		assert_samples(&rig, cases[i].blind ? 20000 : 5000, cases[i].blind ? 400000 : 100000, 0);
	}
}

/* The operator's own are where it begins, and never too long. */
static void test_ladder_of_others(void **state)
{
	static const struct {
		uint64_t sample_us, aggr_us, last_us;
	} cases[] = {
		{20000, 400000, 8000000}, {100000, 2000000, 8000000},	 {400000, 8000000, 8000000},
		{1000, 20000, 1600000},	  {1000000, 60000000, 60000000}, {5000, 100001, 2000020},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();

		rig.config.sample_us = cases[i].sample_us;
		rig.config.aggr_us = cases[i].aggr_us;
		intervals_start(&rig.intervals, &rig.config, 0);
		for (int n = 0; n < 10; n++) {
			blind(&rig, 5);
			assert_true(rig.intervals.sample_us >= cases[i].sample_us);
			assert_int_equal(rig.intervals.aggr_us / rig.intervals.sample_us,
					 cases[i].aggr_us / cases[i].sample_us);
		}
		assert_int_equal(rig.intervals.aggr_us, cases[i].last_us);
	}
}

/* Longer samples first, then fewer regions; each after a grace and two windows. */
static void test_dear(void **state)
{
	static const struct {
		uint64_t sample_us;
		unsigned int halvings;
	} steps[] = {{20000, 0},  {100000, 0}, {400000, 0}, {400000, 1},
		     {400000, 2}, {400000, 3}, {400000, 4}};
	struct rig rig = rig_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		for (int n = 0; n < 6; n++)
			assert_int_equal(window(&rig, 7.5), 0);
		assert_int_equal(window(&rig, 7.5), INTERVALS_CHANGED | INTERVALS_SAY);
		assert_samples(&rig, steps[i].sample_us, 20 * steps[i].sample_us, steps[i].halvings);
		if (i == 0)
			assert_string_equal(rig.intervals.reason,
					    "its kdamond uses 7.50 % of a CPU, above 1 %: "
					    "samples of 20 ms in 400 ms, all of its regions");
	}
	assert_string_equal(rig.intervals.reason,
			    "its kdamond uses 7.50 % of a CPU, above 1 %: samples of 400 ms "
			    "in 8000 ms, 1/16 of its regions");
	for (int n = 0; n < 6; n++)
		assert_int_equal(window(&rig, 7.5), 0);
	assert_int_equal(window(&rig, 7.5),
			 INTERVALS_SAY); /* that is all that can be done, and it is said once */
	assert_contains(rig.intervals.reason,
			"with samples of 400 ms and 1/16 of its regions: it cannot be made cheaper");
	for (int n = 0; n < 100; n++)
		assert_int_equal(window(&rig, 7.5), 0);
}

static void test_not_dear(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	for (int n = 0; n < 50; n++)
		assert_int_equal(window(&rig, n % 2 ? 50 : 1), 0); /* never twice in a row */
	rig.config.monitor_cpu_pct = 0;
	for (int n = 0; n < 50; n++)
		assert_int_equal(window(&rig, 50), 0); /* no bound */
	rig.config.monitor_cpu_pct = 1;
	for (int n = 0; n < 50; n++) { /* what it costs at work is no monitoring */
		rig.look.now_ns += 5 * SECOND;
		rig.look.works = true;
		assert_int_equal(look(&rig), 0);
	}
	for (int n = 0; n < 6; n++)
		assert_int_equal(window(&rig, 50), 0); /* and the grace begins when it ends */
	assert_true(window(&rig, 50));
	assert_samples(&rig, 20000, 400000, 0);
}

/* At work it has the sight that it needs; parked again, the economy that was found. */
static void test_work_suspends_economy(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	while (rig.intervals.sample_us < 100000)
		window(&rig, 5);
	rig.look.cost_known = false;
	rig.look.works = true;
	assert_true(intervals_differ(&rig.intervals, &rig.config));
	assert_int_equal(look(&rig), INTERVALS_CHANGED);
	assert_samples(&rig, 5000, 100000, 0);
	assert_false(intervals_differ(&rig.intervals, &rig.config));
	assert_int_equal(look(&rig), 0);
	blind(&rig, 20);
	assert_samples(&rig, 20000, 400000, 0);
	rig.look.works = rig.look.searches = false;
	assert_int_equal(look(&rig), INTERVALS_CHANGED);
	assert_samples(&rig, 100000, 2000000, 0);
	assert_contains(rig.intervals.reason, "above 1 %: samples of 100 ms in 2000 ms");
	rig.look.works = true; /* each has its reason */
	assert_int_equal(look(&rig), INTERVALS_CHANGED);
	assert_samples(&rig, 20000, 400000, 0);
	assert_contains(rig.intervals.reason, "95 % of a CPU: 20 ms in 400 ms instead");
}

/* A process whose heat needs long samples is not made blind again by being cheap. */
static void test_economy_keeps_sight(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	blind(&rig, 20);
	for (int n = 0; n < 50; n++)
		assert_int_equal(window(&rig, 0.01), 0);
	assert_samples(&rig, 20000, 400000, 0);
	while (rig.intervals.sample_us < 100000)
		window(&rig, 5);
	for (int n = 0; n < 50; n++)
		window(&rig, 0.01);
	assert_samples(&rig, 20000, 400000, 0);
	for (int n = 0; n < 50; n++)
		assert_int_equal(window(&rig, 0.01), 0); /* there is nothing to go back to */
}

/* A step back is taken when what it would cost is clearly below the bound. */
static void test_back_with_room(void **state)
{
	static const struct {
		double cost_pct;
		bool back;
	} cases[] = {
		{0.14, true}, {0.16, false}, {0.24, false}, {0.99, false}}; /* times 4: 0.56, 0.64, ... */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();

		while (rig.intervals.sample_us < 20000)
			window(&rig, 5);
		for (int n = 0; n < 30; n++)
			window(&rig, cases[i].cost_pct);
		assert_samples(&rig, cases[i].back ? 5000 : 20000, cases[i].back ? 100000 : 400000, 0);
	}
}

/* A load whose kdamond costs @base_pct with the config's intervals: how often the intervals change in an hour. */
static unsigned int hour(struct rig *rig, double base_pct, double noise)
{
	unsigned int changes = 0;
	uint32_t random = 99;

	for (int n = 0; n < 720; n++) {
		double share = (double)rig->config.sample_us / (double)rig->intervals.sample_us;

		random = random * 1664525 + 1013904223;
		share *= 1 + noise * ((double)(random >> 16 & 255) / 128 - 1);
		changes += window(rig, base_pct * share / (double)(1U << rig->intervals.halvings)) != 0;
	}
	return changes;
}

/* Whatever it costs: it settles, at or below the bound, and not lower than two steps would have it. */
static void test_never_flaps(void **state)
{
	(void)state;
	for (double base_pct = 0.1; base_pct < 400; base_pct *= 1.07) {
		for (double noise = 0; noise < 0.6; noise += 0.1) {
			struct rig rig = rig_new();
			double cost;

			hour(&rig, base_pct, noise);
			if (hour(&rig, base_pct, noise) > 6)
				fail_msg("%g %% with noise %g flaps", base_pct, noise);
			cost = base_pct * (double)rig.config.sample_us / (double)rig.intervals.sample_us /
			       (double)(1U << rig.intervals.halvings);
			if (cost > 1.3 && rig.intervals.halvings < INTERVALS_MAX_HALVINGS)
				fail_msg("%g %% with noise %g stays at %g %%", base_pct, noise, cost);
			if (base_pct < 0.5)
				assert_samples(&rig, 5000, 100000, 0);
		}
	}
}

/* When the load becomes cheaper it comes back, a step at a time. */
static void test_comes_back(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	hour(&rig, 50, 0.1);
	assert_samples(&rig, 400000, 8000000, 0);
	hour(&rig, 0.2, 0.1);
	assert_samples(&rig, 5000, 100000, 0);
	assert_contains(rig.intervals.reason, "far below 1 %: samples of 5 ms in 100 ms");
}

/* Steps back that prove wrong come ever more rarely. */
static void test_back_off(void **state)
{
	struct rig rig = rig_new();
	unsigned int backs[2] = {0, 0};

	(void)state;
	window(&rig, 0);
	for (int half = 0; half < 2; half++) {
		for (int n = 0; n < 1000; n++) { /* a cost that does not follow the samples as it should */
			bool was_short = rig.intervals.sample_us == 5000;

			backs[half] += window(&rig, was_short ? 2 : 0.1) && !was_short;
		}
	}
	assert_in_range(backs[0], 2, 12);
	assert_in_range(backs[1], 0, backs[0] / 2);
}

/* At once to the first rung with which it reads no longer dim; rates add up, so nothing begins anew. */
static void test_dim_is_fitted_at_once(void **state)
{
	static const struct {
		double share;
		uint64_t sample_us;
	} cases[] = {
		{0.0001, 100000}, {0.011, 100000}, {0.0113, 100000}, {0.05, 100000},
		{0.0542, 100000}, {0.0545, 20000}, {0.199, 20000},   {0.2, 5000},
		{0.85, 5000},	  {0.99, 5000}, /* shorter ones than the operator's are none */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_new();
		unsigned int changed = mapped(&rig, 4, 64, cases[i].share);

		assert_samples(&rig, cases[i].sample_us, 20 * cases[i].sample_us, 0);
		assert_int_equal(changed, cases[i].sample_us > 5000 ? INTERVALS_CHANGED | INTERVALS_SAY : 0);
		if (i == 0)
			assert_string_equal(rig.intervals.reason,
					    "64 MiB in use read 0 % with samples of 5 ms: "
					    "100 ms in 2000 ms instead");
	}
}

static void test_bright_goes_one_back(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	mapped(&rig, 4, 64, 0.001);
	assert_samples(&rig, 100000, 2000000, 0);
	assert_int_equal(mapped(&rig, 24, 64, 0.85), 0);
	assert_int_equal(mapped(&rig, 0, 64, 0.86), INTERVALS_CHANGED | INTERVALS_SAY);
	assert_samples(&rig, 20000, 400000, 0);
	assert_contains(rig.intervals.reason,
			"64 MiB in use read 86 % with samples of 100 ms: 20 ms in 400 ms");
	mapped(&rig, 4, 64, 1);
	assert_samples(&rig, 5000, 100000, 0);
	assert_int_equal(mapped(&rig, 4, 64, 1), 0);
}

/* Rates are known after a few aggregations, and some seconds. */
static void test_fit_takes_its_time(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	assert_int_equal(mapped(&rig, 3.9, 64, 0.03), 0);
	mapped(&rig, 0.1, 64, 0.03);
	assert_samples(&rig, 100000, 2000000, 0);
	assert_int_equal(mapped(&rig, 5.9, 64, 0.9), 0); /* three aggregations of 2 s */
	mapped(&rig, 0.1, 64, 0.9);
	assert_samples(&rig, 20000, 400000, 0);
	assert_int_equal(mapped(&rig, 3.9, 64, 0.1), 0);
	assert_true(mapped(&rig, 0.1, 64, 0.1));
}

/* A process that is busy uses something; one that idles need not. What is blind without a map is no matter with one. */
static void test_nothing_in_use(void **state)
{
	struct rig rig = rig_new(), idle = rig_new(), used = rig_new();

	(void)state;
	assert_true(mapped(&rig, 4, 1, 0.5) & INTERVALS_CHANGED);
	assert_true(rig.intervals.sample_us > 5000);
	idle.look.cpu_pct = 9.9;
	assert_int_equal(mapped(&idle, 4, 0, 0), 0);
	mapped(&used, 4, 64, 0.5);
	assert_int_equal(blind(&used, 5), 0);
	assert_samples(&used, 5000, 100000, 0);
}

/* Whatever its rate: in a few steps it is neither dim nor bright, or the ladder ends; and there it stays. */
static void test_fit_settles(void **state)
{
	(void)state;
	for (double per_s = 1e-4; per_s < 1e4; per_s *= 1.1) {
		struct rig rig = rig_new();
		unsigned int changes = 0;
		double share = 0;

		mapped(&rig, 4, 64, 0); /* from the other end */
		for (int i = 0; i < 20; i++) {
			share = 1 - exp(-per_s * (double)rig.intervals.sample_us / 1e6);
			changes += mapped(&rig, 24, 64, share) != 0;
		}
		assert_in_range(changes, 0, 3);
		if (share < INTERVALS_DIM_SHARE) /* longer ones are for economy */
			assert_samples(&rig, 100000, 2000000, 0);
		if (share > INTERVALS_BRIGHT_SHARE)
			assert_samples(&rig, 5000, 100000, 0);
	}
}

/* What its cost made long while it watches is not made longer for the sight, and not shorter. */
static void test_fit_within_economy(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	while (rig.intervals.sample_us < 100000)
		window(&rig, 5);
	rig.look.cost_known = false;
	assert_int_equal(mapped(&rig, 6, 64, 0.5), 0);
	assert_int_equal(mapped(&rig, 6, 64, 0.95), 0);
	assert_samples(&rig, 100000, 2000000, 0);
	mapped(&rig, 6, 64, 0.1); /* nor longer than that for the sight */
	assert_samples(&rig, 100000, 2000000, 0);
}

static void test_start_again(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	blind(&rig, 20);
	while (rig.intervals.sample_us < 400000)
		window(&rig, 5);
	intervals_start(&rig.intervals, &rig.config, rig.look.now_ns);
	assert_samples(&rig, 5000, 100000, 0);
	assert_string_equal(rig.intervals.reason, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_blind_climbs),
		cmocka_unit_test(test_what_is_not_blind),
		cmocka_unit_test(test_ladder_of_others),
		cmocka_unit_test(test_dear),
		cmocka_unit_test(test_not_dear),
		cmocka_unit_test(test_work_suspends_economy),
		cmocka_unit_test(test_economy_keeps_sight),
		cmocka_unit_test(test_back_with_room),
		cmocka_unit_test(test_never_flaps),
		cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_dim_is_fitted_at_once),
		cmocka_unit_test(test_bright_goes_one_back),
		cmocka_unit_test(test_fit_takes_its_time),
		cmocka_unit_test(test_nothing_in_use),
		cmocka_unit_test(test_fit_settles),
		cmocka_unit_test(test_fit_within_economy),
		cmocka_unit_test(test_start_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
