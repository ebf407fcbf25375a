// SPDX-License-Identifier: GPL-2.0
#include "sense/requirement_rows.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "decide/process.h"

#define KDAMONDS "/sys/kernel/mm/damon/admin/kdamonds"

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

static enum host_answer yes_if(bool yes)
{
	return yes ? HOST_YES : HOST_NO;
}

/* Who we are. */

enum host_answer requirement_may_bpf(const struct host_facts *facts)
{
	return yes_if(host_may_bpf(&facts->self));
}

void requirement_tell_bpf_privilege(const struct host_facts *facts, struct host_requirement *r)
{
	if (facts->self.initial_user_ns == HOST_NO)
		found(r, "inside a user namespace, whose capabilities do not reach the kernel");
	else if (r->answer == HOST_YES && facts->self.cap_eff & 1ULL << CAP_SYS_ADMIN)
		found(r, "CAP_SYS_ADMIN");
}

enum host_answer requirement_may_damon(const struct host_facts *facts)
{
	return yes_if(host_may_damon(&facts->self));
}

void requirement_tell_damon_privilege(const struct host_facts *facts, struct host_requirement *r)
{
	if (facts->self.initial_user_ns == HOST_NO)
		found(r, "inside a user namespace, whose root is not the host's");
	else if (facts->self.uid0)
		found(r, "uid 0");
}

enum host_answer requirement_may_collapse(const struct host_facts *facts)
{
	return yes_if(host_may_collapse(&facts->self));
}

/* BPF. */

static bool locked_down(const struct host_facts *facts)
{
	return !strcmp(facts->lockdown, "confidentiality");
}

enum host_answer requirement_bpf_loads(const struct host_facts *facts)
{
	return locked_down(facts) ? HOST_NO : facts->bpf_loads;
}

void requirement_tell_bpf_loading(const struct host_facts *facts, struct host_requirement *r)
{
	if (r->answer != HOST_NO || locked_down(facts))
		return;
	found(r, "the kernel refuses a trial program: %s", strerror(-facts->bpf_err));
	mend(r,
	     "allow bpf(2): a seccomp filter, a security module, or a kernel without CONFIG_BPF_SYSCALL=y or "
	     "CONFIG_BPF_EVENTS=y refuses it; so does lockdown=confidentiality");
}

/* DAMON. */

void requirement_tell_vaddr(const struct host_facts *facts, struct host_requirement *r)
{
	if (r->answer != HOST_UNKNOWN)
		found(r, "%s: by %s", r->answer == HOST_YES ? "built in" : "not built in",
		      facts->vaddr_source);
}

/* On older kernels there is nothing to be in the way. */

static const char *const module_since[HOST_MODULES] = {
	[HOST_DAMON_STAT] = "6.17",
	[HOST_DAMON_RECLAIM] = "5.16",
	[HOST_DAMON_LRU_SORT] = "6.0",
};

/* "damon_stat_off" is of damon_stat. */

static enum host_module module_of(const struct host_requirement *r)
{
	enum host_module module = 0;

	while (strncmp(r->name, host_module_name(module), strlen(host_module_name(module))))
		module++;
	return module;
}

void requirement_tell_module(const struct host_facts *facts, struct host_requirement *r)
{
	enum host_module which = module_of(r);
	const char *name = host_module_name(which);

	if (r->answer == HOST_UNKNOWN)
		found(r, "/sys/module/%s/parameters/enabled cannot be read without root", name);
	else if (facts->modules[which].present == HOST_NO)
		found(r, "the way is free: %s (%s+) is not in this kernel", name, module_since[which]);
	else if (r->answer == HOST_YES)
		found(r, "the way is free: %s is off", name);
	else
		found(r, "%s (%s+) is on", name, module_since[which]);
	if (r->answer == HOST_NO)
		mend(r, "%secho N > /sys/module/%s/parameters/enabled",
		     which == HOST_DAMON_STAT
			     ? "hotdamon run --stop-damon-stat (it is put back at the end), or "
			     : "",
		     name);
}

static unsigned int count_owned(const struct host_facts *facts, enum host_kdamond_owner owner)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++)
		n += facts->kdamonds[i].owner == owner;
	return n;
}

static const struct host_kdamond *first_foreign(const struct host_facts *facts)
{
	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++)
		if (facts->kdamonds[i].owner == HOST_OWNER_FOREIGN)
			return &facts->kdamonds[i];
	return NULL;
}

enum host_answer requirement_kdamonds_are_free(const struct host_facts *facts)
{
	if (count_owned(facts, HOST_OWNER_FOREIGN))
		return HOST_NO;
	if (count_owned(facts, HOST_OWNER_UNKNOWN) ||
	    (facts->damon_sysfs == HOST_YES && facts->kdamonds_readable != HOST_YES))
		return HOST_UNKNOWN;
	return HOST_YES;
}

static void mend_foreign(const struct host_facts *facts, const struct host_kdamond *first,
			 struct host_requirement *r)
{
	if (!strcmp(first->state, "off"))
		mend(r, "if nobody needs it: echo 0 > " KDAMONDS "/nr_kdamonds%s",
		     facts->own.daemon_pid ? "; if a killed hotdamon left it: hotdamon cleanup" : "");
	else
		mend(r,
		     "stop it where it was started (damo stop, or the service or script that wrote "
		     "to " KDAMONDS
		     "; ps -ef | grep -i damo may tell); if nobody needs it: echo off > " KDAMONDS
		     "/%u/state, then echo 0 > " KDAMONDS "/nr_kdamonds%s",
		     first->number,
		     facts->own.pinned == HOST_YES
			     ? "; if a hotdamon with another --state-dir runs, stop that"
			     : "");
}

static void found_foreign(const struct host_facts *facts, const struct host_kdamond *first,
			  struct host_requirement *r)
{
	unsigned int count = count_owned(facts, HOST_OWNER_FOREIGN);
	char pid[32] = "", targets[64] = "", more[64] = "";

	if (first->pid > 0)
		snprintf(pid, sizeof(pid), ", pid %d", first->pid);
	if (first->nr_targets)
		snprintf(targets, sizeof(targets), " on pid %d%s", first->targets[0],
			 first->nr_targets > 1 ? " and others" : "");
	if (count > 1)
		snprintf(more, sizeof(more), "; and %u more", count - 1);
	found(r, "someone else's kdamond %u: %s%s, %s%s%s", first->number,
	      strcmp(first->state, "off") ? first->state : "configured, but off", pid,
	      *first->operations ? first->operations : "operations not readable", targets, more);
}

void requirement_tell_kdamonds(const struct host_facts *facts, struct host_requirement *r)
{
	const struct host_kdamond *first = first_foreign(facts);
	unsigned int ours = count_owned(facts, HOST_OWNER_OURS);

	if (first) {
		found_foreign(facts, first, r);
		mend_foreign(facts, first, r);
	} else if (r->answer == HOST_UNKNOWN) {
		found(r, "%u there; whose they are cannot be read without root", facts->nr_kdamonds);
	} else if (ours) {
		found(r, "%u, hotdamon's own (pid %d%s)", ours, facts->own.daemon_pid,
		      facts->own.alive ? "" : ", ended: run takes them over, hotdamon cleanup removes them");
	} else if (facts->nr_kdamonds) {
		found(r, "%u, all empty and off", facts->nr_kdamonds);
	}
}

/* Huge pages. */

enum host_answer requirement_pmd_size_is_ours(const struct host_facts *facts)
{
	return facts->pmd_size_bytes ? yes_if(facts->pmd_size_bytes == PMD_SIZE_BYTES) : HOST_UNKNOWN;
}

void requirement_tell_pmd_size(const struct host_facts *facts, struct host_requirement *r)
{
	if (facts->pmd_size_bytes)
		found(r, "%" PRIu64 " KiB", facts->pmd_size_bytes / 1024);
}

enum host_answer requirement_madvise_collapses(const struct host_facts *facts)
{
	/* Without the capabilities it is refused to us: that is another row. */
	return yes_if(host_kernel_since(facts, 6, 1) &&
		      (!facts->collapse_err || !host_may_collapse(&facts->self)));
}

void requirement_tell_madvise(const struct host_facts *facts, struct host_requirement *r)
{
	if (r->answer != HOST_NO || !host_kernel_since(facts, 6, 1))
		return;
	found(r, "process_madvise(MADV_COLLAPSE) is refused: %s", strerror(-facts->collapse_err));
	mend(r, "allow it: a seccomp filter or a security module refuses it");
}

/* Information. */

enum host_answer requirement_names_results(const struct host_facts *facts)
{
	return facts->btf == HOST_YES ? yes_if(facts->nr_scan_results) : HOST_UNKNOWN;
}

void requirement_tell_results(const struct host_facts *facts, struct host_requirement *r)
{
	if (r->answer != HOST_UNKNOWN)
		found(r, "%zu names in enum scan_result", facts->nr_scan_results);
}

enum host_answer requirement_tells_mode(const struct host_facts *facts)
{
	return *facts->thp_mode ? HOST_YES : facts->thp == HOST_NO ? HOST_NO : HOST_UNKNOWN;
}

void requirement_tell_mode(const struct host_facts *facts, struct host_requirement *r)
{
	if (*facts->thp_mode)
		found(r, "%s%s", facts->thp_mode,
		      strcmp(facts->thp_mode, "always")
			      ? ""
			      : ": the kernel gives huge pages to all, hot or not; madvise leaves the choice "
				"to hotdamon");
}

enum host_answer requirement_filter_works(const struct host_facts *facts)
{
	if (facts->hugepage_filter == HOST_YES && !host_kernel_since(facts, 6, 18))
		return HOST_NO;
	return facts->hugepage_filter;
}

/* Quiet CPUs: having none is no fault. */

enum host_answer requirement_is_quiet(const struct host_facts *facts)
{
	(void)facts;
	return HOST_YES;
}

void requirement_tell_quiet(const struct host_facts *facts, struct host_requirement *r)
{
	static const char *const words[QUIET_WAYS] = {
		[QUIET_ISOLATED] = "isolated",
		[QUIET_NOHZ_FULL] = "nohz_full",
		[QUIET_CPUSET] = "isolated by cpusets",
	};
	size_t len = 0;

	for (int by = 0; by < QUIET_WAYS; by++)
		if (*facts->quiet[by])
			len += (size_t)snprintf(r->found + len, sizeof(r->found) - len, "%s%s: %s",
						len ? "; " : "", words[by], facts->quiet[by]);
	if (len)
		snprintf(r->found + len, sizeof(r->found) - len,
			 " (what runs there is counted from outside; each collapse interrupts them)");
	else
		found(r, "none: no CPU is isolated or nohz_full");
}
