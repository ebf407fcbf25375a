// SPDX-License-Identifier: GPL-2.0
#include "cmd/run_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_status.h"
#include "cmd/cli.h"

enum {
	OPT_CONFIG = 0x100,
	OPT_FIRST, /* those of the table, each by its place in it */
};

struct input {
	struct settings *settings;
	const struct run_command *command;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	const struct input *input = state->input;
	struct settings *settings = input->settings;
	const struct run_option *option;
	char wrong[OPTION_WRONG_LEN];

	if (key == ARGP_KEY_INIT && input->command->more)
		state->child_inputs[0] = input->command->input;
	if (key == OPT_CONFIG) {
		if (!*arg)
			cli_fail(state, "--config wants a file, not ''");
		settings->file = arg;
		return 0;
	}
	if (key < OPT_FIRST || (size_t)(key - OPT_FIRST) >= n_run_table)
		return ARGP_ERR_UNKNOWN;
	option = &run_table[key - OPT_FIRST];
	if (!settings_give(settings, option, arg ? arg : "yes", wrong))
		cli_fail(state, "--%s %s", option->name, wrong);
	return 0;
}

/* As argp has it. */
static void make_row(size_t i, int group, struct argp_option *row)
{
	const struct run_option *option = &run_table[i];

	*row = (struct argp_option){
		.name = option->name,
		.key = option->name ? OPT_FIRST + (int)i : 0,
		.arg = option->kind == OPTION_FLAG ? "yes|no" : option->value,
		.flags = option->kind == OPTION_FLAG ? OPTION_ARG_OPTIONAL : 0,
		.doc = option->help,
		.group = group,
	};
	if (option->name && !option->help)
		row->flags |= OPTION_ALIAS | OPTION_HIDDEN;
}

/* Malloced; NULL: no memory. */
static struct argp_option *make_rows(void)
{
	static const char config_help[] =
		"Take options from FILE and from FILE.d/*.conf (default " SETTINGS_FILE
		"); those of the command line are stronger";
	static const struct argp_option config = {"config", OPT_CONFIG, "FILE", 0, config_help, 0};
	struct argp_option *rows = calloc(n_run_table + 2, sizeof(*rows));
	int group = 0;

	if (!rows)
		return NULL;
	rows[0] = config; /* before the first heading */
	for (size_t i = 0; i < n_run_table; i++) {
		group += run_table[i].kind == OPTION_HEADING;
		make_row(i, group, &rows[1 + i]);
	}
	return rows;
}

/* A line each; the mistakes only, if it is wrong. */
static void say_notes(const char *name, const struct settings *settings)
{
	for (size_t i = 0; i < settings->n_notes; i++)
		if (settings->notes[i].mistake || !settings->n_mistakes)
			fprintf(stderr, "%s: %s\n", name, settings->notes[i].text);
	if (settings->n_untold)
		fprintf(stderr, "%s: and %zu mistakes more\n", name, settings->n_untold);
}

int run_options_parse(int argc, char **argv, const struct run_command *command, struct settings **settings)
{
	struct argp_option *rows = make_rows();
	const struct argp_child children[] = {{command->more, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = rows, .parser = parse_option, .doc = command->doc, .children = children};
	int err = -ENOMEM;

	*settings = settings_new();
	if (*settings && rows) {
		struct input input = {*settings, command};

		cli_parse(&argp, argc, argv, &input);
		err = settings_load(*settings);
	}
	free(rows);
	if (err == -ENOMEM) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(ENOMEM));
		return EXIT_FAILED;
	}
	say_notes(argv[0], *settings);
	if (err && err != -EINVAL) /* for a reason that passes: nothing is wrong with what was asked for */
		return EXIT_FAILED;
	return err ? EXIT_USAGE : EXIT_DONE;
}
