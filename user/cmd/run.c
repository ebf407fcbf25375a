// SPDX-License-Identifier: GPL-2.0
/* `hotdamon run`: options, each checked for range and all for sense together, then the daemon. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/units.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"
#include "cmd/run_finish.h"
#include "daemon/daemon.h"
#include "decide/benefit.h"
#include "decide/cost.h"
#include "decide/members.h"
#include "decide/region_count.h"
#include "decide/room.h"
#include "decide/worth.h"
#include "decide/pace.h"
#include "sense/hotness.h"

enum {
	OPT_TOP = 0x100,
	OPT_BY,
	OPT_MEMBERS,
	OPT_MAX_SEATS,
	OPT_INTERVAL,
	OPT_RANK,
	OPT_MIN_CPU,
	OPT_MIN_MEM,
	OPT_MIN_ANON,
	OPT_MAX_PROCESSES,
	OPT_EXECUTOR,
	OPT_DESCENT,
	OPT_PID,
	OPT_ONLY,
	OPT_EXCLUDE,
	OPT_SAMPLE_US,
	OPT_AGGR_US,
	OPT_UPDATE_US,
	OPT_MIN_REGIONS,
	OPT_MAX_REGIONS,
	OPT_MONITOR_CPU_PCT,
	OPT_QUOTA_MS,
	OPT_QUOTA_BYTES,
	OPT_QUOTA_RESET_MS,
	OPT_STALL_BUDGET_US,
	OPT_PAYBACK,
	OPT_MIN_POPULATED_PCT,
	OPT_MAX_GROWTH_PCT,
	OPT_MAX_GROWTH_MIB,
	OPT_MAX_HUGE_MIB,
	OPT_MAX_TARGET_HUGE_MIB,
	OPT_STOP_DAMON_STAT,
	OPT_ALIGN_SHARED,
	OPT_DURATION,
	OPT_STATE_DIR,
	OPT_DRY_RUN,
	OPT_TRIAL,
	OPT_MISS_NS,
	OPT_METRICS,
	OPT_METRICS_FILE,
	OPT_ON_EVENT,
};

static const struct argp_option run_options_help[] = {
	{NULL, 0, NULL, 0, "Who is watched:", 1},
	{"top", OPT_TOP, "N", 0, "Watch the N hottest services (default 3)", 0},
	{"by", OPT_BY, "service|process", 0,
	 "Choose services, by the time of all their processes (default), or processes, each by itself", 0},
	{"members", OPT_MEMBERS, "N", 0, "Watch at most N processes of a service at a time (default 4)", 0},
	{"max-seats", OPT_MAX_SEATS, "N", 0,
	 "Watch at most N processes in all, but one of each service (default 32); by service", 0},
	{"interval", OPT_INTERVAL, "SEC", 0, "Choose anew every SEC seconds (default 5)", 0},
	{"rank", OPT_RANK, "user|cpu", 0, "Rank by user time (default) or by all CPU time", 0},
	{"min-cpu", OPT_MIN_CPU, "PCT", 0,
	 "Only services, or processes, that use at least PCT % of one CPU, by the time of --rank (default "
	 "10)",
	 0},
	{"min-mem", OPT_MIN_MEM, "MIB", 0,
	 "Only processes with at least MIB MiB of resident anonymous memory (default 32)", 0},
	{"min-anon", OPT_MIN_ANON, "MIB", 0, "Another name of --min-mem", 0},
	{"max-processes", OPT_MAX_PROCESSES, "N", 0,
	 "Room for N processes that run at a time (default: pid_max, at most 65536)", 0},
	{"only", OPT_ONLY, "KIND=GLOB", 0,
	 "Only processes that this rule, or another --only, matches; KIND is unit, cgroup, comm, exe or user",
	 0},
	{"exclude", OPT_EXCLUDE, "KIND=GLOB", 0,
	 "None that this rule matches; of several rules the last that matches counts", 0},
	{"pid", OPT_PID, "PID[,PID...]", 0, "Watch just these, instead of choosing", 0},
	{NULL, 0, NULL, 0, "What is done:", 2},
	{"executor", OPT_EXECUTOR, "NAME", 0,
	 "madvise: hotdamon collapses the hottest memory itself (6.7+); damos: the kernel's collapse scheme "
	 "does "
	 "(7.2+); none: watch and explain only; auto (default): madvise where it "
	 "may, then damos, as check tells",
	 0},
	{"descent", OPT_DESCENT, "hold|progressive", 0,
	 "damos, none: stop at the level where memory first collapses (default), or go on down when it dries "
	 "up",
	 0},
	{"trial", OPT_TRIAL, "SEC", 0,
	 "Leave a process that gains nothing by huge pages in a trial of SEC seconds (default 120; 0: never)",
	 0},
	{"miss-ns", OPT_MISS_NS, "NS", 0,
	 "What a TLB miss costs here, by which it is reckoned what huge pages save (default: it is measured "
	 "at "
	 "the start)",
	 0},
	{"dry-run", OPT_DRY_RUN, NULL, 0,
	 "Choose and explain only, also beside a daemon; DAMON is not touched, and no status is written but "
	 "to "
	 "a "
	 "--state-dir",
	 0},
	{"duration", OPT_DURATION, "SEC", 0, "End after SEC seconds (default 0: at a signal)", 0},
	{"stop-damon-stat", OPT_STOP_DAMON_STAT, NULL, 0,
	 "Turn DAMON_STAT off while running, and on again at the end", 0},
	{"align-shared", OPT_ALIGN_SHARED, NULL, 0,
	 "Have the kernel align shared memory that is mapped while it runs, so that it can become huge", 0},
	{"state-dir", OPT_STATE_DIR, "DIR", 0, "Where the status file is (default " DEFAULT_STATE_DIR ")", 0},
	{"metrics", OPT_METRICS, "ADDRESS", 0,
	 "Serve metrics over HTTP at ADDRESS, of this host alone: 127.0.0.1:9435, [::1]:9435, or "
	 "unix:/run/hotdamon/metrics.sock (default: nowhere)",
	 0},
	{"metrics-file", OPT_METRICS_FILE, "FILE.prom", 0,
	 "Write metrics to FILE.prom at each tick, for node_exporter's textfile collector (default: none)",
	 0},
	{"on-event", OPT_ON_EVENT, "PROGRAM", 0,
	 "Run PROGRAM for each verdict of a process and when a cap is reached, with what it is about in its "
	 "environment "
	 "(default: none)",
	 0},
	{NULL, 0, NULL, 0, "How DAMON watches:", 3},
	{"sample-us", OPT_SAMPLE_US, "US", 0, "Sampling interval (default 5000)", 0},
	{"aggr-us", OPT_AGGR_US, "US", 0, "Aggregation interval (default 100000)", 0},
	{"update-us", OPT_UPDATE_US, "US", 0, "How often DAMON fits its regions (default 1000000)", 0},
	{"min-regions", OPT_MIN_REGIONS, "N", 0, "At least N regions per process (default 10)", 0},
	{"max-regions", OPT_MAX_REGIONS, "N", 0,
	 "At most N regions per process (default 8192 with madvise, else 1000, or 4 times the minimum)", 0},
	{"monitor-cpu-pct", OPT_MONITOR_CPU_PCT, "PCT", 0,
	 "What watching a process may cost, in % of a CPU (default 1; 0: no bound); above it DAMON looks "
	 "less often",
	 0},
	{NULL, 0, NULL, 0, "How far memory may grow by it:", 4},
	{"max-growth-pct", OPT_MAX_GROWTH_PCT, "PCT", 0,
	 "madvise: leave a huge page's memory alone of which more than PCT % is not there, or shared with "
	 "other processes (default 25)",
	 0},
	{"min-populated-pct", OPT_MIN_POPULATED_PCT, "PCT", 0,
	 "The same the other way: 100 less --max-growth-pct", 0},
	{"max-growth-mib", OPT_MAX_GROWTH_MIB, "MIB", 0,
	 "A process may grow by MIB MiB in all (default: by 5 % of it)", 0},
	{NULL, 0, NULL, 0, "How much is collapsed, per process (0: no limit), by executor damos:", 5},
	{"quota-ms", OPT_QUOTA_MS, "MS", 0, "Time for collapsing in each reset interval (default 10)", 0},
	{"quota-bytes", OPT_QUOTA_BYTES, "BYTES", 0, "Bytes tried in each reset interval (default 0)", 0},
	{"quota-reset-ms", OPT_QUOTA_RESET_MS, "MS", 0, "The reset interval (default 1000)", 0},
	{NULL, 0, NULL, 0, "By executor madvise:", 6},
	{"payback", OPT_PAYBACK, "SEC", 0,
	 "Collapse what saves as much CPU time within SEC as the collapse costs (default 600)", 0},
	{"stall-budget-us", OPT_STALL_BUDGET_US, "US", 0,
	 "CPU time that collapses may take in each second, per process (default 20000)", 0},
	{"max-huge-mib", OPT_MAX_HUGE_MIB, "MIB", 0, "Make at most MIB MiB huge in all (default 0: no cap)",
	 0},
	{"max-target-huge-mib", OPT_MAX_TARGET_HUGE_MIB, "MIB", 0,
	 "Make at most MIB MiB of a process huge (default 0: no cap)", 0},
	{0},
};

#define US_MAX 3600000000ULL /* an hour */

/* One of @words, or a usage error. */
static unsigned int choice(const struct argp_state *state, const char *option, const char *text,
			   const char *const words[], unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(text, words[i]))
			return i;
	cli_fail(state, "--%s does not know '%s'; see %s --help", option, text, state->name);
}

static enum executor_kind parse_executor(const struct argp_state *state, const char *text)
{
	static const char *const words[] = {"auto", "damos", "madvise", "none"};
	static const enum executor_kind executors[] = {EXECUTOR_AUTO, EXECUTOR_DAMOS, EXECUTOR_MADVISE,
						       EXECUTOR_NONE};

	return executors[choice(state, "executor", text, words, 4)];
}

static void parse_pids(const struct argp_state *state, char *text, struct run_options *options)
{
	char *rest = NULL;

	options->n_pids = 0;
	if (!*text || *text == ',' || text[strlen(text) - 1] == ',' || strstr(text, ",,"))
		cli_fail(state, "--pid wants PID[,PID...], not '%s'", text);
	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		uint32_t pid = (uint32_t)cli_number(state, "pid", word, 1, 4194304);
		bool twice = false;

		for (unsigned int i = 0; i < options->n_pids; i++)
			twice |= options->pids[i] == pid;
		if (twice)
			continue;
		if (options->n_pids == RUN_MAX_SEATS)
			cli_fail(state, "--pid takes at most %d processes", RUN_MAX_SEATS);
		options->pids[options->n_pids++] = pid;
	}
}

static void parse_rule(const struct argp_state *state, const char *text, bool excludes, struct rules *rules)
{
	const char *option = excludes ? "exclude" : "only", *wanted;

	if (rules->n == RULES_MAX)
		cli_fail(state, "--%s %s: there can be no more than %d rules", option, text, RULES_MAX);
	wanted = rule_parse(text, excludes, &rules->rules[rules->n]);
	if (wanted)
		cli_fail(state, "--%s wants %s, not '%s'", option, wanted, text);
	rules->n++;
}

/* 0: no cap. Less than a huge page would be one that is reached at once. */
static uint64_t parse_cap(const struct argp_state *state, const char *option, const char *text)
{
	uint64_t bytes = cli_number(state, option, text, 0, UINT64_MAX / MIB_BYTES) * MIB_BYTES;

	if (bytes && bytes < PMD_SIZE_BYTES)
		cli_fail(state, "--%s %s is less than one huge page of %llu MiB", option, text,
			 PMD_SIZE_BYTES / MIB_BYTES);
	return bytes;
}

static uint64_t parse_mib(const struct argp_state *state, const char *option, const char *text)
{
	return cli_number(state, option, text, 0, (UINT64_MAX - 1) / MIB_BYTES) * MIB_BYTES;
}

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && !strcmp(text + strlen(text) - strlen(end), end);
}

static error_t parse_metrics_option(int key, const char *arg, const struct argp_state *state)
{
	struct run_options *options = state->input;
	struct address address;
	const char *wanted;

	switch (key) {
	case OPT_METRICS:
		wanted = address_parse(arg, &address);
		if (wanted)
			cli_fail(state, "--metrics wants %s, not '%s'", wanted, arg);
		options->metrics = arg;
		return 0;
	case OPT_METRICS_FILE:
		if (arg[0] != '/' || !ends_with(arg, ".prom") || ends_with(arg, "/.prom"))
			cli_fail(state,
				 "--metrics-file wants an absolute path that ends with .prom, not '%s'", arg);
		options->metrics_file = arg;
		return 0;
	case OPT_ON_EVENT:
		if (arg[0] != '/' || access(arg, X_OK))
			cli_fail(state,
				 "--on-event wants the absolute path of a program that can be run, not '%s'",
				 arg);
		options->on_event = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_room_option(int key, const char *arg, const struct argp_state *state)
{
	struct run_options *options = state->input;

	switch (key) {
	case OPT_MAX_GROWTH_PCT:
		options->room.max_growth_pct = (unsigned int)cli_number(state, "max-growth-pct", arg, 0, 100);
		return 0;
	case OPT_MIN_POPULATED_PCT:
		options->room.max_growth_pct =
			100 - (unsigned int)cli_number(state, "min-populated-pct", arg, 0, 100);
		return 0;
	case OPT_MAX_GROWTH_MIB:
		options->room.max_growth_bytes = parse_mib(state, "max-growth-mib", arg);
		return 0;
	default:
		return parse_metrics_option(key, arg, state);
	}
}

static error_t parse_pace_option(int key, char *arg, struct argp_state *state)
{
	struct run_options *options = state->input;

	switch (key) {
	case OPT_STALL_BUDGET_US:
		options->stall_budget_us = cli_number(state, "stall-budget-us", arg, 1, 1000000);
		return 0;
	case OPT_PAYBACK:
		options->payback_s = cli_number(state, "payback", arg, 1, 7 * 86400);
		return 0;
	case OPT_MAX_HUGE_MIB:
		options->max_huge_bytes = parse_cap(state, "max-huge-mib", arg);
		return 0;
	case OPT_MAX_TARGET_HUGE_MIB:
		options->max_target_huge_bytes = parse_cap(state, "max-target-huge-mib", arg);
		return 0;
	default:
		return parse_room_option(key, arg, state);
	}
}

static error_t parse_damon_option(int key, char *arg, struct argp_state *state)
{
	struct run_options *options = state->input;

	switch (key) {
	case OPT_SAMPLE_US:
		options->sample_us = cli_number(state, "sample-us", arg, 1, US_MAX);
		return 0;
	case OPT_AGGR_US:
		options->aggr_us = cli_number(state, "aggr-us", arg, 1, US_MAX);
		return 0;
	case OPT_UPDATE_US:
		options->update_us = cli_number(state, "update-us", arg, 1, US_MAX);
		return 0;
	case OPT_MIN_REGIONS:
		options->min_regions = cli_number(state, "min-regions", arg, 3, REGION_COUNT_LIMIT);
		return 0;
	case OPT_MAX_REGIONS:
		options->max_regions = cli_number(state, "max-regions", arg, 3, REGION_COUNT_LIMIT);
		return 0;
	case OPT_MONITOR_CPU_PCT:
		options->monitor_cpu_pct = cli_fraction(state, "monitor-cpu-pct", arg, 0, 100);
		return 0;
	case OPT_QUOTA_MS:
		options->quota_ms = cli_number(state, "quota-ms", arg, 0, 3600000);
		return 0;
	case OPT_QUOTA_BYTES:
		options->quota_bytes = cli_number(state, "quota-bytes", arg, 0, UINT64_MAX / 2);
		return 0;
	case OPT_QUOTA_RESET_MS:
		options->quota_reset_ms = cli_number(state, "quota-reset-ms", arg, 1, 3600000);
		return 0;
	default:
		return parse_pace_option(key, arg, state);
	}
}

static error_t parse_named_option(int key, char *arg, struct argp_state *state)
{
	static const char *const units[] = {"service", "process"};
	struct run_options *options = state->input;

	switch (key) {
	case OPT_BY:
		options->by_process = choice(state, "by", arg, units, 2) == 1;
		return 0;
	case OPT_MEMBERS:
		options->members = (unsigned int)cli_number(state, "members", arg, 1, RUN_MAX_SEATS);
		return 0;
	case OPT_MAX_SEATS:
		options->max_seats = (unsigned int)cli_number(state, "max-seats", arg, 1, RUN_MAX_SEATS);
		return 0;
	case OPT_PID:
		parse_pids(state, arg, options);
		return 0;
	case OPT_ONLY:
	case OPT_EXCLUDE:
		parse_rule(state, arg, key == OPT_EXCLUDE, &options->rules);
		return 0;
	default:
		return parse_damon_option(key, arg, state);
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const ranks[] = {"user", "cpu"}, *const descents[] = {"hold", "progressive"};
	struct run_options *options = state->input;
	enum executor_kind executor;

	switch (key) {
	case OPT_TOP:
		options->top = (unsigned int)cli_number(state, "top", arg, 1, RUN_MAX_SEATS);
		return 0;
	case OPT_INTERVAL:
		options->interval_s = cli_fraction(state, "interval", arg, 0.1, 3600);
		return 0;
	case OPT_RANK:
		options->rank_by = choice(state, "rank", arg, ranks, 2) ? RANK_BY_CPU : RANK_BY_USER;
		return 0;
	case OPT_MIN_CPU:
		options->min_cpu_pct = cli_fraction(state, "min-cpu", arg, 0, 1000000);
		return 0;
	case OPT_MIN_MEM:
	case OPT_MIN_ANON:
		options->min_anon_bytes = parse_mib(state, key == OPT_MIN_MEM ? "min-mem" : "min-anon", arg);
		return 0;
	case OPT_MAX_PROCESSES:
		options->max_processes = (uint32_t)cli_number(state, "max-processes", arg,
							      HOTNESS_MIN_PROCESSES, HOTNESS_MAX_PROCESSES);
		return 0;
	case OPT_EXECUTOR:
		executor = parse_executor(state, arg);
		if (options->executor != EXECUTOR_DRY_RUN) /* that is the stronger word, wherever it stands */
			options->executor = executor;
		return 0;
	case OPT_DESCENT:
		options->progressive = choice(state, "descent", arg, descents, 2) == 1;
		return 0;
	case OPT_STOP_DAMON_STAT:
		options->stop_damon_stat = true;
		return 0;
	case OPT_ALIGN_SHARED:
		options->align_shared = true;
		return 0;
	case OPT_DURATION:
		options->duration_s = cli_fraction(state, "duration", arg, 0, 1e9);
		return 0;
	case OPT_TRIAL:
		options->trial_s = cli_fraction(state, "trial", arg, 0, 1e6);
		return 0;
	case OPT_MISS_NS:
		options->miss_ns =
			cli_fraction(state, "miss-ns", arg, COST_MISS_LEAST_NS, COST_MISS_GIVEN_NS);
		return 0;
	case OPT_STATE_DIR:
		if (arg[0] != '/')
			cli_fail(state, "--state-dir wants an absolute path, not '%s'", arg);
		options->state_dir = arg;
		return 0;
	case OPT_DRY_RUN:
		options->executor = EXECUTOR_DRY_RUN;
		return 0;
	case ARGP_KEY_END:
		run_options_finish(state, options);
		return 0;
	default:
		return parse_named_option(key, arg, state);
	}
}

int cmd_run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = run_options_help,
		.parser = parse_option,
		.doc = "Finds the hot processes by BPF and their hot memory by DAMON, and collapses that to "
		       "huge "
		       "pages. Runs in the foreground; SIGINT, SIGTERM and SIGHUP end it and put everything "
		       "back.",
	};
	struct run_options options = {
		.top = 3,
		.members = MEMBERS_DEFAULT,
		.max_seats = SEATS_DEFAULT,
		.interval_s = 5,
		.min_cpu_pct = 10,
		.min_anon_bytes = 32 * MIB_BYTES,
		.sample_us = 5000,
		.aggr_us = 100000,
		.update_us = 1000000,
		.min_regions = 10,
		.monitor_cpu_pct = 1,
		.trial_s = ns_to_s(BENEFIT_TRIAL_NS),
		.quota_ms = 10,
		.quota_reset_ms = 1000,
		.stall_budget_us = PACE_DEFAULT_BUDGET_US,
		.payback_s = WORTH_DEFAULT_PAYBACK_S,
		.room = {ROOM_MAX_GROWTH_PCT, ROOM_UNLIMITED},
	};

	cli_parse(&argp, argc, argv, &options);
	return daemon_run(&options);
}
