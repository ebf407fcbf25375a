// SPDX-License-Identifier: GPL-2.0
#include "rig.h"

static void test_progressive_goes_on(void **state)
{
	struct rig rig = rig_holding(1);

	(void)state;
	rig.config.progressive = true;
	assert_int_equal(later(&rig, 9, 100), 0);
	assert_int_equal(later(&rig, 1, 0), DESCENT_CHANGED_LEVEL | DESCENT_CHANGED_STATE);
	assert_is(&rig, DESCENT_DESCENDING, 4,
		  true); /* 70 and 60 %, 14 and 12 of 20, were in the hold's scatter */
	assert_string_equal(rig.descent.reason,
			    "1 collapsed, none in 10 s and 100 applies at 80 % (16 of 20): "
			    "down to 50 % (10 of 20)");
	assert_int_equal(rig.descent.level_succeeded, 0);
	assert_int_equal(later(&rig, 1, 5), DESCENT_CHANGED_LEVEL);
	assert_int_equal(collapse(&rig, 2), DESCENT_CHANGED_STATE); /* not the first */
	assert_is(&rig, DESCENT_HOLDING, 5, true);
	assert_string_equal(
		rig.descent.reason,
		"real collapses (2) at 45 % (9 of 20): holding; 7 of 20 and up is of the same heat");
	assert_int_equal(rig.descent.level_succeeded, 2);
	assert_int_equal(rig.descent.succeeded, 3);
	set_heat(&rig, 64 * MIB, 0);
	later(&rig, 10, 20); /* hot and small or not: down */
	assert_is(&rig, DESCENT_DESCENDING, 8, true);
	collapse(&rig, 1);
	assert_string_equal(rig.descent.reason,
			    "real collapse at 30 % (6 of 20): holding; 4 of 20 and up is of the same heat");
}

static void test_progressive_ends(void **state)
{
	struct rig rig = rig_holding(13);

	(void)state;
	rig.config.progressive = true;
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_SATISFIED, 13, false); /* there is no lower level */
	rig = rig_holding(12);
	rig.config.progressive = true;
	later(&rig, 10, 20);
	assert_is(&rig, DESCENT_SATISFIED, 12, false); /* its scatter reached the lowest */
	rig = rig_holding(11);
	rig.config.progressive = true;
	later(&rig, 10, 20);
	later(&rig, 1, 5);
	assert_is(&rig, DESCENT_FLOOR, 13, false);
	assert_string_equal(rig.descent.reason,
			    "lowest level 5 % (1 of 20): none collapsed, 1 did on the way: parked");
}

/* All that is hot being huge ends a hold's walk at 50 %, but says nothing of what is hot below. */
static void test_progressive_looks_at_each_level(void **state)
{
	struct rig rig = rig_holding(3);

	(void)state;
	rig.config.progressive = true;
	set_heat(&rig, 64 * MIB, 64 * MIB);
	later(&rig, 10, 20);
	for (unsigned int level = 7; level <= 13; level++) {
		assert_is(&rig, DESCENT_DESCENDING, level, true);
		later(&rig, 1, 5);
	}
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	assert_string_equal(rig.descent.reason,
			    "1 collapsed, and nothing hot is left small down to 5 % (1 of 20): "
			    "64 of 64 MiB hot are huge: parked");
}

/* At the last level, by its own heat alone: what it becomes. */
static void test_progressive_is_judged_by_the_last_level(void **state)
{
	static const struct {
		bool heat_known, huge_known, before;
		uint64_t hot, huge;
		enum descent_state becomes;
	} cases[] = {
		{true, true, true, 64 * MIB, 63 * MIB, DESCENT_SATISFIED},
		{true, true, true, 64 * MIB, 62 * MIB, DESCENT_HOLDING},
		{true, true, false, 64 * MIB, 62 * MIB, DESCENT_FLOOR},
		{true, true, true, 0, 0, DESCENT_SATISFIED},
		{true, true, false, 0, 0, DESCENT_FLOOR}, /* nothing was ever found: no success */
		{true, true, false, 64 * MIB, 64 * MIB, DESCENT_SATISFIED},
		{false, true, true, 0, 0, DESCENT_FLOOR},
		{true, false, true, 64 * MIB, 64 * MIB, DESCENT_FLOOR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rig rig = cases[i].before ? rig_holding(11) : rig_started();

		rig.config.progressive = true;
		set_heat(&rig, 64 * MIB, 32 * MIB); /* of the levels above */
		rig.evidence.hot_huge_known = cases[i].huge_known;
		while (rig.descent.level < 13)
			later(&rig, 10, 20);
		rig.evidence.hot_bytes = cases[i].hot;
		rig.evidence.hot_huge_bytes = cases[i].huge;
		rig.evidence.heat_known = cases[i].heat_known;
		later(&rig, 1, 5);
		if (!cases[i].heat_known) {
			assert_is(&rig, DESCENT_DESCENDING, 13, true); /* it is waited for */
			later(&rig, 2, 0);
		}
		assert_is(&rig, cases[i].becomes, 13, false);
	}
}

/* A process with memory of several heats, which collapses as DAMON's scheme would: by the threshold, some at a look. */
struct heap {
	unsigned int accesses;
	uint64_t bytes, huge_bytes;
	bool refuses; /* VM_NOHUGEPAGE, say */
};

static void collapse_some(struct rig *rig, struct heap *heaps, size_t n, uint64_t bytes)
{
	unsigned int threshold = descent_min_accesses(&rig->descent, &rig->config);

	for (size_t i = 0; descent_acts(&rig->descent) && i < n; i++) {
		uint64_t small = heaps[i].bytes - heaps[i].huge_bytes, take = small < bytes ? small : bytes;

		if (heaps[i].accesses < threshold || heaps[i].refuses)
			continue;
		heaps[i].huge_bytes += take;
		bytes -= take;
		rig->evidence.succeeded += take / PMD_SIZE_BYTES;
	}
}

/* What the second scheme counts, at the threshold in force. */
static void measure_heat(struct rig *rig, const struct heap *heaps, size_t n)
{
	set_heat(rig, 0, 0);
	for (size_t i = 0; i < n; i++) {
		if (heaps[i].accesses < descent_min_accesses(&rig->descent, &rig->config))
			continue;
		rig->evidence.hot_bytes += heaps[i].bytes;
		rig->evidence.hot_huge_bytes += heaps[i].huge_bytes;
	}
}

/* Looks once a second until it is parked; the seconds, and no level twice, no colder heat before a hotter one. */
static unsigned int walk(struct rig *rig, struct heap *heaps, size_t n)
{
	unsigned int seconds = 0, level = rig->descent.level;
	uint64_t before[4] = {0};

	for (size_t i = 0; i < n; i++)
		before[i] = heaps[i].huge_bytes;
	while (descent_acts(&rig->descent)) {
		assert_true(++seconds < 300);
		collapse_some(rig, heaps, n, 8 * MIB);
		measure_heat(rig, heaps, n);
		later(rig, 1, 10);
		assert_true(rig->descent.level >= level);
		level = rig->descent.level;
		for (size_t i = 0; i + 1 < n; i++)
			if (heaps[i + 1].huge_bytes > before[i + 1] && !heaps[i].refuses)
				assert_int_equal(heaps[i].huge_bytes, heaps[i].bytes);
	}
	return seconds;
}

static void test_whole_walks(void **state)
{
	const struct heap heats[] = {{19, 32 * MIB, 0, false},
				     {8, 24 * MIB, 0, false},
				     {3, 48 * MIB, 0, false},
				     {0, 500 * MIB, 0, false}};
	struct heap heaps[4];
	struct rig rig = rig_started();

	(void)state;
	memcpy(heaps, heats, sizeof(heats));
	walk(&rig, heaps, 4);
	assert_is(&rig, DESCENT_SATISFIED, 0, false); /* hold: the hottest alone */
	assert_int_equal(heaps[0].huge_bytes, 32 * MIB);
	assert_int_equal(heaps[1].huge_bytes, 0);
	memcpy(heaps, heats, sizeof(heats));
	rig = rig_started();
	rig.config.progressive = true;
	walk(&rig, heaps, 4);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(heaps[i].huge_bytes, heaps[i].bytes);
	assert_int_equal(heaps[3].huge_bytes, 0);
	assert_string_equal(rig.descent.reason,
			    "52 collapsed, and nothing hot is left small down to 5 % (1 of 20): "
			    "104 of 104 MiB hot are huge: parked");
	assert_int_equal(rig.descent.succeeded, 52);
	later(&rig, 59, 0); /* parked is parked */
	assert_false(descent_acts(&rig.descent));
	heaps[0].bytes += 64 * MIB;
	rig.evidence.anon_bytes += 64 * MIB; /* and works again for what is new, hottest first */
	later(&rig, 0.5, 0);
	assert_is(&rig, DESCENT_DESCENDING, 0, true);
	walk(&rig, heaps, 4);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	assert_int_equal(heaps[0].huge_bytes, 96 * MIB);
}

/* Hot memory that refuses is no end of the walk: what is below it is taken, and it is said to be left. */
static void test_walk_past_what_refuses(void **state)
{
	struct heap heaps[] = {{19, 32 * MIB, 0, true}, {12, 24 * MIB, 0, false}, {0, 100 * MIB, 0, false}};
	struct rig rig = rig_started();

	(void)state;
	rig.config.progressive = true;
	rig.evidence.failed = 77;
	rig.evidence.failed_most = "vma_check";
	walk(&rig, heaps, 3);
	assert_is(&rig, DESCENT_HOLDING, 13, false);
	assert_int_equal(heaps[1].huge_bytes, 24 * MIB);
	assert_string_equal(rig.descent.reason,
			    "12 collapsed down to the lowest level 5 % (1 of 20); 32 MiB hot "
			    "stay small: parked; 77 failed so far, mostly vma_check");
}

/* The slow probe of a whole walk takes what became hot since, and parks again. */
static void test_probe_after_a_walk(void **state)
{
	struct heap heaps[] = {{19, 16 * MIB, 0, false}, {6, 16 * MIB, 0, false}};
	struct rig rig = rig_started();
	unsigned int seconds;

	(void)state;
	rig.config.progressive = true;
	walk(&rig, heaps, 2);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	heaps[1].bytes += 8 * MIB; /* less than counts as growth */
	rig.evidence.anon_bytes += 8 * MIB;
	assert_int_equal(later(&rig, 59, 0), 0);
	later(&rig, 1, 0);
	assert_is(&rig, DESCENT_HOLDING, 13, true);
	seconds = walk(&rig, heaps, 2);
	assert_is(&rig, DESCENT_SATISFIED, 13, false);
	assert_int_equal(heaps[1].huge_bytes, 24 * MIB);
	assert_in_range(seconds, 10, 12);
}

/* After hold, whatever comes but a new program: never lower. */
static void test_hold_never_goes_lower(void **state)
{
	struct rig rig = rig_holding(3);
	uint32_t random = 12345;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		if (random >> 28 == 0)
			rig.evidence.succeeded++;
		if (random >> 28 == 1)
			set_heat(&rig, (random >> 8 & 63) * MIB, (random >> 14 & 63) * MIB);
		if (random >> 28 == 2)
			rig.evidence.heat_known = !rig.evidence.heat_known;
		if (random >> 28 == 3)
			rig.evidence.anon_bytes = (random >> 8 & 1023) * MIB;
		later(&rig, random >> 16 & 7, random >> 8 & 15);
		assert_int_equal(rig.descent.level, 3);
		assert_true(descent_acts(&rig.descent) ? rig.descent.state == DESCENT_HOLDING
						       : rig.descent.state != DESCENT_DESCENDING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_progressive_goes_on),
		cmocka_unit_test(test_progressive_ends),
		cmocka_unit_test(test_progressive_looks_at_each_level),
		cmocka_unit_test(test_progressive_is_judged_by_the_last_level),
		cmocka_unit_test(test_whole_walks),
		cmocka_unit_test(test_walk_past_what_refuses),
		cmocka_unit_test(test_probe_after_a_walk),
		cmocka_unit_test(test_hold_never_goes_lower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
