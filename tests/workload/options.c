// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options opt = {
	.layout = {.mem = 64 * MIB, .islands = 1, .sparse = 1},
	.threads = 1,
	.duty = 100,
	.warm_pct = 25,
	.phases = {{INFINITY, true}},
	.nr_phases = 1,
};

void die(int status, const char *format, ...)
{
	va_list args;

	fputs("workload: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(status);
}

enum {
	OPT_NAME = 256,
	OPT_MEM,
	OPT_MISALIGN,
	OPT_SHARED,
	OPT_RESERVE,
	OPT_BESIDE,
	OPT_FILL,
	OPT_HOT,
	OPT_HOT_AT,
	OPT_ISLANDS,
	OPT_SPACING,
	OPT_RANGE,
	OPT_VMAS,
	OPT_GUARD,
	OPT_THREADS,
	OPT_DUTY,
	OPT_SPARSE,
	OPT_WARM,
	OPT_WARM_AT,
	OPT_WARM_PCT,
	OPT_PASS,
	OPT_PHASE,
	OPT_MOVE,
	OPT_HOG,
	OPT_THP_DISABLE,
	OPT_THP_ADVISED,
	OPT_NOHUGEPAGE,
	OPT_HUGEPAGE,
	OPT_LEADER_EXITS,
	OPT_EXEC_AFTER,
	OPT_EXIT_AFTER,
	OPT_REPORT,
	OPT_REPORT_FILE,
	OPT_FORK_STORM,
	OPT_SNAPSHOT,
	OPT_SNAPSHOT_LASTS,
	OPT_HELP,
};

static const struct argp_option options[] = {
	{"name", OPT_NAME, "COMM", 0, "Name of the process, at most 15 characters", 0},
	{"mem", OPT_MEM, "MIB", 0, "Size of the heap, one anonymous mapping (64)", 0},
	{"misalign", OPT_MISALIGN, "BYTES", 0, "Shift the heap from its 2 MiB boundary", 0},
	{"shared", OPT_SHARED, "FILE", 0,
	 "The heap is FILE, on a tmpfs, mapped shared; who finds it there in its size does not fill it", 0},
	{"reserve", OPT_RESERVE, "GIB", 0, "Reserve address space beside the heap (0)", 0},
	{"beside", OPT_BESIDE, "N", 0, "Map N pieces of 64 KiB beside the heap (0)", 0},
	{"fill", OPT_FILL, "SEC", 0, "Take SEC to fill the heap, from its beginning on (0)", 0},
	{"hot", OPT_HOT, "MIB", 0, "How much of the heap is hot (all)", 0},
	{"hot-at", OPT_HOT_AT, "MIB", 0, "Where the hot memory begins (0)", 0},
	{"islands", OPT_ISLANDS, "N", 0, "Cut the hot memory into N, spread over the heap", 0},
	{"spacing", OPT_SPACING, "MIB", 0, "From the start of an island to the next one's (spread evenly)",
	 0},
	{"range", OPT_RANGE, "AT:SIZE[:HEAT],...", 0,
	 "Hot ranges, in MiB; a page of heat 3 is accessed three times as often as one of heat 1 (1 to 100)",
	 0},
	{"vmas", OPT_VMAS, "N", 0, "Cut the heap into N mappings, the last page of each a guard", 0},
	{"guard", OPT_GUARD, "mprotect|madvise", 0,
	 "How guards are made: PROT_NONE, or MADV_GUARD_INSTALL (6.13)", 0},
	{"threads", OPT_THREADS, "N", 0, "Threads that access it, besides the leader (1)", 0},
	{"duty", OPT_DUTY, "PCT", 0, "Share of each 100 ms that a thread works (100)", 0},
	{"sparse", OPT_SPARSE, "N", 0, "Touch only one page in N", 0},
	{"warm", OPT_WARM, "MIB", 0, "Another part, accessed in a share of the time only (0)", 0},
	{"warm-at", OPT_WARM_AT, "MIB", 0, "Where the warm memory begins (0)", 0},
	{"warm-pct", OPT_WARM_PCT, "PCT", 0, "That share of each 100 ms (25)", 0},
	{"pass", OPT_PASS, "SEC", 0, "Take SEC to visit all hot pages once, and burn CPU in between", 0},
	{"phase", OPT_PHASE, "SEC:hot|idle,...", 0,
	 "What to do in turn, the next one also at SIGHUP; the last one stays", 0},
	{"move", OPT_MOVE, "SEC", 0, "Move the hot memory by its size each SEC, and at SIGHUP", 0},
	{"hog", OPT_HOG, NULL, 0, "Burn CPU without memory", 0},
	{"thp-disable", OPT_THP_DISABLE, NULL, 0, "prctl(PR_SET_THP_DISABLE); SIGALRM turns it on and off",
	 0},
	{"thp-advised", OPT_THP_ADVISED, NULL, 0,
	 "prctl(PR_SET_THP_DISABLE) but where it is advised; 6.18 or newer", 0},
	{"nohugepage", OPT_NOHUGEPAGE, NULL, 0, "madvise(MADV_NOHUGEPAGE) the heap", 0},
	{"hugepage", OPT_HUGEPAGE, NULL, 0, "madvise(MADV_HUGEPAGE) the heap at SIGUSR2", 0},
	{"leader-exits", OPT_LEADER_EXITS, "SEC", 0, "End the main thread after SEC, or at SIGHUP", 0},
	{"exec-after", OPT_EXEC_AFTER, "SEC", 0, "Execute itself anew, once, or at SIGHUP", 0},
	{"exit-after", OPT_EXIT_AFTER, "SEC", 0, "End after SEC", 0},
	{"report", OPT_REPORT, "SEC", 0,
	 "Print the truth each SEC, and on SIGUSR1; SIGUSR2 begins its window, and --move, anew", 0},
	{"report-file", OPT_REPORT_FILE, "FILE", 0, "Append reports to FILE", 0},
	{"fork-storm", OPT_FORK_STORM, "N", 0, "Start N short-lived children a second", 0},
	{"snapshot", OPT_SNAPSHOT, "SEC", 0, "Each SEC a child writes out all of the heap", 0},
	{"snapshot-lasts", OPT_SNAPSHOT_LASTS, "SEC", 0, "It is only one, and reads on for so long", 0},
	{"help", OPT_HELP, NULL, 0, "Print this help", 0},
	{0},
};

static uint64_t parse_number(const char *what, const char *text, uint64_t min, uint64_t max)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < min || value > max)
		die(2, "bad %s '%s': %" PRIu64 " to %" PRIu64 " is wanted", what, text, min, max);
	return value;
}

static double parse_seconds(const char *what, const char *text, char terminator, char **rest)
{
	char *end;
	double value = strtod(text, &end);

	if (*text < '0' || *text > '9' || *end != terminator || !(value > 0 && value < 1e8))
		die(2, "bad %s '%s': seconds above 0 are wanted", what, text);
	if (rest)
		*rest = end + 1;
	return value;
}

static void parse_phases(char *text)
{
	char *kind, *save = NULL;

	opt.nr_phases = 0;
	for (char *part = strtok_r(text, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		struct phase *phase = &opt.phases[opt.nr_phases];

		if (opt.nr_phases++ >= MAX_PHASES)
			die(2, "more than %d phases", MAX_PHASES);
		phase->seconds = parse_seconds("--phase", part, ':', &kind);
		phase->hot = strcmp(kind, "hot") == 0;
		if (!phase->hot && strcmp(kind, "idle") != 0)
			die(2, "bad --phase '%s': hot or idle is wanted", kind);
	}
	if (!opt.nr_phases)
		die(2, "bad --phase: SEC:hot or SEC:idle is wanted");
}

/* A number of MiB up to one of @ends; *text goes behind it. */
static uint64_t parse_part(char **text, const char *ends, uint64_t max)
{
	char *end = *text + strcspn(*text, ends);
	char save = *end;
	uint64_t value;

	*end = '\0';
	value = parse_number("--range", *text, 0, max);
	*end = save;
	*text = end;
	return value;
}

static void parse_ranges(char *text)
{
	char *save = NULL;

	opt.layout.nr_ranges = 0;
	for (char *part = strtok_r(text, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		struct hot_range *range = &opt.layout.ranges[opt.layout.nr_ranges];

		if (opt.layout.nr_ranges++ >= MAX_RANGES)
			die(2, "more than %d ranges", MAX_RANGES);
		range->at = parse_part(&part, ":", 1 << 24) * MIB;
		if (!*part++)
			die(2, "bad --range: AT:SIZE or AT:SIZE:HEAT is wanted");
		range->size = parse_part(&part, ":", 1 << 24) * MIB;
		range->heat = *part ? parse_number("heat of --range", part + 1, 1, 100) : 1;
	}
}

static error_t parse_layout(int key, char *arg)
{
	switch (key) {
	case OPT_ISLANDS:
		opt.layout.islands = parse_number("--islands", arg, 1, MAX_ISLANDS);
		return 0;
	case OPT_SPACING:
		opt.layout.spacing = parse_number("--spacing", arg, 1, 1 << 24) * MIB;
		return 0;
	case OPT_RANGE:
		/* A copy: --exec-after hands the words on. */
		parse_ranges(strdup(arg));
		return 0;
	case OPT_VMAS:
		opt.layout.pieces = parse_number("--vmas", arg, 1, 32768);
		return 0;
	case OPT_GUARD:
		opt.guard_by_madvise = strcmp(arg, "madvise") == 0;
		if (!opt.guard_by_madvise && strcmp(arg, "mprotect") != 0)
			die(2, "bad --guard '%s': mprotect or madvise is wanted", arg);
		return 0;
	case OPT_SPARSE:
		opt.layout.sparse = parse_number("--sparse", arg, 1, 1 << 20);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_memory(int key, char *arg)
{
	switch (key) {
	case OPT_MEM:
		opt.layout.mem = parse_number("--mem", arg, 1, 1 << 24) * MIB;
		return 0;
	case OPT_HOT:
		opt.layout.hot = parse_number("--hot", arg, 0, 1 << 24) * MIB;
		opt.layout.hot_given = true;
		return 0;
	case OPT_HOT_AT:
		opt.layout.hot_at = parse_number("--hot-at", arg, 0, 1 << 24) * MIB;
		return 0;
	case OPT_WARM:
		opt.warm = parse_number("--warm", arg, 0, 1 << 24) * MIB;
		return 0;
	case OPT_WARM_AT:
		opt.warm_at = parse_number("--warm-at", arg, 0, 1 << 24) * MIB;
		return 0;
	case OPT_WARM_PCT:
		opt.warm_pct = parse_number("--warm-pct", arg, 1, 100);
		return 0;
	case OPT_RESERVE:
		opt.reserve_gib = parse_number("--reserve", arg, 0, 64 * 1024);
		return 0;
	case OPT_BESIDE:
		opt.beside = parse_number("--beside", arg, 0, 60000);
		return 0;
	case OPT_FILL:
		opt.fill_s = parse_seconds("--fill", arg, '\0', NULL);
		return 0;
	case OPT_MISALIGN:
		opt.misalign = parse_number("--misalign", arg, 0, HUGE_SIZE - PAGE);
		if (opt.misalign % PAGE)
			die(2, "bad --misalign '%s': a multiple of %" PRIu64 " is wanted", arg, PAGE);
		return 0;
	case OPT_SHARED:
		opt.shared = arg;
		return 0;
	case OPT_HOG:
		opt.hog = true;
		return 0;
	case OPT_THP_DISABLE:
		opt.thp_disable = true;
		return 0;
	case OPT_THP_ADVISED:
		opt.thp_advised = true;
		return 0;
	case OPT_NOHUGEPAGE:
		opt.nohugepage = true;
		return 0;
	case OPT_HUGEPAGE:
		opt.hugepage = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_time(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case OPT_PHASE:
		/* A copy: --exec-after hands the words on. */
		parse_phases(strdup(arg));
		return 0;
	case OPT_PASS:
		opt.pass_s = parse_seconds("--pass", arg, '\0', NULL);
		return 0;
	case OPT_MOVE:
		opt.move_s = parse_seconds("--move", arg, '\0', NULL);
		return 0;
	case OPT_LEADER_EXITS:
		opt.leader_exits_s = parse_seconds("--leader-exits", arg, '\0', NULL);
		return 0;
	case OPT_EXEC_AFTER:
		opt.exec_after_s = parse_seconds("--exec-after", arg, '\0', NULL);
		opt.exec_words = arg == state->argv[state->next - 1] ? 2 : 1;
		opt.exec_option = state->next - opt.exec_words;
		return 0;
	case OPT_EXIT_AFTER:
		opt.exit_after_s = parse_seconds("--exit-after", arg, '\0', NULL);
		return 0;
	case OPT_SNAPSHOT_LASTS:
		opt.snapshot_lasts_s = parse_seconds("--snapshot-lasts", arg, '\0', NULL);
		return 0;
	case OPT_SNAPSHOT:
		opt.snapshot_s = parse_seconds("--snapshot", arg, '\0', NULL);
		return 0;
	case OPT_REPORT:
		opt.report_s = parse_seconds("--report", arg, '\0', NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state);
static const struct argp argp = {
	options, parse, NULL, "Accesses memory in a known way and reports the truth about it.",
	NULL,	 NULL,	NULL,
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case OPT_NAME:
		opt.name = arg;
		return 0;
	case OPT_REPORT_FILE:
		opt.report_file = arg;
		return 0;
	case OPT_THREADS:
		opt.threads = parse_number("--threads", arg, 1, MAX_THREADS);
		return 0;
	case OPT_DUTY:
		opt.duty = parse_number("--duty", arg, 0, 100);
		return 0;
	case OPT_FORK_STORM:
		opt.fork_storm = parse_number("--fork-storm", arg, 1, 10000);
		return 0;
	case OPT_HELP:
		argp_help(&argp, stdout, ARGP_HELP_STD_HELP, (char *)"workload");
		exit(0);
	case ARGP_KEY_ARG:
		die(2, "unexpected word '%s': see --help", arg);
	default:
		if (parse_layout(key, arg) == 0 || parse_memory(key, arg) == 0)
			return 0;
		return parse_time(key, arg, state);
	}
}

void options_parse(int argc, char **argv)
{
	/* argp's own complaints take two lines. */
	if (argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, NULL))
		die(2, "unknown option or missing value: see --help");
	if (opt.hog)
		opt.layout = (struct layout_spec){.islands = 1, .sparse = 1};
	if (opt.layout.pieces && opt.move_s > 0)
		die(2, "--move cannot cross the guards of --vmas");
}
