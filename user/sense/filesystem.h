/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Of which kind the file system is that a mapped file lies on, by the number of its device, as /proc/PID/maps tells it. No
 * file is touched: of one that is served by another process even to ask for it may take for ever.
 */
#ifndef HOTDAMON_SENSE_FILESYSTEM_H
#define HOTDAMON_SENSE_FILESYSTEM_H

#include <stddef.h>
#include <stdint.h>

enum filesystem {
	FILESYSTEM_OTHER, /* or not known */
	FILESYSTEM_SHMEM, /* memory: tmpfs, memfd, MAP_SHARED | MAP_ANONYMOUS, SysV; not hugetlbfs */
};

/* A device number as maps and mountinfo tell it. */
static inline uint64_t filesystem_device(unsigned int major, unsigned int minor)
{
	return (uint64_t)major << 32 | minor;
}

#define FILESYSTEMS_MAX 16

/* What was asked for, so that it is asked for once. Starts as {0}. */
struct filesystems {
	struct {
		uint64_t device;
		enum filesystem kind;
	} known[FILESYSTEMS_MAX]; /* a ring */
	size_t n;
};

/*
 * That of @device, as @pid sees it: reads its mountinfo, unless @known has it. What could not be read is FILESYSTEM_OTHER for
 * now, and is asked for again.
 */
enum filesystem filesystem_of(struct filesystems *known, const char *proc_root, uint32_t pid,
			      uint64_t device);

/* That of a line of mountinfo; *@device is its device. FILESYSTEM_OTHER, with *@device 0, if it is none. */
enum filesystem filesystem_parse(const char *line, uint64_t *device);

#endif
