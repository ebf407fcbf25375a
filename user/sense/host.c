// SPDX-License-Identifier: GPL-2.0
#include "sense/host.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sense/host_read.h"

/* A newer capability than the headers may know: libc's copy of Debian 11 ends before. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF	    39
#endif

#define THP "kernel/mm/transparent_hugepage" /* below /sys */

/* Fixed numbers of the kernel: include/linux/proc_ns.h. */
#define INITIAL_USER_NS 4026531837ULL
#define INITIAL_PID_NS	4026531836ULL

#define KTHREADD_PID 2

/* Parsing. */

/* The text behind "@key:" at the start of a line, NULL when there is none. */
static const char *line_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

bool host_parse_status(const char *text, struct host_self *self)
{
	const char *uid = line_value(text, "Uid"); /* real, effective, saved, file system */
	const char *caps = line_value(text, "CapEff");
	unsigned int effective;
	uint64_t cap_eff;

	if (!uid || !caps || sscanf(uid, "%*u %u", &effective) != 1 ||
	    sscanf(caps, "%" SCNx64, &cap_eff) != 1)
		return false;
	self->uid0 = effective == 0;
	self->cap_eff = cap_eff;
	return true;
}

bool host_parse_release(const char *release, unsigned int *major, unsigned int *minor)
{
	unsigned int first, second;

	if (sscanf(release, "%u.%u", &first, &second) != 2)
		return false;
	*major = first;
	*minor = second;
	return true;
}

bool host_parse_namespace(const char *link, uint64_t *inode)
{
	const char *open = strchr(link, '[');
	uint64_t value;

	if (!open || sscanf(open, "[%" SCNu64 "]", &value) != 1)
		return false;
	*inode = value;
	return true;
}

bool host_parse_bracketed(const char *text, char *word, size_t size)
{
	const char *open = strchr(text, '[');
	const char *close = open ? strchr(open, ']') : NULL;
	size_t len;

	if (!close)
		return false;
	len = (size_t)(close - open) - 1;
	if (!len || len >= size)
		return false;
	memcpy(word, open + 1, len);
	word[len] = '\0';
	return true;
}

bool host_has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	while (*text) {
		size_t this = strcspn(text, " \t\n");

		if (this == len && !strncmp(text, word, len))
			return true;
		text += this + (text[this] != '\0');
	}
	return false;
}

/* "ffffffff81234560 t damon_va_init"; the address is 0 for who may not know it, the name is told to all. */
bool host_is_symbol_of(const char *kallsyms_line, const char *prefix)
{
	const char *type = strchr(kallsyms_line, ' ');

	return type && type[1] && type[2] == ' ' && !strncmp(type + 3, prefix, strlen(prefix));
}

/* Reading. */

static enum host_answer namespace_is(const char *proc, const char *which, uint64_t initial)
{
	char path[PATH_MAX], link[64];
	uint64_t inode;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/self/ns/%s", proc, which);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return HOST_UNKNOWN;
	link[len] = '\0';
	if (!host_parse_namespace(link, &inode))
		return HOST_UNKNOWN;
	return inode == initial ? HOST_YES : HOST_NO;
}

static int read_self(const char *proc, struct host_facts *facts)
{
	char text[HOST_TEXT_LEN];
	int err;

	err = host_read_text(text, sizeof(text), proc, "self/status");
	if (err)
		return err;
	if (!host_parse_status(text, &facts->self))
		return -EINVAL;
	err = host_read_text(facts->release, sizeof(facts->release), proc, "sys/kernel/osrelease");
	if (err)
		return err;
	if (!host_parse_release(facts->release, &facts->major, &facts->minor))
		return -EINVAL;
	facts->self.initial_pid_ns = namespace_is(proc, "pid", INITIAL_PID_NS);
	facts->self.initial_user_ns = namespace_is(proc, "user", INITIAL_USER_NS);
	return 0;
}

bool host_may_bpf(const struct host_self *self)
{
	const uint64_t both = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;

	return self->initial_user_ns != HOST_NO &&
	       (self->cap_eff & 1ULL << CAP_SYS_ADMIN || (self->cap_eff & both) == both);
}

bool host_may_damon(const struct host_self *self)
{
	return self->initial_user_ns != HOST_NO && (self->uid0 || self->cap_eff & 1ULL << CAP_DAC_OVERRIDE);
}

bool host_may_collapse(const struct host_self *self)
{
	const uint64_t both = 1ULL << CAP_SYS_NICE | 1ULL << CAP_SYS_PTRACE;
	const uint64_t readers = 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_DAC_OVERRIDE;

	return (self->cap_eff & both) == both && self->cap_eff & readers;
}

static void read_thp(const char *sys, struct host_facts *facts)
{
	char text[HOST_TEXT_LEN];
	long long bytes;

	facts->thp = host_exists(sys, THP "/enabled");
	if (!host_read_text(text, sizeof(text), sys, THP "/enabled"))
		host_parse_bracketed(text, facts->thp_mode, sizeof(facts->thp_mode));
	if (!host_read_int(&bytes, sys, THP "/hpage_pmd_size") && bytes > 0)
		facts->pmd_size_bytes = (uint64_t)bytes;
}

static enum host_answer read_psi(const char *proc)
{
	char text[HOST_TEXT_LEN];
	int err = host_read_text(text, sizeof(text), proc, "pressure/memory");

	return err == -EOPNOTSUPP ? HOST_NO : host_answer_of(err);
}

/* Without nohz_full= its list is "(null)". */
static void read_quiet(const char *sys, struct host_facts *facts)
{
	for (int by = 0; by < QUIET_WAYS; by++) {
		char *list = facts->quiet[by];

		if (host_read_word(list, HOST_CPUS_LEN, sys, "%s", quiet_path((enum quiet_by)by)) ||
		    *list == '(')
			*list = '\0';
	}
}

int host_facts_read(const struct host_roots *roots, struct host_facts *facts)
{
	struct host_roots at = roots ? *roots : (struct host_roots){0};
	struct host_facts found = {0};
	int err;

	at.proc = at.proc ? at.proc : "/proc";
	at.sys = at.sys ? at.sys : "/sys";
	at.state_dir = at.state_dir ? at.state_dir : "/run/hotdamon";
	err = read_self(at.proc, &found);
	if (!err)
		err = host_bpf_read(&at, &found);
	if (!err)
		err = host_damon_read(&at, &found);
	if (err)
		return err;
	read_thp(at.sys, &found);
	found.psi = read_psi(at.proc);
	read_quiet(at.sys, &found);
	*facts = found;
	return 0;
}

bool host_kernel_since(const struct host_facts *facts, unsigned int major, unsigned int minor)
{
	return facts->major > major || (facts->major == major && facts->minor >= minor);
}
