/* SPDX-License-Identifier: GPL-2.0 */
/* How the time of a task is given to its process: what all programs of hotness.bpf.c count with. */
#ifndef HOTDAMON_BPF_HOTNESS_COUNT_H
#define HOTDAMON_BPF_HOTNESS_COUNT_H

#include "hotness_times.bpf.h"

/* ---- tasks and their processes ---- */

static __always_inline struct task_counted *first_sight(struct task_struct *task)
{
	struct task_counted first = {};

	first.process.tgid = (__u32)task->tgid;
	first.process.start_time_ns = task->group_leader->start_boottime;
	if (task->start_boottime < attached_ns) {
		struct task_times until_now = times_of(task, &first, task->se.sum_exec_runtime);

		first.run_ns = until_now.run_ns;
		first.utime_ns = until_now.utime_ns;
		first.stime_ns = until_now.stime_ns;
	}
	return bpf_task_storage_get(&task_counted, task, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline struct task_counted *counted_of(struct task_struct *task)
{
	struct task_counted *counted = bpf_task_storage_get(&task_counted, task, 0, 0);

	if (!counted)
		counted = first_sight(task);
	if (!counted)
		losses.tasks++;
	return counted;
}

static __always_inline struct hotness_value *process_new(struct task_struct *task, struct hotness_key *key)
{
	struct hotness_value fresh = {};

	fresh.serial = __sync_fetch_and_add(&serial, 1) + 1;
	fresh.old_run_ns = task->signal->sum_sched_runtime;
	fresh.old_utime_ns = task->signal->utime;
	fresh.old_stime_ns = task->signal->stime;
	bpf_map_update_elem(&process_hotness, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&process_hotness, key);
}

static __always_inline struct hotness_value *process_of(struct task_struct *task, struct hotness_key *key,
							bool may_create)
{
	struct hotness_value *process = bpf_map_lookup_elem(&process_hotness, key);

	return process || !may_create ? process : process_new(task, key);
}

/*
 * Moves *@counted on to @now and gives what lies between to *@sum. A task may be counted by its own CPU and
 * by the end of a window at once: each nanosecond is given by whoever moved the mark over it.
 */
static __always_inline bool move_on(__u64 *counted, __u64 now, __u64 *sum)
{
	for (int tries = 0; tries < 2; tries++) {
		__u64 was = *(volatile __u64 *)counted;

		if (now <= was)
			return false;
		if (__sync_val_compare_and_swap(counted, was, now) == was) {
			__sync_fetch_and_add(sum, now - was);
			return true;
		}
	}
	return false;
}

/*
 * The exchange comes after the sums were added to, and tell_next() takes the mark away, by an exchange too, before
 * it reads them: whichever is first, the sums are told.
 */
static __always_inline void note_change(struct hotness_value *process, struct hotness_key *key)
{
	if (!__sync_lock_test_and_set(&process->changed, 1) && bpf_map_push_elem(&changed_processes, key, 0))
		process->changed = 0;
}

static __always_inline void count_first(struct task_counted *counted, struct hotness_value *process)
{
	__u32 seen_by = *(volatile __u32 *)&counted->seen_by;

	if (seen_by == process->serial ||
	    __sync_val_compare_and_swap(&counted->seen_by, seen_by, process->serial) != seen_by)
		return;
	__sync_fetch_and_add(&process->threads_seen, 1);
	__sync_fetch_and_add(&process->old_run_ns, counted->run_ns);
	__sync_fetch_and_add(&process->old_utime_ns, counted->utime_ns);
	__sync_fetch_and_add(&process->old_stime_ns, counted->stime_ns);
}

/*
 * It may be moved, become another user, be renamed, execute another program at any time: the map tells how it was when it
 * was last counted. A fork takes its parent's number of execs along, and keeps it as parent_exec_id.
 */
static __always_inline void note_whose(struct task_struct *task, struct hotness_value *process)
{
	struct task_struct *leader = task->group_leader;

	if (bpf_core_field_exists(task->cgroups)) /* a kernel may be built without */
		process->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	process->uid = task->cred->euid.val;
	process->execs = (__u32)(leader->self_exec_id - leader->parent_exec_id);
	bpf_probe_read_kernel(&process->comm, sizeof(process->comm), &leader->comm);
}

/*
 * Gives what @task ran since it was last counted to its process. @run_ns: what it ran in all. NULL: its process has no
 * entry, and nothing is done.
 */
static __always_inline struct hotness_value *
count_until(struct task_struct *task, struct task_counted *counted, __u64 run_ns, bool may_create)
{
	struct hotness_key key = counted->process;
	struct hotness_value *process = process_of(task, &key, may_create);
	struct task_times now;
	bool ran_on;

	if (!process)
		return 0;
	count_first(counted, process);
	now = times_of(task, counted, run_ns);
	ran_on = move_on(&counted->run_ns, now.run_ns, &process->run_ns);
	ran_on |= move_on(&counted->utime_ns, now.utime_ns, &process->utime_ns);
	ran_on |= move_on(&counted->stime_ns, now.stime_ns, &process->stime_ns);
	process->threads =
		(__u32)task->signal->nr_threads; /* a race is harmless: either value was right just now */
	if (ran_on) {
		note_whose(task, process);
		note_change(process, &key);
	}
	return process;
}

static __always_inline struct hotness_value *count(struct task_struct *task, struct task_counted *counted,
						   bool may_create)
{
	return count_until(task, counted, task->se.sum_exec_runtime, may_create);
}

#endif
