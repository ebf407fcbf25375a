/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The limits of a process's memory: what its control group and those above it use and may use, as the kernel tells it in
 * cgroup v2, or where the memory controller is v1's (alone, or beside a v2 that has none).
 */
#ifndef HOTDAMON_SENSE_LIMITS_H
#define HOTDAMON_SENSE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "decide/room.h"

#define LIMITS_LEVELS	  32 /* deeper groups than that are not read: nothing is known of their limits */
#define LIMITS_PATH_BYTES 256

/* Where the control groups are mounted. Starts as {0}. */
struct limits_mounts {
	char v2[LIMITS_PATH_BYTES], v1[LIMITS_PATH_BYTES]; /* "": not */
};

/* Sets @mounts by what /proc/self/mountinfo says below @root ("": the system's own). What cannot be read is not mounted. */
void limits_find(struct limits_mounts *mounts, const char *root);

/*
 * Fills @levels with the groups that bound the memory of the process @pid, its own first, and *@n with how many these are:
 * 0 where none does. 0, or negative errno, with *@n 0: -ESRCH the process has ended; -ENOENT its group is not to be seen
 * from here (another namespace), or has just vanished; -E2BIG it is too deep; -EINVAL a number is none.
 */
int limits_read(const struct limits_mounts *mounts, const char *root, uint32_t pid,
		struct room_level levels[LIMITS_LEVELS], size_t *n);

#endif
