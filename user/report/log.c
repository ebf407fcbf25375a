// SPDX-License-Identifier: GPL-2.0
#include "report/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <systemd/sd-daemon.h>

#include "base/printable.h"

/* The clock is the daemon's; the log only shows it. */
static uint64_t elapsed_ns;

void log_set_elapsed_ns(uint64_t ns)
{
	elapsed_ns = ns;
}

/* systemd sets it for a service whose output is the journal's. */
static bool in_journal(void)
{
	return getenv("JOURNAL_STREAM") != NULL;
}

static void log_line(FILE *file, const char *priority, const char *word, const char *format, va_list args)
{
	char said[1024], text[sizeof(said)];

	if (in_journal())
		fprintf(file, "%s%s", priority, word);
	else
		fprintf(file, "%8.1f s  %s", (double)elapsed_ns / 1e9, word);
	vsnprintf(said, sizeof(said), format, args);
	printable_text(said, text, sizeof(text));
	fprintf(file, "%s\n", text);
	fflush(file);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(stdout, SD_INFO, "", format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(stderr, SD_WARNING, "warning: ", format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(stderr, SD_ERR, "error: ", format, args);
	va_end(args);
}
