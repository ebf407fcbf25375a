/* SPDX-License-Identifier: GPL-2.0 */
/* What the pure part knows of a process: plain values, no kernel, no clock. */
#ifndef HOTDAMON_DECIDE_PROCESS_H
#define HOTDAMON_DECIDE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define COMM_LEN   16  /* TASK_COMM_LEN of the kernel, with its NUL */
#define REASON_LEN 192 /* one sentence in words and numbers, with its NUL */

/*
 * Identity of a process. A pid alone is reused; the boot-clock time at which the group's leader was
 * forked (task_struct::start_boottime) never is, for the same tgid.
 */
struct process_id {
	uint32_t tgid;
	uint64_t start_time_ns;
};

#define UID_UNKNOWN UINT32_MAX /* the kernel has no such user */

/* Whose a process is, as the kernel had it when it last ran. */
struct process_owner {
	uint64_t cgroup_id; /* of cgroup v2; 0: not known */
	uint32_t uid;	    /* effective */
};

static inline bool process_id_equal(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.start_time_ns == b.start_time_ns;
}

/* A total order, so that sorting and ties never depend on the order of a hash map. */
static inline int process_id_cmp(struct process_id a, struct process_id b)
{
	if (a.tgid != b.tgid)
		return a.tgid < b.tgid ? -1 : 1;
	if (a.start_time_ns != b.start_time_ns)
		return a.start_time_ns < b.start_time_ns ? -1 : 1;
	return 0;
}

#endif
