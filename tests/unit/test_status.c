// SPDX-License-Identifier: GPL-2.0
#include "status_world.h"

/* What is told of a target that hotdamon collapses itself, and only of such. */
static void test_pace(void **state)
{
	static const struct key keys[] = {
		{"targets.0.pace.stall_budget_us", "20000"},
		{"targets.0.pace.share_pct", "40"},
		{"targets.0.pace.reason", "memory is short"},
		{"targets.0.pace.capped", "true"},
		{"targets.0.pace.calls", "31"},
		{"targets.0.pace.stall_us", "12345"},
		{"targets.0.pace.chosen_slots", "7"},
		{"targets.0.pace.sparse_slots", "5"},
		{"targets.0.pace.shared_slots", "3"},
		{"targets.0.pace.waiting_slots", "2"},
		{"targets.0.held_up_shared_pct", "93"},
	};
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
	target.pace = (struct status_pace){
		.known = true,
		.stall_budget_us = 20000,
		.share_pct = 40,
		.reason = "memory is short",
		.capped = true,
		.calls = 31,
		.stall_us = 12345,
		.chosen_slots = 7,
		.sparse_slots = 5,
		.shared_slots = 3,
		.waiting_slots = 2,
	};
	target.held_up_pct = 93;
	status.targets = &target;
	object = parsed(&status);
	assert_keys(object, keys, ARRAY_SIZE(keys));
	json_object_put(object);
	json = status_to_json(&status);
	assert_int_equal(status_print(json, &recent, file), 0);
	fclose(file);
	assert_contains(table, "held up: 93 % of its memory is shared with other processes\n");
	assert_contains(table,
			"pace: 40 % of 20000 us a second: memory is short; the cap is reached; 31 calls took "
			"12345 us; slots left 7, too sparse 5, shared 3, waiting 2\n");
	free(table);
	free(json);
}

static char *printed_worth(const struct status_target *target)
{
	struct status status = whole;
	size_t size = 0;
	char *text = NULL, *json;
	FILE *file = open_memstream(&text, &size);

	status.targets = target;
	json = status_to_json(&status);
	assert_int_equal(status_print(json, &recent, file), 0);
	fclose(file);
	free(json);
	return text;
}

/* What is in use, what pays, what is left alone and why, and what it saves. */
static void test_worth(void **state)
{
	const struct benefit gains = {.began = true,
				      .by_worth = true,
				      .verdict = BENEFIT_GAINS,
				      .reason = "saves about 2.10 % of a CPU"};
	struct status_target target = redis;
	struct status status = whole;
	struct json_object *object;
	char *text;

	(void)state;
	target.benefit = &gains;
	target.worth_known = target.heat_known = target.hot_huge_known = true;
	target.in_use_bytes = 340 * MIB_BYTES;
	target.hot_bytes = 330 * MIB_BYTES;
	target.hot_huge_bytes = 328 * MIB_BYTES;
	target.sparse_bytes = 6 * MIB_BYTES;
	target.shared_bytes = 4 * MIB_BYTES;
	target.saved_pct = 2.1;
	target.paid_back_s = 15;
	status.targets = &target;
	object = parsed(&status);
	assert_string_equal(at(object, "targets.0.collapse.sparse_bytes"), "6291456");
	assert_string_equal(at(object, "targets.0.collapse.shared_bytes"), "4194304");
	assert_string_equal(at(object, "targets.0.benefit.source"), "savings");
	json_object_put(object);
	text = printed_worth(&target);
	assert_contains(
		text, "worth: 340 MiB in use, 330 pay, 328 of these are huge, left alone 6 as too sparse and "
		      "4 as shared; saves about 2.10 % of a CPU, collapsing is paid back in 15 s\n");
	assert_contains(text, "benefit: gains: saves about 2.10 % of a CPU\n");
	free(text);
	target.sparse_bytes = 0;
	text = printed_worth(&target);
	assert_contains(text, "are huge, left alone 4 as shared; saves");
	free(text);
	target.shared_bytes = 0;
	text = printed_worth(&target);
	assert_contains(text, "are huge; saves");
	free(text);
}

/* How far a target grew, and what was left alone; of one that nobody collapses nothing is told. */
static void test_growth(void **state)
{
	static const struct key keys[] = {
		{"targets.0.growth.missing_bytes", "3145728"},
		{"targets.0.growth.shared_bytes", "524288"},
		{"targets.0.growth.max_bytes", "15728640"},
		{"targets.0.growth.cgroup_free_bytes", "7"},
		{"targets.0.growth.cgroup_limit", "its control group is full"},
		{"targets.0.growth.left_alone.shared.slots", "4"},
		{"targets.0.growth.left_alone.shared.bytes", "8388608"},
		{"targets.0.growth.left_alone.cgroup_limit.slots", "2"},
		{"targets.0.growth.held_up", "cgroup_limit"},
	};
	struct status_target target = redis;
	struct status status = whole;
	struct json_object *object = parsed(&status);
	char *table;

	(void)state;
	assert_null(json_object_object_get(
		json_object_array_get_idx(json_object_object_get(object, "targets"), 0), "growth"));
	json_object_put(object);
	target.room = (struct status_room){
		.known = true,
		.grown = {3 * MIB_BYTES, MIB_BYTES / 2},
		.most_bytes = 15 * MIB_BYTES,
		.limit = {.free_bytes = 7, .reason = "its control group is full"},
		.left = {.slots = {[ROOM_SHARED] = 4, [ROOM_AT_LIMIT] = 2},
			 .bytes = {[ROOM_SHARED] = 8 * MIB_BYTES, [ROOM_AT_LIMIT] = MIB_BYTES}},
		.held = ROOM_AT_LIMIT,
	};
	status.targets = &target;
	object = parsed(&status);
	assert_keys(object, keys, ARRAY_SIZE(keys));
	json_object_put(object);
	table = table_of(&status);
	assert_contains(table,
			"      growth: 3.5 MiB by collapses (3.0 missing, 0.5 shared) of at most 15.0; left "
			"alone: shared 4 slots (8.0 MiB), cgroup_limit 2 slots (1.0 MiB); held up: "
			"cgroup_limit; its control "
			"group is full\n");
	free(table);
	target.room.limit = (struct room_limit){.free_bytes = ROOM_UNLIMITED};
	target.room.left = (struct room_left){0};
	target.room.held = ROOM_FITS;
	object = parsed(&status);
	assert_string_equal(at(object, "targets.0.growth.cgroup_free_bytes"), "null");
	assert_string_equal(at(object, "targets.0.growth.cgroup_limit"), "null");
	assert_string_equal(at(object, "targets.0.growth.held_up"), "null");
	json_object_put(object);
	table = table_of(&status);
	assert_contains(table, "(3.0 missing, 0.5 shared) of at most 15.0\n");
	free(table);
}

/* What is not known is null, and not printed. */
static void test_benefit(void **state)
{
	const struct benefit gains = {.began = true,
				      .verdict = BENEFIT_GAINS,
				      .reason = "98 % of 64 MiB hot are huge",
				      .before_pct_known = true,
				      .before_pct = 1,
				      .pct_seen = true,
				      .pct = 98,
				      .given_up_ns = 30900000000};
	const struct benefit unknown = {.began = true, .pct_seen = true, .pct = 4};
	const struct benefit none = {.began = true, .verdict = BENEFIT_NONE, .reason = "no gain in 120 s"};
	struct status_target targets[] = {redis, redis, redis, redis};
	struct status status = whole;
	struct json_object *object, *benefit = NULL;
	char *json, *table = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&table, &size);

	(void)state;
	targets[0].benefit = &gains;
	targets[1].benefit = &unknown;
	targets[2].benefit = &none;
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
	assert_int_equal(status_print(json, &recent, file), 0);
	fclose(file);
	assert_contains(table, "      benefit: gains; 98 % of the hot memory is huge, 1 % was before\n");
	assert_contains(table, "      benefit: unknown; 4 % of the hot memory is huge\n");
	assert_contains(table, "      benefit: none: no gain in 120 s\n");
	free(table);
	free(json);
}

static void test_json_has_the_contract(void **state)
{
	static const struct key keys[] = {
		{"version", HOTDAMON_VERSION},
		{"kernel", "7.2.12"},
		{"executor", "damos"},
		{"pid", "99"},
		{"started_ns", "5000000000"},
		{"ticked_ns", "9000000000"},
		{"tick", "12"},
		{"window_s", "5.000"},
		{"interval_s", "5.000"},
		{"processes", "131"},
		{"seats", "3"},
		{"collapses", "31"},
		{"missed_threads", "6"},
		{"stuck.0.pid", "301"},
		{"stuck.0.comm", "held"},
		{"stuck.0.for_s", "12.3"},
		{"stuck.0.seat", "1"},
		{"stuck.1.seat", "null"},
		{"cost.miss_ns", "32.0"},
		{"cost.miss_source", "measured"},
		{"cost.miss_reason", "half of the rounds from 28.0 to 37.0 ns"},
		{"cost.collapse_ns", "650000"},
		{"cost.collapse_source", "measured"},
		{"cost.collapses", "31"},
		{"targets.0.pid", "107"},
		{"targets.0.start_time_ns", "18446744073709551615"},
		{"targets.0.comm", "redis-server"},
		{"targets.0.user", "redis"},
		{"targets.0.unit", "redis.service"},
		{"targets.0.container", "null"},
		{"targets.0.command", "/usr/bin/redis-server *:6379"},
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
		{"skipped.0.user", "1000"},
		{"skipped.0.unit", "null"},
		{"skipped.0.container", "docker:0123456789ab"},
		{"skipped.0.pod", "null"},
		{"skipped.0.command", "null"},
		{"skipped.0.cpu_pct", "40.2"},
		{"skipped.0.reason", "THP is disabled for it"},
		{"skipped.0.barred_s", "125"},
		{"skipped.0.opted_out_s", "125"},
	};
	struct json_object *json = parsed(&whole);

	(void)state;
	assert_keys(json, keys, ARRAY_SIZE(keys));
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
	struct governor_seat second = watched;
	struct status_target targets[2] = {redis, redis};
	struct governor_skip skips[3] = {java, java, java};
	struct status status = whole;
	struct json_object *json;

	(void)state;
	second.id.tgid = 5;
	targets[1].watched = &second;
	skips[1].id.tgid = 6;
	skips[1].barred = false;
	skips[2].opted_out = false;
	status.targets = targets;
	status.n_targets = 2;
	status.skipped = skips;
	status.skipped_whose = (const struct whose[]){java_is, java_is, java_is};
	status.n_skipped = ARRAY_SIZE(skips);
	json = parsed(&status);
	assert_string_equal(at(json, "targets.0.pid"), "107");
	assert_string_equal(at(json, "targets.1.pid"), "5");
	assert_string_equal(at(json, "skipped.1.pid"), "6");
	assert_string_equal(at(json, "skipped.1.barred_s"), "null");
	assert_string_equal(at(json, "skipped.1.opted_out_s"), "null");
	assert_string_equal(at(json, "skipped.2.barred_s"), "125");
	assert_string_equal(at(json, "skipped.2.opted_out_s"), "null"); /* out of reach */
	json_object_put(json);
}

/* Of a service of several, both are told: the process's own time, and that of all. */
static void test_json_service(void **state)
{
	struct governor_seat seat = watched;
	struct status_target target = redis;
	struct governor_skip skip = java;
	struct status status = whole;
	struct whose alice = {.user = "alice"};
	struct json_object *json = parsed(&status);
	char *text;

	(void)state;
	assert_string_equal(at(json, "targets.0.service"), "null");
	assert_string_equal(at(json, "skipped.0.service"), "null");
	json_object_put(json);
	seat.member = (struct membership){.key = 1, .processes = 8, .had_stints = 3, .cpu_pct = 12.5};
	skip.member = (struct membership){.key = 2, .processes = 200, .cpu_pct = 0.21};
	target.watched = &seat;
	status.targets = &target;
	status.skipped = &skip;
	status.skipped_whose = &alice;
	json = parsed(&status);
	assert_keys(json,
		    (const struct key[]){{"targets.0.cpu_pct", "12.5"},
					 {"targets.0.service.name", "redis.service"},
					 {"targets.0.service.cpu_pct", "97.1"},
					 {"targets.0.service.processes", "8"},
					 {"targets.0.service.watched_before", "3"},
					 {"skipped.0.cpu_pct", "0.2"},
					 {"skipped.0.service.name", "java of alice"},
					 {"skipped.0.service.cpu_pct", "40.2"},
					 {"skipped.0.service.processes", "200"}},
		    9);
	json_object_put(json);
	text = table_of(&status);
	assert_contains(text, "java              40.2  of alice, and 199 more: THP is disabled");
	assert_contains(
		text,
		"      service: 8 processes use 97.1 % of a CPU; 3 were watched before, within the hour\n");
	free(text);
}

/* What jq -r prints of it must not command a terminal either. */
static void test_json_names(void **state)
{
	const struct governor_seat seat = {.reason = "rank 1 of a\u2029b"};
	struct status_target target = redis;
	struct status status = whole;
	struct json_object *json, *one;

	(void)state;
	status.targets = &target;
	target.comm = "ö\x1b[2J\u202e\xff日";
	target.watched = &seat;
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
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_benefit),
		cmocka_unit_test(test_worth),
		cmocka_unit_test(test_json_has_the_contract),
		cmocka_unit_test(test_json_of_nobody),
		cmocka_unit_test(test_json_of_the_unknown),
		cmocka_unit_test(test_json_order),
		cmocka_unit_test(test_json_service),
		cmocka_unit_test(test_json_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
