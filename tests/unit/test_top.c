// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <locale.h>

#include "report/line.h"

static const struct ranked redis = {
	.id = {.tgid = 107, .start_time_ns = 18446744073709551615ULL},
	.comm = "redis-server",
	.rank = 1,
	.cpu_pct = 97.1234,
	.window_user_pct = 96.06,
	.window_system_pct = 4.04,
	.user_ns = 1943210987,
	.system_ns = 80000499,
	.threads = 5,
};

static struct row redis_row(void)
{
	struct row row = {.ranked = redis};

	strcpy(row.facts.whose.user, "redis");
	strcpy(row.facts.whose.service.name, "redis.service");
	row.facts.anon_known = row.facts.huge_known = true;
	row.facts.anon_bytes = 400 << 20;
	row.facts.huge_bytes = 100 << 20;
	trend_add(&row.trend, 0, 3, 1.5);
	trend_add(&row.trend, 3, 6, 3);
	return row;
}

static const char *line_of(struct row *row, unsigned int columns)
{
	static char line[TOP_LINE_LEN];
	struct layout layout = columns_fit(TABLE_BY_PROCESS, columns, COLUMN_USER_PCT);

	line_text(&(struct line){.kind = LINE_PROCESS, .row = row}, &layout, 6, false, line);
	assert_true(strlen(line) <= columns);
	return line;
}

static void test_row(void **state)
{
	struct row row = redis_row();

	(void)state;
	assert_string_equal(line_of(&row, 101),
			    "   1     107 redis    redis.service      5  100.1   96.1    4.0          "
			    "#  400M  25% redis-server");
	assert_string_equal(line_of(&row, 60),
			    "   1     107   96.1    4.0          #  400M  25% redis-serv+");
	assert_string_equal(line_of(&row, 20), "    107   96.1 redi+");
	row.facts = (struct row_facts){0};
	assert_string_equal(line_of(&row, 80),
			    "   1     107 -          96.1    4.0          #     -    - redis-server");
}

static void test_ended(void **state)
{
	struct row row = redis_row();

	(void)state;
	strcpy(row.facts.whose.command, "/usr/bin/redis-server *:6379");
	assert_contains(line_of(&row, 300), " redis-server *:6379");
	row.ranked.ended = true;
	assert_contains(line_of(&row, 300), "redis-server (ended)");
	assert_contains(line_of(&row, 70), " redis+ (end)");
	assert_contains(line_of(&row, 20), " red+!");
	strcpy(row.ranked.comm, "sh");
	assert_contains(line_of(&row, 20), " sh!");
}

/* Every title stands over its column, at every width. */
static void test_heading(void **state)
{
	struct view view = {.sort = COLUMN_USER_PCT};
	char line[TOP_LINE_LEN];

	(void)state;
	for (unsigned int columns = 40; columns < 200; columns++) {
		struct layout layout = columns_fit(TABLE_BY_PROCESS, columns, view.sort);
		size_t at = 0;

		top_heading(&layout, &view, false, line);
		for (size_t i = 0; i < layout.n; i++) {
			const char *title = column_title(layout.at[i].column);
			const char *found = strstr(line + at, title);

			assert_non_null(found);
			assert_true((size_t)(found - line) + strlen(title) <= at + layout.at[i].width);
			at += layout.at[i].width + 1;
		}
	}
}

static void test_marker(void **state)
{
	static const struct {
		struct view view;
		const char *ascii, *utf8;
	} cases[] = {
		{{.sort = COLUMN_USER_PCT}, " USER%v ", " USER%▼ "},
		{{.sort = COLUMN_USER_PCT, .reverse = true}, " USER%^ ", " USER%▲ "},
		{{.sort = COLUMN_PID}, " PID^ ", " PID▲ "},
		{{.sort = COLUMN_PID, .reverse = true}, " PIDv ", " PID▼ "},
	};
	char line[TOP_LINE_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct layout layout = columns_fit(TABLE_BY_PROCESS, 80, cases[i].view.sort);

		top_heading(&layout, &cases[i].view, false, line);
		assert_contains(line, cases[i].ascii);
		top_heading(&layout, &cases[i].view, true, line);
		assert_contains(line, cases[i].utf8);
		assert_null(strstr(strstr(line, cases[i].utf8) + 1, cases[i].utf8));
	}
}

/* A process may be called anything but NUL, its unit and user too; a terminal must not obey them. */
static void test_control_characters(void **state)
{
	static const char *const evil[] = {"a\x1b[2Jb", "\t\n\r\x7f\x01",
					   "\xc2\x9b"
					   "31m",
					   "\u202e\u2028\ufeff",
					   "\x9b"
					   "1m"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(evil); i++) {
		struct row row = redis_row();

		strcpy(row.ranked.comm, evil[i]);
		strcpy(row.facts.whose.user, evil[i]);
		strcpy(row.facts.whose.service.name, evil[i]);
		snprintf(row.facts.whose.command, COMMAND_LEN, "x %s", evil[i]);
		row.ranked.ended = i & 1;
		for (const char *c = line_of(&row, 150); *c; c++)
			assert_in_range((unsigned char)*c, ' ', '~');
	}
}

/* Every cell is as wide as its column, whatever the numbers; in UTF-8 the trend too. */
static void test_cells_are_exact(void **state)
{
	struct row row = redis_row();
	char cell[TOP_CELL_LEN];

	(void)state;
	row.ranked.rank = row.ranked.id.tgid = row.ranked.threads = UINT32_MAX;
	row.ranked.window_user_pct = row.ranked.window_system_pct = 1e60;
	row.facts.anon_bytes = row.facts.huge_bytes = UINT64_MAX;
	memset(row.facts.whose.service.name, 'x', sizeof(row.facts.whose.service.name) - 1);
	for (int ended = 0; ended <= 1; ended++) {
		row.ranked.ended = ended;
		for (unsigned int columns = 1; columns <= 300; columns++) {
			struct layout layout = columns_fit(TABLE_BY_PROCESS, columns, COLUMN_USER_PCT);

			for (size_t i = 0; i < layout.n; i++) {
				bool trend = layout.at[i].column == COLUMN_TREND;

				top_cell(&row, layout.at[i], 6, false, cell);
				if (strlen(cell) != layout.at[i].width &&
				    layout.at[i].column != COLUMN_COMMAND)
					fail_msg("\"%s\" is not %u wide", cell, layout.at[i].width);
				assert_true(strlen(cell) <= layout.at[i].width);
				top_cell(&row, layout.at[i], 6, true, cell);
				assert_true(!trend || strlen(cell) > layout.at[i].width);
			}
		}
	}
}

static void test_numbers(void **state)
{
	struct row row = redis_row();

	(void)state;
	row.ranked.window_user_pct = 9999.94;
	assert_contains(line_of(&row, 60), " 9999.9 ");
	row.ranked.window_user_pct = 12800; /* 128 CPUs */
	assert_contains(line_of(&row, 60), "  12800 ");
	row.facts.huge_bytes = row.facts.anon_bytes * 3 / 2; /* they were read at two times */
	assert_contains(line_of(&row, 60), " 100% ");
	row.facts.anon_bytes = row.facts.huge_bytes = 0;
	assert_contains(line_of(&row, 60), "    0   0% ");
	row.facts.huge_known = false;
	assert_contains(line_of(&row, 60), "    0    - ");
	row.ranked.rank = row.ranked.threads = 0; /* it never ran in our sight */
	assert_contains(line_of(&row, 120), "   -     107 redis    redis.service            -  ");
}

static void test_sum(void **state)
{
	const struct ranked ranked[] = {redis, {.user_ns = 1, .ended = true}, {.cpu_pct = 50}};
	struct top_summary summary = {.cpus = 2};

	(void)state;
	top_sum(ranked, 3, 2, &summary);
	assert_int_equal(summary.ran, 2);
	assert_int_equal(summary.ended, 1);
	assert_near(summary.user_cpus, 1943210988 / 2e9);
	assert_near(summary.system_cpus, 80000499 / 2e9);
	assert_near(summary.window_s, 2);
	top_sum(NULL, 0, 1, &summary);
	assert_int_equal(summary.ran + summary.ended, 0);
	assert_near(summary.user_cpus, 0);
}

static void test_summary_line(void **state)
{
	static const struct {
		unsigned int columns;
		const char *line;
	} cases[] = {
		{120,
		 "hotdamon top  1.62 of 2 CPUs busy  9 processes ran in 2.00 s, 1 ended  up 1:19  02:04:29"},
		{80, "hotdamon top  1.62 of 2 CPUs busy  9 processes ran in 2.00 s, 1 ended  up 1:19"},
		{60, "hotdamon top  1.62 of 2 CPUs busy  9 ran in 2.00 s, 1 ended"},
		{42, "hotdamon top  1.62 of 2 CPUs busy  9 ran"},
		{12, "hotdamon top"},
		{5, "9 ran"},
		{4, ""},
	};
	const struct top_summary summary = {.window_s = 2,
					    .ran = 9,
					    .ended = 1,
					    .user_cpus = 1.5,
					    .system_cpus = 0.12,
					    .cpus = 2,
					    .uptime_s = 4740,
					    .clock = "02:04:29"};
	char line[TOP_SUMMARY_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		top_summary_line(&summary, "hotdamon top", cases[i].columns, line);
		assert_string_equal(line, cases[i].line);
	}
	for (unsigned int columns = 0; columns <= 300; columns++) {
		top_summary_line(&summary, NULL, columns, line);
		assert_true(strlen(line) <= columns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_heading),
		cmocka_unit_test(test_marker),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_cells_are_exact),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_summary_line),
	};

	return setlocale(LC_CTYPE, "C.UTF-8") ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
