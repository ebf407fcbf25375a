// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded, it lets one allocation of a program fail, as when memory is short: for tests/faults/run. An allocation is
 * named by its place, which is a hash of the calls that led to it (without address space randomization it is the same
 * in each run), and by how many were made there before.
 *
 * FAIL_ALLOC_LIST=FILE     the place of each allocation is appended to FILE, a line each
 * FAIL_ALLOC=PLACE:N       the N-th at PLACE fails, from 1
 * FAIL_ALLOC_TOLD=FILE     where the calls that led to the one that failed are written
 *
 * strdup, asprintf, getline, fopen and all libraries come here too: glibc lets its own calls be replaced.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_FRAMES 48
#define OWN_FRAMES 3 /* fails, of and the one that was called */

/* glibc's own, by their other names */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool is_on, is_inside;
static uint64_t failing_place, failing_turn, turns;
static int list_fd = -1, told_fd = -1;

static int open_named(const char *variable)
{
	const char *path = getenv(variable);

	return path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}

__attribute__((constructor)) static void start(void)
{
	const char *failing = getenv("FAIL_ALLOC");
	void *frames[4];
	char *end;

	backtrace(frames, 4); /* the first one loads its library */
	if (failing) {
		failing_place = strtoull(failing, &end, 16);
		failing_turn = *end == ':' ? strtoull(end + 1, NULL, 10) : 0;
	}
	list_fd = open_named("FAIL_ALLOC_LIST");
	told_fd = open_named("FAIL_ALLOC_TOLD");
	is_on = true;
}

static uint64_t place_of(void *const *frames, int n)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, a word at a time */

	for (int i = OWN_FRAMES; i < n; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * 0x100000001b3;
	return hash;
}

/* Whether this allocation is the one that is to fail. */
__attribute__((noinline)) static bool of(void)
{
	void *frames[MAX_FRAMES];
	int n = backtrace(frames, MAX_FRAMES);
	uint64_t place = place_of(frames, n);
	char line[32];

	if (list_fd >= 0 && write(list_fd, line, (size_t)snprintf(line, sizeof(line), "%016lx\n", place)) < 0)
		list_fd = -1;
	if (place != failing_place || ++turns != failing_turn)
		return false;
	if (told_fd >= 0)
		backtrace_symbols_fd(frames + OWN_FRAMES - 1, n - OWN_FRAMES + 1, told_fd);
	return true;
}

__attribute__((noinline)) static bool fails(void)
{
	int before = errno;
	bool failing;

	if (!is_on || is_inside)
		return false;
	is_inside = true;
	failing = of();
	is_inside = false;
	errno = failing ? ENOMEM : before;
	return failing;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return fails() ? NULL : __libc_realloc(old, n * size);
}

void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	void *got = fails() ? NULL : __libc_memalign(alignment, size);

	if (!got)
		return ENOMEM;
	*memory = got;
	return 0;
}
