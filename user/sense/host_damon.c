// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/dir.h"
#include "base/json.h"
#include "base/passing.h"
#include "sense/host_read.h"

#define KDAMONDS "kernel/mm/damon/admin/kdamonds" /* below /sys */

static const char *const module_names[HOST_MODULES] = {
	[HOST_DAMON_STAT] = "damon_stat",
	[HOST_DAMON_RECLAIM] = "damon_reclaim",
	[HOST_DAMON_LRU_SORT] = "damon_lru_sort",
};

const char *host_module_name(enum host_module module)
{
	return module_names[module];
}

static pid_t json_pid(struct json_object *object, const char *key)
{
	int64_t pid = json_object_get_int64(json_object_object_get(object, key));

	return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static void take_own(struct json_object *root, struct host_own *own)
{
	struct json_object *targets = json_object_object_get(root, "targets");
	size_t n = json_object_is_type(targets, json_type_array) ? json_object_array_length(targets) : 0;

	own->daemon_pid = json_pid(root, "pid");
	own->nr_kdamonds = 0;
	for (size_t i = 0; i < n && own->nr_kdamonds < HOST_MAX_OWN; i++) {
		pid_t pid = json_pid(json_object_array_get_idx(targets, i), "kdamond_pid");

		if (pid)
			own->kdamonds[own->nr_kdamonds++] = pid;
	}
}

int host_parse_own(const char *text, struct host_own *own)
{
	struct json_object *root;
	int err = json_parse(text, &root);

	if (!err && !json_object_is_type(root, json_type_object))
		err = -EINVAL;
	if (!err)
		take_own(root, own);
	json_object_put(root);
	return err;
}

static int read_status(const char *state_dir, struct host_own *own)
{
	int dir_fd = dir_open(state_dir, NULL), err;
	char *text;

	if (dir_fd < 0)
		return dir_fd;
	err = dir_read(dir_fd, "status.json", &text);
	close(dir_fd);
	if (err)
		return err;
	err = host_parse_own(text, own);
	free(text);
	return err;
}

/* What is not there, or is no status, is not ours. */
static int read_own(const struct host_roots *roots, struct host_own *own)
{
	char comm[HOST_WORD_LEN + 1];
	int err = read_status(roots->state_dir, own);

	if (err_is_passing(err))
		return err;
	own->pinned = host_exists(roots->sys, "fs/bpf/hotdamon");
	if (own->daemon_pid && !host_read_word(comm, sizeof(comm), roots->proc, "%d/comm", own->daemon_pid))
		own->alive = !strcmp(comm, "hotdamon");
	return 0;
}

static void read_targets(const char *sys, struct host_kdamond *kdamond)
{
	long long nr, pid;

	if (host_read_int(&nr, sys, KDAMONDS "/%u/contexts/0/targets/nr_targets", kdamond->number))
		return;
	for (int i = 0; i < nr && kdamond->nr_targets < HOST_MAX_TARGETS; i++)
		if (!host_read_int(&pid, sys, KDAMONDS "/%u/contexts/0/targets/%d/pid_target",
				   kdamond->number, i))
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
	 * Started within the last tick, a seat is not in the status file yet and looks foreign until it is.
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

	if (host_read_word(kdamond->state, sizeof(kdamond->state), sys, KDAMONDS "/%u/state",
			   kdamond->number) == -EBUSY)
		snprintf(kdamond->state, sizeof(kdamond->state), "busy");
	kdamond->pid = host_read_int(&value, sys, KDAMONDS "/%u/pid", kdamond->number) ? -1 : (pid_t)value;
	kdamond->nr_contexts =
		host_read_int(&value, sys, KDAMONDS "/%u/contexts/nr_contexts", kdamond->number) ? -1
												 : (int)value;
	host_read_word(kdamond->operations, sizeof(kdamond->operations), sys,
		       KDAMONDS "/%u/contexts/0/operations", kdamond->number);
	if (strcmp(kdamond->operations, "paddr"))
		read_targets(sys, kdamond);
	kdamond->owner = owner_of(kdamond, own);
}

static void read_kdamonds(const char *sys, struct host_facts *facts)
{
	long long nr = 0;
	int err;

	facts->damon_sysfs = host_exists(sys, KDAMONDS);
	if (facts->damon_sysfs != HOST_YES)
		return;
	err = host_read_int(&nr, sys, KDAMONDS "/nr_kdamonds");
	facts->kdamonds_readable = err ? HOST_UNKNOWN : HOST_YES;
	if (err) /* the directories are seen by all, what is in them is root's */
		while (nr < HOST_MAX_KDAMONDS && host_exists(sys, KDAMONDS "/%lld", nr) == HOST_YES)
			nr++;
	facts->nr_kdamonds = (unsigned int)nr;
	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++) {
		facts->kdamonds[i].number = i;
		read_kdamond(sys, &facts->own, &facts->kdamonds[i]);
	}
}

static int read_symbols(const char *proc, struct host_facts *facts)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	FILE *file;
	int err;

	snprintf(path, sizeof(path), "%s/kallsyms", proc);
	file = fopen(path, "re");
	if (!file)
		return err_is_passing(errno) ? -errno : 0;
	errno = 0;
	while (facts->vaddr != HOST_YES && getline(&line, &size, file) > 0)
		facts->vaddr = host_is_symbol_of(line, "damon_va_") ? HOST_YES : HOST_NO;
	err = facts->vaddr != HOST_YES && err_is_passing(errno) ? -errno : 0;
	if (facts->vaddr != HOST_UNKNOWN)
		facts->vaddr_source = "damon_va_ symbols in kallsyms";
	free(line);
	fclose(file);
	return err;
}

/*
 * avail_operations (5.19+) is there for each context, and right; else the names of the kernel's
 * functions tell. One file of the kernel has both, so what its BTF says of fvaddr holds where vaddr is built in.
 */
static int read_vaddr(const struct host_roots *roots, struct host_facts *facts)
{
	char text[HOST_TEXT_LEN];
	int err;

	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++) {
		if (host_read_text(text, sizeof(text), roots->sys, KDAMONDS "/%u/contexts/0/avail_operations",
				   i))
			continue;
		facts->vaddr = host_has_word(text, "vaddr") ? HOST_YES : HOST_NO;
		facts->fvaddr = host_has_word(text, "fvaddr") ? HOST_YES : HOST_NO;
		facts->vaddr_source = "avail_operations of a kdamond";
		return 0;
	}
	err = read_symbols(roots->proc, facts);
	if (facts->vaddr != HOST_YES)
		facts->fvaddr = facts->vaddr;
	return err;
}

static void read_module(const char *sys, const char *name, struct host_module_facts *module)
{
	char enabled[HOST_WORD_LEN];

	module->present = host_exists(sys, "module/%s/parameters/enabled", name);
	if (module->present == HOST_NO)
		module->off = HOST_YES;
	else if (!host_read_word(enabled, sizeof(enabled), sys, "module/%s/parameters/enabled", name))
		module->off = *enabled == 'Y' || *enabled == '1' ? HOST_NO : HOST_YES;
}

int host_damon_read(const struct host_roots *roots, struct host_facts *facts)
{
	int err = read_own(roots, &facts->own);

	if (err)
		return err;
	read_kdamonds(roots->sys, facts);
	err = read_vaddr(roots, facts);
	for (unsigned int i = 0; i < HOST_MODULES; i++)
		read_module(roots->sys, module_names[i], &facts->modules[i]);
	return err;
}
