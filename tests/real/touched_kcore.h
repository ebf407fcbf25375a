/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page tables of other processes, read out of the kernel's memory through /proc/kcore, x86-64. Where the kernel has what
 * is told by its own BTF and its symbols. Nothing is locked: what is freed meanwhile is read as it is, so processes
 * that come and go give a page too much or too few. Errors are negative errno, and said on stderr.
 */
#ifndef TOUCHED_KCORE_H
#define TOUCHED_KCORE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#define PTE_PRESENT  (1ULL << 0)
#define PTE_ACCESSED (1ULL << 5)
#define PTE_LEAF     (1ULL << 7) /* above the last level: the entry is a huge page itself */
#define TABLE_N	     512
#define SLOT_SHIFT   21

struct kcore {
	int fd;
	int n_segments;
	Elf64_Phdr segments[64];
	uint64_t init_task;	       /* address of the list's head */
	uint64_t tasks, tgid, mm, pgd; /* offsets */
	int n_levels;
};

int kcore_open(struct kcore *k);
void kcore_close(struct kcore *k);

/* Physical address of the process's top page table; -ESRCH: it is gone, or has no memory. */
int kcore_pgd(const struct kcore *k, int pid, uint64_t *pgd);

/*
 * The entry for the 2 MiB at address, or the one above it where the tables end earlier. Sets *shift to what the entry
 * covers. False: it cannot be read.
 */
bool kcore_entry(const struct kcore *k, uint64_t pgd, uint64_t address, uint64_t *entry, int *shift);

/* The table that an entry points to. */
bool kcore_table(const struct kcore *k, uint64_t entry, uint64_t table[TABLE_N]);

#endif
