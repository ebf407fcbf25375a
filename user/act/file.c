// SPDX-License-Identifier: GPL-2.0
#include "act/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/dir.h"

/* DAMON's lock is held for as long as a command takes: up to an apply interval, or a pass of collapses. */
#define BUSY_TRIES    200
#define BUSY_PAUSE_NS 10000000L
/* One takes a sample, 400 ms at most, and on a slow machine a pass of collapses. */
#define COMMAND_NS (3 * NS_PER_S)

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

/*
 * Whether to try once more after @err. Once that was in vain for the whole time, all that follows is tried once, until
 * something is not busy: an end that takes many steps would come to none.
 */
static bool tries_again(int err, int *tries)
{
	static bool in_vain;

	if (err != -EBUSY)
		in_vain = false;
	else if (++*tries == BUSY_TRIES)
		in_vain = true;
	if (err != -EBUSY || in_vain)
		return false;
	nanosleep(&(struct timespec){.tv_nsec = BUSY_PAUSE_NS}, NULL);
	return true;
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
	int err, tries = 0;

	do
		err = write_once(path, value);
	while (tries_again(err, &tries));
	return err ? act_fail(error, -err, "write '%s' to %s", value, path) : 0;
}

struct command {
	char path[PATH_MAX], value[64];
};

static int write_there(struct aside_call *call)
{
	const struct command *command = call->args;

	return write_once(command->path, command->value);
}

int knob_command(const char *path, const char *value, struct act_error *error)
{
	struct command command;
	struct aside_call call = aside_of(NULL, ASIDE_DAMON, write_there, &command, sizeof(command));
	int err, tries = 0;

	snprintf(command.path, sizeof(command.path), "%s", path);
	snprintf(command.value, sizeof(command.value), "%s", value);
	call.wait_ns = COMMAND_NS;
	do
		err = aside_do(&call);
	while (tries_again(err, &tries));
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
	int err, tries = 0;

	do
		err = read_once(path, value, size);
	while (tries_again(err, &tries));
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
