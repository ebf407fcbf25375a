// SPDX-License-Identifier: GPL-2.0
#include "config/ini_text.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SECTION_LEN 50 /* libinih's, with its NUL: it would cut a longer name */

struct reading {
	const char *at, *end;
	const struct ini_sink *sink;
	unsigned int line;
	bool wants_setting; /* the line that was handed on should be one, and none was told yet */
};

static void complain(const struct reading *reading, const char *what)
{
	reading->sink->wrong(reading->sink->arg, reading->line, what);
}

static void end_line(struct reading *reading)
{
	if (reading->wants_setting)
		complain(reading, "wants NAME = VALUE, [run] or [rule NAME]");
	reading->wants_setting = false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* The next line, without the white space around it. */
static const char *take_line(struct reading *reading, size_t *len)
{
	const char *start = reading->at;
	const char *end = memchr(start, '\n', (size_t)(reading->end - start));

	reading->at = end ? end + 1 : reading->end;
	reading->line++;
	if (!end)
		end = reading->end;
	while (start < end && is_blank(*start)) /* for libinih it would go on with the line before */
		start++;
	while (start < end && is_blank(end[-1]))
		end--;
	*len = (size_t)(end - start);
	return start;
}

static void tell_section(const struct reading *reading, const char *line)
{
	char name[SECTION_LEN];
	size_t len = strcspn(line + 1, "]");

	if (line[1 + len] != ']') {
		complain(reading, "wants a ] behind the name of the section");
	} else if (len >= sizeof(name)) {
		complain(reading, "wants a shorter name of the section, of at most 49 bytes");
	} else {
		memcpy(name, line + 1, len);
		name[len] = '\0';
		reading->sink->section(reading->sink->arg, reading->line, name);
	}
}

/* What libinih reads by, as fgets(). */
static char *read_line(char *buffer, int size, void *arg)
{
	struct reading *reading = arg;
	char most[96];
	size_t len;
	const char *line;

	end_line(reading);
	if (reading->at == reading->end)
		return NULL;
	line = take_line(reading, &len);
	if (memchr(line, '\0', len)) {
		complain(reading, "wants text, and has a NUL byte");
		len = 0;
	} else if (len > (size_t)size - 2) {
		snprintf(most, sizeof(most), "wants at most %d bytes in a line, and has %zu", size - 2, len);
		complain(reading, most);
		len = 0;
	}
	memcpy(buffer, line, len);
	memcpy(buffer + len, "\n", 2);
	reading->wants_setting = len && !strchr("#;[", *buffer);
	if (*buffer == '[')
		tell_section(reading, buffer);
	return buffer;
}

static int take_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *reading = arg;

	reading->wants_setting = false;
	reading->sink->setting(reading->sink->arg, reading->line, section, name, value);
	return 1;
}

int ini_text_parse(const char *text, size_t len, const struct ini_sink *sink)
{
	static const char mark[] = "\xEF\xBB\xBF";
	struct reading reading = {.at = text, .end = text + len, .sink = sink};

	if (len >= strlen(mark) && !memcmp(text, mark, strlen(mark)))
		reading.at += strlen(mark);
	/* The line of the first mistake that it finds is no news: each was told. */
	return ini_parse_stream(read_line, &reading, take_setting, &reading) < 0 ? -ENOMEM : 0;
}
