// SPDX-License-Identifier: GPL-2.0
#include "sense/requirement_rows.h"

#define KDAMONDS "/sys/kernel/mm/damon/admin/kdamonds"
#define THP	 "/sys/kernel/mm/transparent_hugepage"

#define FACT(field)		.fact = offsetof(struct host_facts, field)
#define FOUND(yes, no, unknown) .found = {[HOST_YES] = (yes), [HOST_NO] = (no), [HOST_UNKNOWN] = (unknown)}
#define AS_ROOT			"sudo hotdamon check tells"
#define NOT_READ		"cannot be read without root"
#define BTF_SINCE		"5.5, CONFIG_DEBUG_INFO_BTF"
#define IN_BTF                                                                                               \
	FOUND("in the kernel's BTF", "not in the kernel's BTF", "not known: it is read from the kernel's BTF")
#define CAPABILITIES "CAP_SYS_NICE, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
#define NEWER	     "boot Linux 6.7 or newer"

/* Of several rows. */
#define TRACEPOINT(which) FACT(tracepoints[which]), .since = BTF_SINCE, IN_BTF
#define OF_HOTNESS                                                                                           \
	.needed_for = HOST_FOR_HOTNESS, .consequence = "the CPU time of processes cannot be measured",       \
	.remedy = "boot a kernel from 5.17 on, built with CONFIG_TRACEPOINTS=y and CONFIG_DEBUG_INFO_BTF=y"
#define OF_EVIDENCE                                                                                          \
	.needed_for = HOST_FOR_COLLAPSING, .bars = BARS,                                                     \
	.consequence = "whether memory really became huge cannot be told, so a descent would never end",     \
	.remedy = "boot a kernel built with CONFIG_TRANSPARENT_HUGEPAGE=y"
#define OF_MODULE(which)                                                                                     \
	.needed_for = HOST_FOR_WATCHING, FACT(modules[which].off), .tell = requirement_tell_module,          \
	.consequence = "it keeps DAMON for itself: every other kdamond is refused with EBUSY",               \
	.to_know = AS_ROOT

/* In the order in which they build on each other. */
const struct requirement_row requirement_rows[] = {
	{
		.name = "bpf_privilege",
		.needed_for = HOST_FOR_HOTNESS,
		.answer = requirement_may_bpf,
		.found = {[HOST_YES] = "CAP_BPF and CAP_PERFMON",
			  [HOST_NO] = "neither CAP_SYS_ADMIN nor CAP_BPF with CAP_PERFMON"},
		.consequence = "no BPF program can be loaded, so no process can be ranked",
		.remedy = "run hotdamon as root of the host (sudo), or with CAP_BPF and CAP_PERFMON (5.8+)",
		.tell = requirement_tell_bpf_privilege,
	},
	{
		.name = "bpf_loading",
		.needed_for = HOST_FOR_HOTNESS,
		.answer = requirement_bpf_loads,
		FOUND("a trial program loads",
		      "lockdown=confidentiality: BPF may not read the kernel's memory",
		      "not tried without the privilege"),
		.consequence = "no BPF program of hotdamon can be loaded, so no process can be ranked",
		.remedy = "boot without lockdown=confidentiality; lockdown=integrity will do",
		.to_know = AS_ROOT,
		.tell = requirement_tell_bpf_loading,
	},
	{
		.name = "pid_namespace",
		.needed_for = HOST_FOR_HOTNESS,
		FACT(self.initial_pid_ns),
		FOUND("the initial one", "another one: a container's", "/proc/self/ns/pid cannot be read"),
		.consequence = "BPF tells pids of the host, and /proc here tells others: no process could be "
			       "named rightly",
		.remedy = "run hotdamon on the host, or in a container with --pid=host",
		.to_know = AS_ROOT,
	},
	{
		.name = "kernel_btf",
		.needed_for = HOST_FOR_HOTNESS,
		.since = BTF_SINCE,
		FACT(btf),
		FOUND("/sys/kernel/btf/vmlinux", "no /sys/kernel/btf/vmlinux, or it is damaged",
		      "/sys/kernel/btf/vmlinux cannot be read"),
		.consequence = "no BPF program of hotdamon can be loaded, so no process can be ranked",
		.remedy = "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y",
		.to_know = AS_ROOT,
	},
	{.name = "tp_sched_switch", TRACEPOINT(HOST_TP_SCHED_SWITCH), OF_HOTNESS},
	{.name = "tp_sched_process_exit", TRACEPOINT(HOST_TP_SCHED_PROCESS_EXIT), OF_HOTNESS},
	{.name = "tp_sched_process_exec", TRACEPOINT(HOST_TP_SCHED_PROCESS_EXEC), OF_HOTNESS},
	{.name = "task_storage", .since = "5.13", FACT(task_storage), IN_BTF, OF_HOTNESS},
	{.name = "bpf_loop", .since = "5.17", FACT(bpf_loop), IN_BTF, OF_HOTNESS},
	{
		.name = "bpffs",
		.needed_for = HOST_FOR_PINNING,
		.since = "4.4, CONFIG_BPF_SYSCALL",
		FACT(bpffs),
		FOUND("mounted at /sys/fs/bpf", "not mounted at /sys/fs/bpf", "/sys/fs/bpf: " NOT_READ),
		.consequence = "the map of hot processes cannot be pinned for bpftool and others",
		.remedy = "mount -t bpf -o mode=0700 bpf /sys/fs/bpf (systemd does so at boot)",
		.to_know = AS_ROOT,
	},
	{
		.name = "damon_privilege",
		.needed_for = HOST_FOR_WATCHING,
		.answer = requirement_may_damon,
		.found = {[HOST_YES] = "CAP_DAC_OVERRIDE", [HOST_NO] = "neither uid 0 nor CAP_DAC_OVERRIDE"},
		.consequence = "DAMON cannot be steered: its files are root's",
		.remedy = "run hotdamon as root of the host (sudo), or with CAP_DAC_OVERRIDE",
		.tell = requirement_tell_damon_privilege,
	},
	{
		.name = "damon_sysfs",
		.needed_for = HOST_FOR_WATCHING,
		.bars = BARS,
		.since = "5.18, CONFIG_DAMON_SYSFS",
		FACT(damon_sysfs),
		FOUND(KDAMONDS, "no " KDAMONDS, NOT_READ),
		.consequence = "DAMON cannot be steered: no memory can be watched",
		.remedy = "boot a kernel built with CONFIG_DAMON=y and CONFIG_DAMON_SYSFS=y",
		.to_know = AS_ROOT,
	},
	{
		.name = "damon_apply_interval",
		.needed_for = HOST_FOR_WATCHING,
		.bars = BARS,
		.since = "6.7",
		FACT(apply_interval),
		FOUND("schemes have apply_interval_us", "schemes have no apply_interval_us",
		      "not known: it is read from the kernel's BTF"),
		.consequence = "DAMON cannot be steered as hotdamon does: no memory can be watched",
		.remedy = NEWER "; hotdamon top ranks processes here",
	},
	{
		.name = "damon_vaddr",
		.needed_for = HOST_FOR_WATCHING,
		.bars = BARS,
		.since = "5.15, CONFIG_DAMON_VADDR",
		FACT(vaddr),
		.found = {[HOST_UNKNOWN] = "not known: /proc/kallsyms cannot be read"},
		.consequence = "DAMON cannot watch the memory of single processes",
		.remedy = "boot a kernel built with CONFIG_DAMON_VADDR=y",
		.to_know = AS_ROOT,
		.tell = requirement_tell_vaddr,
	},
	{
		.name = "damon_fvaddr",
		.since = "5.19, CONFIG_DAMON_VADDR",
		FACT(fvaddr),
		FOUND("DAMON looks where it is told", "DAMON has no fvaddr",
		      "not known: it is read from the kernel's BTF"),
		.consequence =
			"DAMON looks at all between the two biggest gaps of a process, and finds little "
			"beside large reservations",
		.remedy = "boot Linux 5.19 or newer, built with CONFIG_DAMON_VADDR=y",
		.to_know = AS_ROOT,
	},
	{
		.name = "tp_damon_aggregated",
		.needed_for = HOST_FOR_MADVISE,
		.bars = BARS,
		TRACEPOINT(HOST_TP_DAMON_AGGREGATED),
		.consequence = "where memory is hot cannot be told (executor madvise)",
		.remedy = "boot a kernel built with CONFIG_DAMON=y, CONFIG_TRACEPOINTS=y and "
			  "CONFIG_DEBUG_INFO_BTF=y",
	},
	{.name = "damon_stat_off", OF_MODULE(HOST_DAMON_STAT)},
	{.name = "damon_reclaim_off", OF_MODULE(HOST_DAMON_RECLAIM)},
	{.name = "damon_lru_sort_off", OF_MODULE(HOST_DAMON_LRU_SORT)},
	{
		.name = "kdamonds_free",
		.needed_for = HOST_FOR_WATCHING,
		.answer = requirement_kdamonds_are_free,
		.found = {[HOST_YES] = "none"},
		.consequence =
			"hotdamon never touches what it did not start, and making seats beside it would "
			"wipe it",
		.to_know = AS_ROOT,
		.tell = requirement_tell_kdamonds,
	},
	{
		.name = "transparent_hugepage",
		.needed_for = HOST_FOR_WATCHING,
		.bars = BARS,
		.since = "2.6.38, CONFIG_TRANSPARENT_HUGEPAGE",
		FACT(thp),
		FOUND("built in", "no " THP, NOT_READ),
		.consequence = "there are no huge pages to give",
		.remedy = "boot a kernel built with CONFIG_TRANSPARENT_HUGEPAGE=y",
		.to_know = AS_ROOT,
	},
	{
		.name = "huge_page_size",
		.needed_for = HOST_FOR_WATCHING,
		.bars = BARS,
		.since = "4.10",
		.answer = requirement_pmd_size_is_ours,
		.found = {[HOST_UNKNOWN] = "not told"},
		.consequence = "hotdamon reckons in huge pages of 2 MiB, and these are others",
		.remedy = "boot a kernel with pages of 4 KiB",
		.to_know = AS_ROOT,
		.tell = requirement_tell_pmd_size,
	},
	{
		.name = "collapse_action",
		.needed_for = HOST_FOR_DAMOS,
		.bars = BARS,
		.since = "7.2",
		FACT(collapse_action),
		FOUND("DAMOS_COLLAPSE in the kernel's BTF", "no DAMOS_COLLAPSE in the kernel's BTF",
		      "not known: it is read from the kernel's BTF"),
		.consequence = "the kernel cannot collapse hot memory itself (executor damos); hotdamon can "
			       "(executor madvise)",
		.remedy = "none is needed: the executor madvise does more; for damos boot Linux 7.2 or newer",
	},
	{
		.name = "process_madvise",
		.needed_for = HOST_FOR_MADVISE,
		.bars = BARS,
		.since = "6.1",
		.answer = requirement_madvise_collapses,
		FOUND("it knows MADV_COLLAPSE", "it does not know MADV_COLLAPSE", NULL),
		.consequence = "hotdamon cannot collapse the memory of other processes (executor madvise)",
		.remedy = NEWER,
		.tell = requirement_tell_madvise,
	},
	{
		.name = "collapse_privilege",
		.needed_for = HOST_FOR_MADVISE,
		.bars = BARS_IF_PRIVILEGED,
		.answer = requirement_may_collapse,
		.found = {[HOST_YES] = CAPABILITIES, [HOST_NO] = "not all of " CAPABILITIES},
		.consequence = "hotdamon cannot collapse the memory of other processes (executor madvise)",
		.remedy = "run hotdamon as root of the host (sudo), or with " CAPABILITIES,
	},
	{
		.name = "pagemap_scan",
		.needed_for = HOST_FOR_MADVISE,
		.bars = BARS,
		.since = "6.7",
		FACT(pagemap_scan),
		FOUND("PAGEMAP_SCAN tells which memory is huge",
		      "no PAGEMAP_SCAN: which memory is huge is not told",
		      "not known: it is read from the kernel's BTF"),
		.consequence = "hotdamon cannot choose what to collapse (executor madvise)",
		.remedy = NEWER,
	},
	{.name = "tp_mm_collapse_huge_page", TRACEPOINT(HOST_TP_MM_COLLAPSE_HUGE_PAGE), OF_EVIDENCE},
	{.name = "tp_mm_khugepaged_scan_pmd", TRACEPOINT(HOST_TP_MM_KHUGEPAGED_SCAN_PMD), OF_EVIDENCE},
	{
		.name = "memory_pressure",
		.since = "4.20, CONFIG_PSI",
		FACT(psi),
		FOUND("/proc/pressure/memory", "no /proc/pressure/memory", NOT_READ),
		.consequence =
			"the pressure guard is without it: collapsing is slowed by the room in memory alone",
		.remedy = "boot with psi=1, or a kernel built with CONFIG_PSI=y",
		.to_know = AS_ROOT,
	},
	{
		.name = "scan_result_names",
		.since = BTF_SINCE,
		.answer = requirement_names_results,
		.found = {[HOST_UNKNOWN] = "not known: it is read from the kernel's BTF"},
		.consequence = "why a collapse failed is told as a number",
		.tell = requirement_tell_results,
	},
	{
		.name = "thp_mode",
		.since = "2.6.38",
		.answer = requirement_tells_mode,
		.found = {[HOST_NO] = "not told", [HOST_UNKNOWN] = "not told"},
		.consequence = "there are no huge pages to give",
		.tell = requirement_tell_mode,
	},
	{
		.name = "hugepage_filter",
		.since = "6.18",
		.answer = requirement_filter_works,
		FOUND("stat with a hugepage_size filter works on processes",
		      "stat with a hugepage_size filter does not work on processes",
		      "not known: it is read from the kernel's BTF"),
		.consequence =
			"how much of a region is huge is not told by DAMON; /proc tells it for the process",
	},
	{.name = "quiet_cpus", .answer = requirement_is_quiet, .tell = requirement_tell_quiet},
};

const size_t n_requirement_rows = sizeof(requirement_rows) / sizeof(requirement_rows[0]);

_Static_assert(sizeof(requirement_rows) / sizeof(requirement_rows[0]) <= HOST_MAX_REQUIREMENTS,
	       "the callers' arrays have room for all");
