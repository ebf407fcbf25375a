// SPDX-License-Identifier: GPL-2.0
/*
 * Which collapses really happened, and why the others did not: the evidence by which a descent ends. A
 * scheme's own nr_applied is none: it counts regions that hold no huge page, and such that were huge before.
 */
#include "compat.bpf.h"
#include "collapse_map.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	/* Nobody hooks the end of a process here: the least recently touched entries make room. */
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct collapse_key);
	__type(value, struct collapse_value);
} collapse_counts SEC(".maps");

/* What is missing in the slot that a task is about to collapse; a try that succeeds takes it away, the next one replaces it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} collapse_missing SEC(".maps");

/* From the kernel's BTF; the branches that do not fit the kernel are pruned when the program is loaded. */
const volatile int collapse_has_order = 0; /* mm_collapse_huge_page tells the order of the page (7.2+) */
const volatile int scan_status_arg =
	5; /* place of the status in mm_khugepaged_scan_pmd: 5, or 4 since `writable` went */
const volatile int pmd_order = 9;
const volatile int pte_mapped_huge = -1; /* SCAN_PTE_MAPPED_HUGEPAGE of this kernel's enum scan_result */
const volatile int own_tgid = 0;	 /* hotdamon itself collapses too, with the executor madvise */

/*
 * khugepaged, and other processes that call madvise, are not evidence for us; on a busy host they would fill
 * the map. DAMON's threads are named by kthread_run(), "kdamond.%d".
 */
static __always_inline bool is_kdamond(struct task_struct *task)
{
	static const char name[] = "kdamond.";
	char comm[sizeof(name) - 1];

	if (!is_kernel_thread(task))
		return false;
	bpf_probe_read_kernel(comm, sizeof(comm), &task->comm);
	for (unsigned int i = 0; i < sizeof(comm); i++)
		if (comm[i] != name[i])
			return false;
	return true;
}

/* What a helper of hotdamon does is hotdamon's; there is another one now and then. */
static __always_inline bool is_own(struct task_struct *task)
{
	return task->tgid == own_tgid || task->real_parent->tgid == own_tgid;
}

static __always_inline bool acts_for_us(struct task_struct *task)
{
	return is_own(task) || is_kdamond(task);
}

static __always_inline void add(struct collapse_value *value, __u32 filled_pages)
{
	__sync_fetch_and_add(&value->count, 1);
	__sync_fetch_and_add(&value->filled_pages, filled_pages);
}

static __always_inline void count(struct mm_struct *mm, int status, __u32 filled_pages)
{
	struct task_struct *owner = mm->owner;
	struct task_struct *by = bpf_get_current_task_btf();
	struct collapse_value one = {.count = 1, .filled_pages = filled_pages};
	struct collapse_value *value;
	struct collapse_key key = {};

	if (!owner || !acts_for_us(by)) /* without an owner its last thread is gone: nobody asks any more */
		return;
	key.tgid = (__u32)owner->tgid;
	key.start_time_ns = owner->group_leader->start_boottime;
	key.by_tgid = (__u32)(is_own(by) ? own_tgid : by->tgid);
	key.status = (__u32)status;
	value = bpf_map_lookup_elem(&collapse_counts, &key);
	if (value)
		add(value, filled_pages);
	else if (bpf_map_update_elem(&collapse_counts, &key, &one, BPF_NOEXIST)) {
		value = bpf_map_lookup_elem(&collapse_counts, &key); /* another CPU was quicker */
		if (value)
			add(value, filled_pages);
	}
}

/* What the task noted last, and forgets. */
static __always_inline __u32 take_missing(void)
{
	__u64 task = bpf_get_current_pid_tgid();
	__u32 *missing = bpf_map_lookup_elem(&collapse_missing, &task);
	__u32 pages = missing ? *missing : 0;

	if (missing)
		bpf_map_delete_elem(&collapse_missing, &task);
	return pages;
}

/* args: page or folio, none_or_zero, ... Within a collapse, once its pages are counted. */
SEC("tp_btf/mm_collapse_huge_page_isolate")
int on_isolate(tp_args *args)
{
	__u64 task = bpf_get_current_pid_tgid();
	__u32 missing = (__u32)tp_int(args, 1);

	if (acts_for_us(bpf_get_current_task_btf()))
		bpf_map_update_elem(&collapse_missing, &task, &missing, BPF_ANY);
	return 0;
}

/* args: mm, isolated, status[, order]. */
SEC("tp_btf/mm_collapse_huge_page")
int on_collapse(tp_args *args)
{
	if (collapse_has_order && tp_int(args, 3) != pmd_order)
		return 0; /* a smaller folio made by khugepaged: not what we are after */
	count((void *)args[0], tp_int(args, 2),
	      tp_int(args, 2) == COLLAPSE_STATUS_SUCCESS ? take_missing() : 0);
	return 0;
}

/*
 * args: mm, folio, [writable,] referenced, none_or_zero, status, unmapped. The look before a collapse:
 * most failures end here. Its success is followed by mm_collapse_huge_page, which tells the outcome.
 */
SEC("tp_btf/mm_khugepaged_scan_pmd")
int on_scan(tp_args *args)
{
	int status = scan_status_arg == 4 ? tp_int(args, 4) : tp_int(args, 5);

	if (status != COLLAPSE_STATUS_SUCCESS)
		count((void *)args[0], status, 0);
	return 0;
}

/*
 * args: mm, folio, file or its name, present, swap, result. The end of a try on shared memory or a file. Of one that made
 * the page, madvise (damos, too) is told that it is huge and still to be mapped so, where khugepaged is told of success
 * (6.6+). One that was huge before ends the look at its first page.
 */
SEC("tp_btf/mm_khugepaged_scan_file")
int on_scan_file(tp_args *args)
{
	int there = tp_int(args, 3) + tp_int(args, 4), pages = 1 << pmd_order;
	int result = tp_int(args, 5);

	if (result == COLLAPSE_STATUS_SUCCESS || (result == pte_mapped_huge && there))
		count((void *)args[0], COLLAPSE_STATUS_SUCCESS, there < pages ? pages - there : 0);
	else
		count((void *)args[0], result, 0);
	return 0;
}
