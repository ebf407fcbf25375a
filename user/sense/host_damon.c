// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
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

static void read_own(const struct host_roots *roots, struct host_own *own)
{
	int dir_fd = dir_open(roots->state_dir, NULL);
	char comm[HOST_WORD_LEN + 1], *text;

	own->pinned = host_exists(roots->sys, "fs/bpf/hotdamon");
	if (dir_fd < 0)
		return;
	if (!dir_read(dir_fd, "status.json", &text)) {
		host_parse_own(text, own);
		free(text);
	}
	close(dir_fd);
	if (own->daemon_pid && !host_read_word(comm, sizeof(comm), roots->proc, "%d/comm", own->daemon_pid))
		own->alive = !strcmp(comm, "hotdamon");
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
	 * Started within the last tick, a seat is not in the status file yet and looks foreign until it
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

/*
 * avail_operations (5.19+) is there for each context, and right; else the names of the kernel's
 * functions tell.
 */
static void read_vaddr(const struct host_roots *roots, struct host_facts *facts)
{
	char path[PATH_MAX], text[HOST_TEXT_LEN], *line = NULL;
	size_t size = 0;
	FILE *file;

	for (unsigned int i = 0; i < facts->nr_kdamonds && i < HOST_MAX_KDAMONDS; i++) {
		if (host_read_text(text, sizeof(text), roots->sys, KDAMONDS "/%u/contexts/0/avail_operations",
				   i))
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

	module->present = host_exists(sys, "module/%s/parameters/enabled", name);
	if (module->present == HOST_NO)
		module->off = HOST_YES;
	else if (!host_read_word(enabled, sizeof(enabled), sys, "module/%s/parameters/enabled", name))
		module->off = *enabled == 'Y' || *enabled == '1' ? HOST_NO : HOST_YES;
}

void host_damon_read(const struct host_roots *roots, struct host_facts *facts)
{
	read_own(roots, &facts->own);
	read_kdamonds(roots->sys, facts);
	read_vaddr(roots, facts);
	for (unsigned int i = 0; i < HOST_MODULES; i++)
		read_module(roots->sys, module_names[i], &facts->modules[i]);
}
