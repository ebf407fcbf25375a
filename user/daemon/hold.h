/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hold on the host: no other hotdamon runs, what a killed one left is undone, every change of ours is claimed on disk
 * before it is made, and undone in the end. Logs what fails.
 */
#ifndef HOTDAMON_DAEMON_HOLD_H
#define HOTDAMON_DAEMON_HOLD_H

#include <stdbool.h>

#include "act/claim.h"
#include "act/damon.h"

struct hold {
	struct claim_paths paths;
	struct claim claim; /* what is changed */
	int lock_fd;	    /* the directory of our pins; negative: it is not locked */
	bool nothing_ours; /* the claim, if there is one, is a dead daemon's that could not be undone: it stays */
};

/*
 * Takes the lock and the state directory, and undoes what a killed hotdamon left. Returns an exit status, EXIT_DONE when
 * all is ours. @host_lacks is asked when it may be the host that makes it fail: EXIT_DONE if it lacks nothing; else it
 * says what. Whatever is returned, hold_end() is to be called.
 */
int hold_begin(struct hold *hold, const char *state_dir, int (*host_lacks)(void *arg), void *arg);

/* Turns DAMON_STAT off, if it is on. Negative errno with @error. */
int hold_stop_damon_stat(struct hold *hold, struct act_error *error);

/* Has the kernel align shared memory that is mapped from now on, if it does not. Negative errno with @error. */
int hold_align_shared(struct hold *hold, struct act_error *error);

/* Makes @n_seats seats, in *@damon for damon_free(). Negative errno with @error. */
int hold_make_seats(struct hold *hold, const struct damon_settings *settings, unsigned int n_seats,
		    struct damon **damon, struct act_error *error);

/* Undoes all of it. False: something could not be, which was said; `hotdamon cleanup` tries again. */
bool hold_end(struct hold *hold);

#endif
