/* SPDX-License-Identifier: GPL-2.0 */
/* What several BPF programs need, and the one place for what differs between kernels. */
#ifndef HOTDAMON_COMPAT_BPF_H
#define HOTDAMON_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/*
 * Arguments of a tracepoint with BTF arrive as an array of u64; an int in it may have anything in its
 * upper half. The array is indexed by hand where a tracepoint's signature changed: an argument that is
 * not there must not be named.
 */
typedef __u64 tp_args;

/*
 * args[I] as an int, I constant, as one instruction, so that the compiler does not join two branches to
 * one load at a computed offset, which the verifier refuses for a context.
 */
#define tp_int(args, I)                                                                                      \
	({                                                                                                   \
		__u64 value_;                                                                                \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value_) : "r"(args), "i"((I)*8));               \
		(int)value_;                                                                                 \
	})

static __always_inline bool is_kernel_thread(struct task_struct *task)
{
	return task->flags & PF_KTHREAD; /* the idle tasks too; not io_uring's workers */
}

static __always_inline bool is_exiting(struct task_struct *task)
{
	return task->flags & PF_EXITING;
}

/* This switch is its last. */
static __always_inline bool is_dead(struct task_struct *task)
{
	return task->__state == TASK_DEAD;
}

#endif
