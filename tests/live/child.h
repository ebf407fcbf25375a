/* SPDX-License-Identifier: GPL-2.0 */
/* A child whose memory has slots of every kind, for live.c to look at and to collapse. */
#ifndef HOTDAMON_TESTS_CHILD_H
#define HOTDAMON_TESTS_CHILD_H

#include "cm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/collapse.h"
#include "base/units.h"
#include "sense/miss.h"
#include "sense/pagemap.h"
#include "sense/pressure.h"
#include "sense/proc.h"
#include "sense/vma.h"

#define PAGE  4096UL
#define SLOT  (SLOT_PAGES * PAGE)
#define ARENA (16 * SLOT) /* of the child; the slots below are counted from its start */
#define GUARD 102	  /* MADV_GUARD_INSTALL, 6.13+ */

enum { FULL, HALF, UNTOUCHED, ZERO, REFUSED, GUARDED, BESIDE, SHARED, READ_ONLY, NARROW, LAST };

struct child {
	pid_t pid;
	int pidfd, stop;
	bool guards; /* the kernel has guard pages */
	bool zeroes; /* it gives the page of zeroes to who reads; some kernels that are built for virtual machines do not */
	uint64_t arena;
};

static uid_t child_uid; /* 0: as ours */
static char *arena;

static inline char *at(int slot)
{
	return arena + (size_t)slot * SLOT;
}

static inline void touch(char *from, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		memset(from + i * PAGE, 0x5a, 64);
}

static inline void must(bool fine, const char *what)
{
	if (fine)
		return;
	perror(what);
	_exit(1);
}

/* Whether two pages that were only read are the same one. */
static inline bool zeroes_are_shared(void)
{
	const uint64_t frame = (1ULL << 55) - 1;
	char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t words[2];

	must(memory != MAP_FAILED && fd >= 0, "two pages");
	for (size_t i = 0; i < 2; i++)
		(void)*(volatile char *)(memory + i * PAGE);
	must(pread(fd, words, sizeof(words), (off_t)((uintptr_t)memory / PAGE * sizeof(words[0]))) ==
		     sizeof(words),
	     "pagemap");
	close(fd);
	munmap(memory, 2 * PAGE);
	return (words[0] & frame) == (words[1] & frame);
}

/* Each slot of the arena is of another kind. Huge pages come only by a collapse. */
static inline bool furnish(void)
{
	char *memory = mmap(NULL, ARENA + SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	arena = memory + (SLOT - (uintptr_t)memory % SLOT) % SLOT;
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* small pages, whatever the mode here */
	touch(at(FULL), SLOT_PAGES);
	touch(at(HALF), SLOT_PAGES / 2);
	for (size_t i = 0; i < SLOT_PAGES; i++)
		(void)*(volatile char *)(at(ZERO) + i * PAGE);
	touch(at(REFUSED), SLOT_PAGES);
	must(!madvise(at(REFUSED), SLOT, MADV_NOHUGEPAGE), "NOHUGEPAGE");
	touch(at(GUARDED), SLOT_PAGES);
	touch(at(BESIDE), SLOT_PAGES);
	must(mmap(at(SHARED), SLOT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
		     MAP_FAILED,
	     "shared");
	touch(at(SHARED), SLOT_PAGES);
	touch(at(READ_ONLY), SLOT_PAGES);
	must(!mprotect(at(READ_ONLY), SLOT, PROT_READ), "mprotect");
	touch(at(NARROW), SLOT_PAGES);
	must(!munmap(at(NARROW), PAGE), "munmap");
	touch(at(LAST), SLOT_PAGES);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	return !madvise(at(GUARDED) + 3 * PAGE, PAGE, GUARD);
}

/* Lives until @stop is closed. What it tells is written at once. */
static inline void live(int told, int stop)
{
	struct child self = {0};
	char byte;

	self.zeroes = zeroes_are_shared();
	if (child_uid)
		must(!setresuid(child_uid, child_uid, child_uid), "setresuid");
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as one that was started by this user */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self.guards = furnish();
	self.arena = (uintptr_t)arena;
	must(write(told, &self, sizeof(self)) == sizeof(self), "write");
	must(read(stop, &byte, 1) == 0, "read");
	_exit(0);
}

static inline int set_up(void **state)
{
	static struct child child;
	int told[2], stop[2];
	pid_t pid;

	if (pipe(told) || pipe(stop) || (pid = fork()) < 0)
		return -1;
	if (!pid) {
		close(stop[1]);
		live(told[1], stop[0]);
	}
	close(told[1]);
	close(stop[0]);
	if (read(told[0], &child, sizeof(child)) != sizeof(child))
		return -1;
	close(told[0]);
	child.pid = pid;
	child.stop = stop[1];
	child.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	*state = &child;
	return child.pidfd < 0;
}

static inline void end_child(struct child *child)
{
	if (child->stop >= 0)
		close(child->stop);
	child->stop = -1;
	waitpid(child->pid, NULL, 0);
}

static inline int tear_down(void **state)
{
	struct child *child = *state;

	end_child(child);
	close(child->pidfd);
	return 0;
}

static inline uint64_t slot_of(const struct child *child, int slot)
{
	return child->arena + (uint64_t)slot * SLOT;
}

static inline struct slot_pages pages_of(const struct child *child, int slot)
{
	uint64_t address = slot_of(child, slot);
	struct slot_pages pages;

	memset(&pages, 0xa5, sizeof(pages));
	assert_int_equal(slot_pages_read("/proc", (uint32_t)child->pid, &address, 1, &pages), 0);
	return pages;
}

/* AnonHugePages of the mapping that @address is in, in KiB: the kernel's other word on what is huge. */
static inline unsigned int smaps_huge_kib(const struct child *child, uint64_t address)
{
	unsigned int kib = 0;
	uint64_t start, end;
	char path[64], line[512];
	bool inside = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps", child->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
			inside = start <= address && address < end;
		if (inside && sscanf(line, "AnonHugePages: %u", &kib) == 1)
			break;
	}
	fclose(file);
	return kib;
}

#endif
