// SPDX-License-Identifier: GPL-2.0
#include "clock.h"
#include "heap.h"
#include "options.h"
#include "touch.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct layout *layout;
static uint64_t heap;
static _Atomic uint64_t *snapshots; /* shared: a child counts itself when all is written */
static _Atomic double last_snapshot_s;

/* Children that live for about a millisecond. */
static void *storm(void *arg)
{
	double when = now();

	(void)arg;
	for (;;) {
		when = later(when + 1.0 / (double)opt.fork_storm, now() - 1);
		sleep_until(when);
		if (fork() == 0) {
			double end = now() + 0.001;

			while (now() < end)
				;
			_exit(0);
		}
	}
	return NULL;
}

/* As one that compresses what it reads, and takes its time. */
static void read_on(void)
{
	double until = now() + opt.snapshot_lasts_s;

	while (now() < until)
		for (uint64_t at = 0; at < layout->mem && !layout->piece; at += PAGE)
			(void)*(volatile char *)(heap + at);
}

/* In the child, as a server saves itself: all is read, and written to one and the same MiB of a file. */
static _Noreturn void write_out(int fd)
{
	uint64_t chunk = layout->piece ? layout->piece : MIB;

	prctl(PR_SET_NAME, "snapshot");
	for (uint64_t at = 0; at < layout->mem; at += chunk) {
		uint64_t size = layout->mem - at < chunk ? layout->mem - at : chunk;

		if (layout->piece && size == chunk)
			size -= PAGE;
		if (pwrite(fd, (void *)(heap + at), size, 0) != (ssize_t)size)
			_exit(1);
	}
	read_on();
	atomic_fetch_add(snapshots, 1);
	_exit(0);
}

/* The parent goes on changing its memory meanwhile, and each page that it changes is copied. */
static void *snapshot(void *arg)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	double when = now();

	(void)arg;
	if (fd < 0)
		die(1, "no file for snapshots");
	for (;;) {
		double began;
		pid_t child;

		when = later(when + opt.snapshot_s, now());
		sleep_until(when);
		began = now();
		child = fork();
		if (child == 0)
			write_out(fd);
		if (child < 0)
			continue;
		/* SIGCHLD is ignored: it waits for the child's end, and then finds none. */
		waitpid(child, NULL, 0);
		atomic_store(&last_snapshot_s, now() - began);
		if (opt.snapshot_lasts_s > 0)
			return NULL;
	}
}

void children_start(const struct layout *given, uint64_t heap_start)
{
	layout = given;
	heap = heap_start;
	if (opt.fork_storm)
		start_thread(storm, NULL);
	if (!(opt.snapshot_s > 0) || !layout->mem)
		return;
	snapshots = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (snapshots == MAP_FAILED)
		die(1, "no memory for snapshots");
	start_thread(snapshot, NULL);
}

uint64_t children_snapshots(double *last_s)
{
	*last_s = atomic_load(&last_snapshot_s);
	return snapshots ? atomic_load(snapshots) : 0;
}
