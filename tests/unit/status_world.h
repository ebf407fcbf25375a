/* SPDX-License-Identifier: GPL-2.0 */
/* A status with one target and one that was skipped, and how its JSON is read and printed. */
#ifndef HOTDAMON_TESTS_STATUS_WORLD_H
#define HOTDAMON_TESTS_STATUS_WORLD_H

#include "cm.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "report/status.h"

static const struct descent_config levels = {
	.levels = {.n = 2, .max_accesses = 20, .pct = {90, 80}, .accesses = {18, 16}, .hold = {16, 14}},
};
static const struct intervals_config asked = {.sample_us = 5000, .aggr_us = 100000};

static const struct governor_seat watched = {
	.id = {.tgid = 107, .start_time_ns = 18446744073709551615ULL},
	.comm = "redis-server",
	.cpu_pct = 97.1499,
	.rank = 1,
	.reason = "rank 1 of 3",
};
static const struct descent descending = {
	.state = DESCENT_DESCENDING,
	.level = 1,
	.reason = "no collapse in 3 applies",
};
static const struct benefit untold;
static const struct intervals longer = {
	.sample_us = 20000,
	.aggr_us = 400000,
	.reason = "nothing hot before",
};

static const struct whose redis_is = {
	.user = "redis",
	.service = {.kind = SERVICE_UNIT, .name = "redis.service", .own = true},
	.command = "/usr/bin/redis-server *:6379",
};
static const struct whose java_is = {
	.user = "1000",
	.service = {.kind = SERVICE_CONTAINER, .name = "docker:0123456789ab", .own = true},
};

static const struct status_target redis = {
	.seat = 2,
	.comm = "redis-server",
	.whose = &redis_is,
	.watched = &watched,
	.descent = &descending,
	.benefit = &untold,
	.intervals = &longer,
	.kdamond_pid = 112,
	.monitor_cpu_known = true,
	.monitor_cpu_pct = 0.254,
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
};

static const struct governor_skip java = {
	.id = {.tgid = 300, .start_time_ns = 9},
	.comm = "java",
	.cpu_pct = 40.25,
	.reason = "THP is disabled for it",
	.barred = true,
	.barred_s = 125.2,
	.opted_out = true,
};

static const struct host_cost here = {
	.miss_ns = 32.04,
	.miss_source = COST_MEASURED,
	.miss_reason = "half of the rounds from 28.0 to 37.0 ns",
	.collapse_ns = 650000,
	.collapse_source = COST_MEASURED,
	.collapses = 31,
};

static const struct status_stuck held[] = {
	{.pid = 301, .comm = "held", .for_s = 12.34, .seat = 1},
	{.pid = 302, .comm = "java", .for_s = 3, .seat = -1},
};

static const struct status_age recent = {.known = true, .s = 2.04};

static const struct status whole = {
	.executor = "damos",
	.kernel = "7.2.12",
	.pid = 99,
	.started_ns = 5000000000,
	.ticked_ns = 9000000000,
	.tick = 12,
	.window_s = 5.0004,
	.interval_s = 5,
	.processes = 131,
	.seats = 3,
	.collapses = 31,
	.missed_threads = 6,
	.descent = &levels,
	.intervals = &asked,
	.targets = &redis,
	.n_targets = 1,
	.skipped = &java,
	.n_skipped = 1,
	.skipped_whose = &java_is,
	.cost = &here,
	.stuck = held,
	.n_stuck = 2,
};

static inline struct json_object *parsed(const struct status *status)
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
static inline const char *at(struct json_object *json, const char *path)
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

struct key {
	const char *path, *value; /* as for at() */
};

static inline void assert_keys(struct json_object *json, const struct key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(at(json, keys[i].path), keys[i].value))
			fail_msg("\"%s\" is %s, not %s", keys[i].path, at(json, keys[i].path), keys[i].value);
}

/* What status_print() prints of @json_text, malloced; *@err is what it returns. */
static inline char *printed(const char *json_text, int *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	*err = status_print(json_text, &recent, file);
	fclose(file);
	return text;
}

static inline char *table_of(const struct status *status)
{
	char *json = status_to_json(status), *text;
	int err;

	assert_non_null(json);
	text = printed(json, &err);
	assert_int_equal(err, 0);
	free(json);
	return text;
}

#endif
