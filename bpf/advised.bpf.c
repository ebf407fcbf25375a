// SPDX-License-Identifier: GPL-2.0
/* The flags of a process's memory, among them one that the kernel shows to nobody but the process itself. */
#include "compat.bpf.h"
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

/* Of the task that the iterator was made for. */
bool mm_found;
__u64 mm_flags;

SEC("iter/task")
int read_mm_flags(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mm_struct *mm = task ? task->mm : 0;

	/* Before 6.18 they are a plain number, and the flag that is looked for is not among them. */
	if (mm && bpf_core_field_exists(mm->flags))
		mm_found = !bpf_probe_read_kernel(&mm_flags, sizeof(mm_flags), &mm->flags);
	return 0;
}
