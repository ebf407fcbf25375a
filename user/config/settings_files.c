// SPDX-License-Identifier: GPL-2.0
/* The files of the settings: which they are, whether they may be believed, and what stands in them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/dir.h"
#include "base/passing.h"
#include "base/printable.h"
#include "config/ini_text.h"
#include "config/settings.h"

#define RULE_SECTION "rule "

struct reading {
	struct settings *settings;
	const char *file; /* kept */
	bool unknown;	  /* the section is none of ours: what stands in it is not read */
};

static struct origin at_line(const struct reading *reading, unsigned int line)
{
	return (struct origin){ORIGIN_FILE, reading->file, line};
}

static const char *rule_of(const char *section)
{
	return strncmp(section, RULE_SECTION, strlen(RULE_SECTION)) ? NULL : section + strlen(RULE_SECTION);
}

static void on_section(void *arg, unsigned int line, const char *name)
{
	struct reading *reading = arg;
	struct origin origin = at_line(reading, line);
	const char *rule = rule_of(name);
	char shown[64];

	reading->unknown = false;
	if (rule && rule[strspn(rule, " ")]) {
		policy_begin(reading->settings, &origin, rule);
	} else if (strcmp(name, "run")) {
		reading->unknown = true;
		printable_text(name, shown, sizeof(shown));
		settings_note(reading->settings, true, &origin, "wants [run] or [rule NAME], not [%s]",
			      shown);
	}
}

static void on_setting(void *arg, unsigned int line, const char *section, const char *name, const char *value)
{
	struct reading *reading = arg;
	struct origin origin = at_line(reading, line);

	if (reading->unknown)
		return;
	if (!*section)
		settings_note(reading->settings, true, &origin,
			      "wants [run] or [rule NAME] before the first setting");
	else if (rule_of(section))
		policy_take(reading->settings, &origin, rule_of(section), name, value);
	else
		settings_take(reading->settings, &origin, name, value);
}

static void on_wrong(void *arg, unsigned int line, const char *what)
{
	struct reading *reading = arg;
	struct origin origin = at_line(reading, line);

	settings_note(reading->settings, true, &origin, "%s", what);
}

static void take_text(struct settings *settings, const char *file, const char *text, size_t len)
{
	struct reading reading = {.settings = settings, .file = file};
	const struct ini_sink sink = {on_section, on_setting, on_wrong, &reading};

	if (ini_text_parse(text, len, &sink))
		settings->err = -ENOMEM;
}

static const char *why_not(int err, const struct dir_trouble *trouble)
{
	if (trouble->why)
		return trouble->why;
	if (err == -EINVAL)
		return "wants a regular file, no link";
	return strerror(-err);
}

/* What cannot be read is a mistake of who named it, but for a reason that passes. */
static void note_unread(struct settings *settings, const struct origin *origin, int err, const char *format,
			...) __attribute__((format(printf, 4, 5)));

static void note_unread(struct settings *settings, const struct origin *origin, int err, const char *format,
			...)
{
	char why[PATH_MAX + 64];
	va_list args;

	if (err == -ENOMEM || !origin->file) {
		settings->err = -ENOMEM;
		return;
	}
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	settings_note(settings, true, origin, "%s: it is not read", why);
	if (!settings->err && err_is_passing(err))
		settings->err = err;
}

/* @name in the directory, whose whole path is @path. */
static void read_file(struct settings *settings, int dir_fd, const char *name, const char *path)
{
	struct origin origin = {.kind = ORIGIN_FILE, .file = settings_keep(settings, path)};
	struct dir_trouble trouble;
	char *text;
	size_t len;
	int err = origin.file ? dir_read_own(dir_fd, name, &text, &len, &trouble) : -ENOMEM;

	if (err) {
		note_unread(settings, &origin, err, "%s", err == -ENOMEM ? "" : why_not(err, &trouble));
	} else {
		if (len > SETTINGS_FILE_MAX)
			settings_note(settings, true, &origin, "wants at most %lu bytes, and has %zu",
				      SETTINGS_FILE_MAX, len);
		else
			take_text(settings, origin.file, text, len);
		settings->n_files++;
		free(text);
	}
}

/* Of the directory @path, which may be absent. Negative errno with its mistake noted, unless that is fine. */
static int open_dir(struct settings *settings, const char *path, const char *file, bool may_be_absent)
{
	struct origin origin = {.kind = ORIGIN_FILE, .file = settings_keep(settings, file)};
	struct dir_trouble trouble;
	int fd = dir_open(path, &trouble);

	if (fd >= 0 || !origin.file || (may_be_absent && (fd == -ENOENT || fd == -ENOTDIR)))
		return fd;
	note_unread(settings, &origin, fd, "%.*s: %s", trouble.part_len, path,
		    trouble.why ? trouble.why : strerror(-fd));
	return fd;
}

static bool is_there(int dir_fd, const char *name)
{
	return !faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) || errno != ENOENT;
}

static void read_main(struct settings *settings, const char *path)
{
	const char *name;
	char *dir = dir_of(path, &name);
	int fd;

	if (!dir) {
		settings->err = -ENOMEM;
		return;
	}
	fd = open_dir(settings, dir, path, !settings->file);
	free(dir);
	if (fd < 0)
		return;
	if (settings->file || is_there(fd, name))
		read_file(settings, fd, name, path);
	close(fd);
}

static int is_drop_in(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > strlen(".conf") &&
	       !strcmp(entry->d_name + len - strlen(".conf"), ".conf");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_drop_ins(struct settings *settings, const char *path)
{
	char dir[PATH_MAX], file[PATH_MAX + NAME_MAX + 2];
	struct origin origin = {.kind = ORIGIN_FILE, .file = dir};
	struct dirent **entries;
	int fd, n;

	snprintf(dir, sizeof(dir), "%s.d", path);
	fd = open_dir(settings, dir, dir, true);
	if (fd < 0)
		return;
	n = scandirat(fd, ".", &entries, is_drop_in, by_name);
	if (n < 0)
		note_unread(settings, &origin, -errno, "%s", strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", dir, entries[i]->d_name);
		read_file(settings, fd, entries[i]->d_name, file);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	close(fd);
}

int settings_read_files(struct settings *settings)
{
	const char *path = settings->file ? settings->file : SETTINGS_FILE;
	struct origin origin = {.kind = ORIGIN_FILE, .file = path};

	if (strlen(path) + strlen(".d") >= PATH_MAX) {
		origin.file = "--config";
		settings_note(settings, true, &origin, "%s", strerror(ENAMETOOLONG));
		return settings->err;
	}
	read_main(settings, path);
	read_drop_ins(settings, path);
	return settings->err;
}
