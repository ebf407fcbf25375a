/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing and reading small files: kernel knobs, and our own state. Nothing here logs; what went wrong
 * is told in words.
 */
#ifndef HOTDAMON_ACT_FILE_H
#define HOTDAMON_ACT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What was tried and how it failed, ready for a log line: "write 'on' to /sys/...: Device or resource busy".
 */
struct act_error {
	char text[512];
};

/*
 * Formats into @error (NULL is fine) and returns -@err, so that callers can `return act_fail(...)`.
 * @err > 0.
 */
int act_fail(struct act_error *error, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Writes @value to a kernel knob in one write(). A kernel may refuse at write() or at close(); both are
 * noticed. Negative errno. While it says EBUSY it is tried again, for about two seconds: DAMON's sysfs
 * only try-locks one global lock.
 */
int knob_write(const char *path, const char *value, struct act_error *error);
int knob_write_number(const char *path, uint64_t value, struct act_error *error);

/*
 * The same for a command that waits for a thread of DAMON, by a helper (base/aside.h): -ETIME if it does not come to an
 * end. Until it does, no other one is begun.
 */
int knob_command(const char *path, const char *value, struct act_error *error);

/* Reads the first line, without its end. EBUSY as above. Negative errno. */
int knob_read(const char *path, char *value, size_t size, struct act_error *error);
int knob_read_number(const char *path, int64_t *value, struct act_error *error);

/*
 * Opens @dir as dir_open() does, and with @made as dir_make() does. A descriptor, or negative errno with @error.
 */
int act_open_dir(const char *dir, struct act_error *error);
int act_make_dir(const char *dir, mode_t mode, bool *made, struct act_error *error);

int act_open_real_dir(const char *dir, struct act_error *error); /* as dir_open_real() */

/* dir_replace() and dir_read() of a file in @dir. Negative errno with @error. */
int file_replace(const char *dir, const char *name, const char *text, struct act_error *error);
int file_read(const char *dir, const char *name, char **text, struct act_error *error);

#endif
