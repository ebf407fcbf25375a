// SPDX-License-Identifier: GPL-2.0
#include "rig.h"

/* Memory in MiB when it was parked, then; does it work again? */
static void test_growth(void **state)
{
	static const struct {
		uint64_t parked, least, then;
		bool works;
	} cases[] = {
		{400, 400, 400, false}, {400, 400, 449, false}, {400, 400, 450, true},
		{40, 40, 55, false},	{40, 40, 56, true},	{128, 128, 143, false},
		{128, 128, 144, true},	{400, 200, 224, false}, {400, 200, 225, true}, /* from the least */
		{400, 200, 400, true},	{400, 0, 400, false},	{0, 400, 449, false},  /* 0: not read */
		{0, 400, 450, true},	{400, 500, 500, true},	{0, 0, 400, false},
		{400, 0, 450, true},	{400, 1, 17, true},	{400, 399, 300, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = rig_holding(2);

		rig.evidence.anon_bytes = cases[i].parked * MIB;
		later(&rig, 10, 20);
		rig.evidence.anon_bytes = cases[i].least * MIB;
		later(&rig, 1, 0);
		rig.evidence.anon_bytes = cases[i].then * MIB;
		later(&rig, 1, 0);
		if (descent_acts(&rig.descent) != cases[i].works)
			fail_msg("case %zu: %s", i, rig.descent.reason);
		assert_is(&rig, cases[i].works ? DESCENT_HOLDING : DESCENT_SATISFIED, 2, cases[i].works);
		assert_false(rig.descent.probing);
	}
}

static void test_growth_rearms(void **state)
{
	struct rig rig = rig_satisfied();

	(void)state;
	rig.evidence.anon_bytes = 500 * MIB;
	assert_int_equal(later(&rig, 1, 0), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_string_equal(rig.descent.reason,
			    "anonymous memory grew from 400 to 500 MiB: works again at 70 % (14 of 20)");
	assert_int_equal(later(&rig, 9.9, 100), 0); /* dryness counts from here */
	later(&rig, 0.1, 0);
	assert_is(&rig, DESCENT_SATISFIED, 2, false);
	rig = rig_satisfied();
	rig.config.progressive = true; /* from the top: its last level is no measure of what is new */
	rig.evidence.anon_bytes = 500 * MIB;
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	rig = rig_floor();
	rig.evidence.anon_bytes = 500 * MIB;
	assert_int_equal(later(&rig, 1, 0),
			 DESCENT_CHANGED_LEVEL | DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_string_equal(rig.descent.reason,
			    "anonymous memory grew from 400 to 500 MiB: starts at 90 % (18 of 20)");
}

/* A new measure of what is hot: so much of it small. */
static unsigned int measure(struct rig *rig, uint64_t hot_mib, uint64_t small_mib)
{
	set_heat(rig, hot_mib * MIB, (hot_mib - small_mib) * MIB);
	rig->evidence.heat_is_new = true;
	return later(rig, 1, 0);
}

static void test_small_memory_got_hot(void **state)
{
	struct rig rig = rig_satisfied(), old;

	(void)state;
	assert_int_equal(measure(&rig, 64, 24), 0);
	rig.evidence.heat_is_new = false; /* the same measure, looked at again */
	assert_int_equal(later(&rig, 1, 0), 0);
	assert_int_equal(measure(&rig, 64, 14), 0); /* less than a quarter: it begins anew */
	assert_int_equal(measure(&rig, 64, 24), 0);
	old = rig;
	assert_int_equal(measure(&rig, 64, 16), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_string_equal(rig.descent.reason,
			    "16 MiB hot are small, 0 when it was parked: works again at 70 % (14 of 20)");
	rig = old;
	rig.config.progressive = true; /* its last level is no measure of what is new */
	measure(&rig, 64, 16);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	rig = old;
	rig.evidence.hot_huge_known = false;
	rig.evidence.now_ns += SECOND;
	assert_int_equal(look(&rig), 0);
	rig = old;
	rig.config.by_worth = true; /* the executor knows what it can collapse */
	assert_int_equal(measure(&rig, 64, 32), 0);
	rig = old;
	assert_int_equal(measure(&rig, 1, 1), 0); /* less than a huge page */
	assert_int_equal(measure(&rig, 1, 1), 0);
	rig = rig_floor();
	measure(&rig, 64, 64);
	assert_int_equal(measure(&rig, 64, 64), 0); /* where nothing collapsed it is not tried so soon */
}

/* What stayed small while it worked cannot be collapsed. */
static void test_what_stayed_small_is_no_news(void **state)
{
	struct rig rig = rig_holding(2);

	(void)state;
	set_heat(&rig, 64 * MIB, 44 * MIB);
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_HOLDING, 2, false);
	for (int i = 0; i < 20; i++)
		assert_int_equal(measure(&rig, 64, 10 + (uint64_t)i % 26), 0);
	measure(&rig, 64, 36);
	measure(&rig, 64, 36);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	later(&rig, 10, 20); /* of no use: it is known now */
	assert_is(&rig, DESCENT_HOLDING, 2, false);
	for (int i = 0; i < 20; i++)
		assert_int_equal(measure(&rig, 64, 26 + (uint64_t)i % 26), 0);
}

static void test_probe(void **state)
{
	struct rig rig = rig_satisfied();

	(void)state;
	rig.config.progressive = true;
	assert_int_equal(later(&rig, 59.9, 0), 0);
	assert_int_equal(later(&rig, 0.1, 0), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_true(rig.descent.probing);
	assert_string_equal(rig.descent.reason, "probe after 60 s parked: works again at 70 % (14 of 20)");
	assert_int_equal(later(&rig, 10, 19), 0);
	later(&rig, 0, 1);
	assert_is(&rig, DESCENT_SATISFIED, 2, false); /* found nothing: no lower, though progressive */
	assert_false(rig.descent.probing);
	assert_int_equal(later(&rig, 59.9, 0), 0); /* the next one is as slow */
	later(&rig, 0.1, 0);
	assert_int_equal(collapse(&rig, 1), 0);
	assert_false(rig.descent.probing);
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_DESCENDING, 5, true); /* found something: progressive goes on */
}

/* HOLDING, parked as hot memory stays small, is probed at the same level, and stays HOLDING. */
static void test_probe_of_parked_holding(void **state)
{
	struct rig rig = rig_holding(2);

	(void)state;
	set_heat(&rig, 64 * MIB, 0);
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_HOLDING, 2, false);
	assert_int_equal(later(&rig, 60, 0), DESCENT_CHANGED_ACTING);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_int_equal(later(&rig, 10, 20), DESCENT_CHANGED_ACTING);
	assert_is(&rig, DESCENT_HOLDING, 2, false);
}

static void test_probe_of_floor(void **state)
{
	struct rig rig = rig_floor();

	(void)state;
	later(&rig, 60, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_true(rig.descent.probing);
	assert_string_equal(rig.descent.reason, "probe after 60 s parked: starts at 90 % (18 of 20)");
	assert_int_equal(later(&rig, 2, 4), 0);
	later(&rig, 0, 1);
	assert_is(&rig, DESCENT_DESCENDING, 1, true);
	assert_int_equal(collapse(&rig, 1), DESCENT_CHANGED_STATE | DESCENT_FIRST_SUCCESS);
	assert_false(rig.descent.probing);
}

/* Hot memory that could be collapsed at once is no reason to wait for the probe. */
static void test_collapsible_memory_rearms(void **state)
{
	struct rig rig = rig_satisfied();

	(void)state;
	rig.evidence.collapsible_bytes = PMD_SIZE_BYTES - 1;
	assert_int_equal(later(&rig, 1, 0), 0);
	rig.evidence.collapsible_bytes = 6 * MIB;
	assert_int_equal(later(&rig, 1, 0), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	assert_contains(rig.descent.reason, "6 MiB hot are small");
	later(&rig, 5, 10); /* dryness counts from here */
	assert_is(&rig, DESCENT_HOLDING, 2, true);
	rig = rig_floor();
	rig.evidence.collapsible_bytes = 2 * MIB;
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
}

/* A collapse made before the park was written. */
static void test_late_success(void **state)
{
	struct rig rig = rig_floor();

	(void)state;
	assert_int_equal(collapse(&rig, 1),
			 DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE | DESCENT_FIRST_SUCCESS);
	assert_is(&rig, DESCENT_HOLDING, 13, true);
	assert_int_equal(later(&rig, 9.9, 100), 0);
	rig = rig_satisfied();
	assert_int_equal(collapse(&rig, 1), 0); /* it is satisfied all the same */
	assert_is(&rig, DESCENT_SATISFIED, 2, false);
	later(&rig, 60, 0);
	assert_true(rig.descent.probing);
	later(&rig, 1, 1);
	assert_true(rig.descent.probing); /* the late one was counted, and counts not again */
}

/* Nothing was found in the descent: the first success after a re-arm is the first. */
static void test_first_success_after_satisfied(void **state)
{
	struct rig rig = rig_started();

	(void)state;
	set_heat(&rig, 64 * MIB, 64 * MIB);
	later(&rig, 2, 5);
	for (int level = 1; level <= 4; level++)
		later(&rig, 1, 5);
	assert_is(&rig, DESCENT_SATISFIED, 4, false);
	later(&rig, 60, 0);
	assert_int_equal(collapse(&rig, 1), DESCENT_FIRST_SUCCESS);
	assert_int_equal(collapse(&rig, 1), 0);
}

/* Parked with 200 MiB that pay, all of it huge. */
static struct rig rig_paid(void)
{
	struct rig rig = rig_by_worth();

	collapse(&rig, 1);
	set_heat(&rig, 200 * MIB, 200 * MIB);
	later(&rig, 5, 20);
	assert_is(&rig, DESCENT_SATISFIED, 0, false);
	return rig;
}

/* One slot more that pays waits for others; what is worth the while does not. */
static void test_crumbs_wait(void **state)
{
	struct rig rig = rig_paid();

	(void)state;
	rig.evidence.collapsible_bytes = 4 * MIB;
	assert_int_equal(later(&rig, 14.9, 0), 0);
	assert_int_equal(later(&rig, 0.1, 0), DESCENT_CHANGED_ACTING | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_HOLDING, 0, true);
	assert_string_equal(rig.descent.reason, "4 MiB that pay are small: works again at what pays");
	rig = rig_paid();
	rig.evidence.collapsible_bytes = 6 * MIB;
	later(&rig, 0.1, 0);
	assert_is(&rig, DESCENT_HOLDING, 0, true);
	rig = rig_paid();
	rig.config.by_worth = false; /* there is no such thing where heat is a level */
	rig.evidence.collapsible_bytes = 2 * MIB;
	later(&rig, 0.1, 0);
	assert_is(&rig, DESCENT_HOLDING, 0, true);
}

/* Where nothing paid, the first that does is looked for anew; by itself it looks once an hour. */
static void test_nothing_paid(void **state)
{
	struct rig rig = rig_by_worth(), old;

	(void)state;
	set_heat(&rig, 0, 0);
	later(&rig, 100, 900);
	assert_is(&rig, DESCENT_FLOOR, 0, false);
	old = rig;
	rig.evidence.collapsible_bytes = rig.evidence.hot_bytes = 2 * MIB;
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	assert_string_equal(rig.descent.reason, "2 MiB that pay are small: starts at what pays");
	rig = old;
	assert_int_equal(later(&rig, 3599, 0), 0);
	later(&rig, 1, 0);
	assert_true(rig.descent.probing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_growth_rearms),
		cmocka_unit_test(test_small_memory_got_hot),
		cmocka_unit_test(test_what_stayed_small_is_no_news),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_of_parked_holding),
		cmocka_unit_test(test_probe_of_floor),
		cmocka_unit_test(test_collapsible_memory_rearms),
		cmocka_unit_test(test_crumbs_wait),
		cmocka_unit_test(test_nothing_paid),
		cmocka_unit_test(test_late_success),
		cmocka_unit_test(test_first_success_after_satisfied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
