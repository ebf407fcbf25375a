/* SPDX-License-Identifier: GPL-2.0 */
/* Plain files below a temporary directory, in place of sysfs, bpffs or a state directory. */
#ifndef HOTDAMON_TESTS_TREE_H
#define HOTDAMON_TESTS_TREE_H

#include "cm.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name of @path below @root; good until the next call. */
static inline const char *tree_at(const char *root, const char *path)
{
	static char full[PATH_MAX];

	snprintf(full, sizeof(full), "%.1000s/%.2000s", root, path);
	return full;
}

/* The directories that it is in. */
static inline void tree_make_parents(const char *root, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s", tree_at(root, path));
	for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
}

/* Makes the file, and the directories that it is in. */
static inline void tree_put_bytes(const char *root, const char *path, const void *bytes, size_t size)
{
	FILE *file;

	tree_make_parents(root, path);
	file = fopen(tree_at(root, path), "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void tree_put(const char *root, const char *path, const char *text)
{
	tree_put_bytes(root, path, text, strlen(text));
}

static inline void tree_drop(const char *root, const char *path)
{
	assert_int_equal(unlink(tree_at(root, path)), 0);
}

static inline void tree_link(const char *root, const char *path, const char *target)
{
	assert_int_equal(symlink(target, tree_at(root, path)), 0);
}

/* A knob that takes no value: ENOSPC stands for whatever a kernel says. */
static inline void tree_refuse(const char *root, const char *path)
{
	tree_put(root, path, "");
	tree_drop(root, path);
	tree_link(root, path, "/dev/full");
}

static inline bool tree_has(const char *root, const char *path)
{
	struct stat held;

	return !lstat(tree_at(root, path), &held);
}

/* The first @size - 1 bytes of what the file holds. */
static inline void tree_get(const char *root, const char *path, char *text, size_t size)
{
	FILE *file = fopen(tree_at(root, path), "re");
	size_t got;

	assert_non_null(file);
	got = fread(text, 1, size - 1, file);
	fclose(file);
	text[got] = '\0';
}

/* Its first line. */
static inline void assert_tree_holds(const char *root, const char *path, const char *want)
{
	char text[64];

	tree_get(root, path, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, want);
}

static inline int tree_remove_one(const char *path, const struct stat *held, int type, struct FTW *ftw)
{
	(void)held;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_remove(const char *root)
{
	nftw(root, tree_remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

#endif
