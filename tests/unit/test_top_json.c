// SPDX-License-Identifier: GPL-2.0
#include "service_world.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "report/top_json.h"

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

static struct json_object *parsed(struct row *const *rows, size_t n, double window_s)
{
	const struct top_window window = {
		.window_s = window_s, .end_ns = 1234567890123456789, .rows = rows, .n_rows = n};
	char *line = top_json(&window);
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
	char *line = top_json(&(struct top_window){.window_s = 1, .end_ns = 42});

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
		line = top_json(&(struct top_window){.window_s = 1, .end_ns = 42, .rows = rows, .n_rows = 1});
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
	line = top_json(&(struct top_window){.window_s = 1, .end_ns = 42, .rows = rows, .n_rows = 1});
	assert_contains(line, "\"comm\":\"?a?b?ö\"");
	free(line);
}

static struct json_object *first_service(struct json_object *json, size_t at)
{
	return json_object_array_get_idx(get(json, "services"), at);
}

/* Those that ran, with all of their processes that did; whose a service is only where all are of one user. */
static void test_services(void **state)
{
	const struct view view = {.by = TABLE_BY_SERVICE, .sort = COLUMN_RANK};
	struct top_window window = {.window_s = 1, .end_ns = 42};
	struct world world = {0};
	struct json_object *json, *one;
	char *line;

	(void)state;
	world_fill(&world);
	world_service(&world, WEB)->sum.facts.whose.service.kind = SERVICE_UNIT;
	world_service(&world, BUILD)->sum.facts.whose.service.kind = SERVICE_CONTAINER;
	window.services = &world.services;
	window.table = &world.table;
	window.lines = world.lines;
	window.n_lines =
		service_lines(&world.services, &world.table, &view, NULL, world.scratch, world.lines);
	tell_memory(world_service(&world, BUILD), 900, 100, 250);
	line = top_json(&window);
	assert_non_null(line);
	json = json_tokener_parse(line);
	free(line);
	assert_int_equal(json_object_array_length(get(json, "services")), 3);
	assert_int_equal(json_object_array_length(get(json, "processes")), 0);
	one = first_service(json, 0);
	assert_string_equal(json_object_to_json_string_ext(one, JSON_C_TO_STRING_PLAIN),
			    "{\"rank\":1,\"service\":\"nginx.service\",\"cpu_pct\":60.00,\"user_s\":0.600000,"
			    "\"system_s\":0.000000,\"processes\":2,\"ended\":0,\"anon_bytes\":null,\"shared_"
			    "bytes\":null,\"huge_bytes\":null,\"user\":null,"
			    "\"unit\":\"nginx.service\",\"container\":null,\"pod\":null,\"pids\":[100,101]}");
	one = first_service(json, 1);
	assert_string_equal(json_object_get_string(get(one, "service")), "build.scope");
	assert_string_equal(json_object_get_string(get(one, "container")), "build.scope");
	assert_string_equal(json_object_get_string(get(one, "user")), "root");
	assert_int_equal(json_object_get_uint64(get(one, "processes")), 1);
	assert_int_equal(json_object_get_uint64(get(one, "anon_bytes")), 900);
	assert_int_equal(json_object_get_uint64(get(one, "shared_bytes")), 100);
	assert_int_equal(json_object_get_uint64(get(one, "huge_bytes")), 250);
	assert_int_equal(json_object_get_uint64(get(one, "ended")), 3);
	assert_int_equal(json_object_array_length(get(one, "pids")), 4);
	one = first_service(json, 2);
	assert_string_equal(json_object_get_string(get(one, "service")), "bash of alice");
	assert_null(get(one, "unit"));
	json_object_put(json);
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_nobody),
		cmocka_unit_test(test_json_control_characters),
		cmocka_unit_test(test_json_bad_bytes),
		cmocka_unit_test(test_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
