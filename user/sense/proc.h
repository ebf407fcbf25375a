/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc says of one process. Parsing is apart from reading; the root of /proc is an argument. */
#ifndef HOTDAMON_SENSE_PROC_H
#define HOTDAMON_SENSE_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"
#include "decide/process.h"

#define PROC_TICK_NS (10 * NS_PER_MS) /* /proc counts start times in 1/100 s (USER_HZ), rounded down */

struct process_facts {
	uint32_t tgid;
	char comm[COMM_LEN];
	char state;		   /* R, S, D, Z, ... of the leader */
	uint64_t start_time_ticks; /* since boot, in units of PROC_TICK_NS */
	uint32_t
		live_tid; /* a thread that still has the memory: not a leader that is a zombie; 0: none found yet */
	uint64_t anon_bytes;	    /* resident anonymous memory */
	uint64_t shared_bytes;	    /* resident memory of shmem: tmpfs, memfd, shared anonymous, SysV */
	uint64_t file_bytes;	    /* resident memory of other files */
	uint64_t swapped_bytes;	    /* anonymous memory in swap */
	uint64_t hugetlb_bytes;	    /* of hugetlbfs, private and shared; not among anon_bytes */
	uint64_t page_tables_bytes; /* VmPTE: what a walk through all of them takes grows with it */
	uint64_t mapped_bytes;	    /* of address space, resident or not (VmSize) */
	bool kernel_thread;
	bool thp_disabled; /* THP_enabled: 0, set by prctl(PR_SET_THP_DISABLE) */
};

/* Negative errno (-ESRCH: no such process, or a thread's id); *@facts untouched then. */
int process_facts_read(const char *proc_root, uint32_t pid, struct process_facts *facts);

/* How much of its shared memory could become huge, where @mapped_bytes of its mappings are aligned for that. */
static inline uint64_t process_shared_bytes(const struct process_facts *facts, uint64_t mapped_bytes)
{
	return facts->shared_bytes < mapped_bytes ? facts->shared_bytes : mapped_bytes;
}

/* Whether @facts are those of the process @id, and not of a later one with the same pid. */
bool process_facts_match(const struct process_facts *facts, struct process_id id);

/* Whether @tid is a thread of @pid just now. */
bool process_has_thread(const char *proc_root, uint32_t pid, uint32_t tid);

/*
 * How much of the process's memory is in huge pages, from smaps_rollup of @tid (AnonHugePages). It
 * walks the page tables: ask for few processes, once a tick. Negative errno.
 */
int process_huge_bytes(const char *proc_root, uint32_t tid, uint64_t *huge_bytes);

/*
 * The CPU time that the thread @tid (a kernel thread, too) used since it began: from its schedstat, exact, or
 * where the kernel has none (CONFIG_SCHED_INFO) from its stat, in steps of PROC_TICK_NS. Negative errno, -ESRCH:
 * there is no such thread.
 */
int process_thread_cpu_ns(const char *proc_root, uint32_t tid, uint64_t *cpu_ns);

/*
 * "Name:   123 kB" in the text of status or smaps_rollup: the number, times 1024 if it is in kB.
 * -ENOENT if there is no such line.
 */
int proc_field(const char *text, const char *name, uint64_t *value);

/*
 * The state and start time in the text of /proc/PID/stat, whatever the comm contains. -EINVAL if it is none.
 */
int proc_parse_stat(const char *text, char *state, uint64_t *start_time_ticks);

#endif
