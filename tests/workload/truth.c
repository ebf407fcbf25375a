// SPDX-License-Identifier: GPL-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* /proc/self is empty once the thread group's leader has exited. */
#define PROC "/proc/thread-self/"

/* PAGEMAP_SCAN of linux/fs.h (6.7); the headers of Debian 12 are older. */
struct scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};
struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};
#define SCAN_IOCTL   _IOWR('f', 16, struct scan_arg)
#define SCAN_PRESENT (UINT64_C(1) << 3)
#define SCAN_HUGE    (UINT64_C(1) << 6)

#define HUGE_PAGES	(HUGE_SIZE / PAGE)
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_PFN	((UINT64_C(1) << 55) - 1)
#define KPF_THP		(UINT64_C(1) << 22)

static int scan(int fd, struct range all, void (*found)(struct range, void *), void *arg)
{
	struct scan_region regions[256];
	struct scan_arg request = {
		.size = sizeof(request),
		.start = all.start,
		.end = all.end,
		.vec = (uint64_t)(uintptr_t)regions,
		.vec_len = sizeof(regions) / sizeof(regions[0]),
		.category_mask = SCAN_PRESENT | SCAN_HUGE,
		.return_mask = SCAN_HUGE,
	};

	while (request.start < all.end) {
		long n = ioctl(fd, SCAN_IOCTL, &request);

		if (n < 0)
			return -1;
		for (long i = 0; i < n; i++)
			found((struct range){regions[i].start, regions[i].end}, arg);
		if (request.walk_end <= request.start)
			break;
		request.start = request.walk_end;
	}
	return 0;
}

/* One aligned slot without PAGEMAP_SCAN: an approximation. The slot's memory is
 * one whole huge page; that one PMD maps it is likely, not certain. Returns 1 or
 * 0, or -1 if the kernel hides the page numbers (we are not root). */
static int slot_is_thp(int pagemap, int kpageflags, uint64_t start)
{
	uint64_t map[HUGE_PAGES];
	uint64_t flags;
	uint64_t first;

	if (pread(pagemap, map, sizeof(map), (off_t)(start / PAGE * sizeof(*map))) != sizeof(map))
		return 0;
	first = map[0] & PAGEMAP_PFN;
	if (!(map[0] & PAGEMAP_PRESENT))
		return 0;
	if (first == 0) {
		errno = EPERM;
		return -1;
	}
	if (first % HUGE_PAGES != 0)
		return 0;
	for (uint64_t i = 1; i < HUGE_PAGES; i++)
		if (!(map[i] & PAGEMAP_PRESENT) || (map[i] & PAGEMAP_PFN) != first + i)
			return 0;
	if (pread(kpageflags, &flags, sizeof(flags), (off_t)(first * sizeof(flags))) != sizeof(flags))
		return -1;
	return (flags & KPF_THP) != 0;
}

static int walk_slots(int pagemap, struct range all, void (*found)(struct range, void *), void *arg)
{
	int kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t slot = (all.start + HUGE_SIZE - 1) & ~(HUGE_SIZE - 1);
	int huge = 0;

	if (kpageflags < 0)
		return -1;
	for (; huge >= 0 && slot + HUGE_SIZE <= all.end; slot += HUGE_SIZE) {
		huge = slot_is_thp(pagemap, kpageflags, slot);
		if (huge > 0)
			found((struct range){slot, slot + HUGE_SIZE}, arg);
	}
	close(kpageflags);
	return huge < 0 ? -1 : 0;
}

int truth_huge_ranges(uint64_t start, uint64_t end, void (*found)(struct range, void *), void *arg)
{
	struct range all = {start, end};
	int fd = open(PROC "pagemap", O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return -1;
	result = scan(fd, all, found, arg);
	/* Only the first call can find that the ioctl is missing. */
	if (result < 0 && (errno == ENOTTY || errno == EINVAL))
		result = walk_slots(fd, all, found, arg);
	close(fd);
	return result;
}

int truth_smaps(struct range heap, struct smaps *smaps)
{
	FILE *file = fopen(PROC "smaps", "re");
	struct smaps sums = {0};
	char line[512];
	uint64_t start = 0, end = 0, kib;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		/* A mapping's own line comes before its numbers. */
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2)
			continue;
		if (sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
			sums.rss += kib * 1024;
			if (start >= heap.start && end <= heap.end)
				sums.heap_rss += kib * 1024;
		} else if (sscanf(line, "AnonHugePages: %" SCNu64, &kib) == 1) {
			sums.anon_huge += kib * 1024;
		}
	}
	fclose(file);
	*smaps = sums;
	return 0;
}
