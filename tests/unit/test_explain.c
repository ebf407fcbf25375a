// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "report/explain.h"
#include "status_world.h"

#define TICK_NS 10000000 /* /proc's start times */

static const struct whose of_redis = {
	.user = "redis", .service = {.kind = SERVICE_UNIT, .name = "redis.service", .own = true}};

static const struct explain alone = {
	.comm = "redis-server",
	.id = {135, 70000000},
	.whose = &of_redis,
	.cgroup = "/system.slice/redis.service",
	.members = 1,
	.their_bytes = 130 * MIB_BYTES,
	.answer = EXPLAIN_WOULD_WATCH,
	.reason = "hot: 15.0 % of a CPU, rank 1 of 2, 112 MiB anonymous",
	.settings = {.top = 3, .min_cpu_pct = 10, .min_mem_bytes = 32 * MIB_BYTES, .rank_by = RANK_BY_USER},
	.rank = {.ranked = true, .rank = 1, .processes = 41, .cpu_pct = 15.04, .window_s = 2},
	.memory = {.anon_bytes = 112 * MIB_BYTES, .file_bytes = 6 * MIB_BYTES, .swapped_bytes = MIB_BYTES},
	.shared_pct = 4,
	.limit = {.free_bytes = ROOM_UNLIMITED},
	.growth_bytes = 5 * MIB_BYTES,
	.pages = {.slots = 58,
		  .huge = 20,
		  .ready = 30,
		  .ready_bytes = 3 * MIB_BYTES,
		  .left = {.slots = {[ROOM_MISSING] = 7, [ROOM_SHARED] = 1}}},
};

static char *words_of(const struct explain *explain)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	explain_print(explain, file);
	fclose(file);
	return text;
}

static void assert_says(const struct explain *explain, const char *part)
{
	char *text = words_of(explain);

	assert_contains(text, part);
	free(text);
}

static void test_alone(void **state)
{
	char *text = words_of(&alone);

	(void)state;
	assert_string_equal(
		text, "redis-server (135) of redis.service: would be watched: hot: 15.0 % of a CPU, rank 1 "
		      "of 2, 112 MiB anonymous\n"
		      "      by: a look of now, and the defaults of hotdamon run: no daemon is running\n"
		      "      of: user redis\n"
		      "      cgroup: /system.slice/redis.service\n"
		      "    + rank: 1 of 41 that ran, 15.0 % of a CPU of user time; the hottest 3 from 10 "
		      "% on are watched\n"
		      "    + rules: no rule matches it, and its owner said nothing\n"
		      "    + opt-out: it did not opt out of huge pages\n"
		      "    + memory: 112 MiB could become huge, 32 are asked for: 112 MiB anonymous, 0 "
		      "shared; not so 6 of files, "
		      "1 in swap, 0 of hugetlbfs\n"
		      "    + sharing: 4 % of its private memory, by a sample, is shared with other processes "
		      "(a fork, or KSM)\n"
		      "    + limits: no control group limits its memory; by collapses it may grow by 5.0 MiB "
		      "in all\n"
		      "      pages: 58 slots of 2 MiB have memory: 20 are huge, 30 could be collapsed if "
		      "they pay, which would "
		      "add 3.0 MiB, 7 are too sparsely populated, 1 are shared with other processes\n"
		      "    ? heat: not known, nor what pays and what that would gain: only of who is watched "
		      "DAMON tells\n");
	free(text);
}

/* By which numbers it is judged is told. */
static void test_files(void **state)
{
	struct explain explain = alone;

	(void)state;
	explain.files = EXPLAIN_FILES;
	assert_says(&explain,
		    "      by: a look of now, and the configuration files of hotdamon run: no daemon "
		    "is running\n");
	explain.files = EXPLAIN_WRONG_FILES;
	assert_says(&explain, "      by: a look of now, and what can be used of the configuration files of "
			      "hotdamon run (what not, hotdamon config says): no daemon is running\n");
}

/* Each step stops where the decision does. */
static void test_what_stops(void **state)
{
	struct explain explain = alone;
	struct rule rule;

	(void)state;
	explain.rank.cpu_pct = 9.9;
	assert_says(&explain, "    - rank: 1 of 41 that ran, 9.9 % ");
	explain.settings.by_service = explain.rank.of_service = true;
	explain.rank.service_pct = 10;
	assert_says(
		&explain,
		"    + rank: its service: 10.0 % of a CPU; itself: 1 of 41 that ran, 9.9 % of a CPU of user "
		"time; the hottest 3 services from 10 % on are watched\n");
	explain.rank.service_rank = 2;
	explain.rank.services = 20;
	assert_says(&explain, "    + rank: its service: 2 of 20 that ran, 10.0 % of a CPU; itself: ");
	explain.rank = (struct explain_rank){.window_s = 2};
	assert_says(&explain,
		    "    - rank: it did not run within 2.0 s; 10 % of a CPU of user time is asked for\n");
	explain.rank.unknown = "to count it needs root";
	assert_says(&explain, "    ? rank: not known: to count it needs root\n");
	assert_null(rule_parse("comm=redis-server", true, &rule));
	explain.rules = (struct rules_verdict){.out = true, .by = &rule};
	assert_says(&explain, "    - rules: left out by --exclude comm=redis-server\n");
	explain.barred = "its main thread has exited";
	assert_says(&explain, "    - reach: its main thread has exited\n");
	explain.opted_out = true;
	assert_says(&explain, "    - opt-out: its main thread has exited\n");
	explain.memory = (struct explain_memory){.shared_bytes = 64 * MIB_BYTES};
	explain.pages.unaligned_bytes = 64 * MIB_BYTES;
	assert_says(&explain, "    - memory: 0 MiB could become huge, 32 are asked for");
	assert_says(
		&explain,
		"    - alignment: 64 MiB of its 64 MiB of shared memory are not aligned to 2 MiB: run with "
		"--align-shared, and start it anew\n");
	explain.memory.aligned_bytes = 64 * MIB_BYTES;
	assert_says(&explain, "    + alignment: its 64 MiB of shared memory are aligned to 2 MiB\n");
	explain.shared_pct = 50;
	assert_says(&explain, "    - sharing: 50 % of ");
	explain.shared_pct = -1;
	assert_says(&explain, "    ? sharing: too little private memory");
	explain.limit = room_limit_unknown("they cannot be read");
	assert_says(
		&explain,
		"    - limits: the limits of its control group are not known: they cannot be read, so 0.0 "
		"MiB are left; ");
	explain.pages.unknown = "Permission denied";
	assert_says(&explain, "    ? pages: not known: Permission denied\n");
}

/* What could not be read is told as that, and not as nothing, nor as in order. */
static void test_unknown(void **state)
{
	struct explain explain = alone;
	struct json_object *json;
	char *text;

	(void)state;
	explain.shared_pct = -1;
	explain.shared_unknown = explain.memory.aligned_unknown = "Permission denied";
	text = words_of(&explain); /* it has no shared memory: there is nothing to be known of it */
	assert_contains(text, "    + memory: 112 MiB could become huge, 32 are asked for: 112 MiB anonymous, "
			      "0 shared;");
	assert_contains(text, "    ? sharing: not known: Permission denied\n");
	assert_null(strstr(text, "alignment"));
	free(text);
	explain.memory.anon_bytes = 8 * MIB_BYTES;
	explain.memory.shared_bytes = 16 * MIB_BYTES;
	assert_says(&explain,
		    "    - memory: 8 MiB could become huge, 32 are asked for: 8 MiB anonymous, of 16 "
		    "shared it is not known;");
	explain.memory.shared_bytes = 64 * MIB_BYTES;
	assert_says(&explain, "    ? memory: 8 MiB could become huge, ");
	assert_says(&explain,
		    "    ? alignment: not known of its 64 MiB of shared memory: Permission denied\n");
	assert_says(&explain, "; by collapses it may grow by at least 5.0 MiB in all\n");
	text = explain_to_json(&explain);
	json = json_tokener_parse(text);
	assert_string_equal(at(json, "memory.aligned_bytes"), "null");
	assert_string_equal(at(json, "memory.aligned_unknown"), "Permission denied");
	assert_string_equal(at(json, "memory.shared_with_others_pct"), "null");
	assert_string_equal(at(json, "memory.shared_with_others_unknown"), "Permission denied");
	json_object_put(json);
	free(text);
}

static void test_members(void **state)
{
	struct explain explain = alone;

	(void)state;
	explain.members = 7;
	assert_says(&explain, "      members: it is the largest of 7 processes of this service, which have "
			      "130 MiB in all\n");
	explain.pages.left_out = 9;
	assert_says(&explain, "; 9 more were not looked at\n");
}

/* Whatever a process calls itself, a line stays one, and a terminal does not obey it. */
static void test_hostile(void **state)
{
	struct explain explain = alone;
	struct whose whose = of_redis;

	(void)state;
	strcpy(whose.service.name, "a\nb.service");
	explain.comm = "x\033[2J\n    +";
	explain.whose = &whose;
	explain.cgroup = "/a\nb\033]0;owned\a";
	assert_says(&explain, "x?[2J?    + (135) of a?b.service: ");
	assert_says(&explain, "      cgroup: /a?b?]0;owned?\n");
}

/* Beside a daemon: what it says of the process is shown as status has it, and is in the JSON as it stands. */
static void test_beside_daemon(void **state)
{
	const struct rules none = {.n = 0};
	const struct status_settings settings = {.top = 3, .rank = "cpu", .rules = &none};
	char *status_text, *text;
	struct explain explain = alone;
	struct json_object *json;
	struct status status = whole;
	struct told told;

	(void)state;
	status.settings = &settings;
	status_text = status_to_json(&status);
	assert_int_equal(told_of(status_text, redis.watched->id, TICK_NS, &told), 0);
	explain.told = &told;
	assert_says(&explain, "      by: the daemon (pid 99), as of its tick 12, one every 5 s\n");
	assert_says(&explain, "\n      descent: ");
	text = explain_to_json(&explain);
	json = json_tokener_parse(text);
	assert_string_equal(at(json, "daemon.seat"), "2");
	assert_string_equal(at(json, "daemon_pid"), "99");
	assert_string_equal(at(json, "answer"), "would_be_watched");
	assert_string_equal(at(json, "pages.missing_slots"), "7");
	assert_string_equal(at(json, "limits.cgroup_free_bytes"), "null");
	json_object_put(json);
	free(text);
	told_free(&told);
	free(status_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),	      cmocka_unit_test(test_what_stops),
		cmocka_unit_test(test_members),	      cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_beside_daemon), cmocka_unit_test(test_files),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
