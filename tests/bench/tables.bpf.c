// SPDX-License-Identifier: GPL-2.0
/* Hands out page tables of another process, one slot's at a call: what the benchmark knows accesses from. x86-64. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "tables.h"

#define PRESENT	 (1ULL << 0)
#define LEAF	 (1ULL << 7)
#define PHYSICAL 0x000ffffffffff000ULL

struct mm_struct {
	void *pgd;
} __attribute__((preserve_access_index));

struct task_struct {
	struct mm_struct *mm;
} __attribute__((preserve_access_index));

struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
void bpf_task_release(struct task_struct *task) __ksym;

__u64 table[TABLE_ENTRIES]; /* of the last call that said TABLE_SMALL */

static int entry_of(__u64 at, __u64 address, int shift, __u64 *entry)
{
	return bpf_probe_read_kernel(entry, sizeof(*entry), (void *)(at + (address >> shift) % 512 * 8));
}

static __u64 top_table(__s32 pid)
{
	struct task_struct *task = bpf_task_from_pid(pid);
	__u64 pgd;

	if (!task)
		return 0;
	pgd = (__u64)BPF_CORE_READ(task, mm, pgd);
	bpf_task_release(task);
	return pgd;
}

SEC("syscall") int read_table(struct table_ask *ask)
{
	__u64 at = top_table(ask->pid), base = ask->memory, entry;
	int shift = ask->levels == 5 ? 48 : 39;

	if (ask->memory_at)
		bpf_probe_read_kernel(&base, sizeof(base), (void *)ask->memory_at);
	if (!at)
		return TABLE_NONE;
	for (int i = 0; i < 4 && shift >= 21; i++, shift -= 9) {
		if (entry_of(at, ask->address, shift, &entry) || !(entry & PRESENT))
			return TABLE_NONE;
		if (entry & LEAF)
			return TABLE_HUGE;
		at = base + (entry & PHYSICAL);
	}
	return bpf_probe_read_kernel(table, sizeof(table), (void *)at) ? TABLE_NONE : TABLE_SMALL;
}

char _license[] SEC("license") = "GPL";
