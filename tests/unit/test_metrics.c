// SPDX-License-Identifier: GPL-2.0
#include "status_world.h"

#include "report/metrics.h"

static struct metrics_totals totals_of_redis(void)
{
	struct metrics_totals totals = {
		.now_s = 1795788000,
		.daemon_cpu_s = 1.25,
		.all_pct = 109.6499,
		.came_in = 2,
		.collapse_us = 129274,
		.failed_acts = 1,
		.lost_aggregations = 3,
		.dropped_lines = 18446744073709551615ULL,
	};

	metrics_count_result(&totals, "success", 29);
	metrics_count_result(&totals, "alloc_huge_page_fail", 3);
	metrics_count_result(&totals, "success", 2);
	return totals;
}

static char *text_of(const struct status *status, enum metrics_format format)
{
	struct metrics_totals totals = totals_of_redis();
	char *text = metrics_to_text(status, &totals, format);

	assert_non_null(text);
	return text;
}

/* All of it: what is written here is what others read. */
static const char open_text[] =
	"# HELP hotdamon_build Which hotdamon this is, and where.\n"
	"# TYPE hotdamon_build info\n"
	"hotdamon_build_info{version=\"" HOTDAMON_VERSION "\",kernel=\"7.2.12\",executor=\"damos\"} 1\n"
	"# HELP hotdamon_unwatched_cpu_ratio CPUs that the processes of all other services use, by the time "
	"that ranks.\n"
	"# TYPE hotdamon_unwatched_cpu_ratio gauge\n"
	"# UNIT hotdamon_unwatched_cpu_ratio ratio\n"
	"hotdamon_unwatched_cpu_ratio 0.125\n"
	"# HELP hotdamon_processes Processes that ran lately.\n"
	"# TYPE hotdamon_processes gauge\n"
	"hotdamon_processes 131\n"
	"# HELP hotdamon_skipped_services Hot services of which a process is skipped, each for a reason.\n"
	"# TYPE hotdamon_skipped_services gauge\n"
	"hotdamon_skipped_services 1\n"
	"# HELP hotdamon_seats Processes that may be watched at a time.\n"
	"# TYPE hotdamon_seats gauge\n"
	"hotdamon_seats 3\n"
	"# HELP hotdamon_targets Processes that are watched, by their state.\n"
	"# TYPE hotdamon_targets gauge\n"
	"hotdamon_targets{state=\"descending\"} 1\n"
	"hotdamon_targets{state=\"holding\"} 0\n"
	"hotdamon_targets{state=\"satisfied\"} 0\n"
	"hotdamon_targets{state=\"floor\"} 0\n"
	"# HELP hotdamon_kdamonds Kernel threads of DAMON that are ours.\n"
	"# TYPE hotdamon_kdamonds gauge\n"
	"hotdamon_kdamonds 1\n"
	"# HELP hotdamon_entries Times that a process came in.\n"
	"# TYPE hotdamon_entries counter\n"
	"hotdamon_entries_total 2\n"
	"# HELP hotdamon_service_cpu_ratio CPUs that all processes of a watched service use, by the time "
	"that ranks; 1 is one CPU all the time.\n"
	"# TYPE hotdamon_service_cpu_ratio gauge\n"
	"# UNIT hotdamon_service_cpu_ratio ratio\n"
	"hotdamon_service_cpu_ratio{service=\"redis.service\"} 0.971499\n"
	"# HELP hotdamon_service_processes Processes of a watched service, those that ended in the last "
	"window "
	"too.\n"
	"# TYPE hotdamon_service_processes gauge\n"
	"hotdamon_service_processes{service=\"redis.service\"} 1\n"
	"# HELP hotdamon_service_targets Processes of a service that are watched.\n"
	"# TYPE hotdamon_service_targets gauge\n"
	"hotdamon_service_targets{service=\"redis.service\"} 1\n"
	"# HELP hotdamon_service_kdamond_cpu_ratio CPUs that the kdamonds of a service used in the last "
	"tick, "
	"collapses by damos included.\n"
	"# TYPE hotdamon_service_kdamond_cpu_ratio gauge\n"
	"# UNIT hotdamon_service_kdamond_cpu_ratio ratio\n"
	"hotdamon_service_kdamond_cpu_ratio{service=\"redis.service\"} 0.00254\n"
	"# HELP hotdamon_service_anonymous_bytes Resident anonymous memory of what is watched.\n"
	"# TYPE hotdamon_service_anonymous_bytes gauge\n"
	"# UNIT hotdamon_service_anonymous_bytes bytes\n"
	"hotdamon_service_anonymous_bytes{service=\"redis.service\"} 314572800\n"
	"# HELP hotdamon_service_huge_bytes What of it is huge, whoever made it so.\n"
	"# TYPE hotdamon_service_huge_bytes gauge\n"
	"# UNIT hotdamon_service_huge_bytes bytes\n"
	"hotdamon_service_huge_bytes{service=\"redis.service\"} 63963136\n"
	"# HELP hotdamon_service_hot_bytes Memory at or above the threshold; with the executors damos and "
	"none.\n"
	"# TYPE hotdamon_service_hot_bytes gauge\n"
	"# UNIT hotdamon_service_hot_bytes bytes\n"
	"hotdamon_service_hot_bytes{service=\"redis.service\"} 73400320\n"
	"# HELP hotdamon_service_hot_huge_bytes What of the hot memory is huge.\n"
	"# TYPE hotdamon_service_hot_huge_bytes gauge\n"
	"# UNIT hotdamon_service_hot_huge_bytes bytes\n"
	"hotdamon_service_hot_huge_bytes{service=\"redis.service\"} 60817408\n"
	"# HELP hotdamon_service_benefit_targets Processes of a service that are watched, by verdict.\n"
	"# TYPE hotdamon_service_benefit_targets gauge\n"
	"hotdamon_service_benefit_targets{service=\"redis.service\",verdict=\"gains\"} 0\n"
	"hotdamon_service_benefit_targets{service=\"redis.service\",verdict=\"none\"} 0\n"
	"hotdamon_service_benefit_targets{service=\"redis.service\",verdict=\"unknown\"} 1\n"
	"# HELP hotdamon_collapses Attempts to make 2 MiB huge that BPF saw, by what became of them.\n"
	"# TYPE hotdamon_collapses counter\n"
	"hotdamon_collapses_total{result=\"success\"} 31\n"
	"hotdamon_collapses_total{result=\"alloc_huge_page_fail\"} 3\n"
	"# HELP hotdamon_collapse_cpu_seconds CPU time that collapses by madvise took.\n"
	"# TYPE hotdamon_collapse_cpu_seconds counter\n"
	"# UNIT hotdamon_collapse_cpu_seconds seconds\n"
	"hotdamon_collapse_cpu_seconds_total 0.129274\n"
	"# HELP hotdamon_miss_cost_seconds What a TLB miss is reckoned to cost.\n"
	"# TYPE hotdamon_miss_cost_seconds gauge\n"
	"# UNIT hotdamon_miss_cost_seconds seconds\n"
	"hotdamon_miss_cost_seconds 3.204e-08\n"
	"# HELP hotdamon_collapse_cost_seconds What a collapse is reckoned to cost.\n"
	"# TYPE hotdamon_collapse_cost_seconds gauge\n"
	"# UNIT hotdamon_collapse_cost_seconds seconds\n"
	"hotdamon_collapse_cost_seconds 0.00065\n"
	"# HELP hotdamon_daemon_cpu_seconds CPU time of hotdamon itself, without its kdamonds.\n"
	"# TYPE hotdamon_daemon_cpu_seconds counter\n"
	"# UNIT hotdamon_daemon_cpu_seconds seconds\n"
	"hotdamon_daemon_cpu_seconds_total 1.25\n"
	"# HELP hotdamon_ticks Windows that were closed and ranked.\n"
	"# TYPE hotdamon_ticks counter\n"
	"hotdamon_ticks_total 12\n"
	"# HELP hotdamon_tick_interval_seconds How often that is, as asked for.\n"
	"# TYPE hotdamon_tick_interval_seconds gauge\n"
	"# UNIT hotdamon_tick_interval_seconds seconds\n"
	"hotdamon_tick_interval_seconds 5\n"
	"# HELP hotdamon_last_tick_timestamp_seconds When these values were taken.\n"
	"# TYPE hotdamon_last_tick_timestamp_seconds gauge\n"
	"# UNIT hotdamon_last_tick_timestamp_seconds seconds\n"
	"hotdamon_last_tick_timestamp_seconds 1795788000\n"
	"# HELP hotdamon_stuck_processes Processes that hold the lock of their memory, and DAMON itself, "
	"that do "
	"not answer.\n"
	"# TYPE hotdamon_stuck_processes gauge\n"
	"hotdamon_stuck_processes 2\n"
	"# HELP hotdamon_failed_acts Acts on DAMON that failed.\n"
	"# TYPE hotdamon_failed_acts counter\n"
	"hotdamon_failed_acts_total 1\n"
	"# HELP hotdamon_lost_aggregations Aggregations of DAMON that came in part, as the ring was full, "
	"and were "
	"thrown away.\n"
	"# TYPE hotdamon_lost_aggregations counter\n"
	"hotdamon_lost_aggregations_total 3\n"
	"# HELP hotdamon_lost_threads Threads that ended while the map of processes was full: their time is "
	"lost.\n"
	"# TYPE hotdamon_lost_threads counter\n"
	"hotdamon_lost_threads_total 6\n"
	"# HELP hotdamon_dropped_log_lines Lines of the log that nobody took.\n"
	"# TYPE hotdamon_dropped_log_lines counter\n"
	"hotdamon_dropped_log_lines_total 18446744073709551615\n"
	"# EOF\n";

static void test_all_of_open_metrics(void **state)
{
	char *text = text_of(&whole, METRICS_OPEN);

	(void)state;
	assert_string_equal(text, open_text);
	free(text);
}

/* The older format: the names of samples, and no more words. */
static void test_older_text(void **state)
{
	char *text = text_of(&whole, METRICS_TEXT);

	(void)state;
	assert_contains(text, "# HELP hotdamon_build_info Which hotdamon this is, and where.\n"
			      "# TYPE hotdamon_build_info gauge\nhotdamon_build_info{version=");
	assert_contains(
		text, "# HELP hotdamon_collapse_cpu_seconds_total CPU time that collapses by madvise took.\n"
		      "# TYPE hotdamon_collapse_cpu_seconds_total counter\n"
		      "hotdamon_collapse_cpu_seconds_total 0.129274\n");
	assert_contains(text, "# TYPE hotdamon_ticks_total counter\nhotdamon_ticks_total 12\n");
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
}

/* By madvise: what pays, what it grew by, and what is left alone, each with its reasons. */
static void test_worth_and_room(void **state)
{
	struct status_target target = redis;
	struct status status = whole;
	char *text;

	(void)state;
	target.worth_known = true;
	target.in_use_bytes = 90 << 20;
	target.saved_pct = 2.5;
	target.room = (struct status_room){.known = true, .grown = {4096, 8192}};
	target.room.left.bytes[ROOM_MISSING] = 2 << 20;
	status.targets = &target;
	text = text_of(&status, METRICS_OPEN);
	assert_contains(text, "hotdamon_service_in_use_bytes{service=\"redis.service\"} 94371840\n");
	assert_contains(text, "hotdamon_service_paying_bytes{service=\"redis.service\"} 73400320\n");
	assert_contains(text, "hotdamon_service_paying_huge_bytes{service=\"redis.service\"} 60817408\n");
	assert_contains(text, "hotdamon_service_saved_cpu_ratio{service=\"redis.service\"} 0.025\n");
	assert_contains(text,
			"# UNIT hotdamon_service_grown_bytes bytes\n"
			"hotdamon_service_grown_bytes{service=\"redis.service\",reason=\"missing\"} 4096\n"
			"hotdamon_service_grown_bytes{service=\"redis.service\",reason=\"shared\"} 8192\n"
			"# HELP");
	assert_contains(
		text,
		"# UNIT hotdamon_service_left_alone_bytes bytes\n"
		"hotdamon_service_left_alone_bytes{service=\"redis.service\",reason=\"missing\"} 2097152\n"
		"hotdamon_service_left_alone_bytes{service=\"redis.service\",reason=\"shared\"} 0\n");
	assert_null(strstr(text, "hotdamon_service_hot_"));
	free(text);
}

static const struct whose of_alice = {.user = "alice",
				      .service = {.kind = SERVICE_UNIT, .name = "session-3.scope"}};

/* Targets of one service are one series; in a session each program of each user is a service. */
static void test_sums_by_service(void **state)
{
	struct status_target targets[] = {redis, redis, redis, redis};
	struct status status = whole;
	char *text;

	(void)state;
	targets[1].whose = targets[2].whose = &of_alice;
	targets[2].comm = "make";
	status.targets = targets;
	status.n_targets = 4;
	text = text_of(&status, METRICS_OPEN);
	assert_contains(text, "hotdamon_service_huge_bytes{service=\"redis.service\"} 127926272\n"
			      "hotdamon_service_huge_bytes{service=\"redis-server of alice\"} 63963136\n"
			      "hotdamon_service_huge_bytes{service=\"make of alice\"} 63963136\n# HELP");
	assert_contains(text, "hotdamon_targets{state=\"descending\"} 4\n");
	free(text);
}

/* Of a service two processes may be watched, which know its CPU time each; and another one may have its name. */
static void test_service_is_told_once(void **state)
{
	struct governor_seat seats[] = {watched, watched, watched};
	struct status_target targets[] = {redis, redis, redis};
	struct status status = whole;
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seats); i++) {
		seats[i].member = (struct membership){.key = i < 2 ? 7 : 8, .processes = i < 2 ? 5 : 2};
		seats[i].cpu_pct = i < 2 ? 60 : 20;
		targets[i].watched = &seats[i];
	}
	status.targets = targets;
	status.n_targets = 3;
	text = text_of(&status, METRICS_OPEN);
	assert_contains(text, "hotdamon_service_cpu_ratio{service=\"redis.service\"} 0.8\n");
	assert_contains(text, "hotdamon_service_processes{service=\"redis.service\"} 7\n");
	assert_contains(text, "hotdamon_service_targets{service=\"redis.service\"} 3\n");
	assert_contains(text, "hotdamon_unwatched_cpu_ratio 0.296499\n");
	free(text);
}

/* Who chooses a name must not write metrics by it, whatever it is made of. */
static void test_hostile_names(void **state)
{
	struct whose hostile = {.service = {.kind = SERVICE_CGROUP, .own = true}};
	struct status_target target = redis;
	struct status status = whole;
	char *text;

	(void)state;
	snprintf(hostile.service.name, sizeof(hostile.service.name), "%s",
		 "a\"} 1\nhotdamon_seats 9\r\\\xff\xe2\x80\xae\xc3\xa9\x1b[2J");
	target.whose = &hostile;
	status.targets = &target;
	text = text_of(&status, METRICS_OPEN);
	assert_contains(
		text,
		"hotdamon_service_targets{service=\"a\\\"} 1?hotdamon_seats 9?\\\\??\xc3\xa9?[2J\"} 1\n");
	assert_null(strstr(text, "\nhotdamon_seats 9"));
	free(text);
	memset(hostile.service.name, '"', sizeof(hostile.service.name) - 1);
	text = text_of(&status, METRICS_OPEN);
	assert_contains(text, "\\\"\\\"\"} 1\n"); /* the longest name that there can be, escaped to its end */
	free(text);
}

/* With no target there are none of services: 40 series, whatever runs on the machine. */
static void test_nobody_is_watched(void **state)
{
	struct status status = whole;
	char *text;

	(void)state;
	status.n_targets = 0;
	text = text_of(&status, METRICS_OPEN);
	assert_null(strstr(text, "hotdamon_service_"));
	assert_contains(text, "hotdamon_kdamonds 0\n");
	free(text);
}

static void test_results_are_bounded(void **state)
{
	static char names[METRICS_RESULTS + 1][16];
	struct metrics_totals totals = {.n_results = 0};

	(void)state;
	for (size_t i = 0; i <= METRICS_RESULTS; i++) {
		snprintf(names[i], sizeof(names[i]), "status_%zu", i);
		metrics_count_result(&totals, names[i], i);
	}
	assert_int_equal(totals.n_results, METRICS_RESULTS);
	metrics_count_result(&totals, "status_1", 5);
	assert_int_equal(totals.results[1].count, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_open_metrics),  cmocka_unit_test(test_older_text),
		cmocka_unit_test(test_worth_and_room),	     cmocka_unit_test(test_sums_by_service),
		cmocka_unit_test(test_service_is_told_once), cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_nobody_is_watched),    cmocka_unit_test(test_results_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
