/* SPDX-License-Identifier: GPL-2.0 */
/* INI, by libinih, a line at a time: so that each setting, and each mistake, has its line, and none is a surprise. */
#ifndef HOTDAMON_CONFIG_INI_TEXT_H
#define HOTDAMON_CONFIG_INI_TEXT_H

#include <stddef.h>

/* What is told of a text, in the order of its lines, from 1. Texts are borrowed for the call. */
struct ini_sink {
	void (*section)(void *arg, unsigned int line, const char *name);
	/* "NAME = VALUE" in the last section; "": before the first */
	void (*setting)(void *arg, unsigned int line, const char *section, const char *name,
			const char *value);
	void (*wrong)(void *arg, unsigned int line, const char *what); /* "wants ..." */
	void *arg;
};

/*
 * CRLF, a byte order mark, and white space around all are fine. A line that begins with # or ; is a comment, as is what
 * is behind a ; with a space before it. Wrong, and then skipped: NUL, longer lines than libinih takes, and what is neither
 * a section nor a setting. -ENOMEM: not all was told.
 */
int ini_text_parse(const char *text, size_t len, const struct ini_sink *sink);

#endif
