// SPDX-License-Identifier: GPL-2.0
/*
 * hotdamon check: what this kernel and host offer, what follows, and how to mend what is missing. Reads only.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/collapse.h"
#include "act/cost_file.h"
#include "base/json.h"
#include "cmd/check_barred.h"
#include "cmd/cli.h"
#include "decide/executor.h"
#include "report/cost.h"
#include "sense/host.h"
#include "sense/libbpf.h"
#include "sense/miss.h"
#include "sense/requirement.h"

struct check {
	struct host_facts facts;
	struct host_requirement list[HOST_MAX_REQUIREMENTS];
	size_t n;
	struct host_verdict verdict; /* of `run` with its defaults */
	struct host_cost cost;
	struct check_barred_list barred;
};

/* The ways to make memory huge, or not to. */
struct way {
	enum executor_kind executor;
	const char *what;
};

static const struct way ways[] = {
	{EXECUTOR_DAMOS, "the kernel's collapse scheme, 7.2"},
	{EXECUTOR_MADVISE, "process_madvise(MADV_COLLAPSE) of hot slots, 6.7"},
	{EXECUTOR_NONE, "watches and explains"},
};

#define MEASURE_MS 3000 /* nobody waits for longer: on a busy host it stays at the default */

#define WAYS (sizeof(ways) / sizeof(*ways))

static const char *owner_name(enum host_kdamond_owner owner)
{
	switch (owner) {
	case HOST_OWNER_OURS:
		return "hotdamon";
	case HOST_OWNER_FOREIGN:
		return "foreign";
	case HOST_OWNER_NOBODY:
		return "nobody";
	default:
		return "unknown";
	}
}

static const char *module_state(const struct host_module_facts *module)
{
	if (module->present == HOST_NO)
		return "absent";
	if (module->off == HOST_UNKNOWN)
		return "unknown";
	return module->off == HOST_YES ? "off" : "on";
}

/* For people. */

static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

static const char *answer_word(const struct host_requirement *r, bool needed)
{
	switch (r->answer) {
	case HOST_YES:
		return "ok";
	case HOST_NO:
		return needed ? "missing" : "no";
	default:
		return "unknown";
	}
}

static const char *answer_colour(const struct host_requirement *r, bool needed)
{
	switch (r->answer) {
	case HOST_YES:
		return "\033[32m";
	case HOST_NO:
		return needed ? "\033[31m" : "\033[33m";
	default:
		return "\033[33m";
	}
}

static void print_requirement(const struct host_requirement *r, bool needed, bool colour)
{
	printf("%-26s%s%-8s%s %-11s %s", r->name, colour ? answer_colour(r, needed) : "",
	       answer_word(r, needed), colour ? "\033[0m" : "", host_need_name(r->needed_for), r->found);
	if (r->answer == HOST_NO && *r->since)
		printf(" (since %s)", r->since);
	putchar('\n');
	if (*r->consequence)
		printf("    follows: %s\n", r->consequence);
	if (*r->remedy)
		printf("    mend:    %s\n", r->remedy);
}

static void print_kdamond(const struct host_kdamond *kdamond)
{
	printf("    %u: %s", kdamond->number, *kdamond->state ? kdamond->state : "state not readable");
	if (kdamond->pid > 0)
		printf(", pid %d", kdamond->pid);
	if (*kdamond->operations)
		printf(", %s", kdamond->operations);
	for (size_t i = 0; i < kdamond->nr_targets; i++)
		printf("%s %d", i ? "" : " on pid", kdamond->targets[i]);
	printf(", owner: %s\n", owner_name(kdamond->owner));
}

static void print_kdamonds(const struct host_facts *facts)
{
	if (facts->nr_kdamonds)
		puts("\nkdamonds:");
	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++)
		print_kdamond(&facts->kdamonds[i]);
	if (facts->nr_kdamonds > HOST_MAX_KDAMONDS)
		printf("    and %u more\n", facts->nr_kdamonds - HOST_MAX_KDAMONDS);
}

static void print_executors(const struct check *check)
{
	struct executor_abilities can = host_abilities(&check->facts);
	const struct host_verdict *verdict = &check->verdict;

	puts("\nexecutors:");
	for (size_t i = 0; i < WAYS; i++)
		printf("    %-8s%s (%s)\n", executor_name(ways[i].executor),
		       executor_can(ways[i].executor, &can) ? "this kernel could" : "this kernel cannot",
		       ways[i].what);
	if (verdict->executor != EXECUTOR_AUTO)
		printf("    auto    takes %s: %s\n", executor_name(verdict->executor), verdict->reason);
	else
		printf("    auto    has none to act with (%s): run ends with status 3; %s\n", verdict->reason,
		       can.watch ? "to watch and explain only: hotdamon run --executor none"
				 : "to choose and explain only: hotdamon run --dry-run");
}

static void print_cost(const struct host_cost *cost)
{
	char words[2 * REASON_LEN];

	cost_words(cost, words);
	printf("\ncost: %s\n", words);
}

static void print_table(const struct check *check)
{
	unsigned int needs = host_needs_of(check->verdict.executor);
	bool colour = wants_colour();

	printf("%-26s%-8s %-11s %s\n", "requirement", "answer", "needed for", "found");
	for (size_t i = 0; i < check->n; i++)
		print_requirement(&check->list[i], check->list[i].needed_for & needs, colour);
	print_kdamonds(&check->facts);
	check_barred_print(&check->barred);
	print_executors(check);
	print_cost(&check->cost);
	printf("\nhotdamon %s on Linux %s: ", HOTDAMON_VERSION, check->facts.release);
	if (check->verdict.n_missing)
		printf("not ready, %zu missing\n", check->verdict.n_missing);
	else
		puts("ready");
}

/* For scripts. */

/* Without a text: null. */
static void add_text(struct json *json, const char *key, const char *text)
{
	json_add_text(json, key, text && *text ? text : NULL);
}

static void add_requirement(struct json *json, const struct host_requirement *r)
{
	json_open_object(json, NULL);
	add_text(json, "name", r->name);
	if (r->answer == HOST_UNKNOWN)
		json_add_null(json, "ok");
	else
		json_add_bool(json, "ok", r->answer == HOST_YES);
	add_text(json, "needed_for", host_need_name(r->needed_for));
	add_text(json, "since", r->since);
	add_text(json, "found", r->found);
	add_text(json, "consequence", r->consequence);
	add_text(json, "remedy", r->remedy);
	json_close(json);
}

static void add_kdamond(struct json *json, const struct host_kdamond *kdamond)
{
	json_open_object(json, NULL);
	json_add_u64(json, "number", kdamond->number);
	add_text(json, "state", kdamond->state);
	if (kdamond->pid > 0)
		json_add_i64(json, "pid", kdamond->pid);
	else
		json_add_null(json, "pid");
	add_text(json, "operations", kdamond->operations);
	json_open_array(json, "target_pids");
	for (size_t i = 0; i < kdamond->nr_targets; i++)
		json_add_i64(json, NULL, kdamond->targets[i]);
	json_close(json);
	add_text(json, "owner", owner_name(kdamond->owner));
	json_close(json);
}

static void add_executor(struct json *json, const struct way *way, const struct host_facts *facts)
{
	struct executor_abilities can = host_abilities(facts);

	json_open_object(json, NULL);
	add_text(json, "name", executor_name(way->executor));
	json_add_bool(json, "possible", executor_can(way->executor, &can));
	json_close(json);
}

static void add_lists(struct json *json, const struct check *check)
{
	json_open_array(json, "executors");
	for (size_t i = 0; i < WAYS; i++)
		add_executor(json, &ways[i], &check->facts);
	json_close(json);
	json_open_array(json, "requirements");
	for (size_t i = 0; i < check->n; i++)
		add_requirement(json, &check->list[i]);
	json_close(json);
	json_open_array(json, "kdamonds");
	for (unsigned int i = 0; i < check->facts.nr_kdamonds && i < HOST_MAX_KDAMONDS; i++)
		add_kdamond(json, &check->facts.kdamonds[i]);
	json_close(json);
	check_barred_add(json, &check->barred);
	json_open_object(json, "modules");
	for (unsigned int i = 0; i < HOST_MODULES; i++)
		add_text(json, host_module_name(i), module_state(&check->facts.modules[i]));
	json_close(json);
}

static int print_json(const struct check *check)
{
	const struct host_verdict *verdict = &check->verdict;
	struct json json;
	char *text;

	json_start(&json);
	add_text(&json, "version", HOTDAMON_VERSION);
	add_text(&json, "kernel", check->facts.release);
	json_add_bool(&json, "ready", !verdict->n_missing);
	add_text(&json, "executor",
		 verdict->executor == EXECUTOR_AUTO ? NULL : executor_name(verdict->executor));
	add_text(&json, "executor_reason", verdict->reason);
	cost_to_json(&json, &check->cost);
	add_lists(&json, check);
	text = json_finish(&json, JSON_LINE);
	if (!text)
		return -ENOMEM;
	puts(text);
	free(text);
	return 0;
}

/* The command. */

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

static const struct argp_option options[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	{0},
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = "What this kernel and host offer: a line for each requirement, and for what is missing what "
	       "follows "
	       "and how to mend it. Also what a TLB miss and a collapse cost here.\v"
	       "Ends with 0 when `hotdamon run` with its defaults would work here, and with 3 otherwise.",
};

/* NULL, or why not. */
static const char *measure(struct cost_measure *measured)
{
	struct miss_probe probe;
	struct pollfd told;
	const char *why;
	int err;

	if (!miss_has_room("/proc"))
		return "memory is short";
	err = miss_start(&probe, false);
	if (err)
		return strerror(-err);
	told = (struct pollfd){.fd = probe.fd, .events = POLLIN};
	why = poll(&told, 1, MEASURE_MS) == 1 ? miss_take(&probe, measured) : "it takes too long";
	miss_stop(&probe);
	return why;
}

/* As a daemon measured it in this boot, or by ourselves; nothing is kept. */
static void look_at_cost(struct host_cost *cost)
{
	struct cost_measure measured;
	bool kept = !cost_file_read(&claim_default_paths, &measured, NULL);
	const char *why = kept ? NULL : measure(&measured);

	cost_start(cost, 0);
	if (why)
		cost_take_none(cost, why);
	else
		cost_take(cost, &measured, kept);
}

/* The facts, and what `run` would do with them. */
static int look(struct check *check)
{
	int err = host_facts_read(NULL, &check->facts);

	if (err)
		return err;
	check->facts.collapse_err = collapse_barred_everywhere();
	check->n = host_requirements(&check->facts, check->list);
	host_judge(&check->facts, EXECUTOR_AUTO, &check->verdict);
	err = check_barred_read(&check->barred);
	if (err)
		return err;
	look_at_cost(&check->cost);
	return 0;
}

static int print(const char *name, const struct check *check, bool json)
{
	int err = 0;

	if (json)
		err = print_json(check);
	else
		print_table(check);
	if (err) {
		fprintf(stderr, "%s: output: %s\n", name, strerror(-err));
		return EXIT_FAILED;
	}
	return check->verdict.n_missing ? EXIT_HOST : EXIT_DONE;
}

int cmd_check(int argc, char **argv)
{
	struct check *check = calloc(1, sizeof(*check));
	bool json = false;
	int err, status;

	cli_parse(&argp, argc, argv, &json);
	sense_quiet_libbpf();
	err = check ? look(check) : -ENOMEM;
	if (err)
		fprintf(stderr, "%s: this host cannot be looked at: %s\n", argv[0], strerror(-err));
	status = err ? host_status_of(err) : print(argv[0], check, json);
	if (check)
		check_barred_free(&check->barred);
	free(check);
	return status;
}
