/* SPDX-License-Identifier: GPL-2.0 */
/* What a daemon that runs tells, for the commands that ask beside it. Nothing is locked, and nothing waits for it. */
#ifndef HOTDAMON_CMD_LIVING_H
#define HOTDAMON_CMD_LIVING_H

#include <stdbool.h>

#include "act/claim.h"

/* Whether the daemon of this state directory lives. */
bool daemon_lives(const struct claim_paths *paths);

/* The text of the file @name that a living one keeps in @state_dir, malloced; NULL: none lives, or it has none. */
char *living_read(const char *state_dir, const char *name);

#endif
