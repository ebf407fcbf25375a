// SPDX-License-Identifier: GPL-2.0
#include "sense/host_read.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/textfile.h"

/*
 * DAMON's lock is held while a command is in flight: mostly one sample interval, at worst an apply interval.
 */
#define BUSY_TRIES   10
#define BUSY_WAIT_NS (20 * 1000 * 1000L)

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
	ssize_t len = textfile_read(text, size, "%s", path);

	if (len < 0)
		return (int)len;
	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return 0;
}

static int read_below(char *text, size_t size, const char *root, const char *format, va_list args)
{
	const struct timespec pause = {.tv_nsec = BUSY_WAIT_NS};
	char path[PATH_MAX];
	int err = path_in(path, root, format, args);

	if (err)
		return err;
	err = read_once(path, text, size);
	for (int i = 1; err == -EBUSY && i < BUSY_TRIES; i++) {
		nanosleep(&pause, NULL);
		err = read_once(path, text, size);
	}
	return err;
}

enum host_answer host_answer_of(int err)
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

enum host_answer host_exists(const char *root, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int err;

	va_start(args, format);
	err = path_in(path, root, format, args);
	va_end(args);
	if (err)
		return HOST_UNKNOWN;
	return host_answer_of(access(path, F_OK) ? errno : 0);
}

int host_read_text(char *text, size_t size, const char *root, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = read_below(text, size, root, format, args);
	va_end(args);
	return err;
}

int host_read_word(char *word, size_t size, const char *root, const char *format, ...)
{
	char text[HOST_TEXT_LEN];
	va_list args;
	int err;

	va_start(args, format);
	err = read_below(text, sizeof(text), root, format, args);
	va_end(args);
	snprintf(word, size, "%.*s", (int)size - 1, err ? "" : text);
	return err;
}

int host_read_int(long long *value, const char *root, const char *format, ...)
{
	char text[32], *end;
	long long parsed;
	va_list args;
	int err;

	va_start(args, format);
	err = read_below(text, sizeof(text), root, format, args);
	va_end(args);
	if (err)
		return err;
	errno = 0;
	parsed = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return -EINVAL;
	*value = parsed;
	return 0;
}
