/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel types and fields that our BPF programs read, and no others. Offsets here mean nothing:
 * preserve_access_index makes libbpf look each field up by name in the BTF of the running kernel
 * (CO-RE), so one object serves any kernel, configuration and architecture, and the build host needs no
 * BTF.
 */
#ifndef HOTDAMON_VMLINUX_H
#define HOTDAMON_VMLINUX_H

#include <linux/bpf.h> /* uapi: __u32, map types, flags */

typedef _Bool bool;
enum { false, true };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct sched_entity {
	__u64 exec_start;
	__u64 sum_exec_runtime;
};

/* Where the kernel is in the task that runs: of CPUs without a tick alone (CONFIG_VIRT_CPU_ACCOUNTING_GEN). */
enum vtime_state { VTIME_INACTIVE, VTIME_IDLE, VTIME_SYS, VTIME_USER, VTIME_GUEST };

struct vtime {
	enum vtime_state state;
	unsigned int cpu;
	__u64 utime; /* yet to be added to the task's */
	__u64 stime;
};

struct task_struct;
struct rq {
	struct task_struct *curr;
	__u64 clock;
	__u64 clock_task; /* less interrupts and what the hypervisor took: that of sched_entity */
};

struct signal_struct {
	atomic_t live;
	int nr_threads;
	__u64 utime; /* of threads that ended, as the next two */
	__u64 stime;
	unsigned long long sum_sched_runtime;
};

struct mm_struct;
struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp; /* of v2 */
};

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t euid;
};

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	int exit_state;
	int pid;
	int tgid;
	__u64 utime;
	__u64 stime;
	__u64 start_boottime;
	struct vtime vtime;
	__u64 parent_exec_id;
	__u64 self_exec_id;
	struct sched_entity se;
	struct signal_struct *signal;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	const struct cred *cred;
	struct css_set *cgroups;
	char comm[16];
};

typedef struct {
	unsigned long __mm_flags[1];
} mm_flags_t;

struct mm_struct {
	struct task_struct *owner;
	mm_flags_t flags;
};

struct damon_addr_range {
	unsigned long start;
	unsigned long end;
};

struct damon_region {
	struct damon_addr_range ar;
	unsigned int nr_accesses;
	unsigned int age;
};

struct bpf_iter_meta {
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#define PF_EXITING 0x00000004
#define TASK_DEAD  0x00000080
#define PF_KTHREAD 0x00200000

#endif
