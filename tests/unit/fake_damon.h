/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DAMON's sysfs in memory, below FAKE_ROOT: open(), read(), write(), close() and stat() of the C library are ours. It heeds
 * what the kernel heeds: seats are made anew by nr_kdamonds, and not while one is on; a seat is told by its state.
 * Any one of these calls can be let fail, or all from one on.
 */
#ifndef HOTDAMON_TESTS_FAKE_DAMON_H
#define HOTDAMON_TESTS_FAKE_DAMON_H

#include "cm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FAKE_ROOT    "/fake"
#define FAKE_FILES   512
#define FAKE_FIRST   100000 /* of its descriptors, each the place of a file */
#define FAKE_KDAMOND 77

struct fake_file {
	char path[128], text[32];
	bool was_read; /* since it was opened: it is at its end */
};

static struct fake {
	struct fake_file files[FAKE_FILES];
	size_t n;
	unsigned int seats, made; /* how many there are; how often they were made */
	unsigned int calls;	  /* so far */
	unsigned int fails_at;	  /* the number of the call, from 1; 0: none */
	bool lasts;		  /* all that follow fail as well */
	int err;
} fake;

/* Whether this call fails. */
static bool fake_fails(void)
{
	fake.calls++;
	if (!fake.fails_at || fake.calls < fake.fails_at || (!fake.lasts && fake.calls > fake.fails_at))
		return false;
	errno = fake.err;
	return true;
}

static bool fake_refuses(int err)
{
	errno = err;
	return true;
}

static struct fake_file *fake_file(const char *path)
{
	struct fake_file *file;

	for (size_t i = 0; i < fake.n; i++)
		if (!strcmp(fake.files[i].path, path))
			return &fake.files[i];
	assert_true(fake.n < FAKE_FILES);
	file = &fake.files[fake.n++];
	snprintf(file->path, sizeof(file->path), "%s", path);
	snprintf(file->text, sizeof(file->text), "%s",
		 strstr(path, "/avail_operations") ? "vaddr\nfvaddr\n"
		 : strstr(path, "/state")	   ? "off\n"
						   : "0\n");
	return file;
}

static struct fake_file *fake_of_seat(unsigned int seat, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), FAKE_ROOT "/%u/%s", seat, name);
	return fake_file(path);
}

static bool fake_is_on(unsigned int seat)
{
	return seat < fake.seats && !strcmp(fake_of_seat(seat, "state")->text, "on\n");
}

static bool fake_is_any_on(void)
{
	for (unsigned int seat = 0; seat < fake.seats; seat++)
		if (fake_is_on(seat))
			return true;
	return false;
}

/* No such seat, or a file of a context that it has not. */
static bool fake_is_absent(const char *path)
{
	unsigned int seat;
	int used = 0;

	if (sscanf(path, FAKE_ROOT "/%u%n", &seat, &used) != 1)
		return strcmp(path, FAKE_ROOT "/nr_kdamonds") != 0;
	if (seat >= fake.seats)
		return true;
	return strstr(path + used, "/contexts/0/") && !atoi(fake_of_seat(seat, "contexts/nr_contexts")->text);
}

/* What is below @path goes. */
static void fake_drop(const char *path)
{
	for (size_t i = fake.n; i-- > 0;)
		if (!strncmp(fake.files[i].path, path, strlen(path)))
			fake.files[i] = fake.files[--fake.n];
}

static bool fake_make_seats(unsigned int seats)
{
	if (fake_is_any_on())
		return !fake_refuses(EBUSY);
	fake_drop(FAKE_ROOT "/");
	fake.seats = seats;
	fake.made++;
	snprintf(fake_file(FAKE_ROOT "/nr_kdamonds")->text, sizeof(fake.files[0].text), "%u\n", seats);
	return true;
}

static bool fake_tell(unsigned int seat, const char *word)
{
	bool is_on = fake_is_on(seat);

	if (!strcmp(word, "on") && is_on)
		return !fake_refuses(EBUSY);
	if (strcmp(word, "on") && !is_on)
		return !fake_refuses(!strcmp(word, "off") ? EPERM : EINVAL);
	if (!strcmp(word, "on") || !strcmp(word, "off"))
		snprintf(fake_of_seat(seat, "state")->text, sizeof(fake.files[0].text), "%s\n", word);
	snprintf(fake_of_seat(seat, "pid")->text, sizeof(fake.files[0].text), "%d\n",
		 fake_is_on(seat) ? FAKE_KDAMOND : -1);
	return true;
}

static bool fake_take(struct fake_file *file, const char *text)
{
	char below[160];
	unsigned int seat;

	if (sscanf(file->path, FAKE_ROOT "/%u/", &seat) != 1)
		return fake_make_seats((unsigned int)atoi(text));
	if (strstr(file->path, "/state"))
		return fake_tell(seat, text);
	snprintf(file->text, sizeof(file->text), "%s\n", text);
	if (strstr(file->path, "/nr_contexts")) {
		snprintf(below, sizeof(below), FAKE_ROOT "/%u/contexts/0/", seat);
		fake_drop(below);
	}
	return true;
}

/* ---- in place of the C library's ---- */

int open(const char *path, int flags, ...)
{
	struct fake_file *file;
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (strncmp(path, FAKE_ROOT "/", strlen(FAKE_ROOT "/")))
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fake_fails() || (fake_is_absent(path) && fake_refuses(ENOENT)))
		return -1;
	file = fake_file(path);
	file->was_read = false;
	return FAKE_FIRST + (int)(file - fake.files);
}

ssize_t read(int fd, void *data, size_t size)
{
	struct fake_file *file;
	size_t len;

	if (fd < FAKE_FIRST)
		return syscall(SYS_read, fd, data, size);
	if (fake_fails())
		return -1;
	file = &fake.files[fd - FAKE_FIRST];
	len = file->was_read ? 0 : strlen(file->text);
	file->was_read = true;
	len = len < size ? len : size;
	memcpy(data, file->text, len);
	return (ssize_t)len;
}

ssize_t write(int fd, const void *data, size_t size)
{
	char text[24];

	if (fd < FAKE_FIRST)
		return syscall(SYS_write, fd, data, size);
	if (fake_fails())
		return -1;
	snprintf(text, sizeof(text), "%.*s", (int)size, (const char *)data);
	return fake_take(&fake.files[fd - FAKE_FIRST], text) ? (ssize_t)size : -1;
}

int close(int fd)
{
	return fd < FAKE_FIRST ? (int)syscall(SYS_close, fd) : 0;
}

int stat(const char *path, struct stat *held)
{
	if (strncmp(path, FAKE_ROOT "/", strlen(FAKE_ROOT "/")))
		return (int)syscall(SYS_newfstatat, AT_FDCWD, path, held, 0);
	if (fake_fails() || (!fake.seats && fake_refuses(ENOENT)))
		return -1;
	memset(held, 0, sizeof(*held));
	held->st_ino = 1 + fake.made;
	return 0;
}

/* Nothing gets less busy by waiting. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	return 0;
}

#endif
