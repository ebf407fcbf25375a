/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subcommands. Each takes its own argv (argv[0] is its name) and returns the exit status of the program.
 */
#ifndef HOTDAMON_CMD_CMD_H
#define HOTDAMON_CMD_CMD_H

#include "base/exit_status.h"
#include "config/options.h" /* DEFAULT_STATE_DIR */

int cmd_run(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_cleanup(int argc, char **argv);

#endif
