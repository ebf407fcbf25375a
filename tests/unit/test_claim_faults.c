// SPDX-License-Identifier: GPL-2.0
/*
 * Each system call in the life of a claim fails in turn, with each errno, once or for as long as one thing is asked for. What was asked for fails with that errno and in
 * words, or is done all the same; then it can be asked for again; a file is whole at any time; nothing is left in the end.
 */
#include "claim_world.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/syscall.h>

static bool armed, goes_on_failing;
static unsigned int calls, fails_at;
static int fails_with;

static long done_or_fails(long nr, long a, long b, long c, long d)
{
	calls += armed;
	if (armed && (calls == fails_at || (goes_on_failing && calls > fails_at))) {
		errno = fails_with;
		return -1;
	}
	return syscall(nr, a, b, c, d);
}

/* ---- in place of the C library's ---- */

int open(const char *path, int flags, ...)
{
	return (int)done_or_fails(SYS_openat, AT_FDCWD, (long)path, flags, 0);
}

int openat(int dir_fd, const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	return (int)done_or_fails(SYS_openat, dir_fd, (long)path, flags, mode);
}

int mkdirat(int dir_fd, const char *path, mode_t mode)
{
	return (int)done_or_fails(SYS_mkdirat, dir_fd, (long)path, mode, 0);
}

int unlinkat(int dir_fd, const char *path, int flags)
{
	return (int)done_or_fails(SYS_unlinkat, dir_fd, (long)path, flags, 0);
}

int renameat(int old_fd, const char *old, int new_fd, const char *new)
{
	return (int)done_or_fails(SYS_renameat, old_fd, (long)old, new_fd, (long)new);
}

int fstat(int fd, struct stat *held)
{
	return (int)done_or_fails(SYS_newfstatat, fd, (long)"", (long)held, AT_EMPTY_PATH);
}

int stat(const char *path, struct stat *held)
{
	return (int)done_or_fails(SYS_newfstatat, AT_FDCWD, (long)path, (long)held, 0);
}

int lstat(const char *path, struct stat *held)
{
	return (int)done_or_fails(SYS_newfstatat, AT_FDCWD, (long)path, (long)held, AT_SYMLINK_NOFOLLOW);
}

ssize_t read(int fd, void *data, size_t size)
{
	return done_or_fails(SYS_read, fd, (long)data, (long)size, 0);
}

ssize_t write(int fd, const void *data, size_t size)
{
	return done_or_fails(SYS_write, fd, (long)data, (long)size, 0);
}

int flock(int fd, int operation)
{
	return (int)done_or_fails(SYS_flock, fd, operation, 0, 0);
}

/* ---- what is asked for, in this order ---- */

static int lock_fd;

/* What is looked at after it does not fail. */
static int after(int got)
{
	armed = false;
	return got;
}

static bool says_that_it_stays(const struct world *world)
{
	return strstr(world->error.text, "`hotdamon cleanup` removes it");
}

static int lock(struct world *world)
{
	lock_fd = after(claim_lock(&world->paths, &world->error));
	if (lock_fd >= 0)
		return 0;
	assert_int_equal(tree_has(world->dir, "pins"), says_that_it_stays(world));
	return lock_fd;
}

static int make_state_dir(struct world *world)
{
	int err = after(claim_make_state_dir(&world->paths, &world->claim.made_state_dir, &world->error));

	assert_int_equal(tree_has(world->dir, "state"), !err || says_that_it_stays(world));
	return err;
}

static int look_for_remains(struct world *world)
{
	struct claim left;
	int err = claim_read(&world->paths, &left, &world->error);

	if (err == -ENOENT)
		err = claim_has_pins(&world->paths, &world->error);
	assert_int_not_equal(err, 1);
	return err;
}

static int claim_seats(struct world *world)
{
	ino_t inode;
	int err = damon_seats_inode(world->damon_root, &inode, &world->error);

	if (err)
		return err;
	world->claim.seats = 2;
	world->claim.seats_before = 1;
	world->claim.seats_inode = inode;
	world->claim.stopped_damon_stat = true;
	return claim_write(&world->paths, &world->claim, &world->error);
}

static int turn_damon_stat_off(struct world *world)
{
	return damon_stat_turn(&world->paths, false, &world->error);
}

/* A reader sees the old one or the new one, whole. */
static int tell(struct world *world)
{
	int err;

	armed = false;
	assert_int_equal(file_replace(world->state_dir, "status.json", "{\"old\": 1}", &world->error), 0);
	armed = true;
	err = after(file_replace(world->state_dir, "status.json", "{\"new\": 22}", &world->error));
	assert_tree_holds(world->dir, "state/status.json", err ? "{\"old\": 1}" : "{\"new\": 22}");
	/* What cannot be removed either stays until the end, in which nothing does. */
	assert_true(goes_on_failing || !tree_has(world->dir, "state/status.json.new"));
	tree_put(world->dir, "pins/process_hotness", "");
	tree_put(world->dir, "state/cost.json", "{}");
	return err;
}

static int read_claim(struct world *world)
{
	struct claim claim;
	int err = claim_read(&world->paths, &claim, &world->error);

	if (!err)
		assert_int_equal(claim.seats, 2);
	return err;
}

/* What is left after a failure is of a claim that is there, or in a directory that is known to be ours. */
static int undo(struct world *world)
{
	int err = after(take_back(world));

	world->error = world->undone.failed[0];
	if (err && !tree_has(world->dir, "state/claim.json")) {
		assert_true(tree_has(world->dir, "state"));
		return claim_remove_unclaimed(&world->paths, &world->error) ? -EBADMSG : err;
	}
	return err;
}

static int unlock(struct world *world)
{
	int err = after(claim_unlock(&world->paths, lock_fd, &world->error)), again;

	if (!err)
		return 0;
	lock_fd = claim_lock(&world->paths, &world->error);
	again = lock_fd < 0 ? lock_fd : claim_unlock(&world->paths, lock_fd, NULL);
	assert_int_equal(again, 0);
	lock_fd = -1;
	return 0;
}

static int (*const life[])(struct world *world) = {
	lock,	    make_state_dir, look_for_remains, claim_seats, turn_damon_stat_off, tell,
	read_claim, undo,	    unlock,
};

/* ---- and what becomes of it ---- */

static void ask(struct world *world, unsigned int n)
{
	int err;

	snprintf(world->error.text, sizeof(world->error.text), "nothing");
	armed = true;
	err = life[n](world);
	armed = false;
	if (fails_at && calls >= fails_at)
		goes_on_failing = false;
	if (!err)
		return;
	if (err != -fails_with || !strstr(world->error.text, strerror(fails_with)) ||
	    !strchr(world->error.text, '/')) /* the part of the path that is in the way */
		fail_msg("wish %u, call %u failed with '%s': %d, %s", n, fails_at, strerror(fails_with), err,
			 world->error.text);
	err = life[n](world);
	if (err)
		fail_msg("wish %u, after call %u: later it fails by itself: %s", n, fails_at,
			 world->error.text);
}

/* Returns how many calls there were. */
static unsigned int live(unsigned int at, int err, bool goes_on)
{
	void *state = NULL;
	struct world *world;

	assert_int_equal(setup(&state), 0);
	world = state;
	calls = 0;
	fails_at = at;
	fails_with = err;
	goes_on_failing = goes_on;
	for (unsigned int i = 0; i < ARRAY_SIZE(life); i++)
		ask(world, i);
	assert_false(tree_has(world->dir, "pins"));
	assert_false(tree_has(world->dir, "state"));
	assert_tree_holds(world->dir, "damon_stat", "Y");
	assert_tree_holds(world->dir, "kdamonds/0/state", "off");
	assert_tree_holds(world->dir, "kdamonds/nr_kdamonds", "1");
	teardown(&state);
	return calls;
}

static void each_call_fails(const int *errnos, size_t n, bool goes_on)
{
	unsigned int all = live(0, 0, false);

	assert_true(all > 100);
	for (size_t i = 0; i < n; i++)
		for (unsigned int at = 1; at <= all; at++)
			live(at, errnos[i], goes_on);
}

static void test_once(void **state)
{
	static const int errnos[] = {EINTR, ENOMEM, EMFILE, EIO, ENOSPC};

	(void)state;
	each_call_fails(errnos, ARRAY_SIZE(errnos), false);
}

static void test_from_then_on(void **state)
{
	static const int errnos[] = {EIO};

	(void)state;
	each_call_fails(errnos, ARRAY_SIZE(errnos), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_from_then_on),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
