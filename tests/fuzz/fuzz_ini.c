// SPDX-License-Identifier: GPL-2.0
/* The text of a configuration file: each line that says anything is told, once, and in its order. */
#include "config/ini_text.h"
#include "fuzz.h"

struct told {
	unsigned int lines, last; /* how many there are, and the one that was told last */
	uint8_t *told;		  /* [lines + 1] */
};

static void take(struct told *told, unsigned int line)
{
	fuzz_check(line > told->last && line <= told->lines);
	told->last = line;
	told->told[line] = 1;
}

static void on_section(void *arg, unsigned int line, const char *name)
{
	take(arg, line);
	fuzz_check(!strpbrk(name, "]\n"));
}

static void on_setting(void *arg, unsigned int line, const char *section, const char *name, const char *value)
{
	take(arg, line);
	fuzz_check(!strpbrk(section, "]\n") && !strchr(name, '\n') && !strchr(value, '\n'));
}

static void on_wrong(void *arg, unsigned int line, const char *what)
{
	take(arg, line);
	fuzz_check(!strncmp(what, "wants ", 6) && fuzz_is_shown(what));
}

/* Not even a comment may be so. */
static bool is_no_text(const char *line, const char *end)
{
	return end - line > 190 || (line < end && memchr(line, '\0', (size_t)(end - line)));
}

/* Neither blank nor a comment. */
static bool says_something(const char *line, const char *end)
{
	while (line < end && strchr(" \t\r\v\f", *line) && *line)
		line++;
	return line < end && *line != '#' && *line != ';';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told told = {.lines = 1};
	const struct ini_sink sink = {on_section, on_setting, on_wrong, &told};
	const char *at = (const char *)data, *end = at + size;
	unsigned int line = 0;

	for (size_t i = 0; i < size; i++)
		told.lines += data[i] == '\n';
	told.told = calloc(told.lines + 1, 1);
	fuzz_check(told.told);
	if (size) {
		fuzz_check(!ini_text_parse(at, size, &sink));
		if (size >= 3 && !memcmp(at, "\xEF\xBB\xBF", 3))
			at += 3;
	}
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		fuzz_check(told.told[++line] == says_something(at, stop) || is_no_text(at, stop));
		at = stop + 1;
	}
	free(told.told);
	return 0;
}
