// SPDX-License-Identifier: GPL-2.0
#include "decide/service.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_LEN	   64 /* of a container, in hex */
#define ID_SHOWN   12 /* as docker ps and podman ps show it */
#define PATH_SHOWN 24

/* A part of a path, between its slashes. */
struct part {
	const char *at;
	size_t len;
};

/* Its end: how much of the path there is, with it. */
static size_t part_end(const char *path, struct part part)
{
	return (size_t)(part.at - path) + part.len;
}

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

static bool is(struct part part, const char *text)
{
	return part.len == strlen(text) && !memcmp(part.at, text, part.len);
}

/* Takes @prefix off its beginning, and leaves something; or nothing happens. */
static bool cut_prefix(struct part *part, const char *prefix)
{
	size_t len = strlen(prefix);

	if (part->len <= len || memcmp(part->at, prefix, len))
		return false;
	part->at += len;
	part->len -= len;
	return true;
}

static bool cut_suffix(struct part *part, const char *suffix)
{
	size_t len = strlen(suffix);

	if (part->len <= len || memcmp(part->at + part->len - len, suffix, len))
		return false;
	part->len -= len;
	return true;
}

static bool ends_in(struct part part, const char *suffix)
{
	return cut_suffix(&part, suffix);
}

static bool is_hex(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)at[i]))
			return false;
	return true;
}

/* systemd writes what its names may not hold as \xHH. */
static void unescape(struct part part, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < part.len && used + 1 < size; i++) {
		char hex[3] = "";

		if (i + 3 < part.len && part.at[i] == '\\' && part.at[i + 1] == 'x' &&
		    is_hex(part.at + i + 2, 2) && memcmp(part.at + i + 2, "00", 2)) {
			memcpy(hex, part.at + i + 2, 2);
			i += 3;
		}
		out[used++] = *hex ? (char)strtoul(hex, NULL, 16) : part.at[i];
	}
	out[used] = '\0';
}

/* ---- containers ---- */

/*
 * Whether @part is "ID", "engine-ID" or "engine-ID.scope"; then *@engine is what stands before. containerd that is
 * told paths of systemd, and has another driver, makes "slice:engine:ID" of them.
 */
static bool split_id(struct part part, struct part *engine, const char **id)
{
	cut_suffix(&part, ".scope");
	if (part.len < ID_LEN)
		return false;
	*id = part.at + part.len - ID_LEN;
	*engine = (struct part){part.at, part.len - ID_LEN};
	if (!is_hex(*id, ID_LEN) || (engine->len && !strchr("-:", engine->at[engine->len - 1])))
		return false;
	engine->len -= engine->len > 0;
	for (size_t i = engine->len; i-- > 0;)
		if (engine->at[i] == ':') {
			*engine = (struct part){engine->at + i + 1, engine->len - i - 1};
			break;
		}
	return true;
}

static struct part engine_name(struct part engine, struct part parent)
{
	static const char *const names[][2] = {
		{"libpod", "podman"},	   {"libpod-payload", "podman"},     {"libpod-conmon", "conmon"},
		{"crio-conmon", "conmon"}, {"cri-containerd", "containerd"},
	};

	if (!engine.len)
		engine = is(parent, "docker") ? parent : (struct part){"container", strlen("container")};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(engine, names[i][0]))
			return (struct part){names[i][1], strlen(names[i][1])};
	return engine;
}

/* "lxc.payload.NAME", or "NAME" below "lxc" as older ones have it. Its monitor runs outside. */
static bool lxc_part(struct part part, struct part parent, char *out, size_t size)
{
	if (!cut_prefix(&part, "lxc.payload.") && !is(parent, "lxc"))
		return false;
	snprintf(out, size, "lxc:%.*s", (int)part.len, part.at);
	return true;
}

/* The innermost container of @path to @out; returns where its part ends, 0: there is none. */
static size_t find_container(const char *path, char *out, size_t size)
{
	struct part part, engine, parent = {"", 0};
	size_t len = strlen(path);
	const char *id;

	while (last_part(path, &len, &part)) {
		size_t above = len;

		if (!last_part(path, &above, &parent))
			parent = (struct part){"", 0};
		if (lxc_part(part, parent, out, size))
			return part_end(path, part);
		if (!split_id(part, &engine, &id))
			continue;
		engine = engine_name(engine, parent);
		snprintf(out, size, "%.*s:%.*s", (int)engine.len, engine.at, ID_SHOWN, id);
		return part_end(path, part);
	}
	return 0;
}

/* "pod0f5e-..." or "kubepods-burstable-pod0f5e_....slice": the uid, as kubectl has it. */
static bool pod_part(struct part part, char *out)
{
	size_t start = 0;

	cut_suffix(&part, ".slice");
	for (size_t i = 0; i + 4 < part.len; i++)
		if (!memcmp(part.at + i, "-pod", 4))
			start = i + 1;
	part = (struct part){part.at + start, part.len - start};
	if (!cut_prefix(&part, "pod") || part.len >= SERVICE_POD_LEN)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		if (!isxdigit((unsigned char)part.at[i]) && !strchr("-_", part.at[i]))
			return false;
		out[i] = part.at[i] == '_' ? '-' : part.at[i];
	}
	out[part.len] = '\0';
	return true;
}

static void find_pod(const char *path, char out[SERVICE_POD_LEN])
{
	struct part part, before;
	size_t len = strlen(path);

	if (!strstr(path, "kubepods"))
		return;
	while (last_part(path, &len, &part)) {
		before = (struct part){part.at, strcspn(part.at, ":/")}; /* of "slice:engine:ID" */
		if (pod_part(before, out))
			return;
	}
}

/* ---- units ---- */

static bool is_unit(struct part part)
{
	return ends_in(part, ".service") || ends_in(part, ".scope") || ends_in(part, ".socket") ||
	       ends_in(part, ".mount") || ends_in(part, ".swap");
}

/* It holds whatever somebody starts: a login, the first process, a user's own systemd. */
static bool is_session(struct part part)
{
	return is(part, "init.scope") || (cut_prefix(&part, "session-") && ends_in(part, ".scope")) ||
	       (cut_prefix(&part, "user@") && ends_in(part, ".service"));
}

/* The innermost unit of the first @len bytes of @path. */
static bool find_unit(const char *path, size_t len, struct part *unit)
{
	while (last_part(path, &len, unit))
		if (is_unit(*unit))
			return true;
	return false;
}

/* ---- the service ---- */

/* Of a cgroup that is neither a unit nor a container: its path, or its last part where that is long. */
static void name_by_path(const char *path, struct part last, char *out, size_t size)
{
	if (strlen(path) > PATH_SHOWN || ends_in(last, ".slice"))
		unescape(last, out, size);
	else
		snprintf(out, size, "%s", path);
}

/* FNV-1a. Of 65536 services two have the same with a chance of 1 to 8 billion. */
static uint64_t hash(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ byte[i]) * 0x100000001B3ULL;
	return sum;
}

#define HASH_START 0xCBF29CE484222325ULL

static uint64_t not_0(uint64_t key)
{
	return key ? key : 1;
}

/* By its container, its unit, or its own path: the first that it has. Returns where that ends in @path. */
static size_t find_service(const char *path, struct service *service)
{
	size_t len = strlen(path), end = find_container(path, service->name, sizeof(service->name));
	struct part part;

	if (end) {
		find_pod(path, service->pod);
		service->kind = SERVICE_CONTAINER;
		service->own = true;
		return end;
	}
	if (find_unit(path, len, &part)) {
		unescape(part, service->name, sizeof(service->name));
		service->kind = SERVICE_UNIT;
		service->own = !is_session(part);
	} else {
		last_part(path, &len, &part);
		name_by_path(path, part, service->name, sizeof(service->name));
		service->own = part.len && !ends_in(part, ".slice");
	}
	return part_end(path, part);
}

void service_of_cgroup(const char *path, struct service *service)
{
	size_t end;

	*service = (struct service){0};
	end = find_service(path, service);
	if (service->own)
		service->key = not_0(hash(HASH_START, path, end));
}

uint64_t service_key(const struct service *service, const char *comm, uint32_t uid)
{
	if (service->own)
		return service->key;
	return not_0(hash(hash(HASH_START, &uid, sizeof(uid)), comm, strlen(comm) + 1));
}

uint64_t service_key_alone(struct process_id id)
{
	return not_0(hash(hash(HASH_START, &id.tgid, sizeof(id.tgid)), &id.start_time_ns,
			  sizeof(id.start_time_ns)));
}

void whose_name(const char *comm, uint32_t pid, const struct whose *whose, char out[WHOSE_NAME_LEN])
{
	const char *of = whose->service.own ? whose->service.name : whose->user;

	snprintf(out, WHOSE_NAME_LEN, "%s (%" PRIu32 ")%s%s", comm, pid, *of ? " of " : "", of);
}

void whose_service(const char *comm, const struct whose *whose, char out[WHOSE_NAME_LEN])
{
	if (whose->service.own)
		snprintf(out, WHOSE_NAME_LEN, "%s", whose->service.name);
	else
		snprintf(out, WHOSE_NAME_LEN, "%s%s%s", comm, *whose->user ? " of " : "", whose->user);
}

static void add_detail(char out[WHOSE_DETAILS_LEN], const char *what, const char *text)
{
	size_t len = strlen(out);

	if (*text)
		snprintf(out + len, WHOSE_DETAILS_LEN - len, "%s%s%s", len ? ", " : "", what, text);
}

void whose_details(const struct whose *whose, char out[WHOSE_DETAILS_LEN])
{
	*out = '\0';
	add_detail(out, "user ", whose->service.own ? whose->user : "");
	add_detail(out, "", whose->service.own ? "" : service_unit(&whose->service));
	add_detail(out, "pod ", whose->service.pod);
	add_detail(out, "command: ", whose->command);
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

/* ---- by a word ---- */

#define ID_LEAST 4 /* of a container's: fewer digits are as good as none */

static bool unit_is(const struct service *service, const char *word)
{
	struct part name = {service->name, strlen(service->name)};

	return is(name, word) || (cut_suffix(&name, ".service") && is(name, word));
}

/* @word as the beginning of the id that stands in @path behind @service's shorter one. */
static bool container_is(const struct service *service, const char *path, const char *word)
{
	const char *id = strchr(service->name, ':'), *in_path;
	size_t len;

	if (service->kind != SERVICE_CONTAINER || !id)
		return false;
	len = (size_t)(id + 1 - service->name);
	if (!strncmp(word, service->name, len))
		word += len;
	id++;
	len = strlen(word);
	if (!strcmp(word, id))
		return true;
	if (len < ID_LEAST || !is_hex(word, len))
		return false;
	in_path = strstr(path, id);
	return in_path && !strncmp(in_path, word, len);
}

enum service_match service_match(const char *word, const struct service *service, const char *path,
				 const char *comm)
{
	if (*word == '/')
		return *path && cgroup_is_below(path, word) ? SERVICE_BY_NAME : SERVICE_IS_OTHER;
	if (*word && (unit_is(service, word) || container_is(service, path, word) ||
		      (*service->pod && !strcmp(service->pod, word))))
		return SERVICE_BY_NAME;
	return *word && !strcmp(word, comm) ? SERVICE_BY_COMM : SERVICE_IS_OTHER;
}
