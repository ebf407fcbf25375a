/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files of the kernel's file systems, as text. @path is a format of printf. What is not there is -ENOENT, a process
 * that ended in between -ESRCH; all else as errno has it. Not for directories that others can write: base/dir is.
 */
#ifndef HOTDAMON_BASE_TEXTFILE_H
#define HOTDAMON_BASE_TEXTFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TEXTFILE_MAX_BYTES (4UL << 20) /* the status of a process of 65536 groups is 0.7 MiB */

/* Its text, or the beginning that @size holds. Returns the length, or negative errno; then @text is "". */
__attribute__((format(printf, 3, 4))) ssize_t textfile_read(char *text, size_t size, const char *path, ...);

/* All of it, malloced. 0, or negative errno: -EFBIG if it is longer than TEXTFILE_MAX_BYTES. */
__attribute__((format(printf, 2, 3))) int textfile_read_all(char **text, const char *path, ...);

/* The decimal number that it begins with. 0, or negative errno: -EINVAL if it does not, -ERANGE if it is too large. */
__attribute__((format(printf, 2, 3))) int textfile_read_u64(uint64_t *value, const char *path, ...);

#endif
