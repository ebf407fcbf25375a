// SPDX-License-Identifier: GPL-2.0
#include "sense/services.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/textfile.h"
#include "base/units.h"
#include "sense/cgroups.h"
#include "sense/proc.h"

#define ASK_AGAIN_NS   (30 * NS_PER_S) /* a process may be moved */
#define FORGET_NS      (600 * NS_PER_S)
#define KEEP_AT_LEAST  1024 /* nothing is forgotten for want of room below it */
#define FILEID_KERNFS  0xFE /* include/linux/exportfs.h: the handle is the id */
#define NO_CGROUP_ROOT (-1)

/* Of a cgroup, or of one process where its cgroup does not tell. */
struct known {
	uint64_t cgroup_id;
	struct process_id id; /* all 0: of the cgroup */
	uint64_t asked_ns, used_ns;
	struct place *place; /* owned, with its path behind it; NULL: each of its processes is to be asked */
};

struct services {
	char proc_root[64];
	int root_fd; /* of cgroup v2 */
	char root[PATH_MAX];
	struct known *known; /* in order */
	size_t n, room;
	uint64_t tidied_ns;
	struct place nowhere;
	struct user_names *users;
};

/* What the link of one of our descriptors says. */
static int path_of_fd(int fd, char path[PATH_MAX])
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, PATH_MAX - 1);
	if (len < 0)
		return -errno;
	path[len] = '\0';
	return 0;
}

static void open_root(struct services *services, const char *cgroup_root)
{
	struct cgroup_mounts mounts;

	if (!cgroup_root) {
		cgroup_mounts_find(&mounts, services->proc_root);
		cgroup_root = mounts.v2;
	}
	if (*cgroup_root)
		services->root_fd = open(cgroup_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (services->root_fd >= 0 && path_of_fd(services->root_fd, services->root)) {
		close(services->root_fd);
		services->root_fd = NO_CGROUP_ROOT;
	}
}

struct services *services_new(const char *proc_root, const char *cgroup_root)
{
	struct services *services = calloc(1, sizeof(*services));

	if (!services)
		return NULL;
	services->users = user_names_new();
	if (!services->users) {
		free(services);
		return NULL;
	}
	snprintf(services->proc_root, sizeof(services->proc_root), "%s", proc_root);
	services->root_fd = NO_CGROUP_ROOT;
	open_root(services, cgroup_root);
	services->nowhere.path = "";
	service_of_cgroup("", &services->nowhere.service);
	return services;
}

void services_free(struct services *services)
{
	if (!services)
		return;
	for (size_t i = 0; i < services->n; i++)
		free(services->known[i].place);
	free(services->known);
	user_names_free(services->users);
	if (services->root_fd >= 0)
		close(services->root_fd);
	free(services);
}

/* The path of the cgroup @cgroup_id of v2. -ESTALE: it is gone; all else: nothing can be known of it by its id. */
static int path_of_id(const struct services *services, uint64_t cgroup_id, char out[CGROUP_PATH_LEN])
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(cgroup_id)];
	} asked = {.handle = {.handle_bytes = sizeof(cgroup_id), .handle_type = FILEID_KERNFS}};
	size_t root_len = strlen(services->root);
	char path[PATH_MAX];
	int fd, err;

	if (services->root_fd < 0 || !cgroup_id)
		return -ENOENT;
	memcpy(asked.handle.f_handle, &cgroup_id, sizeof(cgroup_id));
	fd = open_by_handle_at(services->root_fd, &asked.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = path_of_fd(fd, path);
	close(fd);
	if (!err && strncmp(path, services->root, root_len))
		err = -ENOENT;
	if (!err)
		snprintf(out, CGROUP_PATH_LEN, "%s", path + root_len);
	return err;
}

static int known_cmp(const void *key, const void *element)
{
	const struct known *a = key, *b = element;

	if (a->cgroup_id != b->cgroup_id)
		return a->cgroup_id < b->cgroup_id ? -1 : 1;
	return process_id_cmp(a->id, b->id);
}

/* Where @cgroup_id and @id are, or belong. */
static size_t position(const struct services *services, uint64_t cgroup_id, struct process_id id)
{
	const struct known key = {.cgroup_id = cgroup_id, .id = id};

	return bisect(&key, services->known, services->n, sizeof(key), known_cmp);
}

/* NULL: there is none. */
static struct known *find(const struct services *services, uint64_t cgroup_id, struct process_id id)
{
	size_t at = position(services, cgroup_id, id);
	struct known *known = services->known + at;

	return at < services->n && known->cgroup_id == cgroup_id && process_id_equal(known->id, id) ? known
												    : NULL;
}

/* The one of @cgroup_id and @id, made where there is none. NULL: no memory. */
static struct known *known_of(struct services *services, uint64_t cgroup_id, struct process_id id)
{
	struct known *known = find(services, cgroup_id, id);
	size_t at = position(services, cgroup_id, id);

	if (known)
		return known;
	if (array_reserve(&services->known, &services->room, services->n + 1, sizeof(*known)))
		return NULL;
	known = services->known + at;
	memmove(known + 1, known, (services->n - at) * sizeof(*known));
	services->n++;
	*known = (struct known){.cgroup_id = cgroup_id, .id = id};
	return known;
}

/* -ENOMEM: what was known stays. */
static int set_path(struct known *known, const char *path)
{
	struct place *place = malloc(sizeof(*place) + strlen(path) + 1);

	if (!place)
		return -ENOMEM;
	place->path = strcpy((char *)(place + 1), path);
	service_of_cgroup(path, &place->service);
	free(known->place);
	known->place = place;
	return 0;
}

/* A cgroup of v2, once and for all; in its root may be anybody. One that is gone is asked for again: for nothing, but seldom. */
static void ask_cgroup(const struct services *services, struct known *known, uint64_t now_ns)
{
	char path[CGROUP_PATH_LEN];
	int err = path_of_id(services, known->cgroup_id, path);

	known->asked_ns = now_ns;
	if (!err && *path)
		set_path(known, path);
	else if (err == -ESTALE)
		set_path(known, "");
}

/* Its path; "": not known. What was read is of @id if that lives after it. */
static void read_path(const struct services *services, struct process_id id, char path[CGROUP_PATH_LEN])
{
	struct process_facts facts;
	char *text;

	*path = '\0';
	if (textfile_read_all(&text, "%s/%u/cgroup", services->proc_root, id.tgid))
		return;
	if (process_facts_read(services->proc_root, id.tgid, &facts) || !process_facts_match(&facts, id) ||
	    proc_parse_cgroup(text, path, CGROUP_PATH_LEN))
		*path = '\0';
	free(text);
}

static void ask_process(const struct services *services, struct known *known, bool ended, uint64_t now_ns)
{
	char path[CGROUP_PATH_LEN] = "";

	known->asked_ns = now_ns;
	if (!ended)
		read_path(services, known->id, path);
	if (*path || !known->place)
		set_path(known, path);
}

static bool is_due(const struct known *known, uint64_t now_ns)
{
	return !known->asked_ns || now_ns - known->asked_ns >= ASK_AGAIN_NS;
}

/* Forgets what nobody asked for, once in a while, and only where there is much of it. */
static void tidy(struct services *services, uint64_t now_ns)
{
	size_t kept = 0;

	if (services->n < KEEP_AT_LEAST || now_ns - services->tidied_ns < ASK_AGAIN_NS)
		return;
	services->tidied_ns = now_ns;
	for (size_t i = 0; i < services->n; i++) {
		struct known *known = &services->known[i];

		if (now_ns - known->used_ns <
		    (process_id_equal(known->id, (struct process_id){0}) ? FORGET_NS : 2 * ASK_AGAIN_NS))
			services->known[kept++] = *known;
		else
			free(known->place);
	}
	services->n = kept;
}

const struct place *services_place(struct services *services, struct process_id id, uint64_t cgroup_id,
				   bool ended, uint64_t now_ns)
{
	struct known *known;

	tidy(services, now_ns);
	known = known_of(services, cgroup_id, (struct process_id){0});
	if (known && is_due(known, now_ns) && !(known->place && *known->place->path))
		ask_cgroup(services, known, now_ns);
	if (known && !known->place) {
		known->used_ns = now_ns;
		known = ended ? find(services, cgroup_id, id) : known_of(services, cgroup_id, id);
		if (known && is_due(known, now_ns))
			ask_process(services, known, ended, now_ns);
	}
	if (!known || !known->place)
		return &services->nowhere;
	known->used_ns = now_ns;
	return known->place;
}

void services_whose(struct services *services, struct process_id id, struct process_owner owner, bool ended,
		    uint64_t now_ns, struct whose *whose)
{
	const struct place *place = services_place(services, id, owner.cgroup_id, ended, now_ns);

	whose->service = place->service;
	*whose->user = '\0';
	if (owner.uid != UID_UNKNOWN || !process_uid_read(services->proc_root, id.tgid, &owner.uid))
		user_name(services->users, owner.uid, whose->user, sizeof(whose->user));
}

const char *services_root(const struct services *services)
{
	return services->root_fd >= 0 ? services->root : "";
}

size_t services_known(const struct services *services)
{
	return services->n;
}
