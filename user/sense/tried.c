// SPDX-License-Identifier: GPL-2.0
#include "sense/tried.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE 48 /* "N/nr_accesses" */

struct tried {
	struct heat_region *regions;
	size_t n, room;
};

struct tried *tried_new(void)
{
	return calloc(1, sizeof(struct tried));
}

void tried_free(struct tried *tried)
{
	if (!tried)
		return;
	free(tried->regions);
	free(tried);
}

/* A whole number up to @max, and a line end. */
static int parse_number(const char *text, uint64_t max, uint64_t *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || errno || (*end && strcmp(end, "\n")) || value > max)
		return -EINVAL;
	*number = value;
	return 0;
}

static int read_number(int dir, const char *name, uint64_t max, uint64_t *number)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t got;
	int err;

	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	err = got < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	text[got] = '\0';
	return parse_number(text, max, number);
}

static int read_of_region(int dir, size_t place, const char *file, uint64_t max, uint64_t *number)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%zu/%s", place, file);
	return read_number(dir, name, max, number);
}

static bool has_vanished(int err)
{
	return err == -ENOENT || err == -ENODEV;
}

/* -ENOENT: there are no more; -EAGAIN: it vanished halfway. */
static int read_region(int dir, size_t place, struct heat_region *region)
{
	uint64_t nr_accesses, age;
	int err = read_of_region(dir, place, "start", UINT64_MAX, &region->start);

	if (err)
		return has_vanished(err) ? -ENOENT : err;
	err = read_of_region(dir, place, "end", UINT64_MAX, &region->end);
	if (!err)
		err = read_of_region(dir, place, "nr_accesses", UINT32_MAX, &nr_accesses);
	if (!err)
		err = read_of_region(dir, place, "age", UINT32_MAX, &age);
	if (err)
		return has_vanished(err) ? -EAGAIN : err;
	region->nr_accesses = (uint32_t)nr_accesses;
	region->age = (uint32_t)age;
	return 0;
}

static int keep(struct tried *tried, const struct heat_region *region)
{
	if (tried->n == tried->room) {
		size_t room = tried->room ? 2 * tried->room : 64;
		void *at = realloc(tried->regions, room * sizeof(*tried->regions));

		if (!at)
			return -ENOMEM;
		tried->regions = at;
		tried->room = room;
	}
	tried->regions[tried->n++] = *region;
	return 0;
}

/* Their names are 0, 1, 2 ... with none left out; in *@sum what all of them hold. */
static int read_regions(struct tried *tried, int dir, uint64_t *sum)
{
	uint64_t last_end = 0;
	int err = 0;

	*sum = 0;
	tried->n = 0;
	for (size_t place = 0; !err; place++) {
		struct heat_region region;

		err = read_region(dir, place, &region);
		if (err)
			break;
		if (region.start < last_end || region.end <= region.start)
			return -EINVAL;
		last_end = region.end;
		*sum += region.end - region.start;
		if (region.nr_accesses)
			err = keep(tried, &region);
	}
	return err == -ENOENT ? 0 : err;
}

static int read_all(struct tried *tried, int dir)
{
	uint64_t total_bytes, sum;
	int err = read_regions(tried, dir, &sum);

	if (!err)
		err = read_number(dir, "total_bytes", UINT64_MAX, &total_bytes);
	if (!err && total_bytes != sum)
		err = -EAGAIN;
	return err;
}

int tried_read(struct tried *tried, const char *path, const struct heat_region **regions, size_t *n)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (dir < 0)
		return -errno;
	err = read_all(tried, dir);
	close(dir);
	if (err)
		return err;
	*regions = tried->regions;
	*n = tried->n;
	return 0;
}
