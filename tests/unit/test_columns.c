// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdbool.h>

#include "report/columns.h"
#include "report/trend.h"

#define WIDEST 300

static unsigned int total(const struct layout *layout)
{
	unsigned int sum = layout->n ? (unsigned int)layout->n - 1 : 0;

	for (size_t i = 0; i < layout->n; i++)
		sum += layout->at[i].width;
	return sum;
}

static unsigned int width_of(const struct layout *layout, enum column column)
{
	for (size_t i = 0; i < layout->n; i++)
		if (layout->at[i].column == column)
			return layout->at[i].width;
	return 0;
}

/* What a table may be sorted by, one after the other: @sort is the next one it has. */
#define EACH_SORT(by, sort)                                                                                  \
	for (unsigned int by = TABLE_BY_SERVICE; by <= TABLE_BY_PROCESS; by++)                               \
		for (unsigned int sort = 0; sort < N_COLUMNS; sort++)                                        \
			if (columns_have(by, sort))

static enum column widest(unsigned int by)
{
	return by == TABLE_BY_SERVICE ? COLUMN_SERVICE : COLUMN_COMMAND;
}

/* All widths, whatever is sorted by: it fits, in order, and never too wide for the cells' buffers. */
static void test_fits(void **state)
{
	(void)state;
	EACH_SORT(by, sort)
	{
		for (unsigned int width = 0; width <= WIDEST; width++) {
			struct layout layout = columns_fit(by, width, sort);

			assert_true(layout.n <= N_COLUMNS);
			assert_true(total(&layout) <= width);
			assert_true((layout.n > 0) == (width > 0));
			for (size_t i = 0; i < layout.n; i++) {
				assert_in_range(layout.at[i].width, 1, COLUMN_MAX_WIDTH);
				assert_true(!i || layout.at[i - 1].column < layout.at[i].column);
				assert_true(columns_have(by, layout.at[i].column));
			}
			assert_true(!width || width_of(&layout, widest(by)));
			assert_true(width_of(&layout, COLUMN_TREND) % TREND_NARROW == 0); /* whole bars */
		}
	}
}

static void test_wider_never_lacks(void **state)
{
	(void)state;
	EACH_SORT(by, sort)
	{
		for (unsigned int width = 1; width <= WIDEST; width++) {
			struct layout narrow = columns_fit(by, width - 1, sort);
			struct layout wide = columns_fit(by, width, sort);

			for (unsigned int column = 0; column < N_COLUMNS; column++)
				if (width_of(&narrow, column) && !width_of(&wide, column))
					fail_msg("column %u is lost at width %u", column, width);
		}
	}
}

static void test_sorted_column_stays(void **state)
{
	(void)state;
	EACH_SORT(by, sort)
	{
		for (unsigned int width = 26; width <= WIDEST; width++) {
			struct layout layout = columns_fit(by, width, sort);

			assert_true(width_of(&layout, sort));
		}
	}
}

/* The columns of both tables, and those of one. */
static void test_has(void **state)
{
	(void)state;
	for (unsigned int by = TABLE_BY_SERVICE; by <= TABLE_BY_PROCESS; by++) {
		assert_true(columns_have(by, COLUMN_RANK) && columns_have(by, COLUMN_CPU));
		assert_int_equal(columns_have(by, COLUMN_SERVICE), by == TABLE_BY_SERVICE);
		assert_int_equal(columns_have(by, COLUMN_PROCESSES), by == TABLE_BY_SERVICE);
		assert_int_equal(columns_have(by, COLUMN_PID), by == TABLE_BY_PROCESS);
		assert_int_equal(columns_have(by, COLUMN_THREADS), by == TABLE_BY_PROCESS);
		assert_int_equal(columns_have(by, COLUMN_COMMAND), by == TABLE_BY_PROCESS);
	}
}

/* What a terminal of the usual widths shows. */
static void test_usual_widths(void **state)
{
	static const struct {
		unsigned int width;
		const char *titles;
		enum table_by by;
	} cases[] = {
		{4, "COMMAND ", TABLE_BY_PROCESS},
		{20, "PID USER% COMMAND ", TABLE_BY_PROCESS},
		{40, "PID USER% SYS% COMMAND ", TABLE_BY_PROCESS},
		{60, "RANK PID USER% SYS% TREND 60s ANON HUGE COMMAND ", TABLE_BY_PROCESS},
		{80, "RANK PID USER USER% SYS% TREND 60s ANON HUGE COMMAND ", TABLE_BY_PROCESS},
		{100, "RANK PID USER UNIT THR CPU% USER% SYS% TREND 60s ANON HUGE COMMAND ",
		 TABLE_BY_PROCESS},
		{300, "RANK PID USER UNIT THR CPU% USER% SYS% TREND 60s ANON HUGE COMMAND ",
		 TABLE_BY_PROCESS},
		{4, "SERVICE ", TABLE_BY_SERVICE},
		{20, "SERVICE USER% ", TABLE_BY_SERVICE},
		{40, "SERVICE PROCS USER% ", TABLE_BY_SERVICE},
		{60, "SERVICE PROCS USER% TREND 60s ANON HUGE ", TABLE_BY_SERVICE},
		{80, "RANK SERVICE USER PROCS CPU% USER% TREND 60s ANON HUGE ", TABLE_BY_SERVICE},
		{100, "RANK SERVICE USER PROCS CPU% USER% SYS% TREND 60s ANON SHM HUGE ", TABLE_BY_SERVICE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct layout layout = columns_fit(cases[i].by, cases[i].width, COLUMN_USER_PCT);
		char titles[200] = "";

		for (size_t k = 0; k < layout.n; k++) {
			strcat(titles, column_title(layout.at[k].column));
			strcat(titles, " ");
		}
		assert_string_equal(titles, cases[i].titles);
	}
}

/* Every title has room beside the marker of the sorted column. */
static void test_titles(void **state)
{
	(void)state;
	EACH_SORT(by, column)
	{
		struct layout layout = columns_fit(by, WIDEST, column);
		bool sortable = column != COLUMN_RANK && column != COLUMN_HUGE;

		assert_true(strlen(column_title(column)) + sortable <= width_of(&layout, column));
	}
}

/* No column takes from command or service what it needs to be told from others. */
static void test_command_is_legible(void **state)
{
	(void)state;
	for (unsigned int width = 40; width <= WIDEST; width++) {
		struct layout layout = columns_fit(TABLE_BY_PROCESS, width, COLUMN_USER_PCT);

		assert_true(width_of(&layout, COLUMN_COMMAND) >= 10);
		assert_true(width < 105 || width_of(&layout, COLUMN_COMMAND) >= 15);
		layout = columns_fit(TABLE_BY_SERVICE, width, COLUMN_USER_PCT);
		assert_true(width_of(&layout, COLUMN_SERVICE) >= 20);
		assert_true(width < 105 || width_of(&layout, COLUMN_SERVICE) >= 28);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_wider_never_lacks),
		cmocka_unit_test(test_sorted_column_stays),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_usual_widths),
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_command_is_legible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
