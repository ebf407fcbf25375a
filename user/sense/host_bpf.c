// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/passing.h"
#include "sense/host_read.h"

static const char *const tracepoint_names[HOST_TRACEPOINTS] = {
	[HOST_TP_SCHED_SWITCH] = "sched_switch",
	[HOST_TP_SCHED_PROCESS_EXIT] = "sched_process_exit",
	[HOST_TP_SCHED_PROCESS_EXEC] = "sched_process_exec",
	[HOST_TP_DAMON_AGGREGATED] = "damon_aggregated",
	[HOST_TP_MM_COLLAPSE_HUGE_PAGE] = "mm_collapse_huge_page",
	[HOST_TP_MM_KHUGEPAGED_SCAN_PMD] = "mm_khugepaged_scan_pmd",
};

static const struct btf_type *find_type(const struct btf *btf, const char *name, uint32_t kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	return id < 0 ? NULL : btf__type_by_id(btf, (unsigned int)id);
}

static enum host_answer enum_has(const struct btf *btf, const char *type, const char *name)
{
	const struct btf_type *t = find_type(btf, type, BTF_KIND_ENUM);

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__str_by_offset(btf, btf_enum(t)[i].name_off), name))
			return HOST_YES;
	return HOST_NO;
}

/* UNKNOWN without the struct: the part of the kernel that it belongs to is not built. */
static enum host_answer struct_has(const struct btf *btf, const char *type, const char *name)
{
	const struct btf_type *t = find_type(btf, type, BTF_KIND_STRUCT);

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__str_by_offset(btf, btf_members(t)[i].name_off), name))
			return HOST_YES;
	return t ? HOST_NO : HOST_UNKNOWN;
}

static void read_scan_results(const struct btf *btf, struct host_facts *facts)
{
	const struct btf_type *t = find_type(btf, "scan_result", BTF_KIND_ENUM);

	for (unsigned int i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_enum *e = &btf_enum(t)[i];

		if (e->val < 0 || e->val >= HOST_MAX_SCAN_RESULTS)
			continue;
		snprintf(facts->scan_results[e->val], HOST_SCAN_NAME_LEN, "%s",
			 btf__str_by_offset(btf, e->name_off));
		if ((size_t)e->val >= facts->nr_scan_results)
			facts->nr_scan_results = (size_t)e->val + 1;
	}
}

/* What the running kernel has, and not its version: distributions carry parts of newer kernels in older ones. */
static int read_btf(const char *sys, struct host_facts *facts)
{
	char path[PATH_MAX], name[64];
	struct btf *btf;

	snprintf(path, sizeof(path), "%s/kernel/btf/vmlinux", sys);
	btf = btf__parse(path, NULL);
	if (!btf && err_is_passing(errno))
		return -errno;
	if (!btf) { /* what is damaged is as good as missing */
		facts->btf = errno == EACCES ? HOST_UNKNOWN : HOST_NO;
		return 0;
	}
	facts->btf = HOST_YES;
	for (unsigned int i = 0; i < HOST_TRACEPOINTS; i++) {
		snprintf(name, sizeof(name), "btf_trace_%s", tracepoint_names[i]);
		facts->tracepoints[i] = find_type(btf, name, BTF_KIND_TYPEDEF) ? HOST_YES : HOST_NO;
	}
	facts->task_storage = enum_has(btf, "bpf_map_type", "BPF_MAP_TYPE_TASK_STORAGE");
	facts->bpf_loop = enum_has(btf, "bpf_func_id", "BPF_FUNC_loop");
	facts->apply_interval = struct_has(btf, "damos", "apply_interval_us");
	facts->pagemap_scan = find_type(btf, "pm_scan_arg", BTF_KIND_STRUCT) ? HOST_YES : HOST_NO;
	facts->collapse_action = enum_has(btf, "damos_action", "DAMOS_COLLAPSE");
	facts->fvaddr = enum_has(btf, "damon_ops_id", "DAMON_OPS_FVADDR");
	facts->hugepage_filter = enum_has(btf, "damos_filter_type", "DAMOS_FILTER_TYPE_HUGEPAGE_SIZE");
	read_scan_results(btf, facts);
	btf__free(btf);
	return 0;
}

static void read_bpffs(const char *sys, struct host_facts *facts)
{
	struct statfs fs;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/fs/bpf", sys);
	if (statfs(path, &fs))
		facts->bpffs = host_answer_of(errno);
	else
		facts->bpffs = (unsigned long)fs.f_type == BPF_FS_MAGIC ? HOST_YES : HOST_NO;
}

/* A program that calls what ours call, and what lockdown=confidentiality takes away. 0 or -errno. */
static int load_trial(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "trial", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Without the capability all is refused, and that says nothing of the kernel. */
static void read_loading(const struct host_roots *roots, struct host_facts *facts)
{
	char text[HOST_TEXT_LEN];

	if (!host_read_text(text, sizeof(text), roots->sys, "kernel/security/lockdown"))
		host_parse_bracketed(text, facts->lockdown, sizeof(facts->lockdown));
	if (roots->no_bpf_probe || !host_may_bpf(&facts->self))
		return;
	facts->bpf_err = load_trial();
	if (!err_is_passing(facts->bpf_err))
		facts->bpf_loads = facts->bpf_err ? HOST_NO : HOST_YES;
}

int host_bpf_read(const struct host_roots *roots, struct host_facts *facts)
{
	int err = read_btf(roots->sys, facts);

	if (err)
		return err;
	read_bpffs(roots->sys, facts);
	read_loading(roots, facts);
	return 0;
}
