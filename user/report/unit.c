// SPDX-License-Identifier: GPL-2.0
#include "report/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_LEN	   64 /* of a container, in hex */
#define ID_SHOWN   12 /* as docker ps and podman ps show it */
#define PATH_SHOWN 24

struct part {
	const char *at;
	size_t len;
};

/* The last part of the first @len bytes of @path, and in *@len where the rest ends. */
static bool last_part(const char *path, size_t *len, struct part *part)
{
	size_t end = *len, start;

	while (end && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/';)
		start--;
	*part = (struct part){path + start, end - start};
	*len = start;
	return end > 0;
}

static bool ends_in(struct part part, const char *suffix)
{
	size_t len = strlen(suffix);

	return part.len > len && !memcmp(part.at + part.len - len, suffix, len);
}

static bool is(struct part part, const char *text)
{
	return part.len == strlen(text) && !memcmp(part.at, text, part.len);
}

/* Whether @part is "ID", "engine-ID" or "engine-ID.scope"; then *@engine is what stands before. */
static bool container_part(struct part part, struct part *engine, const char **id)
{
	if (ends_in(part, ".scope"))
		part.len -= strlen(".scope");
	if (part.len < ID_LEN)
		return false;
	*id = part.at + part.len - ID_LEN;
	for (size_t i = 0; i < ID_LEN; i++)
		if (!isxdigit((unsigned char)(*id)[i]))
			return false;
	*engine = (struct part){part.at, part.len - ID_LEN};
	if (engine->len && engine->at[engine->len - 1] != '-')
		return false;
	engine->len -= engine->len > 0;
	return true;
}

static struct part engine_name(struct part engine, struct part parent)
{
	static const char *const names[][2] = {
		{"libpod", "podman"}, {"libpod-conmon", "conmon"}, {"cri-containerd", "containerd"}};

	if (!engine.len)
		engine = is(parent, "docker") ? parent : (struct part){"container", strlen("container")};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(engine, names[i][0]))
			return (struct part){names[i][1], strlen(names[i][1])};
	return engine;
}

static bool find_container(const char *path, char *out, size_t size)
{
	struct part part, engine, parent = {"", 0};
	size_t len = strlen(path);
	const char *id;

	while (last_part(path, &len, &part)) {
		size_t above = len;

		if (!container_part(part, &engine, &id))
			continue;
		last_part(path, &above, &parent);
		engine = engine_name(engine, parent);
		snprintf(out, size, "%.*s:%.*s", (int)engine.len, engine.at, ID_SHOWN, id);
		return true;
	}
	return false;
}

/* systemd writes what its names may not hold as \xHH. */
static void unescape(struct part part, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < part.len && used + 1 < size; i++) {
		char hex[3] = "";

		if (i + 3 < part.len && part.at[i] == '\\' && part.at[i + 1] == 'x' &&
		    isxdigit((unsigned char)part.at[i + 2]) && isxdigit((unsigned char)part.at[i + 3])) {
			memcpy(hex, part.at + i + 2, 2);
			i += 3;
		}
		out[used++] = *hex ? (char)strtoul(hex, NULL, 16) : part.at[i];
	}
	out[used] = '\0';
}

void unit_of_cgroup(const char *path, char *out, size_t size)
{
	size_t len = strlen(path);
	struct part part, last = {path, len};

	if (!size || find_container(path, out, size))
		return;
	while (last_part(path, &len, &part)) {
		if (last.at == path)
			last = part;
		if (ends_in(part, ".service") || ends_in(part, ".scope"))
			return unescape(part, out, size);
	}
	if (strlen(path) > PATH_SHOWN || ends_in(last, ".slice"))
		unescape(last, out, size);
	else
		snprintf(out, size, "%s", path);
}

bool cgroup_is_below(const char *path, const char *prefix)
{
	size_t len;

	path += *path == '/';
	prefix += *prefix == '/';
	len = strlen(prefix);
	while (len && prefix[len - 1] == '/')
		len--;
	return !len || (!strncmp(path, prefix, len) && (path[len] == '\0' || path[len] == '/'));
}
