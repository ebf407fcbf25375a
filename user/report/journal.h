/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines for the journal, with fields to search by, in its native protocol. sd_journal_send() would do the same, but waits for
 * a journal that does not take them, and so would the daemon.
 */
#ifndef HOTDAMON_REPORT_JOURNAL_H
#define HOTDAMON_REPORT_JOURNAL_H

#include <stdbool.h>

#include "report/event.h"

/* Where the journal listens; tests have another one. */
extern const char *journal_socket;

/* What is written to @fd goes to the journal, as systemd says. */
bool journal_reads(int fd);

/*
 * @priority: of syslog. @about: NULL is fine. What others chose is made fit to be shown. 0, or negative errno at once: -EAGAIN,
 * it takes nothing now; -ENOENT, -ECONNREFUSED, it is not there.
 */
int journal_send(int priority, const char *text, const struct log_about *about);

#endif
