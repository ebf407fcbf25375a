// SPDX-License-Identifier: GPL-2.0
#include "sense/host.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "decide/process.h"
#include "sense/tlb.h"

/* A newer capability than the headers may know: libc's copy of Debian 11 ends before. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF	    39
#endif

#define KDAMONDS "kernel/mm/damon/admin/kdamonds" /* below /sys */
#define THP	 "kernel/mm/transparent_hugepage"
#define BPFFS	 "fs/bpf"

/* Fixed numbers of the kernel: include/linux/proc_ns.h. */
#define INITIAL_USER_NS 4026531837ULL
#define INITIAL_PID_NS	4026531836ULL

/*
 * DAMON's lock is held while a command is in flight: mostly one sample interval, at worst an apply
 * interval.
 */
#define BUSY_TRIES   10
#define BUSY_WAIT_NS (20 * 1000 * 1000L)

#define KTHREADD_PID 2

#define TEXT_LEN 4096 /* of the files that are read whole; sysfs gives at most a page */

static const char *const module_names[HOST_MODULES] = {
	[HOST_DAMON_STAT] = "damon_stat",
	[HOST_DAMON_RECLAIM] = "damon_reclaim",
	[HOST_DAMON_LRU_SORT] = "damon_lru_sort",
};

static const char *const tracepoint_names[HOST_TRACEPOINTS] = {
	[HOST_TP_SCHED_SWITCH] = "sched_switch",
	[HOST_TP_SCHED_PROCESS_EXIT] = "sched_process_exit",
	[HOST_TP_SCHED_PROCESS_EXEC] = "sched_process_exec",
	[HOST_TP_TASK_RENAME] = "task_rename",
	[HOST_TP_DAMON_AGGREGATED] = "damon_aggregated",
	[HOST_TP_MM_COLLAPSE_HUGE_PAGE] = "mm_collapse_huge_page",
	[HOST_TP_MM_KHUGEPAGED_SCAN_PMD] = "mm_khugepaged_scan_pmd",
};

const char *host_module_name(enum host_module module)
{
	return module_names[module];
}

const char *host_tracepoint_name(enum host_tracepoint tracepoint)
{
	return tracepoint_names[tracepoint];
}

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

static pid_t json_pid(struct json_object *object, const char *key)
{
	int64_t pid = json_object_get_int64(json_object_object_get(object, key));

	return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

bool host_parse_own(const char *json, struct host_own *own)
{
	struct json_object *root = json_tokener_parse(json);
	struct json_object *targets = json_object_object_get(root, "targets");
	bool is_object = json_object_is_type(root, json_type_object);
	size_t n = json_object_is_type(targets, json_type_array) ? json_object_array_length(targets) : 0;

	if (is_object) {
		own->daemon_pid = json_pid(root, "pid");
		own->nr_kdamonds = 0;
	}
	for (size_t i = 0; i < n && own->nr_kdamonds < HOST_MAX_OWN; i++) {
		pid_t pid = json_pid(json_object_array_get_idx(targets, i), "kdamond_pid");

		if (pid)
			own->kdamonds[own->nr_kdamonds++] = pid;
	}
	json_object_put(root);
	return is_object;
}

/* Reading. */

static int path_in(char path[PATH_MAX], const char *root, const char *format, va_list args)
{
	int len = snprintf(path, PATH_MAX, "%s/", root);

	if (len < 0 || len >= PATH_MAX)
		return -ENAMETOOLONG;
	vsnprintf(path + len, PATH_MAX - (size_t)len, format, args);
	return 0;
}

static int read_once(const char *path, char *text, size_t size)
{
	ssize_t len;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return 0;
}

/* Reads a small file into @text without its last newline; 0 or -errno. EBUSY is waited out for a while. */
__attribute__((format(printf, 4, 5))) static int read_text(char *text, size_t size, const char *root,
							   const char *format, ...)
{
	const struct timespec pause = {.tv_nsec = BUSY_WAIT_NS};
	char path[PATH_MAX];
	va_list args;
	int err;

	va_start(args, format);
	err = path_in(path, root, format, args);
	va_end(args);
	if (err)
		return err;
	err = read_once(path, text, size);
	for (int i = 1; err == -EBUSY && i < BUSY_TRIES; i++) {
		nanosleep(&pause, NULL);
		err = read_once(path, text, size);
	}
	return err;
}

/* Of an errno or -errno: what is not there is NO, what is not for us to see is UNKNOWN. */
static enum host_answer answer_of(int err)
{
	switch (abs(err)) {
	case 0:
		return HOST_YES;
	case ENOENT:
	case ENOTDIR:
		return HOST_NO;
	default:
		return HOST_UNKNOWN;
	}
}

__attribute__((format(printf, 2, 3))) static enum host_answer exists(const char *root, const char *format,
								     ...)
{
	char path[PATH_MAX];
	va_list args;
	int err;

	va_start(args, format);
	err = path_in(path, root, format, args);
	va_end(args);
	if (err)
		return HOST_UNKNOWN;
	return answer_of(access(path, F_OK) ? errno : 0);
}

/* One short word, cut to @size; "" when it cannot be read. */
__attribute__((format(printf, 4, 5))) static int read_word(char *word, size_t size, const char *root,
							   const char *format, ...)
{
	char text[TEXT_LEN], relative[PATH_MAX];
	va_list args;
	int err;

	va_start(args, format);
	vsnprintf(relative, sizeof(relative), format, args);
	va_end(args);
	err = read_text(text, sizeof(text), root, "%s", relative);
	snprintf(word, size, "%.*s", (int)size - 1, err ? "" : text);
	return err;
}

__attribute__((format(printf, 3, 4))) static int read_int(long long *value, const char *root,
							  const char *format, ...)
{
	char text[32], relative[PATH_MAX], *end;
	long long parsed;
	va_list args;
	int err;

	va_start(args, format);
	vsnprintf(relative, sizeof(relative), format, args);
	va_end(args);
	err = read_text(text, sizeof(text), root, "%s", relative);
	if (err)
		return err;
	errno = 0;
	parsed = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return -EINVAL;
	*value = parsed;
	return 0;
}

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
	char text[TEXT_LEN];
	int err;

	err = read_text(text, sizeof(text), proc, "self/status");
	if (err)
		return err;
	if (!host_parse_status(text, &facts->self))
		return -EINVAL;
	err = read_text(facts->release, sizeof(facts->release), proc, "sys/kernel/osrelease");
	if (err)
		return err;
	if (!host_parse_release(facts->release, &facts->major, &facts->minor))
		return -EINVAL;
	facts->self.initial_pid_ns = namespace_is(proc, "pid", INITIAL_PID_NS);
	facts->self.initial_user_ns = namespace_is(proc, "user", INITIAL_USER_NS);
	return 0;
}

/* Whether the enum @type has the value @name. */
static enum host_answer enum_has(const struct btf *btf, const char *type, const char *name)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (unsigned int)id);

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__str_by_offset(btf, btf_enum(t)[i].name_off), name))
			return HOST_YES;
	return HOST_NO;
}

static void read_scan_results(const struct btf *btf, struct host_facts *facts)
{
	int id = btf__find_by_name_kind(btf, "scan_result", BTF_KIND_ENUM);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (unsigned int)id);

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

static void read_btf(const char *sys, struct host_facts *facts)
{
	char path[PATH_MAX], name[64];
	struct btf *btf;

	snprintf(path, sizeof(path), "%s/kernel/btf/vmlinux", sys);
	errno = 0;
	btf = btf__parse(path, NULL);
	facts->btf = btf ? HOST_YES : answer_of(errno ? errno : EINVAL);
	if (!btf)
		return;
	for (unsigned int i = 0; i < HOST_TRACEPOINTS; i++) {
		snprintf(name, sizeof(name), "btf_trace_%s", tracepoint_names[i]);
		facts->tracepoints[i] =
			btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) < 0 ? HOST_NO : HOST_YES;
	}
	facts->collapse_action = enum_has(btf, "damos_action", "DAMOS_COLLAPSE");
	facts->hugepage_filter = enum_has(btf, "damos_filter_type", "DAMOS_FILTER_TYPE_HUGEPAGE_SIZE");
	read_scan_results(btf, facts);
	btf__free(btf);
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

static void read_bpf(const struct host_roots *roots, struct host_facts *facts)
{
	struct statfs fs;
	char path[PATH_MAX];
	int supported;

	snprintf(path, sizeof(path), "%s/%s", roots->sys, BPFFS);
	if (statfs(path, &fs))
		facts->bpffs = answer_of(errno);
	else
		facts->bpffs = (unsigned long)fs.f_type == BPF_FS_MAGIC ? HOST_YES : HOST_NO;

	/* Without the capability every map is refused, and that says nothing about its type. */
	if (roots->no_bpf_probe || !host_may_bpf(&facts->self))
		return;
	supported = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL);
	if (supported >= 0)
		facts->task_storage = supported ? HOST_YES : HOST_NO;
	supported = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, NULL);
	if (supported >= 0)
		facts->bpf_loop = supported ? HOST_YES : HOST_NO;
}

/* Without the capability all is refused, and that says nothing of the CPU. */
static void read_pmu(const struct host_roots *roots, struct host_facts *facts)
{
	int err;

	if (roots->no_bpf_probe || !host_may_bpf(&facts->self))
		return;
	err = tlb_probe();
	if (!err)
		facts->pmu = HOST_YES;
	else if (err == -ENOENT || err == -EOPNOTSUPP || err == -ENODEV || err == -ENOSYS)
		facts->pmu = HOST_NO;
}

static void read_own(const struct host_roots *roots, struct host_own *own)
{
	char path[PATH_MAX], comm[HOST_WORD_LEN + 1], *text = NULL;
	size_t size = 0;
	FILE *file;

	own->pinned = exists(roots->sys, "%s/hotdamon", BPFFS);
	snprintf(path, sizeof(path), "%s/status.json", roots->state_dir);
	file = fopen(path, "re");
	if (!file)
		return;
	if (getdelim(&text, &size, '\0', file) > 0)
		host_parse_own(text, own);
	free(text);
	fclose(file);
	if (own->daemon_pid && !read_word(comm, sizeof(comm), roots->proc, "%d/comm", own->daemon_pid))
		own->alive = !strcmp(comm, "hotdamon");
}

static void read_targets(const char *sys, struct host_kdamond *kdamond)
{
	long long nr, pid;

	if (read_int(&nr, sys, KDAMONDS "/%u/contexts/0/targets/nr_targets", kdamond->slot))
		return;
	for (int i = 0; i < nr && kdamond->nr_targets < HOST_MAX_TARGETS; i++)
		if (!read_int(&pid, sys, KDAMONDS "/%u/contexts/0/targets/%d/pid_target", kdamond->slot, i))
			kdamond->targets[kdamond->nr_targets++] = (pid_t)pid;
}

static enum host_kdamond_owner owner_of(const struct host_kdamond *kdamond, const struct host_own *own)
{
	for (size_t i = 0; i < own->nr_kdamonds; i++)
		if (own->kdamonds[i] == kdamond->pid)
			return HOST_OWNER_OURS;
	if (!*kdamond->state)
		return HOST_OWNER_UNKNOWN;
	/*
	 * Started within the last tick, a slot is not in the status file yet and looks foreign until it
	 * is.
	 */
	if (!strcmp(kdamond->state, "on"))
		return HOST_OWNER_FOREIGN;
	/*
	 * One writer makes all directories at once: beside a living hotdamon, what is idle or busy is
	 * its own.
	 */
	if (own->alive)
		return HOST_OWNER_OURS;
	if (!strcmp(kdamond->state, "off") && !kdamond->nr_contexts)
		return HOST_OWNER_NOBODY;
	return HOST_OWNER_FOREIGN;
}

static void read_kdamond(const char *sys, const struct host_own *own, struct host_kdamond *kdamond)
{
	long long value;

	if (read_word(kdamond->state, sizeof(kdamond->state), sys, KDAMONDS "/%u/state", kdamond->slot) ==
	    -EBUSY)
		snprintf(kdamond->state, sizeof(kdamond->state), "busy");
	kdamond->pid = read_int(&value, sys, KDAMONDS "/%u/pid", kdamond->slot) ? -1 : (pid_t)value;
	kdamond->nr_contexts =
		read_int(&value, sys, KDAMONDS "/%u/contexts/nr_contexts", kdamond->slot) ? -1 : (int)value;
	read_word(kdamond->operations, sizeof(kdamond->operations), sys, KDAMONDS "/%u/contexts/0/operations",
		  kdamond->slot);
	if (strcmp(kdamond->operations, "paddr"))
		read_targets(sys, kdamond);
	kdamond->owner = owner_of(kdamond, own);
}

static void read_kdamonds(const char *sys, struct host_facts *facts)
{
	long long nr = 0;
	int err;

	facts->damon_sysfs = exists(sys, KDAMONDS);
	if (facts->damon_sysfs != HOST_YES)
		return;
	err = read_int(&nr, sys, KDAMONDS "/nr_kdamonds");
	facts->kdamonds_readable = err ? HOST_UNKNOWN : HOST_YES;
	if (err) /* the directories are seen by all, what is in them is root's */
		while (nr < HOST_MAX_KDAMONDS && exists(sys, KDAMONDS "/%lld", nr) == HOST_YES)
			nr++;
	facts->nr_kdamonds = (unsigned int)nr;
	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++) {
		facts->kdamonds[i].slot = i;
		read_kdamond(sys, &facts->own, &facts->kdamonds[i]);
	}
}

/*
 * avail_operations (5.19+) is there for each context, and right; else the names of the kernel's
 * functions tell.
 */
static void read_vaddr(const struct host_roots *roots, struct host_facts *facts)
{
	char path[PATH_MAX], text[TEXT_LEN], *line = NULL;
	size_t size = 0;
	FILE *file;

	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++) {
		if (read_text(text, sizeof(text), roots->sys, KDAMONDS "/%u/contexts/0/avail_operations", i))
			continue;
		facts->vaddr = host_has_word(text, "vaddr") ? HOST_YES : HOST_NO;
		facts->vaddr_source = "avail_operations of a kdamond";
		return;
	}
	snprintf(path, sizeof(path), "%s/kallsyms", roots->proc);
	file = fopen(path, "re");
	if (!file)
		return;
	while (facts->vaddr != HOST_YES && getline(&line, &size, file) > 0)
		facts->vaddr = host_is_symbol_of(line, "damon_va_") ? HOST_YES : HOST_NO;
	if (facts->vaddr != HOST_UNKNOWN)
		facts->vaddr_source = "damon_va_ symbols in kallsyms";
	free(line);
	fclose(file);
}

static void read_module(const char *sys, const char *name, struct host_module_facts *module)
{
	char enabled[HOST_WORD_LEN];

	module->present = exists(sys, "module/%s/parameters/enabled", name);
	if (module->present == HOST_NO)
		module->enabled = HOST_NO;
	else if (!read_word(enabled, sizeof(enabled), sys, "module/%s/parameters/enabled", name))
		module->enabled = *enabled == 'Y' || *enabled == '1' ? HOST_YES : HOST_NO;
}

/* A kernel thread: any process may call itself so, but the parent of none is kthreadd. */
static bool is_khugepaged(const char *proc, const char *pid)
{
	char text[TEXT_LEN];
	const char *rest;
	int parent;

	if (read_text(text, sizeof(text), proc, "%s/stat", pid) || !strstr(text, " (khugepaged) "))
		return false;
	rest = strrchr(text, ')');
	return sscanf(rest + 1, " %*c %d", &parent) == 1 && parent == KTHREADD_PID;
}

static pid_t find_khugepaged(const char *proc)
{
	DIR *dir = opendir(proc);
	struct dirent *entry;
	pid_t found = 0;

	while (dir && !found && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name) && is_khugepaged(proc, entry->d_name))
			found = (pid_t)strtol(entry->d_name, NULL, 10);
	if (dir)
		closedir(dir);
	return found;
}

static void read_thp(const char *proc, const char *sys, struct host_facts *facts)
{
	char text[TEXT_LEN];
	long long bytes;

	facts->khugepaged_pid = find_khugepaged(proc);
	facts->thp = exists(sys, THP "/enabled");
	if (!read_text(text, sizeof(text), sys, THP "/enabled"))
		host_parse_bracketed(text, facts->thp_mode, sizeof(facts->thp_mode));
	if (!read_int(&bytes, sys, THP "/hpage_pmd_size") && bytes > 0)
		facts->pmd_size_bytes = (uint64_t)bytes;
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
	if (err)
		return err;
	read_btf(at.sys, &found);
	read_bpf(&at, &found);
	read_pmu(&at, &found);
	read_own(&at, &found.own);
	read_kdamonds(at.sys, &found);
	read_vaddr(&at, &found);
	for (unsigned int i = 0; i < HOST_MODULES; i++)
		read_module(at.sys, module_names[i], &found.modules[i]);
	read_thp(at.proc, at.sys, &found);
	*facts = found;
	return 0;
}

bool host_kernel_since(const struct host_facts *facts, unsigned int major, unsigned int minor)
{
	return facts->major > major || (facts->major == major && facts->minor >= minor);
}

bool host_can_watch(const struct host_facts *facts)
{
	return facts->damon_sysfs != HOST_NO && facts->vaddr != HOST_NO && facts->thp != HOST_NO;
}

bool host_can_damos(const struct host_facts *facts)
{
	return host_can_watch(facts) && facts->collapse_action == HOST_YES;
}

bool host_can_madvise(const struct host_facts *facts)
{
	bool may = host_may_collapse(&facts->self) && !facts->collapse_err;

	return host_can_watch(facts) && host_kernel_since(facts, 6, 1) &&
	       (may || !host_may_bpf(&facts->self));
}

bool host_can_hint(const struct host_facts *facts)
{
	return host_can_watch(facts) && facts->khugepaged_pid > 0;
}
