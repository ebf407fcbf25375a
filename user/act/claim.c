// SPDX-License-Identifier: GPL-2.0
#include "act/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "act/damon.h"

#define CLAIM_FILE "claim.json"
/* Of the state directory; sticky, so that from the moment it is there it is known to be made by hotdamon. */
#define MADE_MODE 01755

const struct claim_paths claim_default_paths = {
	.state_dir = "/run/hotdamon",
	.pin_dir = "/sys/fs/bpf/hotdamon",
	.damon_root = DAMON_ROOT,
	.damon_stat = "/sys/module/damon_stat/parameters/enabled",
	.boot_id = "/proc/sys/kernel/random/boot_id",
};

static const char *state_file(const struct claim_paths *paths, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", paths->state_dir, name);
	return path;
}

/* bpffs is open to all: whoever is not us, nor root, could hold our lock for ever. */
static bool is_trusted(int fd)
{
	struct stat held;

	return !fstat(fd, &held) && (held.st_uid == geteuid() || !held.st_uid);
}

static bool same_directory(int fd, const char *path)
{
	struct stat held, there;

	return !fstat(fd, &held) && !stat(path, &there) && held.st_ino == there.st_ino &&
	       held.st_dev == there.st_dev;
}

/* Somebody who only asks whether it is held (claim_is_held()) holds it for a moment: that is waited for. */
static int lock_directory(int fd)
{
	int err = -EWOULDBLOCK;

	for (int i = 0; i < 10 && err == -EWOULDBLOCK; i++) {
		if (i)
			nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		err = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
	}
	return err;
}

/*
 * A lock on a directory that its last holder is removing is worth nothing: then it is made and locked
 * again.
 */
int claim_lock(const struct claim_paths *paths, struct act_error *error)
{
	for (;;) {
		int fd, err;

		if (mkdir(paths->pin_dir, 0700) && errno != EEXIST)
			return act_fail(error, errno, "make %s (is bpffs mounted on /sys/fs/bpf?)",
					paths->pin_dir);
		fd = open(paths->pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return act_fail(error, errno, "open %s", paths->pin_dir);
		err = is_trusted(fd) ? lock_directory(fd) : -EPERM;
		if (err == -EPERM)
			act_fail(error, EPERM, "use %s, which another user made (rmdir it)", paths->pin_dir);
		else if (err)
			act_fail(error, -err, "lock %s", paths->pin_dir);
		else if (same_directory(fd, paths->pin_dir))
			return fd;
		close(fd);
		if (err)
			return err;
	}
}

int claim_is_held(const struct claim_paths *paths)
{
	int fd = open(paths->pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int held;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	held = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return held;
}

void claim_unlock(const struct claim_paths *paths, int lock_fd)
{
	rmdir(paths->pin_dir); /* while it is locked, so that nobody locks what goes away unnoticed */
	close(lock_fd);
}

static bool is_made(const struct stat *stat_buf)
{
	return (stat_buf->st_mode & ALLPERMS) == MADE_MODE && stat_buf->st_uid == geteuid();
}

int claim_make_state_dir(const struct claim_paths *paths, bool *made, struct act_error *error)
{
	struct stat stat_buf;

	*made = !mkdir(paths->state_dir, MADE_MODE);
	if (*made)
		return 0;
	if (errno != EEXIST)
		return act_fail(error, errno, "make the state directory %s", paths->state_dir);
	if (stat(paths->state_dir, &stat_buf) || !S_ISDIR(stat_buf.st_mode))
		return act_fail(error, ENOTDIR, "use %s as state directory", paths->state_dir);
	*made = is_made(&stat_buf); /* by one that was killed before it could claim it */
	return 0;
}

bool claim_has_pins(const struct claim_paths *paths)
{
	DIR *dir = opendir(paths->pin_dir);
	struct dirent *dirent;
	bool found = false;

	while (dir && !found && (dirent = readdir(dir)))
		found = dirent->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

void claim_remove_unclaimed(const struct claim_paths *paths)
{
	char path[PATH_MAX];
	struct stat stat_buf;

	unlink(state_file(paths, CLAIM_FILE ".new",
			  path)); /* killed while it wrote it: nothing is claimed yet */
	if (!stat(paths->state_dir, &stat_buf) && is_made(&stat_buf))
		rmdir(paths->state_dir); /* stays if anything is in it */
}

static struct json_object *claim_to_json(const struct claim *claim)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "boot_id", json_object_new_string(claim->boot_id));
	json_object_object_add(json, "pid", json_object_new_int64(claim->pid));
	json_object_object_add(json, "slots", json_object_new_int64(claim->slots));
	json_object_object_add(json, "slots_before", json_object_new_int64(claim->slots_before));
	json_object_object_add(json, "slots_inode", json_object_new_uint64(claim->slots_inode));
	json_object_object_add(json, "stopped_damon_stat",
			       json_object_new_boolean(claim->stopped_damon_stat));
	json_object_object_add(json, "made_state_dir", json_object_new_boolean(claim->made_state_dir));
	return json;
}

int claim_write(const struct claim_paths *paths, struct claim *claim, struct act_error *error)
{
	char path[PATH_MAX];
	struct json_object *json;
	int err = knob_read(paths->boot_id, claim->boot_id, sizeof(claim->boot_id), error);

	if (err)
		return err;
	claim->pid = getpid();
	json = claim_to_json(claim);
	err = file_replace(state_file(paths, CLAIM_FILE, path),
			   json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY), error);
	json_object_put(json);
	return err;
}

static bool claim_from_json(struct json_object *json, struct claim *claim)
{
	struct json_object *boot_id, *pid, *slots, *before, *inode, *damon_stat, *made_dir;

	if (!json_object_object_get_ex(json, "boot_id", &boot_id) ||
	    !json_object_object_get_ex(json, "pid", &pid) ||
	    !json_object_object_get_ex(json, "slots", &slots) ||
	    !json_object_object_get_ex(json, "slots_before", &before) ||
	    !json_object_object_get_ex(json, "slots_inode", &inode) ||
	    !json_object_object_get_ex(json, "stopped_damon_stat", &damon_stat) ||
	    !json_object_object_get_ex(json, "made_state_dir", &made_dir))
		return false;
	*claim = (struct claim){
		.pid = (pid_t)json_object_get_int64(pid),
		.slots = (unsigned int)json_object_get_int64(slots),
		.slots_before = (unsigned int)json_object_get_int64(before),
		.slots_inode = json_object_get_uint64(inode),
		.stopped_damon_stat = json_object_get_boolean(damon_stat),
		.made_state_dir = json_object_get_boolean(made_dir),
	};
	snprintf(claim->boot_id, sizeof(claim->boot_id), "%s", json_object_get_string(boot_id));
	return true;
}

static bool is_empty(const char *path)
{
	struct stat stat_buf;

	return !stat(path, &stat_buf) && S_ISREG(stat_buf.st_mode) && !stat_buf.st_size;
}

int claim_read(const struct claim_paths *paths, struct claim *claim, struct act_error *error)
{
	char path[PATH_MAX];
	char *text = file_read(state_file(paths, CLAIM_FILE, path));
	struct json_object *json;
	bool read;

	/* It is replaced at once: only a power cut leaves it empty, and what it claimed went with that boot. */
	if (!text && is_empty(path)) {
		*claim = (struct claim){0};
		return 0;
	}
	if (!text)
		return act_fail(error, errno, "read %s", path);
	json = json_tokener_parse(text);
	free(text);
	read = json && claim_from_json(json, claim);
	json_object_put(json);
	return read ? 0 : act_fail(error, EINVAL, "read %s", path);
}

int damon_stat_is_on(const struct claim_paths *paths, bool *on)
{
	char value[8];
	int err = knob_read(paths->damon_stat, value, sizeof(value), NULL);

	if (!err)
		*on = value[0] == 'Y';
	return err;
}

int damon_stat_turn(const struct claim_paths *paths, bool on, struct act_error *error)
{
	bool now;
	int err = knob_write(paths->damon_stat, on ? "Y" : "N", error);

	if (!err)
		err = damon_stat_is_on(paths, &now);
	if (!err && now != on)
		err = act_fail(error, EIO, "%s stays %s", paths->damon_stat, now ? "on" : "off");
	return err;
}

/*
 * Slots that were made and not yet noted are still as the kernel makes them. A tree that somebody set
 * up is not ours.
 */
static bool slots_are_untouched(const char *root, unsigned int slots)
{
	unsigned int present;

	return !damon_empty_slots(root, &present, NULL) && present == slots;
}

static int take_back_slots(const struct claim_paths *paths, const struct claim *claim,
			   struct claim_undone *undone, struct act_error *error)
{
	ino_t inode = damon_slots_inode(paths->damon_root);
	int err;

	if (!claim->slots || !inode)
		return 0;
	if (claim->slots_inode ? inode != claim->slots_inode
			       : !slots_are_untouched(paths->damon_root, claim->slots)) {
		undone->slots_not_ours = true;
		return 0;
	}
	err = damon_remove_slots(paths->damon_root, claim->slots, claim->slots_before, error);
	if (!err)
		undone->kdamonds = claim->slots;
	return err;
}

static int take_back_damon_stat(const struct claim_paths *paths, const struct claim *claim,
				struct claim_undone *undone, struct act_error *error)
{
	bool on = false;
	int err;

	if (!claim->stopped_damon_stat)
		return 0;
	err = damon_stat_is_on(paths, &on);
	if (err == -ENOENT || on)
		return 0;
	err = damon_stat_turn(paths, true, error);
	undone->damon_stat_restored = !err;
	return err;
}

/* All that is pinned there is ours: the directory has our name, and we hold its lock. */
static void remove_pins(const struct claim_paths *paths, struct claim_undone *undone)
{
	DIR *dir = opendir(paths->pin_dir);
	struct dirent *dirent;

	while (dir && (dirent = readdir(dir)))
		if (dirent->d_name[0] != '.' && !unlinkat(dirfd(dir), dirent->d_name, 0))
			undone->pins_removed = true;
	if (dir)
		closedir(dir);
}

static void remove_files(const struct claim_paths *paths, const struct claim *claim,
			 struct claim_undone *undone)
{
	static const char *const names[] = {"status.json", "status.json.new", CLAIM_FILE ".new", CLAIM_FILE};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!unlink(state_file(paths, names[i], path)))
			undone->files_removed = true;
	if (claim->made_state_dir)
		rmdir(paths->state_dir); /* stays if somebody else put something there */
}

int claim_take_back(const struct claim_paths *paths, const struct claim *claim, struct claim_undone *undone,
		    struct act_error *error)
{
	char boot_id[40] = "";
	struct act_error later;
	int err = 0, stat_err = 0;

	*undone = (struct claim_undone){0};
	if (!knob_read(paths->boot_id, boot_id, sizeof(boot_id), NULL) && !strcmp(boot_id, claim->boot_id)) {
		err = take_back_slots(paths, claim, undone, error);
		stat_err = take_back_damon_stat(paths, claim, undone, err ? &later : error);
	}
	remove_pins(paths, undone);
	if (err || stat_err)
		return err ? err : stat_err;
	remove_files(paths, claim, undone);
	return 0;
}
