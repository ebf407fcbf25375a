// SPDX-License-Identifier: GPL-2.0
/* `hotdamon status`: the status file of a running daemon, for people or as it is. */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/claim.h"
#include "act/file.h"
#include "base/clock.h"
#include "base/passing.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"
#include "cmd/living.h"
#include "report/status.h"

struct status_options {
	bool json;
	const char *state_dir;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct status_options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 's':
		options->state_dir = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int say_none(const struct status_options *options, int err, const struct act_error *error)
{
	if (err == -ENOENT)
		fprintf(stderr, "hotdamon status: no daemon is running (there is no %s/" STATUS_FILE ")\n",
			options->state_dir);
	else
		fprintf(stderr, "hotdamon status: %s\n", error->text);
	return err == -ENOENT || err_is_passing(err) ? EXIT_FAILED : EXIT_USAGE;
}

static int print_json(const char *text, const struct status_age *age)
{
	char *with_age = status_add_age(text, age);

	fputs(with_age ? with_age : text, stdout);
	free(with_age);
	return 0;
}

static int print(const struct status_options *options, const char *text, const struct status_age *age)
{
	int err = options->json ? print_json(text, age) : status_print(text, age, stdout);

	if (err == -ENOMEM)
		fprintf(stderr, "hotdamon status: %s\n", strerror(ENOMEM));
	else if (err)
		fprintf(stderr, "hotdamon status: %s/" STATUS_FILE " is no status of hotdamon\n",
			options->state_dir);
	return err ? EXIT_FAILED : EXIT_DONE;
}

/* One that lives can hang, or be stopped. */
static int judge(const struct claim_paths *paths, const struct status_age *age)
{
	if (!daemon_lives(paths)) {
		fprintf(stderr,
			"hotdamon status: that daemon was killed; hotdamon cleanup undoes what it left\n");
		return EXIT_FAILED;
	}
	if (!age->late)
		return EXIT_DONE;
	fprintf(stderr, "hotdamon status: the last tick was %.0f s ago: that daemon hangs, or was stopped\n",
		age->s);
	return EXIT_FAILED;
}

int cmd_status(int argc, char **argv)
{
	static const struct argp_option options_help[] = {
		{"json", 'j', NULL, 0, "The status as one JSON object", 0},
		{"state-dir", 's', "DIR", 0, "Where the status file is (default " DEFAULT_STATE_DIR ")", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options_help,
		.parser = parse_option,
		.doc = "What a running hotdamon watches, and why. Exit status 1: none is running, or it does "
		       "not "
		       "tick.",
	};
	struct status_options options = {.state_dir = DEFAULT_STATE_DIR};
	struct claim_paths paths = claim_default_paths;
	struct act_error error;
	struct status_age age;
	char *text;
	int status, err;

	cli_parse(&argp, argc, argv, &options);
	setlocale(LC_CTYPE, ""); /* names; numbers stay as scripts want them */
	err = file_read(options.state_dir, STATUS_FILE, &text, &error);
	if (err)
		return say_none(&options, err, &error);
	age = status_age(text, clock_awake_ns());
	status = print(&options, text, &age);
	free(text);
	paths.state_dir = options.state_dir;
	return status == EXIT_DONE ? judge(&paths, &age) : status;
}
