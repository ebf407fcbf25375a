/* SPDX-License-Identifier: GPL-2.0 */
/* Where the control groups are to be seen as directories. */
#ifndef HOTDAMON_SENSE_CGROUPS_H
#define HOTDAMON_SENSE_CGROUPS_H

#include <limits.h>
#include <stdbool.h>

struct cgroup_mounts {
	char v2[PATH_MAX], v1_memory[PATH_MAX]; /* "": not mounted */
};

/* Sets *@mounts by what @proc_root/self/mountinfo says. What cannot be read is not mounted. */
void cgroup_mounts_find(struct cgroup_mounts *mounts, const char *proc_root);

/* Whether @name is in a @list with commas, as those of v1's controllers are. */
bool cgroup_list_has(const char *list, const char *name);

#endif
