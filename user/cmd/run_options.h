/* SPDX-License-Identifier: GPL-2.0 */
/* The options of the table (config/option.h) as those of a command, by argp; and what files say besides. */
#ifndef HOTDAMON_CMD_RUN_OPTIONS_H
#define HOTDAMON_CMD_RUN_OPTIONS_H

#include "config/settings.h"

/*
 * Parses argv[1..] as cli_parse() does, and reads the files; @doc is what --help begins with. Returns an exit status:
 * EXIT_DONE, or what is wrong was said on stderr, a line each. *@settings is for settings_free() in any case, and there
 * with EXIT_USAGE, too.
 */
int run_options_parse(int argc, char **argv, const char *doc, struct settings **settings);

#endif
