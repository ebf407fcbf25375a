/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What huge pages are good for: how often the page tables are walked for data of a process, per instruction, by the
 * CPU's counters (perf_event_open). Virtual machines mostly have none.
 */
#ifndef HOTDAMON_SENSE_TLB_H
#define HOTDAMON_SENSE_TLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLB_MAX_THREADS	     16	  /* that are counted of a process; two descriptors each */
#define TLB_MAX_SCAN_THREADS 2048 /* so many of its threads are looked at to find the busiest */

/* Cumulative since tlb_open(), in user space only, of the threads that are counted. */
struct tlb_counts {
	double instructions, misses; /* scaled up for the time that the counters had to share */
};

struct tlb_event { /* as perf_event_attr has them */
	uint32_t type;
	uint64_t config;
};

/*
 * Instructions, and loads that missed the data TLB: on x86 those that walked the page tables (Intel's completed
 * walks, AMD's misses of the second level).
 */
extern const struct tlb_event tlb_events[2];

struct tlb;

/*
 * Counts by @events (tlb_events, but for tests) the threads of @pid, and the threads that those will make; a new
 * process that they fork is not counted. Of a process with more than @max_threads (1 to TLB_MAX_THREADS) only the
 * ones that used the most CPU time so far: quotients are asked for, not sums, and each counted thread costs two
 * descriptors, and setting counters at its switches. *@out is for tlb_close().
 * Negative errno, *@out untouched then: -ENOENT or -EOPNOTSUPP the CPU or the virtual machine has no such
 * counter, -ESRCH the process has ended, -EACCES not allowed (CAP_PERFMON).
 */
int tlb_open(const char *proc_root, uint32_t pid, const struct tlb_event events[2], unsigned int max_threads,
	     struct tlb **out);
void tlb_close(struct tlb *tlb); /* NULL is fine */

/*
 * Negative errno, *@counts untouched then: -EOPNOTSUPP the pair never fits into this CPU's counters; others pass.
 */
int tlb_read(const struct tlb *tlb, struct tlb_counts *counts);

/* Whether this CPU, or virtual machine, has the counters for us: 0, or as tlb_open() has it. */
int tlb_probe(void);

/* One read of a group {instructions, misses}: its numbers scaled to the whole time; 0s if it never ran. */
struct tlb_group { /* as PERF_FORMAT_GROUP lays it out */
	uint64_t n, enabled_ns, running_ns, values[2];
};
struct tlb_counts tlb_scale(const struct tlb_group *group);

#endif
