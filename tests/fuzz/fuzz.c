// SPDX-License-Identifier: GPL-2.0
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = size ? strndup((const char *)data, size) : strdup("");

	fuzz_check(text);
	return text;
}

char *fuzz_part(char **rest)
{
	char *part = *rest, *end = strstr(part, "\n--\n");

	*rest = end ? end + strlen("\n--\n") : part + strlen(part);
	if (end)
		end[1] = '\0';
	return part;
}

/* ---- files ---- */

static char dir[PATH_MAX / 2];

static int remove_one(const char *path, const struct stat *held, int type, struct FTW *ftw)
{
	(void)held;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_dir(void)
{
	nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

const char *fuzz_dir(void)
{
	const char *above = getenv("TMPDIR");

	if (*dir)
		return dir;
	snprintf(dir, sizeof(dir), "%s/hotdamon-fuzz-XXXXXX", above ? above : "/tmp");
	fuzz_check(mkdtemp(dir));
	atexit(remove_dir);
	return dir;
}

const char *fuzz_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", fuzz_dir(), name);
	return path;
}

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		fuzz_check(!mkdir(path, 0700) || errno == EEXIST || errno == EROFS);
		*slash = '/';
	}
}

static int create(char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	make_parents(path);
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

void fuzz_put(const char *name, const void *bytes, size_t size)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s", fuzz_path(name));
	fd = create(path);
	fuzz_check(fd >= 0);
	fuzz_check(write(fd, bytes, size) == (ssize_t)size);
	fuzz_check(!close(fd));
}

void fuzz_link(const char *name, const char *target)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", fuzz_path(name));
	make_parents(path);
	fuzz_check(!symlink(target, path) || errno == EEXIST);
}

/* ---- what is shown ---- */

/* By the C library's tables, and not by base/printable.c's, which are what is tested. */
static bool is_shown(wchar_t c)
{
	bool turns = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x061C;
	bool hides =
		(c >= 0x200B && c <= 0x200F) || c == 0xFEFF || c == 0xAD || (c >= 0xE0000 && c < 0xE1000);

	return c == L'\n' || (!iswcntrl((wint_t)c) && !turns && !hides);
}

void fuzz_speak_utf8(void)
{
	fuzz_check(setlocale(LC_CTYPE, "C.UTF-8"));
}

bool fuzz_is_shown(const char *text)
{
	fuzz_speak_utf8();
	while (*text) {
		wchar_t c;
		mbstate_t state = {0};
		size_t len = mbrtowc(&c, text, strlen(text), &state);

		if (len > MB_LEN_MAX || !is_shown(c))
			return false;
		text += len;
	}
	return true;
}
