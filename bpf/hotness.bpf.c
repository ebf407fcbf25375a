// SPDX-License-Identifier: GPL-2.0
/*
 * How much CPU time each process used.
 *
 * The kernel itself keeps the time of each task; nobody has to add it up at every switch. So:
 * - A switch only notes, once per task and window, that the task ran (on_switch: a load and a compare).
 * - The end of a window counts the tasks that were noted, and what sits on a CPU (count_window).
 * - A task that ends is counted there and then, as its own sums go with it (on_exit, and its last switch).
 * Each task remembers what of its time was counted (task storage); the rest goes to its process. Nothing is
 * ever taken back from a process, so the sums only grow, whatever ends. What is noted or counted too late
 * for a window is in the next one.
 */
#include "compat.bpf.h"
#include "hotness_map.h"
#include "hotness_state.bpf.h"
#include "hotness_count.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* ---- what happens to tasks ---- */

static __always_inline void put_in_queue(struct task_note *note)
{
	if (bpf_map_push_elem(&ran_tasks, note, 0))
		walk_all_tasks = true;
	else
		__sync_fetch_and_add(&ran, 1);
}

/*
 * Nothing of @task comes after this. The end of a process is told here, not by on_exit: that one comes before memory is
 * given back, and may be skipped (since 7.x a tracepoint's program can be preempted, and then runs for nobody else on
 * that CPU). What was counted before and has no entry now was told to have ended: it is not brought back.
 * signal->live was decremented in do_exit(): two last threads may both see 0, and write the same.
 */
static __always_inline void end(struct task_struct *task, struct task_counted *counted)
{
	bool first = !counted->seen_by; /* its process was never counted before, or there was no room */
	struct hotness_value *process = count(task, counted, first);

	if (!process) {
		losses.threads += first;
	} else if (task->signal->live.counter == 0) {
		process->ended_ns = bpf_ktime_get_boot_ns();
		note_change(process, &counted->process);
	}
}

/* The first time in a window that @task leaves a CPU, and the last time of all. */
static __noinline int note(struct task_struct *task)
{
	/* Read once: user space may close the window meanwhile. */
	struct task_note note = {.pid = (__u32)task->pid, .window = *(volatile __u32 *)&window};
	struct task_counted *counted;

	if (!is_kernel_thread(task)) {
		counted = counted_of(task);
		if (!counted)
			return 0;
		if (is_dead(task)) {
			end(task, counted);
			return 0;
		}
		if (counted->window != note.window && lists_tasks)
			put_in_queue(&note);
		counted->window = note.window;
	}
	*seen_place(note.pid) = seen_mark(note.pid, note.window);
	return 0;
}

/* args: bool preempt, prev, next. All that most switches do is in these three lines. */
SEC("tp_btf/sched_switch")
int on_switch(tp_args *args)
{
	struct task_struct *prev = (void *)args[1];
	__u32 pid = (__u32)prev->pid;

	return *seen_place(pid) == seen_mark(pid, window) && !is_dead(prev) ? 0 : note(prev);
}

/* args: task. Its sums are about to go to those of its dead threads, which an entry made later would take for older. */
SEC("tp_btf/sched_process_exit")
int on_exit(tp_args *args)
{
	struct task_struct *task = (void *)args[0];
	struct task_counted *counted = is_kernel_thread(task) ? 0 : counted_of(task);

	if (counted)
		count(task, counted, true);
	return 0;
}

/*
 * args: task, old pid, binprm. The same process with a new program and a new memory. A thread that executes
 * takes the leader's pid: by its old one, under which it may be noted, it will not be found.
 */
SEC("tp_btf/sched_process_exec")
int on_exec(tp_args *args)
{
	struct task_struct *task = (void *)args[0];
	struct task_counted *counted = counted_of(task);

	if (!counted)
		return 0;
	counted->window = 0;
	*seen_place((__u32)task->pid) = 0;
	count(task, counted, true);
	return 0;
}

/* ---- the end of a window: run by user space, one after another ---- */

extern struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

static __always_inline void count_noted(struct task_struct *task, struct task_note *note)
{
	struct task_counted *counted = bpf_task_storage_get(&task_counted, task, 0, 0);
	bool may_create = !is_exiting(task);

	if (!counted || count(task, counted, may_create) || !may_create)
		return;
	out_of_room = true;
	put_in_queue(note);
}

static int count_next(__u32 i, void *unused)
{
	struct task_struct *task;
	struct task_note note;

	if (bpf_map_pop_elem(&ran_tasks, &note))
		return 1;
	__sync_fetch_and_add(&ran, -1);
	if (note.window == window) { /* it ran in the new window already: that is for the next time */
		put_in_queue(&note);
		return 0;
	}
	task = bpf_task_from_pid((int)note.pid);
	if (!task) /* it ended, and was counted then */
		return 0;
	count_noted(task, &note);
	bpf_task_release(task);
	return 0;
}

/* Counts the tasks that were noted. The window ends here: to take the time in user space is to be late by its way here. */
SEC("syscall")
int count_window(void *unused)
{
	counted_ns = bpf_ktime_get_boot_ns();
	bpf_loop(ran, count_next, 0, 0);
	return 0;
}

/* False: there is no room for its process. */
static __always_inline bool count_or_wait(struct task_struct *task, __u64 run_ns)
{
	struct task_counted *counted = counted_of(task);

	if (!counted || counted->run_ns == run_ns || count_until(task, counted, run_ns, !is_exiting(task)) ||
	    is_exiting(task))
		return true;
	out_of_room = true;
	return false;
}

/* Run on each CPU: what sits there may have done so for the whole window, a spinner never switches. */
SEC("raw_tp")
int count_current(void *unused)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!is_kernel_thread(task))
		count_or_wait(task, task->se.sum_exec_runtime);
	return 0;
}

extern const struct rq runqueues __ksym __weak; /* one for each CPU */

/* The same for a CPU that is to be left alone: from another one. */
SEC("syscall")
int count_on(struct hotness_cpu *where)
{
	const struct rq *there = bpf_per_cpu_ptr(&runqueues, where->cpu);
	struct task_struct *task = there ? bpf_task_from_pid(there->curr->pid) : 0;
	__u64 run_ns;

	if (!task)
		return 0;
	if (!is_kernel_thread(task)) {
		run_ns = read_once(&task->se.sum_exec_runtime);
		if (has_no_tick(task))
			run_ns += unseen_ns(task, there, bpf_this_cpu_ptr(&runqueues));
		count_or_wait(task, run_ns);
	}
	bpf_task_release(task);
	return 0;
}

/* All tasks: for kernels that do not give a task for its pid, and for a window with more tasks than are noted. */
SEC("iter/task")
int count_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!ctx->meta->seq_num)
		counted_ns = bpf_ktime_get_boot_ns();
	if (task && !is_kernel_thread(task) && !count_or_wait(task, task->se.sum_exec_runtime))
		walk_all_tasks = true; /* nothing notes it: once more, when there is room */
	return 0;
}

/* Run once after attaching: what every task ran until now is not ours to count. */
SEC("iter/task")
int note_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && !is_kernel_thread(task))
		counted_of(task);
	return 0;
}

static __always_inline __u32 threads_max(const struct hotness_value *process)
{
	__u32 living = process->told_threads > process->threads ? process->told_threads : process->threads;
	__u32 most = living + (process->threads_seen - process->told_threads_seen);

	return most < process->threads_seen ? most : process->threads_seen;
}

static __always_inline void fill_record(struct hotness_record *record, struct hotness_key *key,
					struct hotness_value *process)
{
	record->process = *key;
	record->run_ns = process->run_ns;
	record->utime_ns = process->utime_ns;
	record->stime_ns = process->stime_ns;
	record->before_run_ns = process->told_run_ns;
	record->before_utime_ns = process->told_utime_ns;
	record->before_stime_ns = process->told_stime_ns;
	record->old_run_ns = process->old_run_ns;
	record->old_utime_ns = process->old_utime_ns;
	record->old_stime_ns = process->old_stime_ns;
	record->threads = process->threads;
	record->threads_max = threads_max(process);
	record->execs = process->execs;
	record->ended = process->ended_ns != 0;
	record->cgroup_id = process->cgroup_id;
	record->uid = process->uid;
	__builtin_memcpy(record->comm, process->comm, sizeof(record->comm));
	process->told_run_ns = record->run_ns;
	process->told_utime_ns = record->utime_ns;
	process->told_stime_ns = record->stime_ns;
	process->told_threads = process->threads;
	process->told_threads_seen = process->threads_seen;
}

static __always_inline void note_end(struct hotness_value *process, struct hotness_key *key)
{
	if (process->told_ended || bpf_map_push_elem(&ended_processes, key, 0))
		return;
	process->told_ended = 1;
	ended++;
}

/*
 * Only one that was told to have ended may be forgotten. It may end while its record is filled: then its exit finds no
 * mark of change, and it is told in the next window.
 */
static int tell_next(__u32 i, void *unused)
{
	struct hotness_record *record;
	struct hotness_value *process;
	struct hotness_key key;

	if (bpf_map_pop_elem(&changed_processes, &key)) {
		told_all = true;
		return 1;
	}
	process = bpf_map_lookup_elem(&process_hotness, &key);
	if (!process)
		return 0;
	__sync_lock_test_and_set(&process->changed, 0);
	/* The mask says to the verifier what the loop's length says to us. */
	record = &records[n_records & (HOTNESS_RECORDS - 1)];
	fill_record(record, &key, process);
	n_records++;
	if (record->ended)
		note_end(process, &key);
	return 0;
}

/* Fills records[] with the next of the processes that changed, until told_all. */
SEC("raw_tp")
int tell_processes(void *unused)
{
	n_records = 0;
	told_all = false;
	bpf_loop(HOTNESS_RECORDS, tell_next, 0, 0);
	return 0;
}

/* To give back a big memory takes a while after the exit hook. A zombie that nobody waits for runs no more. */
static __always_inline bool is_over(struct hotness_key *key)
{
	struct task_struct *leader = bpf_task_from_pid((int)key->tgid);
	bool over;

	if (!leader)
		return true;
	over = leader->start_boottime != key->start_time_ns ||
	       (leader->exit_state && leader->signal->nr_threads <= 1);
	bpf_task_release(leader);
	return over;
}

/* @ask: whether it is over; else a window without a sign of life is to do. */
static __always_inline int forget(bool ask)
{
	struct hotness_value *process;
	struct hotness_key key;

	if (bpf_map_pop_elem(&ended_processes, &key))
		return 1;
	ended--;
	process = bpf_map_lookup_elem(&process_hotness, &key);
	if (!process)
		return 0;
	if (process->run_ns == process->told_run_ns && (!ask || is_over(&key)))
		bpf_map_delete_elem(&process_hotness, &key);
	else if (!bpf_map_push_elem(&ended_processes, &key, 0))
		ended++;
	else
		process->told_ended = 0;
	return 0;
}

static int forget_next(__u32 i, void *unused)
{
	return forget(true);
}

static int forget_next_unasked(__u32 i, void *unused)
{
	return forget(false);
}

/* Deletes the entries of processes that were told to have ended, and are over. The other is for lists_tasks false. */
SEC("syscall")
int forget_ended(void *unused)
{
	bpf_loop(ended, forget_next, 0, 0);
	return 0;
}

SEC("raw_tp")
int forget_ended_unasked(void *unused)
{
	bpf_loop(ended, forget_next_unasked, 0, 0);
	return 0;
}
