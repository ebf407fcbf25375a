// SPDX-License-Identifier: GPL-2.0
#include "sense/owner.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/aside.h"
#include "base/printable.h"
#include "base/textfile.h"
#include "decide/service.h"

#define NAME_LEN 33

struct known {
	uint32_t uid;
	char name[NAME_LEN];
};

struct user_names {
	struct known *known;
	size_t n, room;
};

static int read_text(const char *proc_root, uint32_t pid, const char *name, char *text, size_t size)
{
	ssize_t len = textfile_read(text, size, "%s/%" PRIu32 "/%s", proc_root, pid, name);

	if (len >= 0)
		return 0;
	return len == -ENOENT ? -ESRCH : (int)len;
}

int proc_parse_uid(const char *text, uint32_t *uid)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "Uid:", 4))
			return sscanf(line, "Uid: %*u %" SCNu32, uid) == 1 ? 0 : -ENOENT;
	}
	return -ENOENT;
}

/* The path behind @prefix at the start of a line, and its length; NULL if there is none. */
static const char *path_behind(const char *text, const char *prefix, size_t *len)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *path;

		line += *line == '\n';
		path = strstr(line, prefix);
		*len = strcspn(line, "\n");
		if (!path || path >= line + *len || strspn(line, "0123456789") != (size_t)(path - line))
			continue;
		path += strlen(prefix);
		*len -= (size_t)(path - line);
		return path;
	}
	return NULL;
}

int proc_parse_cgroup(const char *text, char *path, size_t size)
{
	size_t len, systemd_len;
	const char *unified = path_behind(text, "::", &len);
	const char *systemd = path_behind(text, ":name=systemd:", &systemd_len);

	if (systemd && (!unified || len <= 1)) {
		unified = systemd;
		len = systemd_len;
	}
	if (!unified)
		return -ENOENT;
	if (len >= size)
		return -ENAMETOOLONG;
	snprintf(path, size, "%.*s", (int)len, unified);
	return 0;
}

int process_uid_read(const char *proc_root, uint32_t pid, uint32_t *uid)
{
	char text[4096];
	int err = read_text(proc_root, pid, "status", text, sizeof(text));

	return err ? err : proc_parse_uid(text, uid);
}

/* What the kernel has of it lies in the memory of the process. */
static int read_command(struct aside_call *call)
{
	char *text = call->args;
	ssize_t len = textfile_read(text, call->args_bytes, "%s/%" PRIu32 "/cmdline", call->root, call->pid);

	if (len < 0)
		return len == -ENOENT ? -ESRCH : (int)len;
	while (len && !text[len - 1]) /* some write their titles there, and NULs behind them */
		len--;
	text[len] = '\0';
	for (ssize_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = ' ';
	return 0;
}

int process_command_read(const char *proc_root, uint32_t pid, char *command, size_t size)
{
	char text[4 * COMMAND_LEN] = "";
	struct aside_call call = aside_of(proc_root, pid, read_command, text, sizeof(text));
	int err = aside_do(&call);

	if (!err)
		printable_text(text, command, size);
	return err;
}

int process_exe_read(const char *proc_root, uint32_t pid, char *path, size_t size)
{
	static const char deleted[] = " (deleted)";
	char link[PATH_MAX], exe[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "%s/%" PRIu32 "/exe", proc_root, pid);
	len = readlink(link, exe, sizeof(exe));
	if (len < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	if ((size_t)len > strlen(deleted) && !memcmp(exe + len - strlen(deleted), deleted, strlen(deleted)))
		len -= (ssize_t)strlen(deleted);
	if ((size_t)len >= size)
		return -ENAMETOOLONG;
	memcpy(path, exe, (size_t)len);
	path[len] = '\0';
	return 0;
}

struct user_names *user_names_new(void)
{
	return calloc(1, sizeof(struct user_names));
}

void user_names_free(struct user_names *names)
{
	if (!names)
		return;
	free(names->known);
	free(names);
}

static void look_up(uint32_t uid, char name[NAME_LEN])
{
	char buffer[4096];
	struct passwd entry, *found = NULL;

	if (!getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) && found && *found->pw_name)
		snprintf(name, NAME_LEN, "%s", found->pw_name);
	else
		snprintf(name, NAME_LEN, "%" PRIu32, uid);
}

void user_name(struct user_names *names, uint32_t uid, char *name, size_t size)
{
	struct known fresh = {.uid = uid};

	for (size_t i = 0; i < names->n; i++) {
		if (names->known[i].uid == uid) {
			snprintf(name, size, "%s", names->known[i].name);
			return;
		}
	}
	look_up(uid, fresh.name);
	snprintf(name, size, "%s", fresh.name);
	if (!array_reserve(&names->known, &names->room, names->n + 1, sizeof(*names->known)))
		names->known[names->n++] = fresh; /* else it is asked again next time */
}
