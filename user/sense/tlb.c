// SPDX-License-Identifier: GPL-2.0
#include "sense/tlb.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sense/proc.h"

const struct tlb_event tlb_events[2] = {
	{PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
	{PERF_TYPE_HW_CACHE,
	 PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16},
};

struct thread {
	uint32_t tid;
	uint64_t cpu_ns;
};

/* A pair of counters for each thread, always counting together: instructions, which leads, and misses. */
struct tlb {
	size_t n;
	int instructions[TLB_MAX_THREADS], misses[TLB_MAX_THREADS];
};

/* The threads that this one makes count as well (PERF_FORMAT_GROUP sums them up from Linux 4.12 on). */
static int open_counter(uint32_t tid, const struct tlb_event *event, int group)
{
	struct perf_event_attr attr = {
		.type = event->type,
		.size = sizeof(attr),
		.config = event->config,
		.read_format =
			PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.inherit = 1,
		.inherit_thread = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, tid, -1, group, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static int open_pair(struct tlb *tlb, uint32_t tid, const struct tlb_event events[2])
{
	int leader = open_counter(tid, &events[0], -1), misses;

	if (leader < 0)
		return leader;
	misses = open_counter(tid, &events[1], leader);
	if (misses < 0) {
		close(leader);
		return misses;
	}
	tlb->instructions[tlb->n] = leader;
	tlb->misses[tlb->n++] = misses;
	return 0;
}

/* The busiest of them, at most @max, the busiest first. */
static unsigned int find_busiest(DIR *dir, const char *proc_root, struct thread *busiest, unsigned int max)
{
	unsigned int n = 0, scanned = 0, place;
	struct dirent *dirent;

	while (scanned < TLB_MAX_SCAN_THREADS && (dirent = readdir(dir))) {
		struct thread thread = {.tid = (uint32_t)strtoul(dirent->d_name, NULL, 10)};

		if (!thread.tid || process_thread_cpu_ns(proc_root, thread.tid, &thread.cpu_ns))
			continue; /* "." and "..", or it has ended */
		scanned++;
		for (place = n; place && busiest[place - 1].cpu_ns < thread.cpu_ns; place--)
			;
		if (place == max)
			continue;
		n += n < max;
		memmove(&busiest[place + 1], &busiest[place], (n - place - 1) * sizeof(*busiest));
		busiest[place] = thread;
	}
	return n;
}

/* A thread that ends meanwhile is no error, unless it was the last. */
static int open_threads(struct tlb *tlb, const struct thread *threads, unsigned int n,
			const struct tlb_event events[2])
{
	for (unsigned int i = 0; i < n; i++) {
		int err = open_pair(tlb, threads[i].tid, events);

		if (err && err != -ESRCH)
			return err;
	}
	return tlb->n ? 0 : -ESRCH;
}

int tlb_open(const char *proc_root, uint32_t pid, const struct tlb_event events[2], unsigned int max_threads,
	     struct tlb **out)
{
	struct thread busiest[TLB_MAX_THREADS];
	unsigned int n;
	char path[PATH_MAX];
	struct tlb *tlb;
	DIR *dir;
	int err;

	if (max_threads > TLB_MAX_THREADS)
		max_threads = TLB_MAX_THREADS;
	snprintf(path, sizeof(path), "%s/%u/task", proc_root, pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	n = find_busiest(dir, proc_root, busiest, max_threads);
	closedir(dir);
	tlb = calloc(1, sizeof(*tlb));
	err = tlb ? open_threads(tlb, busiest, n, events) : -ENOMEM;
	if (err) {
		tlb_close(tlb);
		return err;
	}
	*out = tlb;
	return 0;
}

int tlb_probe(void)
{
	struct tlb tlb = {0};
	int err = open_pair(&tlb, 0, tlb_events); /* 0: the caller */

	if (err)
		return err;
	close(tlb.misses[0]);
	close(tlb.instructions[0]);
	return 0;
}

void tlb_close(struct tlb *tlb)
{
	for (size_t i = 0; tlb && i < tlb->n; i++) {
		close(tlb->misses[i]);
		close(tlb->instructions[i]);
	}
	free(tlb);
}

struct tlb_counts tlb_scale(const struct tlb_group *group)
{
	double factor = group->running_ns ? (double)group->enabled_ns / (double)group->running_ns : 0;

	return (struct tlb_counts){
		.instructions = (double)group->values[0] * factor,
		.misses = (double)group->values[1] * factor,
	};
}

int tlb_read(const struct tlb *tlb, struct tlb_counts *counts)
{
	struct tlb_counts sum = {0};

	for (size_t i = 0; i < tlb->n; i++) {
		struct tlb_group group;
		struct tlb_counts one;
		ssize_t got = read(tlb->instructions[i], &group, sizeof(group));

		if (got < 0)
			return -errno;
		if (got != (ssize_t)sizeof(group) || group.n != 2) /* the pair never fits into this PMU */
			return -EOPNOTSUPP;
		one = tlb_scale(&group);
		sum.instructions += one.instructions;
		sum.misses += one.misses;
	}
	*counts = sum;
	return 0;
}
