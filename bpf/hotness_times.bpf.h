/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a task ran until now. The kernel adds it up at each switch and tick. A nohz_full CPU has no tick while one
 * task has it for itself: the run time is up to a second old there, and user and system time are as of the task's
 * last way into the kernel. So for what sits on one, what the kernel has yet to add is reckoned, from any CPU.
 */
#ifndef HOTDAMON_BPF_HOTNESS_TIMES_H
#define HOTDAMON_BPF_HOTNESS_TIMES_H

struct task_times {
	__u64 run_ns;
	__u64 utime_ns;
	__u64 stime_ns;
};

/* On such a CPU, now: the state goes when the task leaves it. */
static __always_inline bool has_no_tick(struct task_struct *task)
{
	return bpf_core_field_exists(task->vtime) &&
	       task->vtime.state >= bpf_core_enum_value(enum vtime_state, VTIME_SYS);
}

static __always_inline __u64 read_once(const __u64 *value)
{
	return *(const volatile __u64 *)value;
}

/*
 * What of the run time of @task, which sits on the CPU of @there, the kernel has yet to add. The clock there stands
 * since the kernel last looked; that of our CPU, @here, does not. Read in this order, and after sum_exec_runtime, what
 * the kernel adds meanwhile is at worst missed, till the next time.
 */
static __always_inline __u64 unseen_ns(struct task_struct *task, const struct rq *there,
				       const struct rq *here)
{
	__u64 since = read_once(&task->se.exec_start), clock_task = read_once(&there->clock_task);
	__s64 unseen = (__s64)(clock_task - since) + (__s64)(here->clock - read_once(&there->clock));

	return unseen > 0 ? (__u64)unseen : 0;
}

static __always_inline __u64 growth(__u64 now, __u64 before)
{
	return now > before ? now - before : 0;
}

/* What ran since @counted and stands in no account yet is of the state that the task is in. */
static __always_inline void add_unaccounted(struct task_struct *task, const struct task_counted *counted,
					    struct task_times *now)
{
	__u64 user = growth(now->utime_ns + task->vtime.utime, counted->utime_ns);
	__u64 system = growth(now->stime_ns + task->vtime.stime, counted->stime_ns);
	__u64 rest = growth(growth(now->run_ns, counted->run_ns), user + system);

	if (task->vtime.state == bpf_core_enum_value(enum vtime_state, VTIME_SYS))
		system += rest;
	else /* user, or guest, which is user time too */
		user += rest;
	now->utime_ns = counted->utime_ns + user;
	now->stime_ns = counted->stime_ns + system;
}

/* @counted: of it until now. @run_ns: in all. */
static __always_inline struct task_times times_of(struct task_struct *task,
						  const struct task_counted *counted, __u64 run_ns)
{
	struct task_times now;

	now.run_ns = run_ns;
	now.utime_ns = task->utime;
	now.stime_ns = task->stime;
	if (has_no_tick(task))
		add_unaccounted(task, counted, &now);
	return now;
}

#endif
