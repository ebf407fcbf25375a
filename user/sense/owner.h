/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc says of whose a process is: its user, its cgroup, its command line. */
#ifndef HOTDAMON_SENSE_OWNER_H
#define HOTDAMON_SENSE_OWNER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CGROUP_PATH_LEN PATH_MAX /* the kernel tells no longer one */

/* The effective user of the process, as top and ps show it. Negative errno (-ESRCH: no such process). */
int process_uid_read(const char *proc_root, uint32_t pid, uint32_t *uid);

/*
 * The beginning of its command line, the arguments with a space between them, cleaned by base/printable.h; "" if it has
 * none. It takes the lock of the process's memory: ask where that is done anyway, or by a user's wish. Negative errno.
 */
int process_command_read(const char *proc_root, uint32_t pid, char *command, size_t size);

/* The effective one of the "Uid:" line in the text of /proc/PID/status. -ENOENT if there is none. */
int proc_parse_uid(const char *text, uint32_t *uid);

/*
 * The path in the text of /proc/PID/cgroup: that of cgroup v2, or of systemd's own hierarchy where v2
 * holds only the root. -ENOENT if there is neither, -ENAMETOOLONG if @size is too small; @path is untouched then.
 */
int proc_parse_cgroup(const char *text, char *path, size_t size);

/* "/../x" lies outside of our own cgroup namespace: nothing that is mounted here is it. "/..x" is a name like others. */
static inline bool cgroup_is_outside(const char *path)
{
	for (const char *part = path; (part = strchr(part, '/')); part++)
		if (!strncmp(part, "/..", 3) && (part[3] == '/' || !part[3]))
			return true;
	return false;
}

/*
 * The path of the executable, as its mount namespace has it; one that was replaced by a newer one since keeps its name.
 * Negative errno: -ESRCH: no such process, -ENAMETOOLONG: @size is too small; @path is untouched then.
 */
int process_exe_read(const char *proc_root, uint32_t pid, char *path, size_t size);

struct user_names; /* remembers what it was asked once: a name may come over a network */

struct user_names *user_names_new(void);	/* NULL when out of memory */
void user_names_free(struct user_names *names); /* NULL is fine */

/* The name of @uid, or its number where it has none. */
void user_name(struct user_names *names, uint32_t uid, char *name, size_t size);

#endif
