// SPDX-License-Identifier: GPL-2.0
#include "config/option.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/units.h"
#include "decide/cost.h"
#include "decide/region_count.h"
#include "sense/hotness.h"

#define US_MAX 3600000000ULL /* an hour */

#define FIELD(field)                                                                                         \
	.offset = offsetof(struct run_options, field), .size = sizeof(((struct run_options *)0)->field)

#define NUMBER(field, least, most)                                                                           \
	.kind = OPTION_NUMBER, FIELD(field), .min = (least), .max = (most), .unit = 1
#define MIB(field, least)                                                                                    \
	.kind = OPTION_NUMBER, FIELD(field), .min = (least), .max = (UINT64_MAX - 1) / MIB_BYTES,            \
	.unit = MIB_BYTES
#define FRACTION(field, least, most)                                                                         \
	.kind = OPTION_FRACTION, FIELD(field), .min_fraction = (least), .max_fraction = (most)
#define WORD(field, list) .kind = OPTION_WORD, FIELD(field), .words = (list)
#define FLAG(field)	  .kind = OPTION_FLAG, FIELD(field)
#define TEXT(field, is)	  .kind = OPTION_TEXT, FIELD(field), .check = (is)

static const char *check_path(const char *text)
{
	return *text == '/' ? NULL : "an absolute path";
}

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && !strcmp(text + strlen(text) - strlen(end), end);
}

static const char *check_metrics_file(const char *text)
{
	if (*text == '/' && ends_with(text, ".prom") && !ends_with(text, "/.prom"))
		return NULL;
	return "an absolute path that ends with .prom";
}

static const char *check_program(const char *text)
{
	struct stat stat_;

	if (*text == '/' && !stat(text, &stat_) && S_ISREG(stat_.st_mode) && !access(text, X_OK))
		return NULL;
	return "the absolute path of a program that can be run";
}

static const char *check_address(const char *text)
{
	struct address address;

	return address_parse(text, &address);
}

static const struct option_word ranks[] = {{"user", RANK_BY_USER}, {"cpu", RANK_BY_CPU}, {0}};
static const struct option_word units[] = {{"service", false}, {"process", true}, {0}};
static const struct option_word descents[] = {{"hold", false}, {"progressive", true}, {0}};
static const struct option_word executors[] = {{"auto", EXECUTOR_AUTO},
					       {"madvise", EXECUTOR_MADVISE},
					       {"damos", EXECUTOR_DAMOS},
					       {"none", EXECUTOR_NONE},
					       {0}};

const struct run_option run_table[] = {
	{.help = "Who is watched:"},
	{"top", "N", "Watch the N hottest services (default 3)", NUMBER(top, 1, RUN_MAX_SEATS),
	 .reloads = true},
	{"by", "service|process",
	 "Choose services, by the time of all their processes (default), or processes, each by itself",
	 WORD(by_process, units)},
	{"members", "N", "Watch at most N processes of a service at a time (default 4)",
	 NUMBER(members, 1, RUN_MAX_SEATS), .reloads = true},
	{"max-seats", "N",
	 "Watch at most N processes in all, but one of each service (default 32); by service",
	 NUMBER(max_seats, 1, RUN_MAX_SEATS), .reloads = true},
	{"user-share", "PCT",
	 "One user, but root, keeps at most PCT % of the places of --top while another user's service waits "
	 "(default 67; 100: as many as there are)",
	 NUMBER(user_share_pct, 1, 100), .reloads = true},
	{"interval", "SEC", "Choose anew every SEC seconds (default 5)", FRACTION(interval_s, 0.1, 3600),
	 .reloads = true},
	{"rank", "user|cpu", "Rank by user time (default) or by all CPU time", WORD(rank_by, ranks)},
	{"min-cpu", "PCT",
	 "Only services, or processes, that use at least PCT % of one CPU, by the time of --rank (default "
	 "10)",
	 FRACTION(min_cpu_pct, 0, 1000000), .reloads = true},
	{"min-mem", "MIB",
	 "Only processes with at least MIB MiB of resident memory that could become huge: anonymous, and "
	 "shared "
	 "where it is aligned (default 32)",
	 MIB(min_mem_bytes, 0), .reloads = true},
	{"min-anon", "MIB", "Another name of --min-mem", "min-mem", MIB(min_mem_bytes, 0)},
	{"max-processes", "N", "Room for N processes that run at a time (default: pid_max, at most 65536)",
	 NUMBER(max_processes, HOTNESS_MIN_PROCESSES, HOTNESS_MAX_PROCESSES), .unset = 0,
	 .unset_words = "by pid_max"},
	{"only", "KIND=GLOB",
	 "Only processes that this rule, or another --only, matches; KIND is unit, cgroup, comm, exe or user",
	 .kind = OPTION_RULE, .effect = RULE_IS_ONLY, .reloads = true},
	{"exclude", "KIND=GLOB", "None that this rule matches; of several rules the last that matches counts",
	 .kind = OPTION_RULE, .effect = RULE_EXCLUDES, .reloads = true},
	{"pid", "PID[,PID...]", "Watch just these, instead of choosing", .kind = OPTION_PIDS},
	{"pids", NULL, NULL, "pid", .kind = OPTION_PIDS},

	{.help = "What is done:"},
	{"executor", "NAME",
	 "madvise: hotdamon collapses the hottest memory itself (6.7+); damos: the kernel's collapse scheme "
	 "does (7.2+); none: watch and explain only; auto (default): madvise where it may, then damos, as "
	 "check tells",
	 WORD(executor, executors)},
	{"descent", "hold|progressive",
	 "damos, none: stop at the level where memory first collapses (default), or go on down when it dries "
	 "up",
	 WORD(progressive, descents)},
	{"trial", "SEC",
	 "Leave a process that gains nothing by huge pages in a trial of SEC seconds (default 120; 0: never)",
	 FRACTION(trial_s, 0, 1e6), .reloads = true},
	{"miss-ns", "NS",
	 "What a TLB miss costs here, by which it is reckoned what huge pages save (default: it is measured "
	 "at the start)",
	 FRACTION(miss_ns, COST_MISS_LEAST_NS, COST_MISS_GIVEN_NS), .unset = 0, .unset_words = "measured"},
	{"dry-run", NULL,
	 "Choose and explain only, also beside a daemon; DAMON is not touched, and no status is written but "
	 "to "
	 "a --state-dir",
	 FLAG(dry_run)},
	{"duration", "SEC", "End after SEC seconds (default 0: at a signal)", FRACTION(duration_s, 0, 1e9)},
	{"stop-damon-stat", NULL, "Turn DAMON_STAT off while running, and on again at the end",
	 FLAG(stop_damon_stat)},
	{"align-shared", NULL,
	 "Have the kernel align shared memory that is mapped while it runs, so that it can become huge",
	 FLAG(align_shared)},
	{"state-dir", "DIR", "Where the status file is (default " DEFAULT_STATE_DIR ")",
	 TEXT(state_dir, check_path)},
	{"metrics", "ADDRESS",
	 "Serve metrics over HTTP at ADDRESS, of this host alone: 127.0.0.1:9435, [::1]:9435, or "
	 "unix:/run/hotdamon/metrics.sock (default: nowhere)",
	 TEXT(metrics, check_address), .unset_words = "nowhere"},
	{"metrics-file", "FILE.prom",
	 "Write metrics to FILE.prom at each tick, for node_exporter's textfile collector (default: none)",
	 TEXT(metrics_file, check_metrics_file), .unset_words = "none"},
	{"on-event", "PROGRAM",
	 "Run PROGRAM for each verdict of a process, when a cap is reached, and when a process is stuck, "
	 "with what it is about in its "
	 "environment (default: none)",
	 TEXT(on_event, check_program), .unset_words = "none"},

	{.help = "How DAMON watches:"},
	{"sample-us", "US", "Sampling interval (default 5000)", NUMBER(sample_us, 1, US_MAX)},
	{"aggr-us", "US", "Aggregation interval (default 100000)", NUMBER(aggr_us, 1, US_MAX)},
	{"update-us", "US", "How often DAMON fits its regions (default 1000000)",
	 NUMBER(update_us, 1, US_MAX)},
	{"min-regions", "N", "At least N regions per process (default 10)",
	 NUMBER(min_regions, 3, REGION_COUNT_LIMIT)},
	{"max-regions", "N",
	 "At most N regions per process (default 8192 with madvise, else 1000, or 4 times the minimum)",
	 NUMBER(max_regions, 3, REGION_COUNT_LIMIT), .unset = 0, .unset_words = "by the executor"},
	{"monitor-cpu-pct", "PCT",
	 "What watching a process may cost, in % of a CPU (default 1; 0: no bound); above it DAMON looks "
	 "less often",
	 FRACTION(monitor_cpu_pct, 0, 100), .reloads = true},

	{.help = "How far memory may grow by it:"},
	{"max-growth-pct", "PCT",
	 "madvise: leave a huge page's memory alone of which more than PCT % is not there, or shared with "
	 "other processes (default 25)",
	 NUMBER(room.max_growth_pct, 0, 100), .reloads = true},
	{"min-populated-pct", "PCT", "The same the other way: 100 less --max-growth-pct", "max-growth-pct",
	 .kind = OPTION_REST, FIELD(room.max_growth_pct), .max = 100},
	{"max-growth-mib", "MIB", "A process may grow by MIB MiB in all (default: by 5 % of it)",
	 MIB(room.max_growth_bytes, 0), .unset = ROOM_UNLIMITED, .unset_words = "5 % of each process",
	 .reloads = true},

	{.help = "How much is collapsed, per process (0: no limit), by executor damos:"},
	{"quota-ms", "MS", "Time for collapsing in each reset interval (default 10)",
	 NUMBER(quota_ms, 0, 3600000)},
	{"quota-bytes", "BYTES", "Bytes tried in each reset interval (default 0)",
	 NUMBER(quota_bytes, PMD_SIZE_BYTES, UINT64_MAX / 2), .or_zero = true},
	{"quota-reset-ms", "MS", "The reset interval (default 1000)", NUMBER(quota_reset_ms, 1, 3600000)},

	{.help = "By executor madvise:"},
	{"payback", "SEC",
	 "Collapse what saves as much CPU time within SEC as the collapse costs (default 600)",
	 NUMBER(payback_s, 1, 7 * 86400), .reloads = true},
	{"stall-budget-us", "US",
	 "CPU time that collapses may take in each second, per process (default 20000)",
	 NUMBER(stall_budget_us, 1, 1000000), .reloads = true},
	{"max-huge-mib", "MIB", "Make at most MIB MiB huge in all (default 0: no cap)",
	 MIB(max_huge_bytes, PMD_SIZE_BYTES / MIB_BYTES), .or_zero = true, .reloads = true},
	{"max-target-huge-mib", "MIB", "Make at most MIB MiB of a process huge (default 0: no cap)",
	 MIB(max_target_huge_bytes, PMD_SIZE_BYTES / MIB_BYTES), .or_zero = true, .reloads = true},
};

const size_t n_run_table = sizeof(run_table) / sizeof(run_table[0]);
