/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Directories whose content we believe, and small files in them. Root writes and deletes there, so nobody else may
 * be able to put a link, or a file of his own, in the place of one of ours: the whole path is looked at, and a file
 * is opened below the directory that was looked at.
 */
#ifndef HOTDAMON_BASE_DIR_H
#define HOTDAMON_BASE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DIR_MAX_FILE_BYTES (16UL << 20)

/* The directory in which the last part of @path is, malloced; NULL: no memory. *@name is that part, in @path. */
char *dir_of(const char *path, const char **name);

/* Which part of a path could not be used, and why. */
struct dir_trouble {
	int part_len;	 /* so many bytes of the path name the part */
	const char *why; /* for -EPERM of our own rules, in words; else NULL: errno says it */
};

/*
 * A descriptor of the directory, or negative errno with @trouble (NULL is fine). -EPERM: it, or one above it, is not
 * root's or ours; or others can write it. Above it a sticky one, as /tmp, will do: what is root's stays there. Links
 * are followed only if they are root's or ours, and where nobody else can make one.
 */
int dir_open(const char *path, struct dir_trouble *trouble);

/*
 * The same; it is made if it is not there, and *@made says so, of one that could be made and not opened, too. Those above it
 * must be there.
 */
int dir_make(const char *path, mode_t mode, bool *made, struct dir_trouble *trouble);

/*
 * The same for a place that nobody believes, where we only write: those above it may be anybody's, who can move it away.
 * So no part of @path may be a link (-ELOOP), and it itself must be root's or ours alone. Linux 5.6.
 */
int dir_open_real(const char *path, struct dir_trouble *trouble);

/* Removes the empty directory. Negative errno; -ENOENT: it is not there. */
int dir_remove(const char *path);

/*
 * The whole text of the regular file @name, malloced; "" if it is empty. It never blocks. Negative errno; -EINVAL:
 * a link, or no regular file; -EFBIG.
 */
int dir_read(int dir_fd, const char *name, char **text);

/*
 * The same of a file that is root's or ours, and nobody else can write: else -EPERM with @trouble->why. @len: it may hold
 * NULs.
 */
int dir_read_own(int dir_fd, const char *name, char **text, size_t *len, struct dir_trouble *trouble);

/*
 * Replaces the file at once: a reader sees the old text or the new one, whole. Mode 0644. What is half written is
 * called @name.new. Negative errno; the old file stays then.
 */
int dir_replace(int dir_fd, const char *name, const char *text);

#endif
