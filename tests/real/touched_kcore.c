// SPDX-License-Identifier: GPL-2.0
#include "touched_kcore.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PHYSICAL  0x000ffffffffff000ULL
#define MAX_TASKS (1 << 22)

static bool read_virtual(const struct kcore *k, uint64_t address, void *out, size_t n)
{
	for (int i = 0; i < k->n_segments; i++) {
		const Elf64_Phdr *s = &k->segments[i];

		if (address >= s->p_vaddr && address + n <= s->p_vaddr + s->p_memsz)
			return pread(k->fd, out, n, (off_t)(s->p_offset + (address - s->p_vaddr))) ==
			       (ssize_t)n;
	}
	return false;
}

/* Segments that are no memory of the direct map have a physical address of -1. */
static bool read_physical(const struct kcore *k, uint64_t address, void *out, size_t n)
{
	for (int i = 0; i < k->n_segments; i++) {
		const Elf64_Phdr *s = &k->segments[i];

		if (s->p_paddr != UINT64_MAX && address >= s->p_paddr &&
		    address + n <= s->p_paddr + s->p_memsz)
			return pread(k->fd, out, n, (off_t)(s->p_offset + (address - s->p_paddr))) ==
			       (ssize_t)n;
	}
	return false;
}

static bool to_physical(const struct kcore *k, uint64_t address, uint64_t *physical)
{
	for (int i = 0; i < k->n_segments; i++) {
		const Elf64_Phdr *s = &k->segments[i];

		if (s->p_paddr == UINT64_MAX || address < s->p_vaddr || address >= s->p_vaddr + s->p_memsz)
			continue;
		*physical = s->p_paddr + (address - s->p_vaddr);
		return true;
	}
	return false;
}

/* Members of structs without a name count as the outer one's. */
static bool find_member(const struct btf *btf, const struct btf_type *type, const char *name,
			uint64_t *offset)
{
	const struct btf_member *m = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const char *its = btf__name_by_offset(btf, m[i].name_off);
		const struct btf_type *inner = btf__type_by_id(btf, m[i].type);
		uint64_t at = btf_member_bit_offset(type, i) / 8, below;

		if (strcmp(its, name) == 0) {
			*offset = at;
			return true;
		}
		if (!*its && btf_is_composite(inner) && find_member(btf, inner, name, &below)) {
			*offset = at + below;
			return true;
		}
	}
	return false;
}

static bool offset_of(const struct btf *btf, const char *type, const char *member, uint64_t *offset)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id > 0 && find_member(btf, btf__type_by_id(btf, (uint32_t)id), member, offset);
}

static int read_offsets(struct kcore *k)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found;

	if (!btf)
		return -errno;
	found = offset_of(btf, "task_struct", "tasks", &k->tasks) &&
		offset_of(btf, "task_struct", "tgid", &k->tgid) &&
		offset_of(btf, "task_struct", "mm", &k->mm) && offset_of(btf, "mm_struct", "pgd", &k->pgd);
	btf__free(btf);
	return found ? 0 : -ENOENT;
}

/* As few steps a line as can be: there are 200,000 of them. */
static int read_symbol(const char *name, uint64_t *address)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[256], end[64];
	int error = -ENOENT;

	if (!f)
		return -errno;
	snprintf(end, sizeof(end), " %s\n", name);
	while (error && fgets(line, sizeof(line), f)) {
		if (!strstr(line, end))
			continue;
		*address = strtoull(line, NULL, 16);
		error = *address ? 0 : -EPERM;
	}
	fclose(f);
	return error;
}

/* The kernel takes la57 from the flags when it does not use it. */
static int read_levels(struct kcore *k)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char word[128];

	if (!f)
		return -errno;
	k->n_levels = 4;
	while (fscanf(f, "%127s", word) == 1)
		if (strcmp(word, "la57") == 0)
			k->n_levels = 5;
	fclose(f);
	return 0;
}

static int read_segments(struct kcore *k)
{
	Elf64_Ehdr header;
	size_t n;

	k->fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (k->fd < 0)
		return -errno;
	if (pread(k->fd, &header, sizeof(header), 0) != sizeof(header))
		return -EIO;
	k->n_segments = header.e_phnum < 64 ? header.e_phnum : 64;
	n = (size_t)k->n_segments * sizeof(*k->segments);
	return pread(k->fd, k->segments, n, (off_t)header.e_phoff) == (ssize_t)n ? 0 : -EIO;
}

static int complain(const char *what, int error)
{
	if (error)
		fprintf(stderr, "touched: %s: %s\n", what, strerror(-error));
	return error;
}

int kcore_open(struct kcore *k)
{
	int error;

	*k = (struct kcore){.fd = -1};
	if ((error = complain("/proc/kcore", read_segments(k))) != 0 ||
	    (error = complain("the kernel's BTF", read_offsets(k))) != 0 ||
	    (error = complain("/proc/kallsyms", read_symbol("init_task", &k->init_task))) != 0 ||
	    (error = complain("/proc/cpuinfo", read_levels(k))) != 0)
		kcore_close(k);
	return error;
}

void kcore_close(struct kcore *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

static int pgd_of_task(const struct kcore *k, uint64_t task, uint64_t *pgd)
{
	uint64_t mm, address;

	if (!read_virtual(k, task + k->mm, &mm, sizeof(mm)) || !mm ||
	    !read_virtual(k, mm + k->pgd, &address, sizeof(address)) || !to_physical(k, address, pgd))
		return -ESRCH;
	return 0;
}

int kcore_pgd(const struct kcore *k, int pid, uint64_t *pgd)
{
	uint64_t task = k->init_task;

	for (int i = 0; i < MAX_TASKS; i++) {
		int32_t tgid;

		if (!read_virtual(k, task + k->tasks, &task, sizeof(task)))
			return -EIO;
		task -= k->tasks;
		if (task == k->init_task)
			return -ESRCH;
		if (!read_virtual(k, task + k->tgid, &tgid, sizeof(tgid)))
			return -EIO;
		if (tgid == pid)
			return pgd_of_task(k, task, pgd);
	}
	return -ESRCH;
}

bool kcore_entry(const struct kcore *k, uint64_t pgd, uint64_t address, uint64_t *entry, int *shift)
{
	uint64_t table = pgd;

	for (int at = 12 + 9 * (k->n_levels - 1); at >= SLOT_SHIFT; at -= 9) {
		if (!read_physical(k, table + (address >> at) % TABLE_N * sizeof(*entry), entry,
				   sizeof(*entry)))
			return false;
		*shift = at;
		if (!(*entry & PTE_PRESENT) || *entry & PTE_LEAF)
			break;
		table = *entry & PHYSICAL;
	}
	return true;
}

bool kcore_table(const struct kcore *k, uint64_t entry, uint64_t table[TABLE_N])
{
	return read_physical(k, entry & PHYSICAL, table, TABLE_N * sizeof(*table));
}
