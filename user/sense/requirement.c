// SPDX-License-Identifier: GPL-2.0
#include "sense/requirement.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "decide/process.h"

#define KDAMONDS "kernel/mm/damon/admin/kdamonds" /* below /sys */
#define THP	 "kernel/mm/transparent_hugepage"

/* Only for people: on older kernels there is nothing to be in the way. */
static const char *const module_since[HOST_MODULES] = {
	[HOST_DAMON_STAT] = "6.17",
	[HOST_DAMON_RECLAIM] = "5.16",
	[HOST_DAMON_LRU_SORT] = "6.0",
};

const char *host_need_name(enum host_need need)
{
	switch (need) {
	case HOST_FOR_HOTNESS:
		return "hotness";
	case HOST_FOR_WATCHING:
		return "watching";
	case HOST_FOR_COLLAPSING:
		return "collapsing";
	case HOST_FOR_PINNING:
		return "pinning";
	case HOST_FOR_DAMOS:
		return "damos";
	case HOST_FOR_MADVISE:
		return "madvise";
	default:
		return "information";
	}
}

unsigned int host_needs_of(enum executor executor)
{
	switch (executor) {
	case EXECUTOR_DRY_RUN:
		return HOST_FOR_HOTNESS | HOST_FOR_PINNING;
	case EXECUTOR_NONE:
		return HOST_FOR_HOTNESS | HOST_FOR_PINNING | HOST_FOR_WATCHING;
	case EXECUTOR_DAMOS:
		return HOST_FOR_ALL | HOST_FOR_DAMOS;
	default:
		return HOST_FOR_ALL | HOST_FOR_MADVISE;
	}
}

__attribute__((format(printf, 2, 3))) static void found(struct host_requirement *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->found, sizeof(r->found), format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void mend(struct host_requirement *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->remedy, sizeof(r->remedy), format, args);
	va_end(args);
}

#define NOT_READ	 "cannot be read without root"
#define AS_ROOT		 "sudo hotdamon check tells"
#define OF_NO_BTF	 "not known: it is read from the kernel's BTF"
#define FOLLOWS(r, text) snprintf((r)->consequence, sizeof((r)->consequence), "%s", text)

static void judge_bpf_privilege(const struct host_facts *facts, struct host_requirement *r)
{
	const struct host_self *self = &facts->self;

	r->answer = host_may_bpf(self) ? HOST_YES : HOST_NO;
	if (self->initial_user_ns == HOST_NO)
		found(r, "inside a user namespace, whose capabilities do not reach the kernel");
	else if (r->answer == HOST_NO)
		found(r, "neither CAP_SYS_ADMIN nor CAP_BPF with CAP_PERFMON");
	else
		found(r, "%s",
		      self->cap_eff & 1ULL << CAP_SYS_ADMIN ? "CAP_SYS_ADMIN" : "CAP_BPF and CAP_PERFMON");
	FOLLOWS(r, "no BPF program can be loaded, so no process can be ranked");
	mend(r, "run hotdamon as root of the host (sudo), or with CAP_BPF and CAP_PERFMON (5.8+)");
}

static void judge_pid_namespace(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->self.initial_pid_ns;
	found(r, "%s",
	      r->answer == HOST_YES  ? "the initial one"
	      : r->answer == HOST_NO ? "another one: a container's"
				     : "/proc/self/ns/pid cannot be read");
	FOLLOWS(r,
		"BPF tells pids of the host, and /proc here tells others: no process could be named rightly");
	mend(r, "run hotdamon on the host, or in a container with --pid=host");
}

static void judge_kernel_btf(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->btf;
	found(r, "%s",
	      r->answer == HOST_YES  ? "/sys/kernel/btf/vmlinux"
	      : r->answer == HOST_NO ? "no /sys/kernel/btf/vmlinux"
				     : "/sys/kernel/btf/vmlinux cannot be read or is damaged");
	FOLLOWS(r, "no BPF program of hotdamon can be loaded, so no process can be ranked");
	mend(r, "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y");
}

/* The requirement's name is "tp_" and the tracepoint's. */
static void judge_tracepoint(const struct host_facts *facts, struct host_requirement *r)
{
	for (unsigned int i = 0; i < HOST_TRACEPOINTS; i++)
		if (!strcmp(r->name + strlen("tp_"), host_tracepoint_name(i)))
			r->answer = facts->tracepoints[i];
	found(r, "%s",
	      r->answer == HOST_YES  ? "in the kernel's BTF"
	      : r->answer == HOST_NO ? "not in the kernel's BTF"
				     : OF_NO_BTF);
	switch (r->needed_for) {
	case HOST_FOR_MADVISE:
		FOLLOWS(r, "executor madvise cannot see where memory is hot");
		mend(r, "boot a kernel built with CONFIG_DAMON=y and CONFIG_DEBUG_INFO_BTF=y");
		break;
	case HOST_FOR_COLLAPSING:
		FOLLOWS(r, "whether memory really became huge cannot be told, so a descent would never end");
		mend(r, "boot a kernel built with CONFIG_TRANSPARENT_HUGEPAGE=y");
		break;
	default:
		FOLLOWS(r, "the CPU time of processes cannot be measured");
		mend(r, "boot a kernel built with CONFIG_TRACEPOINTS=y and CONFIG_DEBUG_INFO_BTF=y");
	}
}

static void judge_bpf_helper(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = strcmp(r->name, "bpf_loop") ? facts->task_storage : facts->bpf_loop;
	found(r, "%s",
	      r->answer == HOST_YES  ? "in the kernel's BTF"
	      : r->answer == HOST_NO ? "not in the kernel's BTF"
				     : OF_NO_BTF);
	FOLLOWS(r, "the CPU time of processes cannot be measured");
	mend(r, "boot a kernel from 5.17 on");
}

static void judge_bpffs(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->bpffs;
	found(r, "%s",
	      r->answer == HOST_YES  ? "mounted at /sys/fs/bpf"
	      : r->answer == HOST_NO ? "not mounted at /sys/fs/bpf"
				     : "/sys/fs/bpf: " NOT_READ);
	FOLLOWS(r, "the map of hot processes cannot be pinned for bpftool and others");
	mend(r, "mount -t bpf -o mode=0700 bpf /sys/fs/bpf (systemd does so at boot)");
}

static void judge_damon_privilege(const struct host_facts *facts, struct host_requirement *r)
{
	const struct host_self *self = &facts->self;

	r->answer = host_may_damon(self) ? HOST_YES : HOST_NO;
	if (self->initial_user_ns == HOST_NO)
		found(r, "inside a user namespace, whose root is not the host's");
	else
		found(r, "%s",
		      self->uid0	      ? "uid 0"
		      : r->answer == HOST_YES ? "CAP_DAC_OVERRIDE"
					      : "neither uid 0 nor CAP_DAC_OVERRIDE");
	FOLLOWS(r, "DAMON cannot be steered: its files are root's");
	mend(r, "run hotdamon as root of the host (sudo), or with CAP_DAC_OVERRIDE");
}

static void judge_damon_sysfs(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->damon_sysfs;
	found(r, "%s",
	      r->answer == HOST_YES  ? "/sys/" KDAMONDS
	      : r->answer == HOST_NO ? "no /sys/" KDAMONDS
				     : NOT_READ);
	FOLLOWS(r, "DAMON cannot be steered: no memory can be watched");
	mend(r, "boot a kernel built with CONFIG_DAMON=y and CONFIG_DAMON_SYSFS=y");
}

static void judge_damon_vaddr(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->vaddr;
	if (r->answer == HOST_UNKNOWN)
		found(r, "not known: /proc/kallsyms cannot be read");
	else
		found(r, "%s: by %s", r->answer == HOST_YES ? "built in" : "not built in",
		      facts->vaddr_source);
	FOLLOWS(r, "DAMON cannot watch the memory of single processes");
	mend(r, "boot a kernel built with CONFIG_DAMON_VADDR=y");
}

static void judge_module(const struct host_facts *facts, struct host_requirement *r, enum host_module which)
{
	const struct host_module_facts *module = &facts->modules[which];
	const char *name = host_module_name(which);

	r->answer = module->enabled == HOST_YES	 ? HOST_NO
		    : module->enabled == HOST_NO ? HOST_YES
						 : HOST_UNKNOWN;
	if (r->answer == HOST_UNKNOWN)
		found(r, "/sys/module/%s/parameters/enabled " NOT_READ, name);
	else if (module->present == HOST_NO)
		found(r, "the way is free: %s (%s+) is not in this kernel", name, module_since[which]);
	else if (r->answer == HOST_YES)
		found(r, "the way is free: %s is off", name);
	else
		found(r, "%s (%s+) is on", name, module_since[which]);
	FOLLOWS(r, "it keeps DAMON for itself: every other kdamond is refused with EBUSY");
	if (r->answer == HOST_UNKNOWN)
		mend(r, AS_ROOT);
	else
		mend(r, "%secho N > /sys/module/%s/parameters/enabled",
		     which == HOST_DAMON_STAT
			     ? "hotdamon run --stop-damon-stat (it is put back at the end), or "
			     : "",
		     name);
}

static void judge_damon_stat(const struct host_facts *facts, struct host_requirement *r)
{
	judge_module(facts, r, HOST_DAMON_STAT);
}

static void judge_damon_reclaim(const struct host_facts *facts, struct host_requirement *r)
{
	judge_module(facts, r, HOST_DAMON_RECLAIM);
}

static void judge_damon_lru_sort(const struct host_facts *facts, struct host_requirement *r)
{
	judge_module(facts, r, HOST_DAMON_LRU_SORT);
}

static void found_foreign(const struct host_facts *facts, const struct host_kdamond *first,
			  unsigned int count, struct host_requirement *r)
{
	bool off = !strcmp(first->state, "off");
	char pid[32] = "", targets[64] = "", more[64] = "";

	if (first->pid > 0)
		snprintf(pid, sizeof(pid), ", pid %d", first->pid);
	if (first->nr_targets)
		snprintf(targets, sizeof(targets), " on pid %d%s", first->targets[0],
			 first->nr_targets > 1 ? " and others" : "");
	if (count > 1)
		snprintf(more, sizeof(more), "; and %u more", count - 1);
	found(r, "someone else's kdamond %u: %s%s, %s%s%s", first->slot,
	      off ? "configured, but off" : first->state, pid,
	      *first->operations ? first->operations : "operations not readable", targets, more);
	FOLLOWS(r, "hotdamon never touches what it did not start, and making slots beside it would wipe it");
	if (off)
		mend(r, "if nobody needs it: echo 0 > /sys/" KDAMONDS "/nr_kdamonds%s",
		     facts->own.daemon_pid ? "; if a killed hotdamon left it: hotdamon cleanup" : "");
	else
		mend(r,
		     "stop it where it was started (damo stop, or the service or script that wrote to "
		     "/sys/" KDAMONDS
		     "; ps -ef | grep -i damo may tell); if nobody needs it: echo off > /sys/" KDAMONDS
		     "/%u/state, then echo 0 > /sys/" KDAMONDS "/nr_kdamonds%s",
		     first->slot,
		     facts->own.pinned == HOST_YES
			     ? "; if a hotdamon with another --state-dir runs, stop that"
			     : "");
}

static void judge_kdamonds(const struct host_facts *facts, struct host_requirement *r)
{
	unsigned int count[HOST_OWNER_UNKNOWN + 1] = {0};
	const struct host_kdamond *first = NULL;

	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++) {
		count[facts->kdamonds[i].owner]++;
		if (!first && facts->kdamonds[i].owner == HOST_OWNER_FOREIGN)
			first = &facts->kdamonds[i];
	}
	r->answer = HOST_YES;
	if (first) {
		r->answer = HOST_NO;
		found_foreign(facts, first, count[HOST_OWNER_FOREIGN], r);
	} else if (count[HOST_OWNER_UNKNOWN] ||
		   (facts->damon_sysfs == HOST_YES && facts->kdamonds_readable != HOST_YES)) {
		r->answer = HOST_UNKNOWN;
		found(r, "%u there; whose they are " NOT_READ, facts->nr_kdamonds);
		mend(r, AS_ROOT);
	} else if (count[HOST_OWNER_OURS]) {
		found(r, "%u, hotdamon's own (pid %d%s)", count[HOST_OWNER_OURS], facts->own.daemon_pid,
		      facts->own.alive ? "" : ", ended: run takes them over, hotdamon cleanup removes them");
	} else if (facts->nr_kdamonds) {
		found(r, "%u, all empty and off", facts->nr_kdamonds);
	} else {
		found(r, "none");
	}
}

static void judge_thp(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->thp;
	found(r, "%s", r->answer == HOST_YES ? "built in" : r->answer == HOST_NO ? "no /sys/" THP : NOT_READ);
	FOLLOWS(r, "there are no huge pages to give");
	mend(r, "boot a kernel built with CONFIG_TRANSPARENT_HUGEPAGE=y");
}

static void judge_collapse_action(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->collapse_action;
	found(r, "%s",
	      r->answer == HOST_YES  ? "DAMOS_COLLAPSE in the kernel's BTF"
	      : r->answer == HOST_NO ? "no DAMOS_COLLAPSE in the kernel's BTF"
				     : OF_NO_BTF);
	FOLLOWS(r, "the kernel cannot collapse hot memory itself (executor damos); hotdamon can (executor "
		   "madvise)");
	mend(r, "none is needed: the executor madvise does more; for damos boot Linux 7.2 or newer");
}

#define COLLAPSE_CAPABILITIES "CAP_SYS_NICE, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"

static void judge_process_madvise(const struct host_facts *facts, struct host_requirement *r)
{
	bool knows = host_kernel_since(facts, 6, 1), may = host_may_collapse(&facts->self);

	r->answer = knows && may && !facts->collapse_err ? HOST_YES : HOST_NO;
	if (!knows)
		found(r, "process_madvise() of this kernel does not know MADV_COLLAPSE");
	else if (!may)
		found(r, "process_madvise(MADV_COLLAPSE), but not all of " COLLAPSE_CAPABILITIES);
	else if (facts->collapse_err)
		found(r, "process_madvise(MADV_COLLAPSE) is refused: %s", strerror(-facts->collapse_err));
	else
		found(r, "process_madvise(MADV_COLLAPSE), " COLLAPSE_CAPABILITIES);
	FOLLOWS(r, "hotdamon cannot collapse the memory of other processes (executor madvise)");
	mend(r, "boot Linux 6.7 or newer, and run hotdamon as root of the host (sudo) or "
		"with " COLLAPSE_CAPABILITIES
		"; if it is refused yet, a seccomp filter or a security module does so");
}

static void judge_scan_results(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->btf != HOST_YES ? HOST_UNKNOWN : facts->nr_scan_results ? HOST_YES : HOST_NO;
	if (r->answer == HOST_UNKNOWN)
		found(r, OF_NO_BTF);
	else
		found(r, "%zu names in enum scan_result", facts->nr_scan_results);
	FOLLOWS(r, "why a collapse failed is told as a number");
}

static void judge_thp_mode(const struct host_facts *facts, struct host_requirement *r)
{
	bool always = !strcmp(facts->thp_mode, "always");

	r->answer = *facts->thp_mode ? HOST_YES : facts->thp == HOST_NO ? HOST_NO : HOST_UNKNOWN;
	found(r, "%s%s", *facts->thp_mode ? facts->thp_mode : "not told",
	      always ? ": the kernel gives huge pages to all, hot or not; madvise leaves the choice to "
		       "hotdamon"
		     : "");
	FOLLOWS(r, "there are no huge pages to give");
}

static void judge_pmd_size(const struct host_facts *facts, struct host_requirement *r)
{
	uint64_t size = facts->pmd_size_bytes;

	r->answer = !size ? HOST_UNKNOWN : size == PMD_SIZE_BYTES ? HOST_YES : HOST_NO;
	if (size)
		found(r, "%" PRIu64 " KiB", size / 1024);
	else
		found(r, "not told");
	FOLLOWS(r, "hotdamon reckons in 2 MiB: what it says of huge memory is not exact here");
	if (r->answer == HOST_NO)
		mend(r, "boot a kernel with pages of 4 KiB");
}

static void judge_hugepage_filter(const struct host_facts *facts, struct host_requirement *r)
{
	r->answer = facts->hugepage_filter;
	if (r->answer == HOST_YES && !host_kernel_since(facts, 6, 18))
		r->answer = HOST_NO;
	found(r, "%s",
	      r->answer == HOST_YES  ? "stat with a hugepage_size filter works on processes"
	      : r->answer == HOST_NO ? "stat with a hugepage_size filter does not work on processes"
				     : OF_NO_BTF);
	FOLLOWS(r, "how much of a region is huge is not told by DAMON; /proc tells it for the process");
}

struct judgement {
	const char *name;
	enum host_need needed_for;
	const char *since;
	void (*judge)(const struct host_facts *facts, struct host_requirement *r);
};

#define BTF_SINCE "5.5, CONFIG_DEBUG_INFO_BTF"

static const struct judgement judgements[] = {
	{"bpf_privilege", HOST_FOR_HOTNESS, "", judge_bpf_privilege},
	{"pid_namespace", HOST_FOR_HOTNESS, "", judge_pid_namespace},
	{"kernel_btf", HOST_FOR_HOTNESS, BTF_SINCE, judge_kernel_btf},
	{"tp_sched_switch", HOST_FOR_HOTNESS, BTF_SINCE, judge_tracepoint},
	{"tp_sched_process_exit", HOST_FOR_HOTNESS, BTF_SINCE, judge_tracepoint},
	{"tp_sched_process_exec", HOST_FOR_HOTNESS, BTF_SINCE, judge_tracepoint},
	{"tp_task_rename", HOST_FOR_HOTNESS, BTF_SINCE, judge_tracepoint},
	/* The map type came with 5.11 for BPF LSM alone. */
	{"task_storage", HOST_FOR_HOTNESS, "5.11; 5.13 for tracing", judge_bpf_helper},
	{"bpf_loop", HOST_FOR_HOTNESS, "5.17", judge_bpf_helper},
	{"bpffs", HOST_FOR_PINNING, "4.4, CONFIG_BPF_SYSCALL", judge_bpffs},
	{"damon_privilege", HOST_FOR_WATCHING, "", judge_damon_privilege},
	{"damon_sysfs", HOST_FOR_WATCHING, "6.7 (apply_interval_us), CONFIG_DAMON_SYSFS", judge_damon_sysfs},
	{"damon_vaddr", HOST_FOR_WATCHING, "5.15, CONFIG_DAMON_VADDR", judge_damon_vaddr},
	{"tp_damon_aggregated", HOST_FOR_MADVISE, "5.15, CONFIG_DAMON", judge_tracepoint},
	{"damon_stat_off", HOST_FOR_WATCHING, "", judge_damon_stat},
	{"damon_reclaim_off", HOST_FOR_WATCHING, "", judge_damon_reclaim},
	{"damon_lru_sort_off", HOST_FOR_WATCHING, "", judge_damon_lru_sort},
	{"kdamonds_free", HOST_FOR_WATCHING, "", judge_kdamonds},
	{"transparent_hugepage", HOST_FOR_COLLAPSING, "2.6.38, CONFIG_TRANSPARENT_HUGEPAGE", judge_thp},
	{"collapse_action", HOST_FOR_DAMOS, "7.2", judge_collapse_action},
	{"process_madvise", HOST_FOR_MADVISE, "6.1", judge_process_madvise},
	{"tp_mm_collapse_huge_page", HOST_FOR_COLLAPSING, BTF_SINCE, judge_tracepoint},
	{"tp_mm_khugepaged_scan_pmd", HOST_FOR_COLLAPSING, BTF_SINCE, judge_tracepoint},
	{"scan_result_names", HOST_FOR_INFORMATION, BTF_SINCE, judge_scan_results},
	{"thp_mode", HOST_FOR_INFORMATION, "2.6.38", judge_thp_mode},
	{"huge_page_size", HOST_FOR_INFORMATION, "4.10", judge_pmd_size},
	{"hugepage_filter", HOST_FOR_INFORMATION, "6.18", judge_hugepage_filter},
};

#define JUDGEMENTS (sizeof(judgements) / sizeof(*judgements))

_Static_assert(JUDGEMENTS <= HOST_MAX_REQUIREMENTS, "the callers' arrays have room for all");

static void judge(const struct host_facts *facts, const struct judgement *how, struct host_requirement *r)
{
	*r = (struct host_requirement){.name = how->name, .needed_for = how->needed_for, .since = how->since};
	how->judge(facts, r);
	if (r->answer != HOST_NO)
		r->consequence[0] = '\0';
	if (r->answer == HOST_YES)
		r->remedy[0] = '\0';
}

size_t host_requirements(const struct host_facts *facts, struct host_requirement list[HOST_MAX_REQUIREMENTS])
{
	for (size_t i = 0; i < JUDGEMENTS; i++)
		judge(facts, &judgements[i], &list[i]);
	return JUDGEMENTS;
}

size_t host_missing(const struct host_facts *facts, unsigned int needs,
		    struct host_requirement list[HOST_MAX_REQUIREMENTS])
{
	size_t n = 0;

	for (size_t i = 0; i < JUDGEMENTS; i++) {
		if (!(judgements[i].needed_for & needs))
			continue;
		judge(facts, &judgements[i], &list[n]);
		if (list[n].answer == HOST_NO)
			n++;
	}
	return n;
}
