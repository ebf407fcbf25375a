/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place that logs. On a terminal or in a file: seconds since the start and the text; in the journal:
 * the text with its priority, and fields of what it is about. It never waits for who reads it: lines that a pipe, a socket or a terminal does
 * not take at once are dropped, and their number is told when it takes lines again.
 */
#ifndef HOTDAMON_REPORT_LOG_H
#define HOTDAMON_REPORT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "report/event.h"

/* To be called as time goes by: the time of the lines that follow. Tells what was dropped, if that can be told now. */
void log_set_elapsed_ns(uint64_t elapsed_ns);

/* Nothing is said until it is taken back: what is looked at is told otherwise. */
void log_mute(bool mute);

/* What a person wants to follow, on stdout. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, of an event. */
void log_event(const struct log_about *about, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Each event is told to @fn as well, with its line; one listener, or NULL. */
typedef void (*log_listener)(void *arg, const struct log_about *about, const char *text);
void log_listen(log_listener fn, void *arg);

/* What went wrong, on stderr; log_warning() for what hotdamon lives with. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Lines that nobody took, in all. */
uint64_t log_dropped(void);

#endif
