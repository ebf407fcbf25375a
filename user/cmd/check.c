// SPDX-License-Identifier: GPL-2.0
/*
 * hotdamon check: what this kernel and host offer, what follows, and how to mend what is missing. Reads
 * only.
 */
#include "cmd/cmd.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/collapse.h"
#include "cmd/cli.h"
#include "decide/executor.h"
#include "sense/host.h"
#include "sense/requirement.h"

struct check {
	struct host_facts facts;
	struct host_requirement list[HOST_MAX_REQUIREMENTS];
	size_t n;
	size_t nr_missing; /* of what `run` needs */
};

/* The ways to make memory huge, or not to. */
struct way {
	enum executor executor;
	const char *what;
};

static const struct way ways[] = {
	{EXECUTOR_DAMOS, "the kernel's collapse scheme, 7.2"},
	{EXECUTOR_MADVISE, "process_madvise(MADV_COLLAPSE) of hot slots, 6.7"},
	{EXECUTOR_HINT, "marks for khugepaged, 6.7; THP mode always or madvise"},
	{EXECUTOR_NONE, "watches and explains"},
};

#define WAYS (sizeof(ways) / sizeof(*ways))

static struct executor_abilities abilities(const struct host_facts *facts)
{
	return (struct executor_abilities){
		.damos = host_can_damos(facts),
		.madvise = host_can_madvise(facts),
		.hint = host_can_hint(facts),
		.watch = host_can_watch(facts),
	};
}

/* What `run --executor auto` takes, and why; EXECUTOR_NONE: it has none to act with, and ends with EXIT_HOST. */
static enum executor auto_executor(const struct host_facts *facts, char reason[REASON_LEN])
{
	struct executor_abilities can = abilities(facts);

	return executor_choose(&can, reason);
}

/* Of `run` with its defaults. */
static unsigned int default_needs(const struct host_facts *facts)
{
	char reason[REASON_LEN];
	enum executor chosen = auto_executor(facts, reason);

	return host_needs_of(chosen == EXECUTOR_NONE ? EXECUTOR_AUTO : chosen);
}

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
	if (module->enabled == HOST_UNKNOWN)
		return "unknown";
	return module->enabled == HOST_YES ? "on" : "off";
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
	printf("    %u: %s", kdamond->slot, *kdamond->state ? kdamond->state : "state not readable");
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

static void print_executors(const struct host_facts *facts)
{
	struct executor_abilities can = abilities(facts);
	char reason[REASON_LEN];
	enum executor chosen = auto_executor(facts, reason);

	puts("\nexecutors:");
	for (size_t i = 0; i < WAYS; i++)
		printf("    %-8s%s (%s)\n", executor_name(ways[i].executor),
		       executor_can(ways[i].executor, &can) ? "this kernel could" : "this kernel cannot",
		       ways[i].what);
	if (chosen != EXECUTOR_NONE)
		printf("    auto    takes %s: %s\n", executor_name(chosen), reason);
	else
		printf("    auto    has none to act with (%s): run ends with status 3; %s\n", reason,
		       can.watch ? "to watch and explain only: hotdamon run --executor none"
				 : "to choose and explain only: hotdamon run --dry-run");
}

static void print_table(const struct check *check)
{
	unsigned int needs = default_needs(&check->facts);
	bool colour = wants_colour();

	printf("%-26s%-8s %-11s %s\n", "requirement", "answer", "needed for", "found");
	for (size_t i = 0; i < check->n; i++)
		print_requirement(&check->list[i], check->list[i].needed_for & needs, colour);
	print_kdamonds(&check->facts);
	print_executors(&check->facts);
	printf("\nhotdamon %s on Linux %s: ", HOTDAMON_VERSION, check->facts.release);
	if (check->nr_missing)
		printf("not ready, %zu missing\n", check->nr_missing);
	else
		puts("ready");
}

/* For scripts. */

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value && *value ? json_object_new_string(value) : NULL);
}

static void add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static void add_int(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static struct json_object *json_requirement(const struct host_requirement *r)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "name", r->name);
	if (r->answer == HOST_UNKNOWN)
		json_object_object_add(object, "ok", NULL);
	else
		add_bool(object, "ok", r->answer == HOST_YES);
	add_string(object, "needed_for", host_need_name(r->needed_for));
	add_string(object, "since", r->since);
	add_string(object, "found", r->found);
	add_string(object, "consequence", r->consequence);
	add_string(object, "remedy", r->remedy);
	return object;
}

static struct json_object *json_kdamond(const struct host_kdamond *kdamond)
{
	struct json_object *object = json_object_new_object();
	struct json_object *targets = json_object_new_array();

	for (size_t i = 0; i < kdamond->nr_targets; i++)
		json_object_array_add(targets, json_object_new_int64(kdamond->targets[i]));
	add_int(object, "slot", kdamond->slot);
	add_string(object, "state", kdamond->state);
	if (kdamond->pid > 0)
		add_int(object, "pid", kdamond->pid);
	else
		json_object_object_add(object, "pid", NULL);
	add_string(object, "operations", kdamond->operations);
	json_object_object_add(object, "target_pids", targets);
	add_string(object, "owner", owner_name(kdamond->owner));
	return object;
}

static struct json_object *json_executor(const struct way *way, const struct host_facts *facts)
{
	struct executor_abilities can = abilities(facts);
	struct json_object *object = json_object_new_object();

	add_string(object, "name", executor_name(way->executor));
	add_bool(object, "possible", executor_can(way->executor, &can));
	return object;
}

static void add_lists(struct json_object *root, const struct check *check)
{
	struct json_object *requirements = json_object_new_array();
	struct json_object *kdamonds = json_object_new_array();
	struct json_object *modules = json_object_new_object();
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < check->n; i++)
		json_object_array_add(requirements, json_requirement(&check->list[i]));
	for (unsigned int i = 0; i < check->facts.nr_kdamonds && i < HOST_MAX_KDAMONDS; i++)
		json_object_array_add(kdamonds, json_kdamond(&check->facts.kdamonds[i]));
	for (unsigned int i = 0; i < HOST_MODULES; i++)
		add_string(modules, host_module_name(i), module_state(&check->facts.modules[i]));
	for (size_t i = 0; i < WAYS; i++)
		json_object_array_add(all, json_executor(&ways[i], &check->facts));
	json_object_object_add(root, "executors", all);
	json_object_object_add(root, "requirements", requirements);
	json_object_object_add(root, "kdamonds", kdamonds);
	json_object_object_add(root, "modules", modules);
}

static void print_json(const struct check *check)
{
	struct json_object *root = json_object_new_object();
	char reason[REASON_LEN];
	enum executor chosen = auto_executor(&check->facts, reason);

	add_string(root, "version", HOTDAMON_VERSION);
	add_string(root, "kernel", check->facts.release);
	add_bool(root, "ready", !check->nr_missing);
	add_string(root, "executor", chosen == EXECUTOR_NONE ? NULL : executor_name(chosen));
	add_string(root, "executor_reason", reason);
	add_lists(root, check);
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
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
	       "and how to mend it.\v"
	       "Ends with 0 when `hotdamon run` with its defaults would work here, and with 3 otherwise.",
};

int cmd_check(int argc, char **argv)
{
	struct host_requirement missing[HOST_MAX_REQUIREMENTS];
	struct check check = {0};
	bool json = false;
	int err;

	cli_parse(&argp, argc, argv, &json);
	err = host_facts_read(NULL, &check.facts);
	if (err) {
		fprintf(stderr, "%s: /proc cannot be read: %s\n", argv[0], strerror(-err));
		return EXIT_FAILED;
	}
	check.facts.collapse_err = collapse_refused();
	check.n = host_requirements(&check.facts, check.list);
	check.nr_missing = host_missing(&check.facts, default_needs(&check.facts), missing);
	if (json)
		print_json(&check);
	else
		print_table(&check);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "%s: output: %s\n", argv[0], strerror(errno));
		return EXIT_FAILED;
	}
	return check.nr_missing ? EXIT_HOST : EXIT_DONE;
}
