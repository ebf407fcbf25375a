// SPDX-License-Identifier: GPL-2.0
#include "cmd/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"
#include "cmd/cmd.h"

struct cli_input {
	const struct argp *inner;
	void *input;
	const char *name;
	unsigned int n_words; /* that are no options */
};

/* Wraps the subcommand's parser, so that --help and stray words are the same everywhere. */
static error_t parse_wrapped(int key, char *arg, struct argp_state *state)
{
	struct cli_input *wrapped = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = wrapped->input;
		state->err_stream =
			NULL; /* getopt has said what is wrong; argp's "Try ..." would be a second line */
		return 0;
	case 'h':
		argp_help(wrapped->inner, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK,
			  (char *)wrapped->name);
		exit(cli_end(wrapped->name, EXIT_DONE));
	case ARGP_KEY_ARG:
		if (wrapped->inner->args_doc && !wrapped->n_words++)
			return ARGP_ERR_UNKNOWN; /* its own parser takes it */
		cli_fail(state, "'%s' is one word too many; see %s --help", arg, wrapped->name);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void fail_line(const char *name, const char *format, va_list args)
{
	fprintf(stderr, "%s: ", name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	static const struct argp_option options[] = {
		{"help", 'h', NULL, 0, "Print this help", -1},
		{0},
	};
	const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
	const struct argp wrapper = {.options = options, .parser = parse_wrapped, .children = children};
	struct cli_input wrapped = {.inner = argp, .input = input, .name = argv[0]};
	error_t err;

	err = argp_parse(&wrapper, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, &wrapped);
	if (err == ENOMEM) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(ENOMEM));
		exit(EXIT_FAILED);
	}
	if (err)
		exit(EXIT_USAGE);
}

int cli_end(const char *name, int status)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "%s: output: %s\n", name, strerror(errno ? errno : EIO)); /* 0: it failed before */
	return EXIT_FAILED;
}

void cli_fail(const struct argp_state *state, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail_line(state->name, format, args);
	va_end(args);
	abort(); /* not reached: fail_line() ends the program */
}

uint64_t cli_number(const struct argp_state *state, const char *option, const char *text, uint64_t min,
		    uint64_t max)
{
	uint64_t value;

	if (!number_parse(text, min, max, &value))
		cli_fail(state, "--%s wants a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'", option,
			 min, max, text);
	return value;
}

double cli_fraction(const struct argp_state *state, const char *option, const char *text, double min,
		    double max)
{
	double value;

	if (!number_parse_fraction(text, min, max, &value))
		cli_fail(state, "--%s wants a number from %g to %g, not '%s'", option, min, max, text);
	return value;
}

unsigned int cli_columns(unsigned int otherwise)
{
	struct winsize size;

	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : otherwise;
}
