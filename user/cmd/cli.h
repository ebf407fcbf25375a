/* SPDX-License-Identifier: GPL-2.0 */
/* Options: argp with our manners (one line for an error, exit status 2) and checked values. */
#ifndef HOTDAMON_CMD_CLI_H
#define HOTDAMON_CMD_CLI_H

#include <argp.h>
#include <stdint.h>

/*
 * Parses argv[1..]; argv[0] is the subcommand's name. --help (-h) prints the help of @argp to stdout and ends
 * the program as cli_end() says. Where @argp has an args_doc, its parser gets one word, ARGP_KEY_ARG, or
 * ARGP_KEY_NO_ARGS. An option that does not exist, lacks its value or is followed by a stray word: one line on
 * stderr, and the program ends with EXIT_USAGE.
 */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/*
 * The exit status of a command that ends with @status: EXIT_FAILED, after one line on stderr, if what it wrote to
 * stdout did not get there.
 */
int cli_end(const char *name, int status);

/* One line on stderr, "hotdamon SUBCOMMAND: ...", then exit(EXIT_USAGE). */
void cli_fail(const struct argp_state *state, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* A whole number from @min to @max in decimal, nothing behind it; cli_fail() naming @option otherwise. */
uint64_t cli_number(const struct argp_state *state, const char *option, const char *text, uint64_t min,
		    uint64_t max);

/* The same for a decimal fraction, e.g. 0.5. No exponent, no inf, no nan. */
double cli_fraction(const struct argp_state *state, const char *option, const char *text, double min,
		    double max);

/* Of the terminal that stdout is; @otherwise if it is none. */
unsigned int cli_columns(unsigned int otherwise);

#endif
