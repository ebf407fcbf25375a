// SPDX-License-Identifier: GPL-2.0
#include "act/claim.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "act/align.h"
#include "act/claim_json.h"
#include "act/damon.h"
#include "act/damon_stat.h"
#include "base/dir.h"
#include "base/json.h"

#define CLAIM_FILE "claim.json"
/* Of the state directory; sticky, so that from the moment it is there it is known to be made by hotdamon. */
#define MADE_MODE 01755

const struct claim_paths claim_default_paths = {
	.state_dir = "/run/hotdamon",
	.pin_dir = "/sys/fs/bpf/hotdamon",
	.damon_root = DAMON_ROOT,
	.damon_stat = "/sys/module/damon_stat/parameters/enabled",
	.shmem_enabled = "/sys/kernel/mm/transparent_hugepage/shmem_enabled",
	.boot_id = "/proc/sys/kernel/random/boot_id",
};

static int is_same_directory(int fd, const char *path, bool *is)
{
	struct stat held, there = {0};

	if (fstat(fd, &held) || (lstat(path, &there) && errno != ENOENT))
		return -errno;
	*is = held.st_ino == there.st_ino && held.st_dev == there.st_dev;
	return 0;
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

/* Another directory has the name of ours: what is in it is not ours to remove. */
static bool is_link(const char *path)
{
	struct stat there;

	return !lstat(path, &there) && S_ISLNK(there.st_mode);
}

/* The pin directory: without its lock nobody may remove it, who made it neither, as it could be somebody's by now. Returns @err. */
static int say_dir_stays(int err, bool made, struct act_error *error)
{
	size_t used = error ? strlen(error->text) : 0;

	if (made && error)
		snprintf(error->text + used, sizeof(error->text) - used,
			 "; it is empty, and `hotdamon cleanup` removes it");
	return err;
}

/*
 * A lock on a directory that its last holder is removing is worth nothing: then it is made and locked again.
 */
int claim_lock(const struct claim_paths *paths, struct act_error *error)
{
	bool made = false, is_there = false;

	for (;;) {
		bool just_now = false;
		int fd = act_make_dir(paths->pin_dir, 0700, &just_now, error), err;

		if (fd == -ENOENT)
			return act_fail(error, ENOENT, "make %s (is bpffs mounted on /sys/fs/bpf?)",
					paths->pin_dir);
		made |= just_now;
		if (fd < 0)
			return say_dir_stays(fd, made, error);
		err = is_link(paths->pin_dir) ? -EPERM : lock_directory(fd);
		if (!err)
			err = is_same_directory(fd, paths->pin_dir, &is_there);
		if (err)
			act_fail(error, -err, "lock %s%s", paths->pin_dir,
				 err == -EPERM ? ", which is a link" : "");
		else if (is_there)
			return fd;
		close(fd);
		if (err)
			return say_dir_stays(err, made, error);
	}
}

int claim_is_held(const struct claim_paths *paths)
{
	int fd = dir_open(paths->pin_dir, NULL);
	int held;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	held = !flock(fd, LOCK_SH | LOCK_NB) ? 0 : errno == EWOULDBLOCK ? 1 : -errno;
	close(fd);
	return held;
}

static int remove_dir(const char *path, struct act_error *error)
{
	int err = dir_remove(path);

	return err && err != -ENOENT ? act_fail(error, -err, "remove %s", path) : 0;
}

int claim_unlock(const struct claim_paths *paths, int lock_fd, struct act_error *error)
{
	/* While it is locked, so that nobody locks what goes away unnoticed. */
	int err = remove_dir(paths->pin_dir, error);

	close(lock_fd);
	return err;
}

static int remove_file(int dir_fd, const struct claim_paths *paths, const char *name, struct act_error *error)
{
	if (unlinkat(dir_fd, name, 0) && errno != ENOENT)
		return act_fail(error, errno, "remove %s/%s", paths->state_dir, name);
	return 0;
}

/* Stays if somebody else put something there. What was measured of this boot is worth nothing without it. */
static int remove_state_dir(const struct claim_paths *paths, struct act_error *error)
{
	int fd = act_open_dir(paths->state_dir, error), err;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = remove_file(fd, paths, COST_FILE, error);
	if (!err)
		err = remove_file(fd, paths, COST_FILE ".new", error);
	close(fd);
	return err ? err : claim_drop_state_dir(paths, error);
}

int claim_drop_state_dir(const struct claim_paths *paths, struct act_error *error)
{
	int err = remove_dir(paths->state_dir, error);

	return err == -ENOENT || err == -ENOTEMPTY ? 0 : err;
}

/* By one of us, whether or not it was still alive to claim it. */
static int is_made(int dir_fd, const struct claim_paths *paths, bool *made, struct act_error *error)
{
	struct stat held;

	if (fstat(dir_fd, &held))
		return act_fail(error, errno, "look at %s", paths->state_dir);
	*made = (held.st_mode & ALLPERMS) == MADE_MODE && held.st_uid == geteuid();
	return 0;
}

int claim_make_state_dir(const struct claim_paths *paths, bool *made, struct act_error *error)
{
	bool just_now = false;
	int fd = act_make_dir(paths->state_dir, MADE_MODE, &just_now, error), err;

	if (fd < 0)
		return say_dir_stays(fd, just_now && dir_remove(paths->state_dir), error);
	*made = true;
	err = just_now ? 0 : is_made(fd, paths, made, error);
	close(fd);
	return err;
}

/* NULL with *@err, which is 0 if there is no such directory. */
static DIR *open_pins(const struct claim_paths *paths, int *err)
{
	int fd = dir_open(paths->pin_dir, NULL);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*err = 0;
	if (fd < 0 && fd != -ENOENT)
		*err = fd;
	else if (fd >= 0 && !dir) {
		*err = -errno;
		close(fd);
	}
	return dir;
}

static struct dirent *next_pin(DIR *dir)
{
	struct dirent *dirent;

	do
		dirent = readdir(dir);
	while (dirent && dirent->d_name[0] == '.');
	return dirent;
}

int claim_has_pins(const struct claim_paths *paths, struct act_error *error)
{
	int err;
	DIR *dir = open_pins(paths, &err);
	bool found = dir && next_pin(dir);

	if (dir)
		closedir(dir);
	return err ? act_fail(error, -err, "open %s", paths->pin_dir) : found;
}

int claim_remove_unclaimed(const struct claim_paths *paths, struct act_error *error)
{
	int fd = act_open_dir(paths->state_dir, error), err;
	bool made;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = remove_file(fd, paths, CLAIM_FILE ".new", error); /* killed while it wrote it */
	if (!err)
		err = is_made(fd, paths, &made, error);
	close(fd);
	return err || !made ? err : remove_state_dir(paths, error);
}

int claim_write(const struct claim_paths *paths, struct claim *claim, struct act_error *error)
{
	char *text;
	int err = knob_read(paths->boot_id, claim->boot_id, sizeof(claim->boot_id), error);

	if (err)
		return err;
	claim->pid = getpid();
	if (!claim_in_range(claim))
		return act_fail(error, ERANGE, "claim %u seats, where %u were", claim->seats,
				claim->seats_before);
	text = claim_to_json(claim);
	if (!text)
		return act_fail(error, ENOMEM, "write %s/" CLAIM_FILE, paths->state_dir);
	err = file_replace(paths->state_dir, CLAIM_FILE, text, error);
	free(text);
	return err;
}

int claim_read(const struct claim_paths *paths, struct claim *claim, struct act_error *error)
{
	struct json_object *json;
	char *text;
	int err = file_read(paths->state_dir, CLAIM_FILE, &text, error);
	bool read;

	if (err)
		return err;
	if (!*text) { /* replaced at once: only a power cut leaves it empty, and what it claimed went with that boot */
		*claim = (struct claim){0};
		free(text);
		return 0;
	}
	err = json_parse(text, &json);
	free(text);
	if (err == -ENOMEM)
		return act_fail(error, ENOMEM, "read %s/" CLAIM_FILE, paths->state_dir);
	read = json && claim_from_json(json, claim);
	json_object_put(json);
	return read ? 0
		    : act_fail(error, EINVAL, "read %s/" CLAIM_FILE ", which is no claim of hotdamon",
			       paths->state_dir);
}

/* sysfs does not outlive a boot: after another one there is nothing of the claim's in it. */
static int is_of_this_boot(const struct claim_paths *paths, const struct claim *claim, bool *is,
			   struct act_error *error)
{
	char boot_id[sizeof(claim->boot_id)];
	int err = knob_read(paths->boot_id, boot_id, sizeof(boot_id), error);

	if (!err)
		*is = !strcmp(boot_id, claim->boot_id);
	return err;
}

/*
 * Seats that were made and not yet noted are still as the kernel makes them. A tree that somebody set
 * up is not ours.
 */
static int seats_are_untouched(const struct claim_paths *paths, const struct claim *claim, bool *are,
			       struct act_error *error)
{
	unsigned int present;
	int err = damon_empty_seats(paths->damon_root, &present, error);

	*are = !err && present == claim->seats;
	return err == -EBUSY ? 0 : err;
}

static int take_back_seats(const struct claim_paths *paths, const struct claim *claim,
			   struct claim_undone *undone, struct act_error *error)
{
	ino_t inode = 0;
	bool ours = false;
	int err = claim->seats ? is_of_this_boot(paths, claim, &ours, error) : 0;

	if (!err && ours)
		err = damon_seats_inode(paths->damon_root, &inode, error);
	if (err || !inode)
		return err;
	if (claim->seats_inode)
		ours = inode == claim->seats_inode;
	else
		err = seats_are_untouched(paths, claim, &ours, error);
	if (!err && ours)
		err = damon_remove_seats(paths->damon_root, claim->seats, claim->seats_before, error);
	undone->seats_not_ours = !err && !ours;
	undone->kdamonds = !err && ours ? claim->seats : 0;
	return err;
}

static int take_back_damon_stat(const struct claim_paths *paths, const struct claim *claim,
				struct claim_undone *undone, struct act_error *error)
{
	bool ours = false, on = false;
	int err = claim->stopped_damon_stat ? is_of_this_boot(paths, claim, &ours, error) : 0;

	if (err || !ours || damon_stat_is_on(paths, &on) == -ENOENT || on)
		return err;
	err = damon_stat_turn(paths, true, error);
	undone->damon_stat_restored = !err;
	return err;
}

/* What somebody set it to meanwhile stays. */
static int take_back_alignment(const struct claim_paths *paths, const struct claim *claim,
			       struct claim_undone *undone, struct act_error *error)
{
	bool ours = false;
	int err = claim->aligned_shared ? is_of_this_boot(paths, claim, &ours, error) : 0, is;

	if (err || !ours)
		return err;
	is = align_is(paths, "advise");
	if (is <= 0)
		return !is || is == -ENOENT ? 0 : act_fail(error, -is, "read %s", paths->shmem_enabled);
	err = align_turn(paths, false, error);
	undone->shared_restored = !err;
	return err;
}

/* All that is pinned there is ours: the directory has our name, and we hold its lock. */
static int remove_pins(const struct claim_paths *paths, const struct claim *claim,
		       struct claim_undone *undone, struct act_error *error)
{
	struct dirent *dirent;
	int err;
	DIR *dir = open_pins(paths, &err);

	(void)claim;
	if (!dir)
		return err ? act_fail(error, -err, "open %s", paths->pin_dir) : 0;
	while ((dirent = next_pin(dir))) {
		if (!unlinkat(dirfd(dir), dirent->d_name, 0))
			undone->pins_removed = true;
		else if (!err)
			err = act_fail(error, errno, "remove %s/%s", paths->pin_dir, dirent->d_name);
	}
	closedir(dir);
	return err;
}

/* The claim is the last. */
static int remove_files(const struct claim_paths *paths, const struct claim *claim,
			struct claim_undone *undone, struct act_error *error)
{
	static const char *const names[] = {"status.json",  "status.json.new", "map.json", "map.json.new",
					    METRICS_SOCKET, CLAIM_FILE ".new", CLAIM_FILE};
	int fd = act_open_dir(paths->state_dir, error), err = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++) {
		if (!unlinkat(fd, names[i], 0))
			undone->files_removed = true;
		else if (errno != ENOENT)
			err = act_fail(error, errno, "remove %s/%s", paths->state_dir, names[i]);
	}
	close(fd);
	return err || !claim->made_state_dir ? err : remove_state_dir(paths, error);
}

int claim_take_back(const struct claim_paths *paths, const struct claim *claim, struct claim_undone *undone)
{
	int (*const steps[])(const struct claim_paths *, const struct claim *, struct claim_undone *,
			     struct act_error *) = {take_back_seats, take_back_damon_stat,
						    take_back_alignment, remove_pins, remove_files};
	int first_err = 0;

	*undone = (struct claim_undone){0};
	for (size_t i = 0; i < CLAIM_STEPS; i++) {
		int err;

		if (steps[i] == remove_files &&
		    first_err) /* the claim stays until there is nothing left to undo */
			break;
		err = steps[i](paths, claim, undone, &undone->failed[undone->n_failed]);
		undone->n_failed += err != 0;
		first_err = first_err ? first_err : err;
	}
	return first_err;
}
