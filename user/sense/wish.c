// SPDX-License-Identifier: GPL-2.0
#include "sense/wish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Without the white space and the NUL that `setfattr`, `echo` and C leave at the end. */
static void trim(char *value, size_t len)
{
	value[len] = '\0';
	len = strlen(value);
	while (len && strchr(" \t\n", value[len - 1]))
		value[--len] = '\0';
}

static void ignore(struct wish_ignored *ignored, const char *cgroup, const char *value, bool not_root)
{
	if (*ignored->cgroup)
		return;
	snprintf(ignored->cgroup, sizeof(ignored->cgroup), "%s", *cgroup ? cgroup : "/");
	snprintf(ignored->value, sizeof(ignored->value), "%s", value);
	ignored->not_root = not_root;
}

static bool is_roots(const struct wish_tree *tree, const char *path)
{
	struct stat stat;

	return !lstat(path, &stat) && stat.st_uid == tree->root_uid;
}

static enum owner_word read_one(const struct wish_tree *tree, const char *cgroup,
				struct wish_ignored *ignored)
{
	enum owner_word word = OWNER_SILENT;
	char path[PATH_MAX], value[WISH_VALUE_LEN];
	ssize_t len;

	if (snprintf(path, sizeof(path), "%s%s", tree->mount, cgroup) >= PATH_MAX)
		return OWNER_SILENT;
	len = lgetxattr(path, WISH_XATTR, value, sizeof(value) - 1);
	if (len < 0 && errno != ERANGE)
		return OWNER_SILENT;
	if (len < 0)
		snprintf(value, sizeof(value), "(too long)");
	else
		trim(value, (size_t)len);
	if (!owner_word_parse(value, &word)) {
		ignore(ignored, cgroup, value, false);
	} else if (word > OWNER_OMIT && !is_roots(tree, path)) {
		ignore(ignored, cgroup, value, true);
		word = OWNER_SILENT;
	}
	return word;
}

enum owner_word wish_read(const struct wish_tree *tree, const char *path, struct wish_ignored *ignored)
{
	char cgroup[CGROUP_PATH_LEN];
	enum owner_word word;

	*ignored = (struct wish_ignored){.cgroup = ""};
	if (!*tree->mount || *path != '/' || cgroup_is_outside(path))
		return OWNER_SILENT;
	snprintf(cgroup, sizeof(cgroup), "%s", path[1] ? path : "");
	for (;;) {
		word = read_one(tree, cgroup, ignored);
		if (word != OWNER_SILENT || !*cgroup)
			return word;
		*strrchr(cgroup, '/') = '\0';
	}
}
