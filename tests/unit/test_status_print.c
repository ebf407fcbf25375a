// SPDX-License-Identifier: GPL-2.0
/* What `hotdamon status` prints. */
#include "status_world.h"

#include <errno.h>
#include <locale.h>

/* Heat from before it was parked is marked, and explained once. */
static void test_old_heat_is_marked(void **state)
{
	const struct intervals usual = {.sample_us = 5000, .aggr_us = 100000, .reason = "of before"};
	struct status_target targets[] = {redis, redis, redis};
	struct status status = whole;
	char *json, *table = NULL; /* and so are costs that are not known yet */
	size_t size = 0;
	FILE *file = open_memstream(&table, &size);

	(void)state;
	targets[0].hot_is_current = targets[1].hot_is_current = false;
	targets[0].monitor_cpu_known = false;
	targets[0].intervals = &usual;
	status.targets = targets;
	status.n_targets = 3;
	json = status_to_json(&status);
	assert_contains(json, "\"hot_is_current\": false");
	assert_contains(json, "\"monitor_cpu_pct\": null");
	assert_contains(json, "\"intervals_reason\": null");
	assert_int_equal(status_print(json, &recent, file), 0);
	fclose(file);
	assert_contains(table, "      70*      300\n");
	assert_contains(table, "       70      300\n");
	assert_contains(table, "\n* as it was when it was parked: heat is no measure after that\n");
	assert_null(strstr(strstr(table, "* as it was") + 1, "* as it was"));
	free(table);
	free(json);
}

static void test_print(void **state)
{
	char *text = table_of(&whole);

	(void)state;
	assert_string_equal(
		text,
		"hotdamon " HOTDAMON_VERSION
		", pid 99, executor damos, tick 12 of 5 s, 2.0 s ago: 131 processes seen, "
		"1 of 3 seats in use, 31 collapses so far\n"
		"reckoned by: a TLB miss 32.0 ns (measured: half of the rounds from 28.0 to 37.0 ns), a "
		"collapse "
		"0.65 ms (mean of 31)\n"
		"\n"
		"seat      pid comm              cpu%  kdamond  cpu%  state      threshold "
		"  collapsed  hugeMiB   "
		"hotMiB  anonMiB\n"
		"   2      107 redis-server      97.1      112  0.25  descending 80% 16/20 "
		"         29       61    "
		"  "
		" 70      300\n"
		"      of: redis.service, user redis, command: /usr/bin/redis-server *:6379\n"
		"      watched: rank 1 of 3\n"
		"      descent: no collapse in 3 applies\n"
		"      intervals: nothing hot before\n"
		"      failed: alloc_huge_page_fail 3, page_lock 1\n"
		"\n"
		"Hot, but not watched:\n"
		"          300 java              40.2  of docker:0123456789ab: THP is disabled for it; first "
		"seen 125 s ago\n"
		"\n"
		"Stuck, and left alone until they answer:\n"
		"          301 held            for 12 s; the kdamond of seat 1 cannot be stopped\n"
		"          302 java            for 3 s\n");
	free(text);
}

static void test_print_of_nobody(void **state)
{
	struct status status = whole;
	char *text;

	(void)state;
	status.n_targets = status.n_skipped = status.n_stuck = 0;
	status.cost = NULL;
	text = table_of(&status);
	assert_string_equal(
		text, "hotdamon " HOTDAMON_VERSION
		      ", pid 99, executor damos, tick 12 of 5 s, 2.0 s ago: 131 processes seen, 0 of 3 seats "
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
		struct governor_seat seat = watched;
		struct governor_skip skip = java;
		struct descent descent = descending;
		struct status status = whole;
		char *text;

		target.comm = comms[i];
		target.watched = &seat;
		target.descent = &descent;
		memcpy(skip.comm, comms[i], COMM_LEN);
		strcpy(seat.reason, comms[i]);
		strcpy(descent.reason, comms[i]);
		strcpy(skip.reason, comms[i]);
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

/* Nor what stands in a status where a text would, but is none. */
static void test_print_control_characters_of_others(void **state)
{
	static const char *const cases[] = {
		"{\"targets\":[], \"version\":[\"a\xc2\x9b\"]}",
		"{\"targets\":[], \"executor\":{\"\xe2\x80\xae\":1}}",
		"{\"targets\":[{\"reason\":{\"a\":[\"\x7f\"]}, \"descent\":{\"state\":[\"\xc2\x85\"]}}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err;
		char *text = printed(cases[i], &err);

		assert_int_equal(err, 0);
		assert_contains(text, i < 2 ? " ?" : "watched: ?\n");
		for (const char *c = text; *c; c++)
			if (*c != '\n' && (*c < ' ' || *c > '~'))
				fail_msg("0x%02x reached the terminal", (unsigned char)*c);
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
		struct governor_seat seat = watched;
		struct status status = whole;
		char *text;

		target.comm = cases[i].comm;
		target.watched = &seat;
		strcpy(seat.reason, cases[i].comm);
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

/* What check tells of one that is barred: /proc's start times are rounded down. */
static void test_barred_s(void **state)
{
	char *text = status_to_json(&whole);

	(void)state;
	assert_non_null(text);
	assert_true(status_barred_s(text, (struct process_id){300, 8}, 4) == 125);
	assert_true(status_barred_s(text, (struct process_id){300, 8}, 1) < 0); /* another process */
	assert_true(status_barred_s(text, (struct process_id){301, 9}, 1) < 0);
	assert_true(status_barred_s("no JSON", (struct process_id){300, 9}, 1) < 0);
	assert_true(status_barred_s("{\"skipped\": 7}", (struct process_id){300, 9}, 1) < 0);
	free(text);
}

/* By the clock of its last tick: the interval is 5 s. */
static void test_age(void **state)
{
	char *json = status_to_json(&whole), *with_age;
	struct status_age age = status_age(json, whole.ticked_ns + 15 * NS_PER_S);
	struct json_object *read;

	(void)state;
	assert_true(age.known && !age.late);
	assert_true(age.s > 14.9 && age.s < 15.1);
	age = status_age(json, whole.ticked_ns + 15 * NS_PER_S + NS_PER_MS);
	assert_true(age.known && age.late);
	with_age = status_add_age(json, &age);
	assert_non_null(with_age);
	read = json_tokener_parse(with_age);
	assert_string_equal(at(read, "age_s"), "15.0");
	assert_string_equal(at(read, "targets.0.cpu_pct"), "97.1");
	assert_string_equal(at(read, "targets.0.start_time_ns"), "18446744073709551615");
	json_object_put(read);
	free(with_age);
	free(json);
}

/* Of another boot, or by a daemon that told none. */
static void test_no_age(void **state)
{
	static const char *const texts[] = {"{\"ticked_ns\": 5000}", "{}", "[]", "nonsense", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct status_age age = status_age(texts[i], 4999);
		char *with_age = status_add_age(texts[i], &age);

		assert_false(age.known || age.late);
		if (*texts[i] == '{')
			assert_contains(with_age, "\"age_s\": null");
		else
			assert_null(with_age);
		free(with_age);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_no_age),
		cmocka_unit_test(test_old_heat_is_marked),
		cmocka_unit_test(test_barred_s),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_of_nobody),
		cmocka_unit_test(test_print_of_the_unknown),
		cmocka_unit_test(test_print_garbage),
		cmocka_unit_test(test_print_odd),
		cmocka_unit_test(test_print_control_characters),
		cmocka_unit_test(test_print_control_characters_of_others),
		cmocka_unit_test(test_print_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
