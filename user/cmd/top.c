// SPDX-License-Identifier: GPL-2.0
/* `hotdamon top`: the ranking as the daemon sees it, live. BPF only; DAMON is not touched. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"
#include "cmd/top_keys.h"
#include "cmd/top_watch.h"
#include "sense/host.h"
#include "sense/hotness.h"
#include "sense/libbpf.h"
#include "sense/proc.h"
#include "sense/requirement.h"

#define OPT_BY 0x100 /* it has no letter */

/* What argp fills; the pids are freed at the end. */
struct input {
	struct top_options options;
	bool by_given;
	uint32_t *pids;
	size_t pids_room;
};

static void add_pids(struct input *input, struct argp_state *state, char *arg)
{
	struct top_options *options = &input->options;
	char *rest = arg, *word;

	while ((word = strsep(&rest, ","))) {
		uint64_t pid = cli_number(state, "pid", word, 1, 1U << 30);

		if (array_reserve(&input->pids, &input->pids_room, options->n_pids + 1, sizeof(*input->pids)))
			cli_fail(state, "out of memory");
		options->pids = input->pids;
		input->pids[options->n_pids++] = (uint32_t)pid;
	}
}

static enum table_by parse_by(const struct argp_state *state, const char *arg)
{
	if (!strcmp(arg, "service"))
		return TABLE_BY_SERVICE;
	if (strcmp(arg, "process"))
		cli_fail(state, "--by wants service or process, not '%s'", arg);
	return TABLE_BY_PROCESS;
}

static enum rank_by parse_rank(const struct argp_state *state, const char *arg)
{
	if (!strcmp(arg, "user"))
		return RANK_BY_USER;
	if (strcmp(arg, "cpu"))
		cli_fail(state, "--rank wants user or cpu, not '%s'", arg);
	return RANK_BY_CPU;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;
	struct top_options *options = &input->options;

	switch (key) {
	case 'n':
		options->count = cli_number(state, "count", arg, 1, UINT64_MAX / 2);
		return 0;
	case 'd':
		options->delay_s = cli_fraction(state, "delay", arg, TOP_MIN_DELAY_S, TOP_MAX_DELAY_S);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'b':
		options->batch = true;
		return 0;
	case OPT_BY:
		options->by = parse_by(state, arg);
		input->by_given = true;
		return 0;
	case 'p':
		add_pids(input, state, arg);
		return 0;
	case 'g':
		options->cgroup = arg;
		return 0;
	case 'm':
		options->max_processes = (uint32_t)cli_number(state, "max-processes", arg,
							      HOTNESS_MIN_PROCESSES, HOTNESS_MAX_PROCESSES);
		return 0;
	case 'r':
		options->rank_by = parse_rank(state, arg);
		return 0;
	case ARGP_KEY_SUCCESS:
		if (options->n_pids && !input->by_given)
			options->by = TABLE_BY_PROCESS;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void parse(int argc, char **argv, struct input *input)
{
	static const struct argp_option options_help[] = {
		{"count", 'n', "COUNT", 0,
		 "End after COUNT refreshes, and print plain lines, the first 20 of each", 0},
		{"by", OPT_BY, "service|process", 0,
		 "A line for each service, with its processes below it by a key (default), or for each "
		 "process "
		 "(default with --pid)",
		 0},
		{"delay", 'd', "SEC", 0, "Refresh every SEC seconds (default 2)", 0},
		{"batch", 'b', NULL, 0, "Plain lines on a terminal too, the first 20 of each refresh", 0},
		{"json", 'j', NULL, 0, "One line of JSON per refresh", 0},
		{"pid", 'p', "PID[,PID...]", 0,
		 "Only these processes, whether they run or not (--json: that ran)", 0},
		{"cgroup", 'g', "PATH", 0, "Only processes in the cgroup v2 PATH or below it", 0},
		{"rank", 'r', "user|cpu", 0, "Rank by user time (default) or by all CPU time", 0},
		{"max-processes", 'm', "N", 0,
		 "Room for N processes that run at a time (default: pid_max, at most 65536)", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options_help,
		.parser = parse_option,
		.doc = "Live table of the services that use most user time, by BPF alone: DAMON is not "
		       "touched.\vKeys: h tells them. NO_COLOR in the environment turns colours off.",
	};

	cli_parse(&argp, argc, argv, input);
}

/* Says what this host lacks for a ranking. EXIT_DONE: nothing. */
static int look_at_host(void)
{
	struct host_requirement *missing = calloc(HOST_MAX_REQUIREMENTS, sizeof(*missing));
	struct host_facts *facts = calloc(1, sizeof(*facts));
	int err = facts && missing ? host_facts_read(NULL, facts) : -ENOMEM;
	size_t n = err ? 0 : host_missing(facts, HOST_FOR_HOTNESS, missing);

	if (err)
		fprintf(stderr, "hotdamon top: this host cannot be looked at: %s\n", strerror(-err));
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "hotdamon top: %s: %s; remedy: %s\n", missing[i].name, missing[i].found,
			missing[i].remedy);
	free(facts);
	free(missing);
	if (err)
		return host_status_of(err);
	return n ? EXIT_HOST : EXIT_DONE;
}

/* The others are watched all the same. */
static void name_missing_pids(const struct top_options *options)
{
	struct process_facts facts;

	for (size_t i = 0; i < options->n_pids; i++)
		if (process_facts_read("/proc", options->pids[i], &facts))
			fprintf(stderr, "hotdamon top: there is no process %u\n", options->pids[i]);
}

int cmd_top(int argc, char **argv)
{
	struct input input = {.options.delay_s = 2};
	int status;

	parse(argc, argv, &input);
	setlocale(LC_CTYPE, ""); /* names and bars; numbers stay as scripts want them */
	sense_quiet_libbpf();
	status = look_at_host();
	if (status == EXIT_DONE) {
		name_missing_pids(&input.options);
		status = top_watch(&input.options);
	}
	free(input.pids);
	return status;
}
