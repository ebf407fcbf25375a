// SPDX-License-Identifier: GPL-2.0
#include "act/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"

/* DAMON's lock is held for as long as a command takes: up to an apply interval, or a pass of collapses. */
#define BUSY_TRIES    200
#define BUSY_PAUSE_NS 10000000L

int act_fail(struct act_error *error, int err, const char *format, ...)
{
	va_list args;
	int used;

	if (!error)
		return -err;
	va_start(args, format);
	used = vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	if (used >= 0 && (size_t)used < sizeof(error->text))
		snprintf(error->text + used, sizeof(error->text) - (size_t)used, ": %s", strerror(err));
	return -err;
}

static void pause_while_busy(void)
{
	nanosleep(&(struct timespec){.tv_nsec = BUSY_PAUSE_NS}, NULL);
}

static int write_once(const char *path, const char *value)
{
	size_t len = strlen(value);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put;
	int err = 0;

	if (fd < 0)
		return -errno;
	put = write(fd, value, len);
	if (put < 0)
		err = -errno;
	else if ((size_t)put != len)
		err = -EIO;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int knob_write(const char *path, const char *value, struct act_error *error)
{
	int err = -EBUSY;

	for (int i = 0; i < BUSY_TRIES && err == -EBUSY; i++) {
		if (i)
			pause_while_busy();
		err = write_once(path, value);
	}
	return err ? act_fail(error, -err, "write '%s' to %s", value, path) : 0;
}

int knob_write_number(const char *path, uint64_t value, struct act_error *error)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return knob_write(path, text, error);
}

static int read_once(const char *path, char *value, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	int err;

	if (fd < 0)
		return -errno;
	got = read(fd, value, size - 1);
	err = got < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	value[got] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

int knob_read(const char *path, char *value, size_t size, struct act_error *error)
{
	int err = -EBUSY;

	for (int i = 0; i < BUSY_TRIES && err == -EBUSY; i++) {
		if (i)
			pause_while_busy();
		err = read_once(path, value, size);
	}
	return err ? act_fail(error, -err, "read %s", path) : 0;
}

int knob_read_number(const char *path, int64_t *value, struct act_error *error)
{
	char text[32], *end;
	int err = knob_read(path, text, sizeof(text), error);
	long long number;

	if (err)
		return err;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || *end || errno)
		return act_fail(error, EINVAL, "read %s: '%s' is no number", path, text);
	*value = number;
	return 0;
}

/* Names the part of @dir that is in the way. */
static int fail_dir(struct act_error *error, int err, const char *what, const char *dir,
		    struct dir_trouble trouble)
{
	if (trouble.why)
		return act_fail(error, -err, "%.*s is not to be trusted (%s)", trouble.part_len, dir,
				trouble.why);
	return act_fail(error, -err, "%s %.*s", what, trouble.part_len, dir);
}

int act_open_dir(const char *dir, struct act_error *error)
{
	struct dir_trouble trouble;
	int fd = dir_open(dir, &trouble);

	return fd < 0 ? fail_dir(error, fd, "open", dir, trouble) : fd;
}

int act_open_real_dir(const char *dir, struct act_error *error)
{
	struct dir_trouble trouble;
	int fd = dir_open_real(dir, &trouble);

	if (fd == -ELOOP)
		return act_fail(error, ELOOP, "open %s, which leads through a link", dir);
	return fd < 0 ? fail_dir(error, fd, "open", dir, trouble) : fd;
}

int act_make_dir(const char *dir, mode_t mode, bool *made, struct act_error *error)
{
	struct dir_trouble trouble;
	int fd = dir_make(dir, mode, made, &trouble);

	return fd < 0 ? fail_dir(error, fd, "make", dir, trouble) : fd;
}

int file_replace(const char *dir, const char *name, const char *text, struct act_error *error)
{
	int fd = act_open_dir(dir, error), err;

	if (fd < 0)
		return fd;
	err = dir_replace(fd, name, text);
	close(fd);
	return err ? act_fail(error, -err, "write %s/%s", dir, name) : 0;
}

int file_read(const char *dir, const char *name, char **text, struct act_error *error)
{
	int fd = act_open_dir(dir, error), err;

	if (fd < 0)
		return fd;
	err = dir_read(fd, name, text);
	close(fd);
	if (err == -EINVAL)
		return act_fail(error, EINVAL, "read %s/%s, which is no regular file", dir, name);
	return err ? act_fail(error, -err, "read %s/%s", dir, name) : 0;
}
