// SPDX-License-Identifier: GPL-2.0
#include "sense/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/array.h"
#include "base/aside.h"
#include "decide/process.h"

#define PAGE_BYTES (PMD_SIZE_BYTES / SLOT_PAGES)

/*
 * The kernel's interface of PAGEMAP_SCAN, by names of our own: the headers of Debian 12 are older than it,
 * and newer ones define the same names.
 */
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN _IOWR('f', 16, struct scan_arg)

#define IS_FILE	   (1U << 2)
#define IS_PRESENT (1U << 3)
#define IS_SWAPPED (1U << 4)
#define IS_PFNZERO (1U << 5)
#define IS_HUGE	   (1U << 6)
#define IS_GUARD   (1U << 8) /* 6.15+; before, the ioctl refuses it */

/* So many answers of one call; a slot has at most SLOT_PAGES of them. */
#define MAX_REGIONS (2 * SLOT_PAGES)

/* Addresses of processes end here. */
#ifdef __x86_64__
#define ADDRESSES_END ((1ULL << 47) - PAGE_BYTES)
#else
#define ADDRESSES_END (1ULL << 48)
#endif

/* So much of them holds that many page tables, 4 ms if they all are empty. */
#define RANGE_BYTES	   (16ULL << 30)
#define RANGE_TABLES_BYTES (RANGE_BYTES / SLOT_PAGES)
#define EMPTY_PER_PAGE	   8 /* entries that are empty take as long as one that is not */

#define WALK_PAGES 65536 /* at most in one call: what the process can be kept waiting for */

/* Of an entry of pagemap. Bit 56 stands for nothing where a page is not present: it was set for some before 6.11. */
#define ENTRY_EXCLUSIVE (1ULL << 56)
#define ENTRY_PRESENT	(1ULL << 63)

static int open_pagemap(const char *proc_root, uint32_t pid)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%u/pagemap", proc_root, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

static int check_slots(const uint64_t *slots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slots[i] % PMD_SIZE_BYTES || (i && slots[i] <= slots[i - 1]))
			return -EINVAL;
	return 0;
}

/* How many slots from the first on are neighbours. */
static size_t neighbours(const uint64_t *slots, size_t n)
{
	size_t i = 1;

	while (i < n && slots[i] == slots[0] + i * PMD_SIZE_BYTES)
		i++;
	return i;
}

void slot_pages_add(struct slot_pages *pages, uint64_t slot, const struct pagemap_region *region)
{
	uint64_t start = region->start > slot ? region->start : slot;
	uint64_t end = region->end < slot + PMD_SIZE_BYTES ? region->end : slot + PMD_SIZE_BYTES;
	uint16_t count;

	if (start >= end)
		return;
	count = (uint16_t)((end - start) / PAGE_BYTES);
	if (region->categories & IS_GUARD) /* is told as swapped, too: it is an entry like those */
		pages->guard = (uint16_t)(pages->guard + count);
	else if (region->categories & IS_PFNZERO)
		pages->zero = (uint16_t)(pages->zero + count);
	else if (region->categories & IS_PRESENT)
		pages->present = (uint16_t)(pages->present + count);
	else if (region->categories & IS_SWAPPED)
		pages->swapped = (uint16_t)(pages->swapped + count);
	if ((region->categories & IS_HUGE) && !(region->categories & IS_PFNZERO))
		pages->huge = true;
}

void slot_pages_share(struct slot_pages *pages, const uint64_t entries[SLOT_PAGES])
{
	unsigned int many = 0;

	for (size_t i = 0; i < SLOT_PAGES; i++)
		many += (entries[i] & ENTRY_PRESENT) && !(entries[i] & ENTRY_EXCLUSIVE);
	/* The page of zeroes is everybody's, and no page of the process. */
	many = many > pages->zero ? many - pages->zero : 0;
	pages->shared = many < pages->present ? (uint16_t)many : pages->present;
}

/* Shares a region out to the slots of a run of neighbours that begins at @first. */
static void add_region(struct slot_pages *pages, uint64_t first, const struct pagemap_region *region)
{
	size_t from = (region->start - first) / PMD_SIZE_BYTES;
	size_t to = (region->end - 1 - first) / PMD_SIZE_BYTES;

	for (size_t i = from; i <= to; i++)
		slot_pages_add(&pages[i], first + i * PMD_SIZE_BYTES, region);
}

/*
 * What lies above @seen, up to where regions were told before: when the kernel's own buffer was full on the way and the
 * walk then came to its end, walk_end is left where the buffer was full (seen on 6.12 and 6.18), and what follows is
 * told twice.
 */
static void add_new_part(struct slot_pages *pages, uint64_t first, struct pagemap_region *region,
			 uint64_t *seen)
{
	if (region->end <= *seen)
		return;
	if (region->start < *seen)
		region->start = *seen;
	*seen = region->end;
	add_region(pages, first, region);
}

/* One call: fills @regions, returns how many, and moves arg->start on to where the kernel stopped. */
static int scan_once(int fd, struct scan_arg *arg, struct pagemap_region *regions)
{
	int n;

	arg->size = sizeof(*arg);
	arg->vec = (uintptr_t)regions;
	if (!arg->vec_len)
		arg->vec_len = MAX_REGIONS;
	n = ioctl(fd, SCAN, arg);
	if (n < 0 && errno == EINVAL && (arg->return_mask & IS_GUARD)) {
		arg->return_mask &= ~(uint64_t)IS_GUARD;
		n = ioctl(fd, SCAN, arg);
	}
	if (n < 0)
		return -errno;
	if (arg->walk_end <= arg->start)
		return -EIO;
	arg->start = arg->walk_end;
	return n;
}

/*
 * A run of @n neighbours. @arg is kept from run to run: what the kernel refused once is not asked for again.
 */
static int scan_run(int fd, struct scan_arg *arg, uint64_t first, size_t n, struct slot_pages *pages)
{
	struct pagemap_region regions[MAX_REGIONS];
	uint64_t seen = first;

	for (size_t i = 0; i < n; i++)
		pages[i] = (struct slot_pages){0};
	arg->start = first;
	arg->end = first + n * PMD_SIZE_BYTES;
	while (arg->start < arg->end) {
		int found = scan_once(fd, arg, regions);

		if (found < 0)
			return found;
		for (int i = 0; i < found; i++)
			add_new_part(pages, first, &regions[i], &seen);
	}
	return 0;
}

/* What is empty is nobody else's. A short read: the process has ended. */
static int read_shared(int fd, const uint64_t *slots, size_t n, bool huge_too, struct slot_pages *pages)
{
	uint64_t entries[SLOT_PAGES];

	for (size_t i = 0; i < n; i++) {
		ssize_t got;

		if ((pages[i].huge && !huge_too) || !pages[i].present)
			continue;
		got = pread(fd, entries, sizeof(entries), (off_t)(slots[i] / PAGE_BYTES * sizeof(*entries)));
		if (got < 0)
			return -errno;
		if (got < (ssize_t)sizeof(entries))
			return -ESRCH;
		slot_pages_share(&pages[i], entries);
	}
	return 0;
}

static int scan_all(int fd, const uint64_t *slots, size_t n, struct slot_pages *pages)
{
	struct scan_arg arg = {
		.category_anyof_mask = IS_PRESENT | IS_SWAPPED,
		.return_mask = IS_PRESENT | IS_SWAPPED | IS_PFNZERO | IS_HUGE | IS_GUARD,
	};
	int err = 0;

	for (size_t i = 0, run; i < n && !err; i += run) {
		run = neighbours(slots + i, n - i);
		err = scan_run(fd, &arg, slots[i], run, pages + i);
	}
	return err;
}

/* ---- all of a process ---- */

/* Adds what is huge of a region; returns how many entries of page tables it took. */
static uint64_t walk_region(struct huge_walk *walk, const struct pagemap_region *region)
{
	uint64_t start = region->start > walk->seen ? region->start : walk->seen; /* see add_new_part() */

	if (region->end <= start)
		return 0;
	walk->seen = region->end;
	if (!(region->categories & IS_HUGE))
		return (region->end - start) / PAGE_BYTES;
	if (!(region->categories & (IS_FILE | IS_PFNZERO)))
		walk->huge_bytes += region->end - start;
	return (region->end - start) / PMD_SIZE_BYTES;
}

/*
 * A call is bounded by the pages that it finds, but not by the page tables that it reads in vain: all of them together are
 * too many, it may go so far at once. The next range begins where something is mapped.
 */
static int next_range(const struct huge_walk *walk, int fd, uint64_t tables_bytes, struct scan_arg *arg)
{
	struct pagemap_region regions[MAX_REGIONS];
	struct scan_arg any = {
		.start = walk->at, .end = ADDRESSES_END, .max_pages = 1, .return_mask = IS_PRESENT};
	int found;

	arg->start = walk->at;
	arg->end = ADDRESSES_END;
	if (tables_bytes <= RANGE_TABLES_BYTES)
		return 0;
	found = scan_once(fd, &any, regions);
	if (found < 0)
		return found;
	arg->start = found ? regions[0].start : ADDRESSES_END;
	if (arg->start < ADDRESSES_END - RANGE_BYTES)
		arg->end = arg->start + RANGE_BYTES;
	return 0;
}

/* One call, from @arg->start on. Returns what it cost, in pages, or negative errno. */
static int64_t walk_once(struct huge_walk *walk, int fd, uint64_t tables_bytes, struct scan_arg *arg)
{
	struct pagemap_region regions[MAX_REGIONS];
	uint64_t from = arg->start, cost = 1, entries = tables_bytes / sizeof(uint64_t);
	int found = scan_once(fd, arg, regions);

	if (found < 0)
		return found;
	for (int i = 0; i < found; i++)
		cost += walk_region(walk, &regions[i]);
	if ((arg->start - from) / PAGE_BYTES < entries)
		entries = (arg->start - from) / PAGE_BYTES;
	walk->at = arg->start;
	return (int64_t)(cost + entries / EMPTY_PER_PAGE);
}

static int walk_on(struct huge_walk *walk, int fd, uint64_t tables_bytes, uint64_t pages)
{
	struct scan_arg arg = {
		.max_pages = pages < WALK_PAGES ? pages : WALK_PAGES,
		.category_anyof_mask = IS_PRESENT | IS_SWAPPED, /* all, so that max_pages bounds it */
		.return_mask = IS_FILE | IS_PRESENT | IS_PFNZERO | IS_HUGE,
	};

	for (uint64_t walked = 0; walk->at < ADDRESSES_END && walked < pages;) {
		int64_t cost = arg.start < arg.end ? 0 : next_range(walk, fd, tables_bytes, &arg);

		if (!cost && arg.start < arg.end)
			cost = walk_once(walk, fd, tables_bytes, &arg);
		else if (!cost)
			walk->at = arg.start;
		if (cost < 0)
			return (int)cost;
		walked += (uint64_t)cost;
	}
	return walk->at >= ADDRESSES_END;
}

struct walking {
	struct huge_walk walk;
	uint64_t tables_bytes, pages, huge_bytes;
};

static int go_on(struct aside_call *call)
{
	struct walking *walking = call->args;
	int fd = open_pagemap(call->root, call->pid), done;

	if (fd < 0)
		return fd;
	done = walk_on(&walking->walk, fd, walking->tables_bytes, walking->pages);
	close(fd);
	walking->huge_bytes = walking->walk.huge_bytes;
	return done;
}

int huge_walk_go_on(struct huge_walk *walk, const char *proc_root, uint32_t pid, uint64_t tables_bytes,
		    uint64_t pages, uint64_t *huge_bytes)
{
	struct walking walking = {.walk = *walk, .tables_bytes = tables_bytes, .pages = pages};
	struct aside_call call = aside_of(proc_root, pid, go_on, &walking, sizeof(walking));
	int done = aside_do(&call);

	*walk = done ? (struct huge_walk){0} : walking.walk;
	if (done > 0)
		*huge_bytes = walking.huge_bytes;
	return done;
}

/* ---- what has memory ---- */

#define FINDS_PER_STEP 8192 /* so many, some milliseconds, and steps are longer: */
#define FINDS_LONGER   16

/* The step around the first page in [start, end) that is populated, no wider than that. 1: there is one; 0: none. */
static int find_populated(int fd, uint64_t start, uint64_t end, uint64_t step, struct address_range *found)
{
	struct pagemap_region region;
	struct scan_arg arg = {
		.vec_len = 1, /* the kernel makes as much room for itself, at each call */
		.max_pages = 1,
		.category_anyof_mask = IS_PRESENT | IS_SWAPPED,
		.return_mask = IS_PRESENT,
	};
	int n;

	arg.start = start;
	arg.end = end;
	n = scan_once(fd, &arg, &region);
	if (n <= 0)
		return n;
	found->start = region.start / step * step;
	found->end = found->start + step;
	if (found->start < start)
		found->start = start;
	if (found->end > end)
		found->end = end;
	return 1;
}

static int add_run(struct populated *populated, const struct address_range *run)
{
	struct address_range *last = populated->n ? &populated->runs[populated->n - 1] : NULL;
	int err;

	if (last && last->end == run->start) {
		last->end = run->end;
		return 0;
	}
	err = array_reserve(&populated->runs, &populated->room, populated->n + 1, sizeof(*populated->runs));
	if (!err)
		populated->runs[populated->n++] = *run;
	return err;
}

static int find_all(struct populated *populated, int fd, const struct address_range *within, size_t n,
		    uint64_t step)
{
	unsigned int finds = 0;
	int found;

	for (size_t i = 0; i < n; i++) {
		struct address_range run = {.end = within[i].start};

		while (run.end < within[i].end) {
			found = find_populated(fd, run.end, within[i].end, step, &run);
			if (found < 0)
				return found;
			if (!found)
				break;
			if (add_run(populated, &run))
				return -ENOMEM;
			if (++finds % FINDS_PER_STEP == 0)
				step *= FINDS_LONGER;
		}
	}
	return 0;
}

static int find_populated_ranges(struct aside_call *call)
{
	const uint64_t *step_bytes = call->args;
	struct populated found = {0};
	int fd = open_pagemap(call->root, call->pid), err;

	if (fd < 0)
		return fd;
	err = find_all(&found, fd, call->in, call->in_bytes / sizeof(struct address_range), *step_bytes);
	close(fd);
	call->out = found.runs;
	call->out_bytes = found.n * sizeof(*found.runs);
	return err;
}

int populated_read(struct populated *populated, const char *proc_root, uint32_t pid,
		   const struct address_range *within, size_t n, uint64_t step_bytes)
{
	struct aside_call call =
		aside_of(proc_root, pid, find_populated_ranges, &step_bytes, sizeof(step_bytes));
	int err;

	call.in = within;
	call.in_bytes = n * sizeof(*within);
	err = aside_do(&call);
	if (err)
		return err;
	populated_free(populated);
	populated->runs = call.out;
	populated->n = populated->room = call.out_bytes / sizeof(*populated->runs);
	return 0;
}

void populated_free(struct populated *populated)
{
	free(populated->runs);
	*populated = (struct populated){0};
}

static int read_pages(struct aside_call *call)
{
	const bool *huge_too = call->args;
	size_t n = call->in_bytes / sizeof(uint64_t);
	struct slot_pages *pages = calloc(n, sizeof(*pages));
	int fd, err;

	call->out = pages;
	call->out_bytes = n * sizeof(*pages);
	if (!pages)
		return -ENOMEM;
	fd = open_pagemap(call->root, call->pid);
	if (fd < 0)
		return fd;
	err = scan_all(fd, call->in, n, pages);
	if (!err)
		err = read_shared(fd, call->in, n, *huge_too, pages);
	close(fd);
	return err;
}

static int read_slots(const char *proc_root, uint32_t pid, const uint64_t *slots, size_t n, bool huge_too,
		      struct slot_pages *pages)
{
	struct aside_call call = aside_of(proc_root, pid, read_pages, &huge_too, sizeof(huge_too));
	int err = check_slots(slots, n);

	call.in = slots;
	call.in_bytes = n * sizeof(*slots);
	if (!err && n)
		err = aside_do(&call);
	if (!err && n)
		memcpy(pages, call.out, call.out_bytes);
	free(call.out);
	return err;
}

int slot_pages_read(const char *proc_root, uint32_t pid, const uint64_t *slots, size_t n,
		    struct slot_pages *pages)
{
	return read_slots(proc_root, pid, slots, n, false, pages);
}

int slot_pages_read_all(const char *proc_root, uint32_t pid, const uint64_t *slots, size_t n,
			struct slot_pages *pages)
{
	return read_slots(proc_root, pid, slots, n, true, pages);
}
