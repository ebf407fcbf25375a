// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "report/trend.h"

static void assert_pct(const struct trend *trend, double now_s, size_t bars, const double *want)
{
	double pct[TREND_CELLS];

	trend_pct(trend, now_s, bars, pct);
	for (size_t i = 0; i < bars; i++)
		if (pct[i] - want[i] > 1e-4 || want[i] - pct[i] > 1e-4)
			fail_msg("bar %zu of %zu at %g s: %f is not %f", i, bars, now_s, pct[i], want[i]);
}

static void test_nothing(void **state)
{
	static const double want[TREND_CELLS];
	struct trend trend = {0};

	(void)state;
	assert_pct(&trend, 0, TREND_WIDE, want);
	assert_pct(&trend, 1000, TREND_NARROW, want);
	assert_false(trend_ran(&trend, 0));
	trend_add(&trend, 5, 5, 1); /* no time passed: nothing to spread it over */
	assert_false(trend_ran(&trend, 5));
}

/* The newest bar is right from its first moment: it is of the time that it covers, not of a whole cell. */
static void test_partial_cell(void **state)
{
	double want[TREND_CELLS] = {0};
	struct trend trend = {0};

	(void)state;
	trend_add(&trend, 0, 0.5, 0.25);
	want[TREND_WIDE - 1] = 50;
	assert_pct(&trend, 0.5, TREND_WIDE, want);
	trend_add(&trend, 0.5, 3.5, 3);
	want[TREND_WIDE - 2] = 100 * 2.75 / 3;
	want[TREND_WIDE - 1] = 100;
	assert_pct(&trend, 3.5, TREND_WIDE, want);
}

/* A border belongs to the cell before it: no empty bar at a window that ends there. */
static void test_border(void **state)
{
	double want[TREND_CELLS] = {0};
	struct trend trend = {0};

	(void)state;
	trend_add(&trend, 0, 3, 3);
	want[TREND_WIDE - 1] = 100;
	assert_pct(&trend, 3, TREND_WIDE, want);
	trend_add(&trend, 3, 6, 0.3);
	want[TREND_WIDE - 2] = 100;
	want[TREND_WIDE - 1] = 10;
	assert_pct(&trend, 6, TREND_WIDE, want);
	want[TREND_NARROW - 1] = 55;
	want[TREND_NARROW - 2] = 0;
	assert_pct(&trend, 6, TREND_NARROW, want);
}

/* One window of a quarter of an hour fills the minute; nothing is counted twice. */
static void test_long_window(void **state)
{
	double want[TREND_CELLS];
	struct trend trend = {0};

	(void)state;
	for (size_t i = 0; i < TREND_CELLS; i++)
		want[i] = 200;
	trend_add(&trend, 0, 900, 1800);
	assert_pct(&trend, 900, TREND_WIDE, want);
	assert_pct(&trend, 900, TREND_NARROW, want);
	trend_add(&trend, 900, 960, 60);
	for (size_t i = 0; i < TREND_CELLS; i++)
		want[i] = 100;
	assert_pct(&trend, 960, TREND_WIDE, want);
}

/* A second of work is seen for a minute, one cell further left each cell, and then no more. */
static void test_moves_and_is_forgotten(void **state)
{
	struct trend trend = {0};
	double pct[TREND_CELLS];

	(void)state;
	trend_add(&trend, 30, 31, 1);
	for (int cell = 11; cell < 40; cell++) {
		double from_s = cell * TREND_CELL_S;
		int at = TREND_WIDE - 1 - (cell - 10);

		trend_add(&trend, from_s, from_s + TREND_CELL_S, 0);
		trend_pct(&trend, from_s + TREND_CELL_S, TREND_WIDE, pct);
		for (int i = 0; i < TREND_WIDE; i++)
			assert_true((pct[i] > 0) == (i == at));
		assert_true(trend_ran(&trend, from_s + TREND_CELL_S) == (at >= 0));
	}
}

/* A row that nobody added to for a while is as old as the clock says, not as its last window. */
static void test_stale(void **state)
{
	static const double nothing[TREND_CELLS];
	struct trend trend = {0};

	(void)state;
	trend_add(&trend, 0, 60, 60);
	assert_true(trend_ran(&trend, 100));
	assert_false(trend_ran(&trend, 120));
	assert_pct(&trend, 120, TREND_WIDE, nothing);
	trend_add(&trend, 300, 301, 0);
	assert_false(trend_ran(&trend, 301));
}

/* Whatever the windows are, what they add up to stands in the bars. */
static void test_sum(void **state)
{
	static const double windows_s[] = {0.1, 0.5, 1, 2, 2.7, 3, 5, 7, 10, 59};

	(void)state;
	for (size_t w = 0; w < ARRAY_SIZE(windows_s); w++) {
		struct trend trend = {0};
		double pct[TREND_CELLS], now_s = 0, sum = 0;

		while (now_s < 200) {
			trend_add(&trend, now_s, now_s + windows_s[w], windows_s[w] * 0.42);
			now_s += windows_s[w];
		}
		trend_pct(&trend, now_s, TREND_WIDE, pct);
		for (size_t i = 0; i < TREND_WIDE; i++)
			sum += pct[i];
		assert_true(sum > 42 * TREND_WIDE - 0.01 && sum < 42 * TREND_WIDE + 0.01);
	}
}

static void test_text(void **state)
{
	static const double pct[TREND_NARROW] = {0, 0.4, 0.5, 12.5, 25, 50, 75, 87.5, 99, 100};
	static const double many[TREND_NARROW] = {0, 0, 0, 0, 0, 0, 100, 200, 400, 800};
	static const double idle[TREND_NARROW] = {1, 2, 4, 6, 8, 0, 1, 2, 3, 5};
	char text[TREND_TEXT_LEN];

	(void)state;
	trend_text(pct, TREND_NARROW, true, text);
	assert_string_equal(text, "  ▁▁▂▄▆▇██");
	trend_text(pct, TREND_NARROW, false, text);
	assert_string_equal(text, "  ..,-+*##");
	trend_text(many, TREND_NARROW, true, text); /* eight CPUs are full height then */
	assert_string_equal(text, "      ▁▂▄█");
	trend_text(idle, TREND_NARROW, true, text);
	assert_string_equal(text, "▁▁▁▂▃ ▁▁▁▂");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_partial_cell),
		cmocka_unit_test(test_border),
		cmocka_unit_test(test_long_window),
		cmocka_unit_test(test_moves_and_is_forgotten),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
