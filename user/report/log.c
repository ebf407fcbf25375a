// SPDX-License-Identifier: GPL-2.0
#include "report/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/printable.h"
#include "base/units.h"
#include "report/journal.h"

#define SAID_LEN 1024
#define LINE_LEN (SAID_LEN + 64) /* a pipe takes it whole or not at all */

struct stream {
	int fd;
	uint64_t dropped; /* lines, since the last one that was written */
	uint64_t all_dropped;
	bool torn; /* it took the beginning of a line only */
};

static struct stream out = {.fd = STDOUT_FILENO}, err = {.fd = STDERR_FILENO};

/* The clock is the daemon's; the log only shows it. */
static uint64_t elapsed_ns;

static log_listener listener;
static void *listener_arg;

struct line {
	int priority;		       /* of syslog */
	const char *word;	       /* for people, before the text */
	const char *text;	       /* as short as SAID_LEN */
	const struct log_about *about; /* NULL: nothing of note */
};

/*
 * The same pipe or terminal, opened anew not to block: to set that on @fd would set it for all who share it, the shell
 * among them. -1: it is of another kind, or may not be opened.
 */
static int open_apart(int fd)
{
	struct stat stat_buf;
	char path[32];

	if (fstat(fd, &stat_buf) || !(S_ISFIFO(stat_buf.st_mode) || isatty(fd)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Who does not read the log must not stop us. Returns what was written; less than 0 for nothing. */
static ssize_t write_at_once(int fd, const char *text, size_t len)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
	ssize_t written = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	int apart;

	if (written >= 0 || errno != ENOTSOCK)
		return written;
	apart = open_apart(fd);
	if (apart >= 0) {
		written = write(apart, text, len);
		close(apart);
		return written;
	}
	return poll(&pollfd, 1, 0) == 1 ? write(fd, text, len) : -1;
}

/* 0, or negative errno, as of journal_send(). */
static int send_line(const struct line *line)
{
	char text[LINE_LEN];

	snprintf(text, sizeof(text), "%s%s", line->word, line->text);
	return journal_send(line->priority, text, line->about);
}

/* Whether all of it went out with what the journal and people want before it. */
static bool write_line(struct stream *stream, const struct line *line)
{
	bool in_journal = journal_reads(stream->fd);
	char text[LINE_LEN];
	ssize_t written;
	int len;

	if (in_journal && !send_line(line))
		return true;
	if (in_journal) /* without its fields: a stream takes what datagrams have no room for */
		len = snprintf(text, sizeof(text), "%s<%d>%s%s\n", stream->torn ? "\n" : "", line->priority,
			       line->word, line->text);
	else
		len = snprintf(text, sizeof(text), "%s%8.1f s  %s%s\n", stream->torn ? "\n" : "",
			       ns_to_s(elapsed_ns), line->word, line->text);
	written = write_at_once(stream->fd, text, (size_t)len);
	if (written >= 0)
		stream->torn = written && written < len;
	return written == len;
}

/* Whether nothing is left to be said of lines that were dropped. */
static bool tell_dropped(struct stream *stream)
{
	char said[80];
	struct line line = {LOG_WARNING, "warning: ", said, NULL};

	if (!stream->dropped)
		return true;
	snprintf(said, sizeof(said), "lines of the log that were dropped, as nobody read them: %" PRIu64,
		 stream->dropped);
	if (!write_line(stream, &line))
		return false;
	stream->dropped = 0;
	return true;
}

void log_set_elapsed_ns(uint64_t ns)
{
	elapsed_ns = ns;
	tell_dropped(&out);
	tell_dropped(&err);
}

static bool muted;

void log_mute(bool mute)
{
	muted = mute;
}

static void log_line(struct stream *stream, int priority, const char *word, const struct log_about *about,
		     const char *format, va_list args)
{
	char said[SAID_LEN], text[SAID_LEN];
	struct line line = {priority, word, text, about};

	if (muted)
		return;
	vsnprintf(said, sizeof(said), format, args);
	printable_text(said, text, sizeof(text)); /* lines name processes */
	if (!(about && about->brief) && (!tell_dropped(stream) || !write_line(stream, &line))) {
		stream->dropped++;
		stream->all_dropped++;
	}
	if (about && listener)
		listener(listener_arg, about, text);
}

void log_listen(log_listener fn, void *arg)
{
	listener = fn;
	listener_arg = arg;
}

uint64_t log_dropped(void)
{
	return out.all_dropped + err.all_dropped;
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(&out, LOG_INFO, "", NULL, format, args);
	va_end(args);
}

void log_event(const struct log_about *about, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(&out, LOG_INFO, "", about, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(&err, LOG_WARNING, "warning: ", NULL, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(&err, LOG_ERR, "error: ", NULL, format, args);
	va_end(args);
}
