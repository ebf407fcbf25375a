/* SPDX-License-Identifier: GPL-2.0 */
#include "cm.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "report/status.h"

static const struct status_target redis = {
	.id = {.tgid = 107, .start_time_ns = 18446744073709551615ULL},
	.comm = "redis-server",
	.cpu_pct = 97.1499,
	.rank = 1,
	.seat = 2,
	.kdamond_pid = 112,
	.descent_state = "descending",
	.acting = true,
	.min_access_pct = 80,
	.min_accesses = 16,
	.max_accesses = 20,
	.descent_reason = "no collapse in 3 applies",
	.succeeded = 29,
	.already_huge = 4,
	.failed = {{"alloc_huge_page_fail", 3}, {"page_lock", 1}},
	.n_failed = 2,
	.huge_bytes = 61 << 20,
	.anon_bytes = 300 << 20,
	.heat_known = true,
	.hot_is_current = true,
	.hot_bytes = 70 << 20,
	.hot_huge_known = true,
	.hot_huge_bytes = 58 << 20,
	.reason = "rank 1 of 3",
	.monitor_cpu_known = true,
	.monitor_cpu_pct = 0.254,
	.sample_us = 20000,
	.aggr_us = 400000,
	.intervals_reason = "nothing hot before",
};

static const struct status_skip java = {
	.id = {.tgid = 300, .start_time_ns = 9},
	.comm = "java",
	.cpu_pct = 40.25,
	.reason = "THP is disabled for it",
};

static const struct status whole = {
	.executor = "damos",
	.kernel = "7.2.12",
	.pid = 99,
	.started_ns = 5000000000,
	.tick = 12,
	.window_s = 5.0004,
	.interval_s = 5,
	.processes = 131,
	.seats = 3,
	.collapses = 31,
	.missed_threads = 6,
	.targets = &redis,
	.n_targets = 1,
	.skipped = &java,
	.n_skipped = 1,
};

static struct json_object *parsed(const struct status *status)
{
	char *text = status_to_json(status);
	struct json_object *json;

	assert_non_null(text);
	assert_int_equal(text[strlen(text) - 1], '\n');
	json = json_tokener_parse(text);
	assert_non_null(json);
	free(text);
	return json;
}

/* The value at a path of keys and indexes, "targets.0.descent.state", as text. */
static const char *at(struct json_object *json, const char *path)
{
	char copy[128], *rest = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *key = strtok_r(copy, ".", &rest); key; key = strtok_r(NULL, ".", &rest)) {
		struct json_object *next = NULL;

		if (json_object_is_type(json, json_type_array))
			next = json_object_array_get_idx(json, strtoul(key, NULL, 10));
		else if (!json_object_object_get_ex(json, key, &next))
			fail_msg("there is no \"%s\" of \"%s\"", key, path);
		json = next;
	}
	return json ? json_object_get_string(json) : "null";
}

/* Heat from before it was parked is marked, and explained once. */
static void test_old_heat_is_marked(void **state)
{
	struct status_target targets[] = {redis, redis, redis};
	struct status status = whole;
	char *json, *table = NULL; /* and so are costs that are not known yet */
	size_t size = 0;
	FILE *file = open_memstream(&table, &size);

	(void)state;
	targets[0].hot_is_current = targets[1].hot_is_current = false;
	targets[0].monitor_cpu_known = false;
	targets[0].intervals_reason = "";
	status.targets = targets;
	status.n_targets = 3;
	json = status_to_json(&status);
	assert_contains(json, "\"hot_is_current\": false");
	assert_contains(json, "\"monitor_cpu_pct\": null");
	assert_contains(json, "\"intervals_reason\": null");
	assert_int_equal(status_print(json, file), 0);
	fclose(file);
	assert_contains(table, "      70*      300\n");
	assert_contains(table, "       70      300\n");
	assert_contains(table, "\n* as it was when it was parked: heat is no measure after that\n");
	assert_null(strstr(strstr(table, "* as it was") + 1, "* as it was"));
	free(table);
	free(json);
}

/* What is told of a target that hotdamon collapses itself, and only of such. */
static void test_pace(void **state)
{
	struct status_target target = redis;
	struct status status = whole;
	char *json, *table = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&table, &size);
	struct json_object *object = parsed(&status);
	struct json_object *targets = NULL, *pace = NULL;

	(void)state;
	json_object_object_get_ex(object, "targets", &targets);
	assert_false(json_object_object_get_ex(json_object_array_get_idx(targets, 0), "pace", &pace));
	json_object_put(object);
	target.paced = true;
	target.stall_budget_us = 20000;
	target.pace_pct = 40;
	target.pace_reason = "memory is short";
	target.capped = true;
	target.calls = 31;
	target.stall_us = 12345;
	target.chosen_slots = 7;
	target.sparse_slots = 5;
	target.waiting_slots = 2;
	status.targets = &target;
	object = parsed(&status);
	assert_string_equal(at(object, "targets.0.pace.stall_budget_us"), "20000");
	assert_string_equal(at(object, "targets.0.pace.share_pct"), "40");
	assert_string_equal(at(object, "targets.0.pace.reason"), "memory is short");
	assert_string_equal(at(object, "targets.0.pace.capped"), "true");
	assert_string_equal(at(object, "targets.0.pace.calls"), "31");
	assert_string_equal(at(object, "targets.0.pace.stall_us"), "12345");
	assert_string_equal(at(object, "targets.0.pace.chosen_slots"), "7");
	assert_string_equal(at(object, "targets.0.pace.sparse_slots"), "5");
	assert_string_equal(at(object, "targets.0.pace.waiting_slots"), "2");
	json_object_put(object);
	json = status_to_json(&status);
	assert_int_equal(status_print(json, file), 0);
	fclose(file);
	assert_contains(table,
			"pace: 40 % of 20000 us a second: memory is short; the cap is reached; 31 calls took "
			"12345 us; slots left 7, too sparse 5, waiting 2\n");
	free(table);
	free(json);
}

/* What is not known is null, and not printed. */
static void test_benefit(void **state)
{
	const struct status_benefit gains = {
		.verdict = "gains",
		.reason = "98 % of 64 MiB hot are huge",
		.share_before_known = true,
		.share_now_known = true,
		.share_before_pct = 1,
		.share_now_pct = 98,
		.trial_s = 30,
	};
	struct status_target targets[] = {redis, redis, redis, redis};
	struct status status = whole;
	struct json_object *object, *benefit = NULL;
	char *json, *table = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&table, &size);

	(void)state;
	targets[0].benefit = gains;
	targets[1].benefit = (struct status_benefit){
		.verdict = "unknown", .reason = "", .share_now_known = true, .share_now_pct = 4};
	targets[2].benefit = (struct status_benefit){.verdict = "none", .reason = "no gain in 120 s"};
	status.targets = targets;
	status.n_targets = 4;
	object = parsed(&status);
	assert_string_equal(at(object, "targets.0.benefit.source"), "huge_share");
	assert_string_equal(at(object, "targets.0.benefit.verdict"), "gains");
	assert_string_equal(at(object, "targets.0.benefit.hot_huge_pct_before"), "1");
	assert_string_equal(at(object, "targets.0.benefit.hot_huge_pct_now"), "98");
	assert_string_equal(at(object, "targets.0.benefit.trial_s"), "30");
	assert_string_equal(at(object, "targets.0.benefit.reason"), "98 % of 64 MiB hot are huge");
	assert_string_equal(at(object, "targets.1.benefit.source"), "huge_share");
	assert_string_equal(at(object, "targets.1.benefit.hot_huge_pct_before"), "null");
	assert_string_equal(at(object, "targets.1.benefit.hot_huge_pct_now"), "4");
	assert_string_equal(at(object, "targets.1.benefit.reason"), "null");
	assert_string_equal(at(object, "targets.2.benefit.hot_huge_pct_now"), "null");
	assert_false(json_object_object_get_ex(
		json_object_array_get_idx(json_object_object_get(object, "targets"), 3), "benefit",
		&benefit));
	json_object_put(object);
	json = status_to_json(&status);
	assert_int_equal(status_print(json, file), 0);
	fclose(file);
	assert_contains(table, "      benefit: gains; 98 % of the hot memory is huge, 1 % was before\n");
	assert_contains(table, "      benefit: unknown; 4 % of the hot memory is huge\n");
	assert_contains(table, "      benefit: none: no gain in 120 s\n");
	free(table);
	free(json);
}

static void test_json_has_the_contract(void **state)
{
	static const struct {
		const char *path, *value;
	} keys[] = {
		{"version", HOTDAMON_VERSION},
		{"kernel", "7.2.12"},
		{"executor", "damos"},
		{"pid", "99"},
		{"started_ns", "5000000000"},
		{"tick", "12"},
		{"window_s", "5.000"},
		{"interval_s", "5.000"},
		{"processes", "131"},
		{"seats", "3"},
		{"collapses", "31"},
		{"missed_threads", "6"},
		{"targets.0.pid", "107"},
		{"targets.0.start_time_ns", "18446744073709551615"},
		{"targets.0.comm", "redis-server"},
		{"targets.0.cpu_pct", "97.1"},
		{"targets.0.rank", "1"},
		{"targets.0.seat", "2"},
		{"targets.0.kdamond_pid", "112"},
		{"targets.0.descent.state", "descending"},
		{"targets.0.descent.acting", "true"},
		{"targets.0.descent.min_access_pct", "80"},
		{"targets.0.descent.min_accesses", "16"},
		{"targets.0.descent.max_accesses", "20"},
		{"targets.0.descent.reason", "no collapse in 3 applies"},
		{"targets.0.collapse.succeeded", "29"},
		{"targets.0.collapse.failed.alloc_huge_page_fail", "3"},
		{"targets.0.collapse.failed.page_lock", "1"},
		{"targets.0.collapse.already_huge", "4"},
		{"targets.0.collapse.huge_bytes", "63963136"},
		{"targets.0.collapse.anon_bytes", "314572800"},
		{"targets.0.monitor_cpu_pct", "0.25"},
		{"targets.0.sample_us", "20000"},
		{"targets.0.aggr_us", "400000"},
		{"targets.0.intervals_reason", "nothing hot before"},
		{"targets.0.collapse.hot_bytes", "73400320"},
		{"targets.0.collapse.hot_is_current", "true"},
		{"targets.0.collapse.hot_huge_bytes", "60817408"},
		{"targets.0.reason", "rank 1 of 3"},
		{"skipped.0.pid", "300"},
		{"skipped.0.start_time_ns", "9"},
		{"skipped.0.comm", "java"},
		{"skipped.0.cpu_pct", "40.2"},
		{"skipped.0.reason", "THP is disabled for it"},
	};
	struct json_object *json = parsed(&whole);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(at(json, keys[i].path), keys[i].value))
			fail_msg("\"%s\" is %s, not %s", keys[i].path, at(json, keys[i].path), keys[i].value);
	json_object_put(json);
}

static void test_json_of_nobody(void **state)
{
	const struct status empty = {.executor = "none"};
	struct json_object *json = parsed(&empty);

	(void)state;
	assert_string_equal(at(json, "targets"), "[ ]");
	assert_string_equal(at(json, "skipped"), "[ ]");
	assert_string_equal(at(json, "kernel"), "null");
	json_object_put(json);
}

/* What is not known is left out or null, never a 0 that means something. */
static void test_json_of_the_unknown(void **state)
{
	struct status_target target = redis;
	struct status status = whole;
	struct json_object *json;
	char *text;

	(void)state;
	target.kdamond_pid = 0;
	target.n_failed = 0;
	target.hot_huge_known = false;
	status.targets = &target;
	text = status_to_json(&status);
	assert_contains(text, "\"hot_bytes\"");
	assert_null(strstr(text, "hot_huge_bytes"));
	free(text);
	json = parsed(&status);
	assert_string_equal(at(json, "targets.0.kdamond_pid"), "null");
	assert_string_equal(at(json, "targets.0.collapse.failed"), "{ }");
	json_object_put(json);
	target.hot_huge_known = true;
	target.heat_known = false;
	text = status_to_json(&status);
	assert_null(strstr(text, "hot_bytes"));
	assert_null(strstr(text, "hot_huge_bytes"));
	free(text);
}

static void test_json_order(void **state)
{
	struct status_target targets[2] = {redis, redis};
	struct status_skip skips[2] = {java, java};
	struct status status = whole;
	struct json_object *json;

	(void)state;
	targets[1].id.tgid = 5;
	skips[1].id.tgid = 6;
	status.targets = targets;
	status.n_targets = 2;
	status.skipped = skips;
	status.n_skipped = 2;
	json = parsed(&status);
	assert_string_equal(at(json, "targets.0.pid"), "107");
	assert_string_equal(at(json, "targets.1.pid"), "5");
	assert_string_equal(at(json, "skipped.1.pid"), "6");
	json_object_put(json);
}

/* ---- the table ---- */

/* What status_print() prints of @json_text, malloced; *@err is what it returns. */
static char *printed(const char *json_text, int *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	*err = status_print(json_text, file);
	fclose(file);
	return text;
}

static char *table_of(const struct status *status)
{
	char *json = status_to_json(status), *text;
	int err;

	assert_non_null(json);
	text = printed(json, &err);
	assert_int_equal(err, 0);
	free(json);
	return text;
}

static void test_print(void **state)
{
	char *text = table_of(&whole);

	(void)state;
	assert_string_equal(text, "hotdamon " HOTDAMON_VERSION
				  ", pid 99, executor damos, tick 12 of 5 s: 131 processes seen, "
				  "1 of 3 seats in use, 31 collapses so far\n"
				  "\n"
				  "seat      pid comm              cpu%  kdamond  cpu%  state      threshold "
				  "  collapsed  hugeMiB   "
				  "hotMiB  anonMiB\n"
				  "   2      107 redis-server      97.1      112  0.25  descending 80% 16/20 "
				  "         29       61    "
				  "  "
				  " 70      300\n"
				  "      watched: rank 1 of 3\n"
				  "      descent: no collapse in 3 applies\n"
				  "      intervals: nothing hot before\n"
				  "      failed: alloc_huge_page_fail 3, page_lock 1\n"
				  "\n"
				  "Hot, but not watched:\n"
				  "          300 java              40.2  THP is disabled for it\n");
	free(text);
}

static void test_print_of_nobody(void **state)
{
	struct status status = whole;
	char *text;

	(void)state;
	status.n_targets = status.n_skipped = 0;
	text = table_of(&status);
	assert_string_equal(text,
			    "hotdamon " HOTDAMON_VERSION
			    ", pid 99, executor damos, tick 12 of 5 s: 131 processes seen, 0 of 3 seats "
			    "in use, 31 collapses so far\n");
	free(text);
}

static void test_print_of_the_unknown(void **state)
{
	struct status_target target = redis;
	struct status status = whole;
	char *text;

	(void)state;
	target.kdamond_pid = 0;
	target.heat_known = false;
	target.n_failed = 0;
	target.huge_bytes = (1 << 20) + (1 << 19); /* rounds up */
	target.anon_bytes = (1 << 19) - 1;	   /* rounds down */
	status.targets = &target;
	text = table_of(&status);
	assert_contains(text,
			"97.1        -  0.25  descending 80% 16/20          29        2        -        0\n");
	assert_null(strstr(text, "failed"));
	free(text);
}

static void test_print_garbage(void **state)
{
	static const char *const cases[] = {
		"",
		"x",
		"{",
		"{}",
		"[]",
		"null",
		"7",
		"\"text\"",
		"\x1b[2J",
		"[[[",
		"{\"a\":1}",
		"{\"targets\"",
		"{\"targets\":",
		"{\"targets\":null}",
		"{\"targets\":5}",
		"{\"targets\":{}}",
		"{\"targets\":\"x\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err;
		char *text = printed(cases[i], &err);

		if (err != -EINVAL)
			fail_msg("%s: %d", cases[i], err);
		assert_string_equal(text, "");
		free(text);
	}
}

/* Of another version, or edited: what is missing prints as 0 or "-", what has another type does no harm. */
static void test_print_odd(void **state)
{
	static const char *const cases[] = {
		"{\"targets\":[]}",
		"{\"targets\":[{}]}",
		"{\"targets\":[null, 5, [], \"x\"]}",
		"{\"targets\":[{\"comm\":5, \"descent\":[], \"collapse\":7, \"pid\":\"x\"}]}",
		"{\"targets\":[{\"collapse\":{\"failed\":[1]}}]}",
		"{\"targets\":[{\"collapse\":{\"failed\":{\"x\":\"y\"}}}]}",
		"{\"targets\":[], \"skipped\":5}",
		"{\"targets\":[], \"skipped\":{}}",
		"{\"targets\":[], \"skipped\":[1, null, {}]}",
		"{\"targets\":[], \"version\":{}, \"tick\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err;
		char *text = printed(cases[i], &err);

		assert_int_equal(err, 0);
		assert_memory_equal(text, "hotdamon ", 9);
		free(text);
	}
}

/* A process may call itself anything, and a reason may name it; a terminal must not obey it. */
static void test_print_control_characters(void **state)
{
	static const char comms[][COMM_LEN] = {"a\x1b[2J\n\"b\\", "\x01\x02\t\r\x7f",
					       "\xc2\x9b"
					       "31mX",
					       "\xff\xfe"};
	static const char *const shown[] = {" 107 a?[2J?\"b\\ ", " 107 ????? ", " 107 ?31mX ", " 107 ?? "};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(comms); i++) {
		struct status_target target = redis;
		struct status_skip skip = java;
		struct status status = whole;
		char *text;

		memcpy(target.comm, comms[i], COMM_LEN);
		memcpy(skip.comm, comms[i], COMM_LEN);
		target.reason = target.descent_reason = skip.reason = comms[i];
		status.targets = &target;
		status.skipped = &skip;
		text = table_of(&status);
		for (const char *c = text; *c; c++)
			if (*c != '\n' && (*c < ' ' || *c > '~'))
				fail_msg("0x%02x reached the terminal", (unsigned char)*c);
		assert_contains(text, shown[i]);
		free(text);
	}
}

/* As top shows them, padded by columns, and in an encoding that has fewer characters. */
static void test_print_names(void **state)
{
	static const struct {
		char comm[COMM_LEN];
		const char *utf8, *ascii;
	} cases[] = {
		{"größe", " größe             97.1 ", " gr??e             97.1 "},
		{"日本語", " 日本語            97.1 ", " ???               97.1 "},
		{"a\u202egpj.exe", " a?gpj.exe         97.1 ", " a?gpj.exe         97.1 "},
		{"\ufeff\u2028", " ??                97.1 ", " ??                97.1 "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct status_target target = redis;
		struct status status = whole;
		char *text;

		memcpy(target.comm, cases[i].comm, COMM_LEN);
		target.reason = target.comm;
		status.targets = &target;
		assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
		text = table_of(&status);
		assert_contains(text, cases[i].utf8);
		assert_null(strstr(text, "\u202e"));
		free(text);
		setlocale(LC_CTYPE, "C");
		text = table_of(&status);
		assert_contains(text, cases[i].ascii);
		free(text);
	}
}

/* What jq -r prints of it must not command a terminal either. */
static void test_json_names(void **state)
{
	struct status_target target = redis;
	struct status status = whole;
	struct json_object *json, *one;

	(void)state;
	status.targets = &target;
	strcpy(target.comm, "ö\x1b[2J\u202e\xff日");
	target.reason = "rank 1 of a\u2029b";
	json = parsed(&status);
	one = json_object_array_get_idx(json_object_object_get(json, "targets"), 0);
	assert_string_equal(json_object_get_string(json_object_object_get(one, "comm")), "ö?[2J??日");
	assert_string_equal(json_object_get_string(json_object_object_get(one, "reason")), "rank 1 of a?b");
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_benefit),
		cmocka_unit_test(test_json_has_the_contract),
		cmocka_unit_test(test_old_heat_is_marked),
		cmocka_unit_test(test_json_of_nobody),
		cmocka_unit_test(test_json_of_the_unknown),
		cmocka_unit_test(test_json_order),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_of_nobody),
		cmocka_unit_test(test_print_of_the_unknown),
		cmocka_unit_test(test_print_garbage),
		cmocka_unit_test(test_print_odd),
		cmocka_unit_test(test_print_control_characters),
		cmocka_unit_test(test_print_names),
		cmocka_unit_test(test_json_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
