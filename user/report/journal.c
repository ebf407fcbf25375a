// SPDX-License-Identifier: GPL-2.0
#include "report/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/printable.h"

#define ENTRY_LEN 4096
#define VALUE_LEN 1088 /* a line of the log is shorter */

const char *journal_socket = "/run/systemd/journal/socket";

/* systemd names the stream that it made, for those who were given it and pass on another one. */
bool journal_reads(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat held;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && !fstat(fd, &held) &&
	       held.st_dev == device && held.st_ino == inode;
}

/* Fields of an entry: NAME=value, each with its line end; no value has one in it. */
struct entry {
	char text[ENTRY_LEN];
	size_t used;
};

static void add(struct entry *entry, const char *name, const char *value)
{
	size_t room = sizeof(entry->text) - entry->used;
	char shown[VALUE_LEN];
	int len;

	if (!value || !*value)
		return;
	printable_text(value, shown, sizeof(shown));
	len = snprintf(entry->text + entry->used, room, "%s=%s\n", name, shown);
	if (len > 0 && (size_t)len < room) /* what has no room is left out whole */
		entry->used += (size_t)len;
}

static void add_whose(struct entry *entry, const struct log_about *about)
{
	const struct service *service = &about->whose->service;
	char name[WHOSE_NAME_LEN];

	whose_service(about->comm, about->whose, name);
	add(entry, "HOTDAMON_SERVICE", name);
	add(entry, "HOTDAMON_UNIT", service_unit(service));
	/* By it `journalctl -u UNIT` shows our lines among the unit's own. */
	add(entry, "OBJECT_SYSTEMD_UNIT", service_unit(service));
	add(entry, "HOTDAMON_CONTAINER", service_container(service));
	add(entry, "HOTDAMON_USER", about->whose->user);
}

static void add_about(struct entry *entry, const struct log_about *about)
{
	char pid[16] = "";

	add(entry, "MESSAGE_ID", event_message_id(about->event));
	add(entry, "HOTDAMON_EVENT", event_name(about->event));
	if (about->pid)
		snprintf(pid, sizeof(pid), "%" PRIu32, about->pid);
	add(entry, "HOTDAMON_PID", pid);
	add(entry, "HOTDAMON_COMM", about->comm);
	if (about->whose)
		add_whose(entry, about);
}

static int send_entry(const struct entry *entry)
{
	static int fd = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", journal_socket);
	return sendto(fd, entry->text, entry->used, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address,
		      sizeof(address)) < 0
		       ? -errno
		       : 0;
}

int journal_send(int priority, const char *text, const struct log_about *about)
{
	char level[2] = {(char)('0' + priority), '\0'};
	struct entry entry = {.used = 0};

	add(&entry, "MESSAGE", text);
	add(&entry, "PRIORITY", level);
	add(&entry, "SYSLOG_IDENTIFIER", "hotdamon");
	if (about)
		add_about(&entry, about);
	return send_entry(&entry);
}
