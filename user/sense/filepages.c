// SPDX-License-Identifier: GPL-2.0
#include "sense/filepages.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/aside.h"
#include "decide/process.h"

/* By names of our own: the headers of Debian 12 are older. The number is the same on all of today's architectures. */
#define CACHESTAT 451

struct cachestat_range_of {
	uint64_t offset, length;
};

struct cachestat_of {
	uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

/* Told from what is known of it: nobody is asked, as a server of a file system might be that does not answer. */
static int check(int fd, const struct vma_file *file)
{
	struct statx found;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &found))
		return -errno;
	if (!S_ISREG(found.stx_mode) || found.stx_ino != file->inode ||
	    filesystem_device(found.stx_dev_major, found.stx_dev_minor) != file->device)
		return -ESTALE;
	return 0;
}

/* O_PATH opens nothing, and names the file for good. */
static int open_path(const char *proc_root, uint32_t pid, const struct vma_range *range)
{
	char path[PATH_MAX];
	int fd, err;

	snprintf(path, sizeof(path), "%s/%u/map_files/%" PRIx64 "-%" PRIx64, proc_root, pid, range->start,
		 range->end);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = check(fd, &range->file);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int open_there(struct aside_call *call)
{
	int path_fd = open_path(call->root, call->pid, call->args), err = 0;
	char path[64];

	if (path_fd < 0)
		return path_fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	*call->opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*call->opened < 0)
		err = -errno;
	close(path_fd);
	return err;
}

int filepages_open(const char *proc_root, uint32_t pid, const struct vma_range *range)
{
	struct vma_range found = *range;
	int fd = -1;
	struct aside_call call = aside_of(proc_root, pid, open_there, &found, sizeof(found));
	int err;

	call.opened = &fd;
	err = aside_do(&call);
	if (!err && fd < 0) /* no descriptor was free for it */
		err = -EMFILE;
	return err ? err : fd;
}

static uint64_t at_most(uint64_t value, unsigned int most)
{
	return value < most ? value : most;
}

int filepages_read(int fd, uint64_t offset, struct filepages *pages)
{
	struct cachestat_range_of range = {offset, PMD_SIZE_BYTES};
	struct cachestat_of found;

	if (syscall(CACHESTAT, fd, &range, &found, 0))
		return -errno;
	pages->present = (uint16_t)at_most(found.cached, SLOT_PAGES);
	pages->swapped = (uint16_t)at_most(found.evicted, SLOT_PAGES - pages->present);
	return 0;
}
