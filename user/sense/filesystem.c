// SPDX-License-Identifier: GPL-2.0
#include "sense/filesystem.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum filesystem filesystem_parse(const char *line, uint64_t *device)
{
	const char *type = strstr(line, " - "); /* a blank in a name is \040 */
	unsigned int major, minor;
	char name[16];

	*device = 0;
	if (!type || sscanf(line, "%*u %*u %u:%u ", &major, &minor) != 2 ||
	    sscanf(type, " - %15s", name) != 1)
		return FILESYSTEM_OTHER;
	*device = filesystem_device(major, minor);
	return strcmp(name, "tmpfs") ? FILESYSTEM_OTHER : FILESYSTEM_SHMEM;
}

/* The kernel has a tmpfs of its own, which is mounted nowhere: memfd, shared anonymous memory and SysV's lie there. */
static uint64_t kernels_own(void)
{
	static uint64_t device;
	struct stat stat;
	int fd;

	if (device)
		return device;
	fd = memfd_create("hotdamon", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	if (!fstat(fd, &stat))
		device = filesystem_device(major(stat.st_dev), minor(stat.st_dev));
	close(fd);
	return device;
}

/* False: it could not be looked up now. */
static bool find_mounted(const char *proc_root, uint32_t pid, uint64_t device, enum filesystem *kind)
{
	enum filesystem found = FILESYSTEM_OTHER;
	char path[PATH_MAX], *line = NULL;
	uint64_t here = 0;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%u/mountinfo", proc_root, pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (here != device && getline(&line, &size, file) >= 0)
		found = filesystem_parse(line, &here);
	*kind = here == device ? found : FILESYSTEM_OTHER;
	free(line);
	return !fclose(file);
}

enum filesystem filesystem_of(struct filesystems *known, const char *proc_root, uint32_t pid, uint64_t device)
{
	size_t place = known->n % FILESYSTEMS_MAX;
	uint64_t own = kernels_own();
	enum filesystem kind;

	if (device == own)
		return FILESYSTEM_SHMEM;
	for (size_t i = 0; i < FILESYSTEMS_MAX && i < known->n; i++)
		if (known->known[i].device == device)
			return known->known[i].kind;
	if (!own || !find_mounted(proc_root, pid, device, &kind))
		return FILESYSTEM_OTHER;
	known->known[place].device = device;
	known->known[place].kind = kind;
	known->n++;
	return kind;
}
