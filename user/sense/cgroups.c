// SPDX-License-Identifier: GPL-2.0
#include "sense/cgroups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/textfile.h"

bool cgroup_list_has(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* Cuts the next word off @rest, in place; NULL: there is none. */
static char *next_word(char **rest)
{
	char *word = strsep(rest, " ");

	return word && *word ? word : NULL;
}

/* Only a whole hierarchy, at a place without blanks (they are told as \040): the first of its kind. */
static void take_mount(char place[PATH_MAX], const char *root, const char *point)
{
	if (*place || strcmp(root, "/") || strchr(point, '\\') || strlen(point) >= PATH_MAX)
		return;
	snprintf(place, PATH_MAX, "%s", point);
}

/* "36 35 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate" */
static void take_line(struct cgroup_mounts *mounts, char *line)
{
	char *root, *point, *type, *options, *kind = strstr(line, " - ");

	if (!kind)
		return;
	*kind = '\0';
	kind += 3;
	for (unsigned int i = 0; i < 3; i++)
		next_word(&line);
	root = next_word(&line);
	point = next_word(&line);
	type = next_word(&kind);
	next_word(&kind);
	options = next_word(&kind);
	if (!root || !point || !type)
		return;
	if (!strcmp(type, "cgroup2"))
		take_mount(mounts->v2, root, point);
	else if (!strcmp(type, "cgroup") && options && cgroup_list_has(options, "memory"))
		take_mount(mounts->v1_memory, root, point);
}

void cgroup_mounts_find(struct cgroup_mounts *mounts, const char *proc_root)
{
	char *text, *rest;

	*mounts = (struct cgroup_mounts){0};
	if (textfile_read_all(&text, "%s/self/mountinfo", proc_root))
		return;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		take_line(mounts, line);
	free(text);
}
