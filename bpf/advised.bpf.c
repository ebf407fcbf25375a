// SPDX-License-Identifier: GPL-2.0
/* The flags of a process's memory, among them one that the kernel shows to nobody but the process itself. */
#include "compat.bpf.h"
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

/*
 * Of the task that the iterator was made for; as it was if it has none. A map and no variable: of an object without maps
 * libbpf 1.1 takes the BTF for dispensable, goes on when it had no memory for it, and crashes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} mm_flags SEC(".maps");

SEC("iter/task")
int read_mm_flags(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mm_struct *mm = task ? task->mm : 0;
	__u64 flags;
	__u32 key = 0;

	/* Before 6.18 they are a plain number, and the flag that is looked for is not among them. */
	if (mm && bpf_core_field_exists(mm->flags) &&
	    !bpf_probe_read_kernel(&flags, sizeof(flags), &mm->flags))
		bpf_map_update_elem(&mm_flags, &key, &flags, BPF_ANY);
	return 0;
}
