/* SPDX-License-Identifier: GPL-2.0 */
/* From nothing to ready, and back. */
#ifndef HOTDAMON_DAEMON_SETUP_H
#define HOTDAMON_DAEMON_SETUP_H

#include "daemon/hold.h"
#include "daemon/seats.h"
#include "daemon/stuck.h"
#include "daemon/tick.h"
#include "daemon/watch.h"

/* All that is set up. Starts as {0} with hold.lock_fd -1. */
struct setup {
	struct hold hold;
	enum executor_kind kind; /* as it was asked for, then as it is */
	const struct executor_type *type;
	bool tells_huge; /* the kernel tells how much of hot memory is huge */
	char kernel[65];
	struct hotness *hotness;
	struct tick *tick;
	struct seats *seats;
	struct stuck_list stuck; /* as of the last tick */
};

/*
 * Sets up @setup and @watch, of which options and now_ns are there. Returns an exit status, EXIT_DONE when the loop may
 * begin; else it has said why. Whatever is returned, setup_undo() is to be called.
 */
int setup_make(struct setup *setup, struct watch *watch);

/*
 * The options are others now, as far as they may be while it runs: all that was made of them is made anew, and who is
 * watched stays.
 */
void setup_heed(const struct setup *setup, struct watch *watch);

/* Undoes all of it, and frees. False: something could not be undone, which was said. */
bool setup_undo(struct setup *setup, struct watch *watch);

#endif
