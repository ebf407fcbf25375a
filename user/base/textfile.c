// SPDX-License-Identifier: GPL-2.0
#include "base/textfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"

#define FIRST_ROOM 4096

static int open_path(const char *format, va_list args)
{
	char path[PATH_MAX];
	int len = vsnprintf(path, sizeof(path), format, args);
	int fd;

	if (len < 0 || len >= PATH_MAX)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* Until @room is full or the file ends. Returns the length or negative errno. */
static ssize_t fill(int fd, char *text, size_t room)
{
	size_t used = 0;

	while (used < room) {
		ssize_t got = read(fd, text + used, room - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static ssize_t read_into(char *text, size_t size, const char *format, va_list args)
{
	int fd = open_path(format, args);
	ssize_t len = fd;

	if (fd >= 0) {
		len = fill(fd, text, size - 1);
		close(fd);
	}
	text[len < 0 ? 0 : len] = '\0';
	return len;
}

ssize_t textfile_read(char *text, size_t size, const char *path, ...)
{
	va_list args;
	ssize_t len;

	va_start(args, path);
	len = read_into(text, size, path, args);
	va_end(args);
	return len;
}

/* Malloced; *@err says why there is none. */
static char *read_growing(int fd, int *err)
{
	char *text = NULL;
	size_t room = 0, used = 0;
	ssize_t got = 0;

	do {
		*err = array_reserve(&text, &room, used + FIRST_ROOM, 1);
		if (*err)
			break;
		got = fill(fd, text + used, room - used - 1);
		if (got < 0)
			*err = (int)got;
		else
			used += (size_t)got;
		if (used > TEXTFILE_MAX_BYTES)
			*err = -EFBIG;
	} while (!*err && used == room - 1);
	if (*err) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	return text;
}

int textfile_read_all(char **text, const char *path, ...)
{
	va_list args;
	char *all;
	int fd, err;

	va_start(args, path);
	fd = open_path(path, args);
	va_end(args);
	if (fd < 0)
		return fd;
	all = read_growing(fd, &err);
	close(fd);
	if (all)
		*text = all;
	return err;
}

int textfile_read_u64(uint64_t *value, const char *path, ...)
{
	unsigned long long number;
	va_list args;
	char text[32];
	ssize_t len;

	va_start(args, path);
	len = read_into(text, sizeof(text), path, args);
	va_end(args);
	if (len < 0)
		return (int)len;
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, NULL, 10);
	if (errno)
		return -errno;
	*value = number;
	return 0;
}
