// SPDX-License-Identifier: GPL-2.0
#include "heap.h"

#include "options.h"
#include "touch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* 6.13; the headers of Debian 12 are older */
#endif

#define FILL_STEP (1ULL << 20)
#define PIECE	  (64ULL << 10) /* beside the heap: too short for a huge page */

static bool filled_before; /* by another process, in the same file */

static int open_shared(uint64_t mem)
{
	int fd = open(opt.shared, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		die(1, "%s: %s", opt.shared, strerror(errno));
	filled_before = (uint64_t)stat.st_size == mem;
	if (!filled_before && ftruncate(fd, (off_t)mem) < 0)
		die(1, "%s: %s", opt.shared, strerror(errno));
	return fd;
}

/* The heap gets a place with room above, where the stacks and cursors of the threads will go:
 * nothing is mapped next to it, so its VMA is one mapping and ours alone. */
static uint64_t map_heap(uint64_t mem, size_t nr_hots)
{
	size_t above = 2 * HUGE_SIZE + opt.threads * (2 * STACK_SIZE + 64 * nr_hots);
	size_t room = mem + opt.misalign + above + HUGE_SIZE;
	uint64_t start;
	int fd = opt.shared ? open_shared(mem) : -1;
	int flags = opt.shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	void *found = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (found == MAP_FAILED)
		die(1, "no room for the heap: %s", strerror(errno));
	munmap(found, room);
	start = ((uint64_t)(uintptr_t)found + HUGE_SIZE - 1) & ~(HUGE_SIZE - 1);
	start += opt.misalign;
	found = mmap((void *)start, mem, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, fd, 0);
	if (found == MAP_FAILED)
		die(1, "no memory for the heap: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return start;
}

static void set_guards(const struct layout *layout, uint64_t heap)
{
	if (!layout->piece)
		return;
	for (uint64_t end = layout->piece; end <= layout->mem; end += layout->piece) {
		void *page = (void *)(heap + end - PAGE);
		int error = opt.guard_by_madvise ? madvise(page, PAGE, MADV_GUARD_INSTALL)
						 : mprotect(page, PAGE, PROT_NONE);

		if (error < 0)
			die(1, "no guard page: %s", strerror(errno));
	}
}

static void advise(uint64_t heap, uint64_t mem, int advice, const char *name)
{
	if (madvise((void *)heap, mem, advice) < 0)
		die(1, "%s: %s", name, strerror(errno));
}

static void sleep_for(double seconds)
{
	struct timespec time = {(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

static void fill(const struct layout *layout, uint64_t heap)
{
	double pause_s = opt.fill_s * FILL_STEP / (double)layout->mem;

	for (uint64_t at = 0; at < layout->mem; at += PAGE * layout->sparse) {
		if (!layout_is_guard(layout, at))
			*(volatile uint64_t *)(heap + at) = at | 1;
		if (opt.fill_s > 0 && at % FILL_STEP == 0)
			sleep_for(pause_s);
	}
}

static void *map_beside(uint64_t size, int protection)
{
	void *found = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (found == MAP_FAILED)
		die(1, "no room beside the heap: %s", strerror(errno));
	return found;
}

/* The last page of each piece parts it from the next one, and all else of it has memory. */
static void make_beside(void)
{
	if (opt.reserve_gib)
		map_beside(opt.reserve_gib << 30, PROT_NONE);
	for (uint64_t i = 0; i < opt.beside; i++) {
		char *piece = map_beside(PIECE, PROT_READ | PROT_WRITE);

		memset(piece, 1, PIECE - PAGE);
		if (mprotect(piece + PIECE - PAGE, PAGE, PROT_NONE) < 0)
			die(1, "no piece beside the heap: %s", strerror(errno));
	}
}

uint64_t heap_filled_bytes(const struct layout *layout)
{
	uint64_t pages = 0;

	for (uint64_t at = 0; at < layout->mem; at += PAGE * layout->sparse)
		pages += !layout_is_guard(layout, at);
	return pages * PAGE;
}

uint64_t heap_make(const struct layout *layout)
{
	uint64_t heap;

	if (!layout->mem)
		return 0;
	make_beside();
	heap = map_heap(layout->mem, layout->nr_hots);
	if (opt.nohugepage)
		advise(heap, layout->mem, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
	/* A child that comes and goes would make every hot page copy-on-write. */
	if (opt.fork_storm && !(opt.snapshot_s > 0))
		advise(heap, layout->mem, MADV_DONTFORK, "MADV_DONTFORK");
	set_guards(layout, heap);
	if (!filled_before)
		fill(layout, heap);
	return heap;
}

void heap_ask_for_huge_pages(const struct layout *layout, uint64_t heap)
{
	if (layout->mem)
		advise(heap, layout->mem, MADV_HUGEPAGE, "MADV_HUGEPAGE");
}
