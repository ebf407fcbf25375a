/* SPDX-License-Identifier: GPL-2.0 */
/* The options of the table (config/option.h) as those of a command, by argp; and what files say besides. */
#ifndef HOTDAMON_CMD_RUN_OPTIONS_H
#define HOTDAMON_CMD_RUN_OPTIONS_H

#include <argp.h>

#include "config/settings.h"

/* A command that takes them. */
struct run_command {
	const char *doc;	 /* what --help begins with */
	const struct argp *more; /* options besides, with their input; NULL: none */
	void *input;
};

/*
 * Parses argv[1..] as cli_parse() does, and reads the files. Returns an exit status: EXIT_DONE, or what is wrong was said on
 * stderr, a line each. *@settings is for settings_free() in any case, and there with EXIT_USAGE, too.
 */
int run_options_parse(int argc, char **argv, const struct run_command *command, struct settings **settings);

#endif
