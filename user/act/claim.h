/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The claim: a file in the state directory that says, before anything of the system is changed, what is
 * about to be ours. After kill -9 it is what tells our kdamonds and settings from everybody else's.
 */
#ifndef HOTDAMON_ACT_CLAIM_H
#define HOTDAMON_ACT_CLAIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "act/file.h"

#define METRICS_SOCKET	"metrics.sock" /* in the state directory, if --metrics says so */
#define COST_FILE	"cost.json" /* in the state directory, see act/cost_file.h; it goes only with that */
#define CLAIM_MAX_SEATS 65536	    /* of any claim: more is no claim of ours */
#define CLAIM_STEPS	5	    /* seats, DAMON_STAT, shared memory, pins, files */

struct claim {
	char boot_id[40];	   /* of the boot it was made in: sysfs does not outlive it */
	pid_t pid;		   /* of the daemon */
	unsigned int seats;	   /* written to nr_kdamonds, or about to be; 0: none */
	unsigned int seats_before; /* empty ones that were found, and are to be there again */
	uint64_t seats_inode;	   /* of the first seat's directory; 0: not yet known */
	bool stopped_damon_stat;   /* DAMON_STAT was on, and is to be on again */
	bool aligned_shared;	   /* shmem_enabled was `never`, and is to be again */
	bool made_state_dir;	   /* the state directory was not there before */
};

/* Where things are; the defaults in production, other roots in tests. */
struct claim_paths {
	const char *state_dir;
	const char *pin_dir;	   /* /sys/fs/bpf/hotdamon */
	const char *damon_root;	   /* DAMON_ROOT */
	const char *damon_stat;	   /* the module's parameter `enabled` */
	const char *shmem_enabled; /* of transparent_hugepage */
	const char *boot_id;	   /* /proc/sys/kernel/random/boot_id */
};

extern const struct claim_paths claim_default_paths; /* but for the state directory, /run/hotdamon */

/*
 * One hotdamon at a time: makes the pin directory and locks it for as long as the returned descriptor is
 * open, or the process lives. -EWOULDBLOCK: another one runs; -EPERM: somebody else has, or could have, what
 * we would take for ours. Negative errno with @error, which says whether an empty directory stays.
 */
int claim_lock(const struct claim_paths *paths, struct act_error *error);

/*
 * Whether a living hotdamon holds the lock: 1, 0, or negative errno when that cannot be told (without
 * root). Changes nothing.
 */
int claim_is_held(const struct claim_paths *paths);

/* Gives the lock up and removes the pin directory. Negative errno with @error if that stays. */
int claim_unlock(const struct claim_paths *paths, int lock_fd, struct act_error *error);

/*
 * Makes the state directory if it is missing (*@made says so). Negative errno with @error, which says if an empty one stays; -EPERM: others
 * could write in it.
 */
int claim_make_state_dir(const struct claim_paths *paths, bool *made, struct act_error *error);

/* Removes the state directory if it is empty: for who made it, and came to nothing. Negative errno with @error. */
int claim_drop_state_dir(const struct claim_paths *paths, struct act_error *error);

/* Whether anything is pinned: with nobody holding the lock, a killed hotdamon left it. 1, 0, or negative errno with @error. */
int claim_has_pins(const struct claim_paths *paths, struct act_error *error);

/*
 * Removes what one left that was killed before it had claimed anything: the unfinished claim, and the state
 * directory if it made it. The caller holds the lock. Negative errno with @error.
 */
int claim_remove_unclaimed(const struct claim_paths *paths, struct act_error *error);

/* Fills in boot and pid, and writes the file. Negative errno with @error. */
int claim_write(const struct claim_paths *paths, struct claim *claim, struct act_error *error);

/* -ENOENT: there is none, nothing was left behind. -EINVAL, -EPERM: what is there is no claim of ours. */
int claim_read(const struct claim_paths *paths, struct claim *claim, struct act_error *error);

/* What claim_take_back() did, and what it could not do. */
struct claim_undone {
	unsigned int kdamonds; /* seats removed */
	bool seats_not_ours;   /* the seats that are there now are not those of the claim: left alone */
	bool damon_stat_restored;
	bool shared_restored;
	bool pins_removed;
	bool files_removed;
	unsigned int n_failed;
	struct act_error failed[CLAIM_STEPS]; /* one of each step that failed */
};

/*
 * Undoes everything that @claim says: stops and removes its seats, if the ones there are still those, turns
 * DAMON_STAT on again, has shared memory aligned no more, removes pins and files. The caller holds the lock. What fails does not keep the rest
 * from being undone; the claim stays then, for another try. Negative errno of the first failure.
 */
int claim_take_back(const struct claim_paths *paths, const struct claim *claim, struct claim_undone *undone);

#endif
