// SPDX-License-Identifier: GPL-2.0
/* The intervals where DAMON makes many regions of a target. */
#include "intervals_rig.h"

static unsigned int crowd(struct rig *rig, uint64_t regions)
{
	rig->look.now_ns += SECOND;
	rig->look.min_regions = rig->look.max_regions = regions;
	return look(rig);
}

/* The more regions, the longer the samples; back only where there are clearly fewer. */
static void test_crowd(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	assert_int_equal(crowd(&rig, 1250), 0);
	assert_int_equal(crowd(&rig, 1251), INTERVALS_CHANGED | INTERVALS_SAY);
	assert_samples(&rig, 20000, 400000, 0);
	assert_int_equal(crowd(&rig, 6144), INTERVALS_CHANGED | INTERVALS_SAY);
	assert_samples(&rig, 100000, 2000000, 0);
	assert_string_equal(rig.intervals.reason,
			    "6144 regions are looked at with samples of 100 ms in 2000 ms");
	assert_int_equal(crowd(&rig, 4000), 0);
	assert_int_equal(crowd(&rig, 1000), INTERVALS_CHANGED | INTERVALS_SAY);
	assert_samples(&rig, 20000, 400000, 0);
	assert_int_equal(crowd(&rig, 900), INTERVALS_CHANGED | INTERVALS_SAY);
	assert_samples(&rig, 5000, 100000, 0);
	crowd(&rig, 1000000); /* never beyond the ladder */
	assert_samples(&rig, 400000, 8000000, 0);
}

/* DAMON splits up to the maximum; but not where each region is a slot. */
static void test_crowd_is_what_may_be(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	rig.look.min_regions = 2048, rig.look.max_regions = 8192;
	assert_int_equal(look(&rig), INTERVALS_CHANGED | INTERVALS_SAY);
	assert_samples(&rig, 100000, 2000000, 0);
	rig = rig_new();
	rig.look.by_slot = true;
	rig.look.min_regions = 1250, rig.look.max_regions = 2499;
	assert_int_equal(look(&rig), 0);
	assert_samples(&rig, 5000, 100000, 0);
}

/* Whatever reports a change is one: from halvings that were, no steps are left over. */
static void test_regions_become_slots(void **state)
{
	struct rig rig = rig_new();

	(void)state;
	crowd(&rig, 1000);
	while (rig.intervals.halvings < INTERVALS_MAX_HALVINGS)
		window(&rig, 2);
	rig.look.by_slot = true;
	window(&rig, 0.5);
	assert_samples(&rig, 1600000, 32000000, 0);
	for (int n = 0; n < 1000; n++) {
		uint64_t sample_us = rig.intervals.sample_us;
		bool changed = window(&rig, 0) & INTERVALS_CHANGED;

		assert_int_equal(changed, rig.intervals.sample_us != sample_us);
	}
	assert_samples(&rig, 5000, 100000, 0);
}

/* Regions that are slots are not halved: samples become longer still. Nor shorter than they may be, however cheap. */
static void test_dear_by_slot(void **state)
{
	static const uint64_t samples_us[] = {400000, 800000, 1600000};
	struct rig rig = rig_new();

	(void)state;
	rig.look.by_slot = true;
	crowd(&rig, 6144);
	for (size_t i = 0; i < ARRAY_SIZE(samples_us); i++) {
		while (!window(&rig, 2))
			;
		assert_samples(&rig, samples_us[i], 20 * samples_us[i], 0);
	}
	while (!window(&rig, 2))
		;
	assert_string_equal(rig.intervals.reason,
			    "its kdamond uses 2.00 % of a CPU, above 1 %, with samples of 1600 ms and all of "
			    "its regions: it cannot be made cheaper");
	for (int n = 0; n < 1000; n++)
		window(&rig, 0);
	assert_samples(&rig, 100000, 2000000, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_crowd_is_what_may_be),
		cmocka_unit_test(test_regions_become_slots),
		cmocka_unit_test(test_dear_by_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
