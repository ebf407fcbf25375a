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
#include "sense/cgroups.h"

#define LIMITS_LEVELS 32 /* deeper groups than that are not read: nothing is known of their limits */

/*
 * Fills @levels with the groups that bound the memory of the process @pid, its own first, and *@n with how many these are:
 * 0 where none does. They are looked for at @mounts, below @root ("": the system's own). 0, or negative errno, with *@n
 * 0: -ESRCH the process has ended; -ENOENT its group is not to be seen from here (another namespace), or has just
 * vanished; -E2BIG it is too deep; -EINVAL a number is none.
 */
int limits_read(const struct cgroup_mounts *mounts, const char *root, uint32_t pid,
		struct room_level levels[LIMITS_LEVELS], size_t *n);

#endif
