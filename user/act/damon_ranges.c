// SPDX-License-Identifier: GPL-2.0
#include "act/damon_ranges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/textfile.h"

/* A line each. The file is younger than DAMON's sysfs. */
int damon_ranges_are_known(const char *root, unsigned int seat, bool *known, struct act_error *error)
{
	char path[512], text[256];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%u/contexts/0/avail_operations", root, seat);
	len = textfile_read(text, sizeof(text), "%s", path);
	if (len < 0 && len != -ENOENT)
		return act_fail(error, (int)-len, "read %s", path);
	*known = len > 0 && (!strncmp(text, "fvaddr\n", strlen("fvaddr\n")) || strstr(text, "\nfvaddr\n"));
	return 0;
}

/* It makes all directories anew. */
static int write_number(struct damon_ranges *have, const char *dir, size_t n, struct act_error *error)
{
	char path[512];
	int err;

	if (have->n == n)
		return 0;
	have->n = 0;
	snprintf(path, sizeof(path), "%s/nr_regions", dir);
	err = knob_write_number(path, n, error);
	if (!err)
		have->n = n;
	return err;
}

static int write_range(const char *dir, size_t i, const struct address_range *range, struct act_error *error)
{
	char path[512];
	int err;

	snprintf(path, sizeof(path), "%s/%zu/start", dir, i);
	err = knob_write_number(path, range->start, error);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/%zu/end", dir, i);
	return knob_write_number(path, range->end, error);
}

int damon_ranges_write(struct damon_ranges *have, const char *root, unsigned int seat,
		       const struct plan_level *level, struct act_error *error)
{
	char dir[400];
	int err;

	if (have->version == level->ranges_version)
		return 0;
	have->version = 0;
	snprintf(dir, sizeof(dir), "%s/%u/contexts/0/targets/0/regions", root, seat);
	err = write_number(have, dir, level->n_ranges, error);
	for (size_t i = 0; i < level->n_ranges && !err; i++)
		err = write_range(dir, i, &level->ranges[i], error);
	if (!err)
		have->version = level->ranges_version;
	return err;
}
