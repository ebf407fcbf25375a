// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "decide/user_share.h"
#include "report/told.h"
#include "status_world.h"

#define TICK_NS 10000000 /* /proc's start times */

static struct rules rules;

static char *status_text(void)
{
	const struct status_settings settings = {
		.top = 4,
		.by = "service",
		.members = 5,
		.max_seats = 6,
		.user_share_pct = 40,
		.room = {0, 7 << 20},
		.rank = "cpu",
		.min_cpu_pct = 2.5,
		.min_mem_bytes = 48 << 20,
		.rules = &rules,
	};
	struct status status = whole;

	rules.n = 3;
	assert_null(rule_parse("comm=a b*", true, &rules.rules[0]));
	assert_null(rule_parse("unit=redis", RULE_PREFERS, &rules.rules[1]));
	rules.rules[1].name = "mine";
	assert_null(rule_parse("comm=java", RULE_LIMITS, &rules.rules[2]));
	rules.rules[2].limits = (struct rule_limits){.has_growth_pct = true,
						     .has_growth = true,
						     .max_growth_pct = 10,
						     .max_growth_bytes = 9 << 20};
	status.settings = &settings;
	return status_to_json(&status);
}

static void test_watched(void **state)
{
	struct process_id id = redis.watched->id;
	char *text = status_text();
	struct told told;

	(void)state;
	id.start_time_ns = id.start_time_ns / TICK_NS * TICK_NS; /* as /proc has it */
	assert_int_equal(told_of(text, id, TICK_NS, &told), 0);
	assert_int_equal(told.place, TOLD_WATCHED);
	assert_int_equal(told.daemon, 99);
	assert_int_equal(told.tick, 12);
	assert_near(told.interval_s, 5);
	assert_string_equal(told.executor, "damos");
	assert_string_equal(told.reason, redis.watched->reason);
	told_free(&told);
	free(text);
}

static void test_skipped_and_silent(void **state)
{
	char *text = status_text();
	struct told told;

	(void)state;
	assert_int_equal(told_of(text, java.id, TICK_NS, &told), 0);
	assert_int_equal(told.place, TOLD_SKIPPED);
	assert_string_equal(told.reason, java.reason);
	told_free(&told);
	/* Another process with its pid. */
	assert_int_equal(told_of(text, (struct process_id){java.id.tgid, 5 * TICK_NS}, TICK_NS, &told), 0);
	assert_int_equal(told.place, TOLD_NOTHING);
	assert_null(told.process);
	assert_string_equal(told.reason, "");
	told_free(&told);
	free(text);
}

static void test_settings(void **state)
{
	char *text = status_text();
	struct told told;

	(void)state;
	assert_int_equal(told_of(text, java.id, TICK_NS, &told), 0);
	assert_true(told.settings_known);
	assert_int_equal(told.top, 4);
	assert_true(told.by_service);
	assert_int_equal(told.members, 5);
	assert_int_equal(told.max_seats, 6);
	assert_int_equal(told.user_share_pct, 40);
	assert_int_equal(told.rank_by, RANK_BY_CPU);
	assert_near(told.min_cpu_pct, 2.5);
	assert_int_equal(told.min_mem_bytes, 48 << 20);
	assert_int_equal(told.room.max_growth_pct, 0);
	assert_int_equal(told.room.max_growth_bytes, 7 << 20);
	assert_int_equal(told.rules.n, 3);
	assert_string_equal(told.rules.rules[0].glob, "a b*");
	assert_int_equal(told.rules.rules[0].effect, RULE_EXCLUDES);
	assert_int_equal(told.rules.rules[1].kind, RULE_UNIT);
	assert_int_equal(told.rules.rules[1].effect, RULE_PREFERS);
	assert_string_equal(told.rules.rules[1].name, "mine");
	assert_null(told.rules.rules[0].name);
	assert_false(told.rules.rules[1].limits.has_growth || told.rules.rules[1].limits.has_growth_pct);
	assert_int_equal(told.rules.rules[2].effect, RULE_LIMITS);
	assert_int_equal(told.rules.rules[2].limits.max_growth_pct, 10);
	assert_int_equal(told.rules.rules[2].limits.max_growth_bytes, 9 << 20);
	assert_true(told.rules.rules[2].limits.has_growth && !told.rules.rules[2].limits.has_huge);
	told_free(&told);
	free(text);
}

/* A file of an older one, or one that somebody wrote. */
static void test_others(void **state)
{
	static const char *const none[] = {"", "{", "[]", "{}", "3", "{\"targets\": {}}"};
	static const char strange[] =
		"{\"targets\": [3, null, {\"pid\": \"x\"}, {\"pid\": 300}], \"skipped\": 7, "
		"\"settings\": {\"rules\": [1, {}, {\"only\": \"nonsense\"}]}}";
	struct told told;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(told_of(none[i], java.id, TICK_NS, &told), -EINVAL);
	assert_int_equal(told_of(strange, java.id, TICK_NS, &told), 0);
	assert_int_equal(told.place,
			 TOLD_WATCHED); /* it began in the first tick of the clock, as this one did */
	assert_int_equal(told.rules.n, 0);
	assert_int_equal(told.daemon, 0);
	assert_int_equal(told.user_share_pct, USER_SHARE_DEFAULT_PCT); /* not 0, which is no bound */
	assert_int_equal(told.room.max_growth_pct, ROOM_MAX_GROWTH_PCT);
	assert_int_equal(told.room.max_growth_bytes, ROOM_UNLIMITED);
	told_free(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_watched),
		cmocka_unit_test(test_skipped_and_silent),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
