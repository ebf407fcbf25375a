/* SPDX-License-Identifier: GPL-2.0 */
/* The life of `hotdamon top`: windows, keys and signals, until it is told to end. */
#ifndef HOTDAMON_CMD_TOP_WATCH_H
#define HOTDAMON_CMD_TOP_WATCH_H

#include "cmd/top_model.h"

/*
 * Shows a table on the terminal, or lines on stdout, until its end. Says on stderr what failed. Returns
 * the exit status of the program.
 */
int top_watch(const struct top_options *options);

#endif
