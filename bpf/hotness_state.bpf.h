/* SPDX-License-Identifier: GPL-2.0 */
/* The maps and variables of hotness.bpf.c: what is remembered of tasks and processes, and what waits for user space. */
#ifndef HOTDAMON_BPF_HOTNESS_STATE_H
#define HOTDAMON_BPF_HOTNESS_STATE_H

/* What of a task's time has been counted. */
struct task_counted {
	__u64 run_ns;
	__u64 utime_ns;
	__u64 stime_ns;
	struct hotness_key process; /* fixed for a task's life: exec keeps tgid and start of the group */
	__u32 window;		    /* the last one in which it was noted */
	__u32 seen_by;		    /* serial of the entry of its process in whose threads_seen it is */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_counted);
} task_counted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* the memory of an empty map is its buckets */
	__uint(max_entries, 65536);	      /* user space sets it */
	__type(key, struct hotness_key);
	__type(value, struct hotness_value);
} process_hotness SEC(".maps");

/* A task that ran, and in which window. */
struct task_note {
	__u32 pid;
	__u32 window;
};

/* The tasks that ran since the last window was closed, each once. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 65536);
	__type(value, struct task_note);
} ran_tasks SEC(".maps");

/* Processes whose sums changed since user space was told of them, each once. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 65536); /* user space sets it: all of process_hotness */
	__type(value, struct hotness_key);
} changed_processes SEC(".maps");

/* Those that ended: their entries go when nothing more is to come. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 65536); /* as above */
	__type(value, struct hotness_key);
} ended_processes SEC(".maps");

/*
 * Who was noted in this window, by the low bits of the pid: the window and the rest of the pid. Two tasks
 * that share a place only cost each other time: whether one is noted says its task_counted.
 */
#define SEEN_BITS     16
#define PID_HIGH_BITS 6 /* pid_max is at most 2^22 */
__u32 seen[1 << SEEN_BITS];

static __always_inline __u32 seen_mark(__u32 pid, __u32 in_window)
{
	return (in_window << PID_HIGH_BITS) | (pid >> SEEN_BITS);
}

static __always_inline __u32 *seen_place(__u32 pid)
{
	return &seen[pid & ((1 << SEEN_BITS) - 1)];
}

__u32 window = 1;  /* user space counts it up: what runs from then on is noted anew */
__u64 counted_ns;  /* boot clock: when the count of the last window began */
__u64 attached_ns; /* boot clock; what a younger task ran is all counted, of an older one only what is new */
__u32 ran;	   /* how many wait in ran_tasks */
__u32 ended;	   /* and in ended_processes */
bool walk_all_tasks; /* not all that ran could be noted: user space runs count_task for this window */
bool out_of_room;    /* for some of the tasks that ran there is no place in the map; they wait */
__u32 serial;	     /* of the last entry of process_hotness */
__u32 n_records;
bool told_all; /* nothing is left in changed_processes */
struct hotness_record records[HOTNESS_RECORDS];
struct hotness_losses losses =
	{}; /* its sums may miss one in a race: they say that there are losses, not how many */

const volatile bool lists_tasks = true; /* false: each window walks all tasks (no bpf_task_from_pid()) */

#endif
