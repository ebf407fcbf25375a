// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <locale.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "report/top.h"

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

static const char *line_of(const struct row *row, unsigned int columns)
{
	static char line[TOP_LINE_LEN];
	struct layout layout = columns_fit(columns, COLUMN_USER_PCT);

	top_row(row, &layout, 6, false, line);
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
		struct layout layout = columns_fit(columns, view.sort);
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
		struct layout layout = columns_fit(80, cases[i].view.sort);

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
			struct layout layout = columns_fit(columns, COLUMN_USER_PCT);

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

static struct json_object *parsed(struct row *const *rows, size_t n, double window_s)
{
	char *line = top_json(rows, n, window_s, 1234567890123456789);
	struct json_object *json;

	assert_non_null(line);
	assert_null(strchr(line, '\n')); /* one line per window */
	json = json_tokener_parse(line);
	assert_non_null(json);
	free(line);
	return json;
}

static struct json_object *get(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(json, key, &value))
		fail_msg("there is no \"%s\"", key);
	return value;
}

static void test_json(void **state)
{
	struct row first = redis_row(), idle = {.ranked = {.rank = 2, .cpu_pct = 3}};
	struct row ended = {.ranked = {.rank = 3, .system_ns = 7, .ended = true}};
	struct row *const rows[] = {&first, &idle, &ended};
	struct json_object *json, *processes, *one;

	(void)state;
	first.facts.whose.service.kind = SERVICE_UNIT;
	strcpy(first.facts.whose.command, "/usr/bin/redis-server *:6379");
	ended.facts.whose.service.kind = SERVICE_CONTAINER;
	strcpy(ended.facts.whose.service.name, "docker:0123456789ab");
	strcpy(ended.facts.whose.service.pod, "0f5e");
	json = parsed(rows, 3, 5.0004);
	processes = get(json, "processes");
	assert_string_equal(json_object_get_string(get(json, "window_s")), "5.000400");
	assert_string_equal(json_object_get_string(get(json, "window_end_ns")), "1234567890123456789");
	assert_int_equal(json_object_array_length(processes), 2); /* one of them did not run */
	one = json_object_array_get_idx(processes, 0);
	assert_int_equal(json_object_get_uint64(get(one, "pid")), 107);
	assert_true(json_object_get_uint64(get(one, "start_time_ns")) == UINT64_MAX);
	assert_string_equal(json_object_get_string(get(one, "comm")), "redis-server");
	assert_string_equal(json_object_get_string(get(one, "cpu_pct")), "97.12");
	assert_string_equal(json_object_get_string(get(one, "user_s")), "1.943211");
	assert_string_equal(json_object_get_string(get(one, "system_s")), "0.080000");
	assert_int_equal(json_object_get_uint64(get(one, "threads")), 5);
	assert_false(json_object_get_boolean(get(one, "ended")));
	assert_string_equal(json_object_get_string(get(one, "user")), "redis");
	assert_string_equal(json_object_get_string(get(one, "unit")), "redis.service");
	assert_null(get(one, "container"));
	assert_string_equal(json_object_get_string(get(one, "command")), "/usr/bin/redis-server *:6379");
	one = json_object_array_get_idx(processes, 1);
	assert_true(json_object_get_boolean(get(one, "ended")));
	assert_string_equal(json_object_get_string(get(one, "comm")), "");
	assert_null(get(one, "user"));
	assert_string_equal(json_object_get_string(get(one, "container")), "docker:0123456789ab");
	assert_string_equal(json_object_get_string(get(one, "pod")), "0f5e");
	json_object_put(json);
}

static void test_json_of_nobody(void **state)
{
	char *line = top_json(NULL, 0, 1, 42);

	(void)state;
	assert_string_equal(line, "{\"window_s\":1.000000,\"window_end_ns\":42,\"processes\":[]}");
	free(line);
}

/* What can be shown comes back as it was; a line end would be another line. */
static void test_json_control_characters(void **state)
{
	static const char comms[][COMM_LEN] = {"a\x1b[2J\n\"b\\", "\x01\x02\t\r", "/usr/bin/x"};
	static const char *const told[] = {"a?[2J?\"b\\", "????", "/usr/bin/x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(comms); i++) {
		struct row row = redis_row(), *const rows[] = {&row};
		struct json_object *json, *one;
		char *line;

		memcpy(row.ranked.comm, comms[i], COMM_LEN);
		memcpy(row.facts.whose.user, comms[i], COMM_LEN);
		row.facts.whose.service.kind = SERVICE_UNIT;
		memcpy(row.facts.whose.service.name, comms[i], COMM_LEN);
		line = top_json(rows, 1, 1, 42);
		for (const char *c = line; *c; c++)
			assert_in_range(*c, ' ', '~');
		free(line);
		json = parsed(rows, 1, 1);
		one = json_object_array_get_idx(get(json, "processes"), 0);
		assert_string_equal(json_object_get_string(get(one, "comm")), told[i]);
		assert_string_equal(json_object_get_string(get(one, "user")), told[i]);
		assert_string_equal(json_object_get_string(get(one, "unit")), told[i]);
		json_object_put(json);
	}
}

/* JSON is UTF-8, and its reader may be a terminal. */
static void test_json_bad_bytes(void **state)
{
	struct row row = redis_row(), *const rows[] = {&row};
	char *line;

	(void)state;
	strcpy(row.ranked.comm, "\xff"
				"a\xc2\x9b"
				"b\x7fö");
	line = top_json(rows, 1, 1, 42);
	assert_contains(line, "\"comm\":\"?a?b?ö\"");
	free(line);
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
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_nobody),
		cmocka_unit_test(test_json_control_characters),
		cmocka_unit_test(test_json_bad_bytes),
	};

	return setlocale(LC_CTYPE, "C.UTF-8") ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
