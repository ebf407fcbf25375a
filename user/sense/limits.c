// SPDX-License-Identifier: GPL-2.0
#include "sense/limits.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/textfile.h"
#include "sense/owner.h"
#include "sense/pressure.h"

#define NUMBER_BYTES 32		  /* a number of 64 bits, and more than that */
#define PSI_BYTES    512	  /* two lines of four numbers */
#define V1_UNLIMITED (1ULL << 62) /* it tells so much and more where there is no limit */

struct files {
	const char *used, *max, *high, *pressure; /* NULL: it has none */
};

static const struct files v2_files = {"memory.current", "memory.max", "memory.high", "memory.pressure"};
static const struct files v1_files = {"memory.usage_in_bytes", "memory.limit_in_bytes", NULL, NULL};

/* ---- a level ---- */

/* "max", or a number and no more. */
static int parse_bytes(const char *text, uint64_t *bytes)
{
	unsigned long long number;
	char *end;

	if (!strcmp(text, "max\n") || !strcmp(text, "max")) {
		*bytes = ROOM_UNLIMITED;
		return 0;
	}
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || (*end && strcmp(end, "\n")))
		return -EINVAL;
	*bytes = number;
	return 0;
}

static int read_bytes(const char *dir, const char *name, uint64_t *bytes)
{
	char text[NUMBER_BYTES];
	ssize_t len = textfile_read(text, sizeof(text), "%s/%s", dir, name);

	return len < 0 ? (int)len : parse_bytes(text, bytes);
}

/* It may be off, for the host or for the group. */
static void read_pressure(const char *dir, const char *name, struct room_level *level)
{
	struct memory_pressure pressure = {0};
	char text[PSI_BYTES];

	if (textfile_read(text, sizeof(text), "%s/%s", dir, name) <= 0 ||
	    !pressure_parse_psi(text, &pressure))
		return;
	level->psi_known = true;
	level->some_avg10_pct = pressure.some_avg10_pct;
	level->full_avg10_pct = pressure.full_avg10_pct;
}

/* -ENOENT: memory is not counted here, which is so at the root, and where the group above does not ask for it. */
static int read_level(const char *dir, const struct files *files, struct room_level *level)
{
	int err = read_bytes(dir, files->used, &level->used_bytes);

	level->high_bytes = ROOM_UNLIMITED;
	if (!err)
		err = read_bytes(dir, files->max, &level->max_bytes);
	if (!err && files->high)
		err = read_bytes(dir, files->high, &level->high_bytes);
	if (!err && level->max_bytes >= V1_UNLIMITED)
		level->max_bytes = ROOM_UNLIMITED;
	if (!err && files->pressure)
		read_pressure(dir, files->pressure, level);
	return err;
}

/* ---- a process ---- */

/* The path of its group, cut out of @text in place; *@files says of which kind. NULL: it has none that counts memory. */
static char *find_group(char *text, const struct files **files)
{
	char *v2 = NULL;

	for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
		char *controllers = strchr(line, ':'),
		     *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		controllers++;
		if (cgroup_list_has(controllers, "memory")) {
			*files = &v1_files;
			return path;
		}
		if (!*controllers)
			v2 = path;
	}
	*files = &v2_files;
	return v2;
}

/* From the group in @dir up to the mount, of which the first @stem bytes are. */
static int read_levels(char *dir, size_t stem, const struct files *files,
		       struct room_level levels[LIMITS_LEVELS], size_t *n)
{
	for (unsigned int above = 0;; above++) {
		char *slash;
		int err;

		if (above == LIMITS_LEVELS)
			return -E2BIG;
		levels[*n] = (struct room_level){.above = above};
		err = read_level(dir, files, &levels[*n]);
		if (err && err != -ENOENT)
			return err;
		*n += !err;
		slash = strrchr(dir + stem, '/');
		if (!slash)
			return 0;
		*slash = '\0';
	}
}

static int read_group(const char *mount, const char *root, const char *path, const struct files *files,
		      struct room_level levels[LIMITS_LEVELS], size_t *n)
{
	char dir[PATH_MAX];
	size_t stem = strlen(root) + strlen(mount);
	int len;

	if (!strcmp(path, "/"))
		path = "";
	if (!*mount)
		return *path ? -ENOENT : 0; /* the root's memory is bounded by nothing but the host's */
	if (cgroup_is_outside(path))
		return -ENOENT;
	len = snprintf(dir, sizeof(dir), "%s%s%s", root, mount, path);
	if (len < 0 || (size_t)len >= sizeof(dir))
		return -E2BIG;
	if (access(dir, F_OK))
		return -ENOENT;
	return read_levels(dir, stem, files, levels, n);
}

int limits_read(const struct cgroup_mounts *mounts, const char *root, uint32_t pid,
		struct room_level levels[LIMITS_LEVELS], size_t *n)
{
	const struct files *files;
	char *text, *path;
	int err;

	*n = 0;
	err = textfile_read_all(&text, "%s/proc/%u/cgroup", root, pid);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	path = find_group(text, &files);
	if (path)
		err = read_group(files == &v1_files ? mounts->v1_memory : mounts->v2, root, path, files,
				 levels, n);
	free(text);
	if (err)
		*n = 0;
	return err;
}
