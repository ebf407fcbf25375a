// SPDX-License-Identifier: GPL-2.0
#include "sense/quiet.h"

#include "base/textfile.h"

#define LIST_LEN 4096 /* a file of sysfs is a page at most */

static const char *const paths[QUIET_WAYS] = {
	[QUIET_ISOLATED] = "devices/system/cpu/isolated",
	[QUIET_NOHZ_FULL] = "devices/system/cpu/nohz_full",
	[QUIET_CPUSET] = "fs/cgroup/cpuset.cpus.isolated",
};

const char *quiet_path(enum quiet_by by)
{
	return paths[by];
}

void quiet_read(const char *sys_root, struct cpus *quiet)
{
	char list[LIST_LEN];

	*quiet = (struct cpus){0};
	for (int by = 0; by < QUIET_WAYS; by++)
		if (textfile_read(list, sizeof(list), "%s/%s", sys_root, paths[by]) > 0)
			cpus_add_list(list, quiet);
}
