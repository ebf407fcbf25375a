// SPDX-License-Identifier: GPL-2.0
#include "base/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

char *dir_of(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* Where a walk down a path has come to. */
struct place {
	int fd;
	bool shared; /* others can make files in it */
};

static int refuse(struct dir_trouble *trouble, const char *why)
{
	trouble->why = why;
	return -EPERM;
}

static int look_at(struct place *place, struct dir_trouble *trouble)
{
	struct stat held;

	if (fstat(place->fd, &held))
		return -errno;
	if (S_ISLNK(held.st_mode))
		return refuse(trouble, "a link that others made, or can make");
	if (!S_ISDIR(held.st_mode))
		return -ENOTDIR;
	if (held.st_uid && held.st_uid != geteuid())
		return refuse(trouble, "another user's");
	place->shared = held.st_mode & (S_IWGRP | S_IWOTH);
	if (place->shared && !(held.st_mode & S_ISVTX))
		return refuse(trouble, "others can write it");
	return 0;
}

/* A link of root's or ours. One of another user's may be older than the mode of the directory that it is in. */
static bool is_own_link(int fd)
{
	struct stat held;

	return !fstat(fd, &held) && S_ISLNK(held.st_mode) && (!held.st_uid || held.st_uid == geteuid());
}

/* Into @name, below @place; on failure @place stays. */
static int step(struct place *place, const char *name, struct dir_trouble *trouble)
{
	struct place next = {.fd = openat(place->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)};
	int err;

	if (next.fd >= 0 && !place->shared && is_own_link(next.fd)) {
		close(next.fd);
		next.fd = openat(place->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (next.fd < 0)
		return -errno;
	err = look_at(&next, trouble);
	close(err ? next.fd : place->fd);
	if (!err)
		*place = next;
	return err;
}

static int start(const char *path, struct place *place, struct dir_trouble *trouble)
{
	int err;

	if (!*path)
		return -ENOENT;
	trouble->part_len = *path == '/';
	place->fd = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->fd < 0)
		return -errno;
	err = look_at(place, trouble);
	if (err)
		close(place->fd);
	return err;
}

/* Goes to the directory that the last part of @path is in; that part is copied to @last. */
static int walk(const char *path, struct place *place, char last[NAME_MAX + 1], struct dir_trouble *trouble)
{
	int err = start(path, place, trouble);
	const char *part = path;

	while (!err) {
		size_t len;

		part += strspn(part, "/");
		len = strcspn(part, "/");
		trouble->part_len = (int)(part + len - path);
		snprintf(last, NAME_MAX + 1, "%.*s", (int)len, len ? part : ".");
		part += len;
		if (len > NAME_MAX)
			err = -ENAMETOOLONG;
		else if (!part[strspn(part, "/")])
			return 0;
		else
			err = step(place, last, trouble);
		if (err)
			close(place->fd);
	}
	return err;
}

static int open_last(struct place *place, const char *name, struct dir_trouble *trouble)
{
	int err = step(place, name, trouble), fd;

	if (!err && place->shared)
		err = refuse(trouble, "others can write it");
	if (err)
		return err;
	fd = openat(place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* @made: NULL if it is not to be made. */
static int enter(const char *path, mode_t mode, bool *made, struct dir_trouble *trouble)
{
	struct dir_trouble unheard;
	struct place place;
	char name[NAME_MAX + 1];
	int fd;

	trouble = trouble ? trouble : &unheard;
	*trouble = (struct dir_trouble){0};
	fd = walk(path, &place, name, trouble);
	if (fd)
		return fd;
	if (made)
		*made = !mkdirat(place.fd, name, mode);
	if (made && !*made && errno != EEXIST)
		fd = -errno;
	else
		fd = open_last(&place, name, trouble);
	close(place.fd);
	return fd;
}

int dir_open(const char *path, struct dir_trouble *trouble)
{
	return enter(path, 0, NULL, trouble);
}

int dir_make(const char *path, mode_t mode, bool *made, struct dir_trouble *trouble)
{
	return enter(path, mode, made, trouble);
}

int dir_open_real(const char *path, struct dir_trouble *trouble)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	struct place place = {.fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how))};
	struct dir_trouble unheard;
	int err;

	trouble = trouble ? trouble : &unheard;
	*trouble = (struct dir_trouble){.part_len = (int)strlen(path)};
	if (place.fd < 0)
		return -errno;
	err = look_at(&place, trouble);
	if (!err && place.shared)
		err = refuse(trouble, "others can write it");
	if (!err)
		return place.fd;
	close(place.fd);
	return err;
}

int dir_remove(const char *path)
{
	struct dir_trouble trouble = {0};
	struct place place;
	char name[NAME_MAX + 1];
	int err = walk(path, &place, name, &trouble);

	if (err)
		return err;
	err = unlinkat(place.fd, name, AT_REMOVEDIR) ? -errno : 0;
	close(place.fd);
	return err;
}

/* @all_len: NULL is fine. */
static int read_all(int fd, size_t size, char **text, size_t *all_len)
{
	char *buffer = malloc(size + 1);
	size_t len = 0;
	ssize_t got = 1;

	if (!buffer)
		return -ENOMEM;
	while (len < size && got) {
		got = read(fd, buffer + len, size - len);
		if (got < 0 && errno != EINTR) {
			int err = -errno;

			free(buffer);
			return err;
		}
		len += got > 0 ? (size_t)got : 0;
	}
	buffer[len] = '\0';
	*text = buffer;
	if (all_len)
		*all_len = len;
	return 0;
}

/* Returns a descriptor of the regular file and what it is. */
static int open_file(int dir_fd, const char *name, struct stat *held)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -EINVAL : -errno;
	if (fstat(fd, held))
		err = -errno;
	else if (!S_ISREG(held->st_mode))
		err = -EINVAL;
	else if ((size_t)held->st_size > DIR_MAX_FILE_BYTES)
		err = -EFBIG;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int dir_read(int dir_fd, const char *name, char **text)
{
	struct stat held;
	int fd = open_file(dir_fd, name, &held), err;

	if (fd < 0)
		return fd;
	err = read_all(fd, (size_t)held.st_size, text, NULL);
	close(fd);
	return err;
}

int dir_read_own(int dir_fd, const char *name, char **text, size_t *len, struct dir_trouble *trouble)
{
	struct stat held;
	int fd = open_file(dir_fd, name, &held), err;

	*trouble = (struct dir_trouble){0};
	if (fd < 0)
		return fd;
	if (held.st_uid && held.st_uid != geteuid())
		err = refuse(trouble, "another user's");
	else if (held.st_mode & (S_IWGRP | S_IWOTH))
		err = refuse(trouble, "others can write it");
	else
		err = read_all(fd, (size_t)held.st_size, text, len);
	close(fd);
	return err;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t put = write(fd, text, left);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			text += put;
			left -= (size_t)put;
		}
	}
	return 0;
}

int dir_replace(int dir_fd, const char *name, const char *text)
{
	char fresh[NAME_MAX + 1];
	int fd, err;

	if (snprintf(fresh, sizeof(fresh), "%s.new", name) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	if (unlinkat(dir_fd, fresh, 0) && errno != ENOENT) /* what a killed one left */
		return -errno;
	fd = openat(dir_fd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir_fd, fresh, dir_fd, name))
		err = -errno;
	if (err)
		unlinkat(dir_fd, fresh, 0);
	return err;
}
