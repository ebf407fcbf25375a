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

#endif
