/* SPDX-License-Identifier: GPL-2.0 */
/* What the options of run say together: whether that makes sense, and what follows from it. */
#ifndef HOTDAMON_CMD_RUN_FINISH_H
#define HOTDAMON_CMD_RUN_FINISH_H

#include <argp.h>

#include "daemon/options.h"

/* Fills in what follows. What makes no sense ends the program, as cli_fail() does. */
void run_options_finish(const struct argp_state *state, struct run_options *options);

#endif
