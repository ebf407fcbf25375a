/* SPDX-License-Identifier: GPL-2.0 */
/* All roots are below one temporary directory: seats, DAMON_STAT, bpffs and boot id are plain files. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "act/claim.h"
#include "act/damon.h"
#include "tree.h"

#define BOOT  "4f4ad29c-7c6f-4e3a-8f3c-0d7a1f7a1b2c"
#define OTHER "00000000-7c6f-4e3a-8f3c-0d7a1f7a1b2c"

struct world {
	char dir[32];
	char state_dir[64], pin_dir[64], damon_root[64], damon_stat[64], boot_id[64];
	struct claim_paths paths;
	struct claim claim;
	struct claim_undone undone;
	struct act_error error;
};

static void put_seats(const struct world *world, const char *state)
{
	tree_put(world->dir, "kdamonds/nr_kdamonds", "2\n");
	tree_put(world->dir, "kdamonds/0/contexts/nr_contexts", "1\n");
	tree_put(world->dir, "kdamonds/0/contexts/0/schemes/nr_schemes", "2\n");
	tree_put(world->dir, "kdamonds/0/contexts/0/schemes/0/access_pattern/sz/min", "2097152\n");
	tree_put(world->dir, "kdamonds/0/contexts/0/schemes/1/action", "stat\n");
	tree_put(world->dir, "kdamonds/0/state", state);
	tree_put(world->dir, "kdamonds/1/contexts/nr_contexts", "1\n");
	tree_put(world->dir, "kdamonds/1/state", "off\n");
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	snprintf(world->dir, sizeof(world->dir), "/tmp/hotdamon-claim-XXXXXX");
	if (!mkdtemp(world->dir))
		return -1;
	snprintf(world->state_dir, sizeof(world->state_dir), "%s/state", world->dir);
	snprintf(world->pin_dir, sizeof(world->pin_dir), "%s/pins", world->dir);
	snprintf(world->damon_root, sizeof(world->damon_root), "%s/kdamonds", world->dir);
	snprintf(world->damon_stat, sizeof(world->damon_stat), "%s/damon_stat", world->dir);
	snprintf(world->boot_id, sizeof(world->boot_id), "%s/boot_id", world->dir);
	world->paths = (struct claim_paths){
		.state_dir = world->state_dir,
		.pin_dir = world->pin_dir,
		.damon_root = world->damon_root,
		.damon_stat = world->damon_stat,
		.boot_id = world->boot_id,
	};
	tree_put(world->dir, "boot_id", BOOT "\n");
	tree_put(world->dir, "damon_stat", "N\n");
	put_seats(world, "on\n");
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	tree_remove(world->dir);
	free(world);
	return 0;
}

/* What a daemon leaves when it is killed: its claim, status, pins and running seats. */
static void leave_behind(struct world *world)
{
	bool made;

	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), 0);
	world->claim = (struct claim){
		.seats = 2,
		.seats_before = 1,
		.seats_inode = damon_seats_inode(world->damon_root),
		.stopped_damon_stat = true,
		.made_state_dir = made,
	};
	assert_int_equal(claim_write(&world->paths, &world->claim, &world->error), 0);
	tree_put(world->dir, "state/status.json", "{}");
	tree_put(world->dir, "state/status.json.new", "{");
	tree_put(world->dir, "state/claim.json.new", "{");
	tree_put(world->dir, "pins/process_hotness", "");
	tree_put(world->dir, "pins/another", "");
}

static int take_back(struct world *world)
{
	memset(&world->undone, 0xff, sizeof(world->undone));
	return claim_take_back(&world->paths, &world->claim, &world->undone);
}

/* ---- the lock ---- */

static void test_lock_is_for_one(void **state)
{
	struct world *world = *state;
	int first = claim_lock(&world->paths, &world->error), second;

	assert_true(first >= 0);
	assert_int_equal(claim_lock(&world->paths, &world->error), -EWOULDBLOCK);
	assert_contains(world->error.text, "lock ");
	assert_contains(world->error.text, world->pin_dir);
	close(first);
	second = claim_lock(&world->paths, &world->error);
	assert_true(second >= 0);
	assert_int_equal(claim_unlock(&world->paths, second, &world->error), 0);
	assert_false(tree_has(world->dir, "pins"));
	second = claim_lock(&world->paths, &world->error);
	assert_true(second >= 0);
	close(second);
}

static void test_lock_ends_with_the_process(void **state)
{
	struct world *world = *state;
	int ready[2], fd;
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		fd = claim_lock(&world->paths, NULL);
		_exit(write(ready[1], "", 1) == 1 && fd >= 0 ? (pause(), 1) : 2);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(claim_is_held(&world->paths), 1);
	assert_int_equal(claim_lock(&world->paths, NULL), -EWOULDBLOCK);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(claim_is_held(&world->paths), 0);
	fd = claim_lock(&world->paths, &world->error);
	assert_true(fd >= 0);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

/*
 * Somebody waits for the lock while its holder removes the directory, and perhaps a third one makes it
 * anew: the lock must be on the one that is there then.
 */
static void lock_while_it_goes(struct world *world, bool made_anew)
{
	int held = claim_lock(&world->paths, NULL), fd;
	struct stat have, want;
	pid_t pid = fork();

	if (!pid) {
		nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
		rmdir(world->pin_dir);
		if (made_anew)
			mkdir(world->pin_dir, 0700);
		_exit(0);
	}
	close(held); /* the child has it too */
	do	     /* it gives up after a while, and the child may take longer */
		fd = claim_lock(&world->paths, &world->error);
	while (fd == -EWOULDBLOCK);
	waitpid(pid, NULL, 0);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &have), 0);
	assert_int_equal(stat(world->pin_dir, &want), 0);
	assert_int_equal(have.st_ino, want.st_ino);
	assert_int_equal(claim_is_held(&world->paths), 1);
	close(fd);
}

static void test_lock_of_a_directory_that_goes(void **state)
{
	lock_while_it_goes(*state, false);
	lock_while_it_goes(*state, true);
}

static void test_lock_refused(void **state)
{
	struct world *world = *state;

	world->paths.pin_dir = "/nonexistent/pins";
	assert_int_equal(claim_lock(&world->paths, &world->error), -ENOENT);
	assert_contains(world->error.text, "make /nonexistent/pins (is bpffs mounted");
	tree_put(world->dir, "pins", "");
	world->paths.pin_dir = world->pin_dir;
	assert_int_equal(claim_lock(&world->paths, &world->error), -ENOTDIR);
	assert_contains(world->error.text, "/pins: ");
}

/* bpffs is open to all; another user could hold our lock for ever. */
static void test_lock_of_another_user(void **state)
{
	struct world *world = *state;

	if (geteuid())
		skip(); /* only root can make it another's */
	assert_int_equal(mkdir(world->pin_dir, 0777), 0);
	assert_int_equal(chown(world->pin_dir, 12345, 12345), 0);
	assert_int_equal(claim_lock(&world->paths, &world->error), -EPERM);
	assert_contains(world->error.text, world->pin_dir);
	assert_contains(world->error.text, "another user's");
}

static void test_is_held(void **state)
{
	struct world *world = *state;
	int fd;

	assert_int_equal(claim_is_held(&world->paths), 0);
	assert_false(tree_has(world->dir, "pins")); /* a question changes nothing */
	fd = claim_lock(&world->paths, NULL);
	assert_int_equal(claim_is_held(&world->paths), 1);
	assert_int_equal(claim_is_held(&world->paths), 1);
	close(fd);
	assert_int_equal(claim_is_held(&world->paths), 0);
	assert_true(tree_has(world->dir, "pins"));
	assert_int_equal(rmdir(world->pin_dir), 0);
	tree_put(world->dir, "pins", "");
	assert_int_equal(claim_is_held(&world->paths), -ENOTDIR);
}

/* The one who only asks does not turn away the one who wants it. */
static void test_lock_while_somebody_asks(void **state)
{
	struct world *world = *state;
	pid_t pid;
	int fd;

	assert_int_equal(mkdir(world->pin_dir, 0700), 0);
	pid = fork();
	if (!pid)
		for (;;) {
			claim_is_held(&world->paths);
			nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
		}
	for (int i = 0; i < 200; i++) {
		fd = claim_lock(&world->paths, &world->error);
		if (fd < 0)
			break;
		close(fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(fd >= 0);
}

/* ---- the state directory and the file ---- */

static void test_state_dir(void **state)
{
	struct world *world = *state;
	struct stat stat_buf;
	bool made = false;

	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), 0);
	assert_true(made);
	assert_int_equal(stat(world->state_dir, &stat_buf), 0);
	assert_int_equal(stat_buf.st_mode & 0777, 0755);
	made = false;
	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), 0);
	assert_true(made); /* by one that was killed before it could claim it */
	assert_int_equal(rmdir(world->state_dir), 0);
	assert_int_equal(mkdir(world->state_dir, 0755), 0);
	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), 0);
	assert_false(made); /* by somebody else */
}

static void test_state_dir_refused(void **state)
{
	struct world *world = *state;
	bool made = true;

	tree_put(world->dir, "state", "a file");
	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), -ENOTDIR);
	assert_contains(world->error.text, world->state_dir);
	world->paths.state_dir = "/nonexistent/state";
	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), -ENOENT);
	assert_contains(world->error.text, "/nonexistent: ");
}

/* Only the one that we made, and only while it is empty. */
static void test_remove_unclaimed(void **state)
{
	struct world *world = *state;
	bool made;

	assert_int_equal(claim_remove_unclaimed(&world->paths, &world->error), 0);
	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), 0);
	tree_put(world->dir, "state/notes", "");
	assert_int_equal(claim_remove_unclaimed(&world->paths, &world->error), 0);
	assert_true(tree_has(world->dir, "state/notes"));
	tree_drop(world->dir, "state/notes");
	tree_put(world->dir, "state/claim.json.new", "{"); /* killed while it wrote it */
	assert_int_equal(claim_remove_unclaimed(&world->paths, &world->error), 0);
	assert_false(tree_has(world->dir, "state"));
	assert_int_equal(mkdir(world->state_dir, 0755), 0);
	tree_put(world->dir, "state/claim.json.new", "{");
	assert_int_equal(claim_remove_unclaimed(&world->paths, &world->error), 0);
	assert_true(tree_has(world->dir, "state"));
	assert_false(tree_has(world->dir, "state/claim.json.new"));
}

static const struct claim claims[] = {
	{.seats = 3, .seats_before = 1, .seats_inode = UINT64_MAX - 1, .stopped_damon_stat = true},
	{.seats = 0, .seats_before = 0, .seats_inode = 0, .made_state_dir = true},
};

static void test_round_trip(void **state)
{
	struct world *world = *state;

	assert_int_equal(mkdir(world->state_dir, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		struct claim written = claims[i], have;

		memset(&have, 0xa5, sizeof(have));
		assert_int_equal(claim_write(&world->paths, &written, &world->error), 0);
		assert_string_equal(written.boot_id, BOOT);
		assert_int_equal(written.pid, getpid());
		assert_int_equal(claim_read(&world->paths, &have, &world->error), 0);
		assert_string_equal(have.boot_id, BOOT);
		assert_int_equal(have.pid, getpid());
		assert_int_equal(have.seats, claims[i].seats);
		assert_int_equal(have.seats_before, claims[i].seats_before);
		assert_true(have.seats_inode == claims[i].seats_inode);
		assert_int_equal(have.stopped_damon_stat, claims[i].stopped_damon_stat);
		assert_int_equal(have.made_state_dir, claims[i].made_state_dir);
	}
	assert_false(tree_has(world->dir, "state/claim.json.new"));
}

static void test_write_refused(void **state)
{
	struct world *world = *state;

	assert_int_equal(claim_write(&world->paths, &world->claim, &world->error), -ENOENT);
	assert_contains(world->error.text, "/state: ");
	assert_int_equal(mkdir(world->state_dir, 0755), 0);
	tree_drop(world->dir, "boot_id");
	assert_int_equal(claim_write(&world->paths, &world->claim, &world->error), -ENOENT);
	assert_contains(world->error.text, "/boot_id: ");
	assert_false(tree_has(world->dir, "state/claim.json"));
}

static void test_read_refused(void **state)
{
	static const char *const damaged[] = {
		"{", "[]", "{}", "7", "null", "\"text\"", "{\"boot_id\":\"" BOOT "\",\"pid\":1}", "\x01\x02",
	};
	struct world *world = *state;

	assert_int_equal(claim_read(&world->paths, &world->claim, &world->error), -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		tree_put(world->dir, "state/claim.json", damaged[i]);
		assert_int_equal(claim_read(&world->paths, &world->claim, &world->error), -EINVAL);
		assert_contains(world->error.text, "/state/claim.json, which is no claim of hotdamon: ");
	}
}

/* As a power cut may leave it, where the state directory outlives one: nothing of that boot is there to be undone. */
static void test_read_empty(void **state)
{
	struct world *world = *state;
	struct claim_undone undone;
	struct claim claim;

	tree_put(world->dir, "state/claim.json", "");
	assert_int_equal(claim_read(&world->paths, &claim, &world->error), 0);
	assert_string_equal(claim.boot_id, "");
	assert_int_equal(claim.seats, 0);
	assert_int_equal(claim_take_back(&world->paths, &claim, &undone), 0);
	assert_true(undone.files_removed);
	assert_int_equal(undone.kdamonds, 0);
	assert_false(tree_has(world->dir, "state/claim.json"));
}

/* Each key is needed: one that is missing would be taken for "nothing to undo". */
static void test_read_needs_every_key(void **state)
{
	static const char *const keys[] = {"boot_id",	    "pid",	   "slots",
					   "slots_before",  "slots_inode", "stopped_damon_stat",
					   "made_state_dir"};
	struct world *world = *state;
	char *text, *key, name[32];

	assert_int_equal(mkdir(world->state_dir, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_int_equal(claim_write(&world->paths, &world->claim, &world->error), 0);
		assert_int_equal(file_read(world->state_dir, "claim.json", &text, &world->error), 0);
		snprintf(name, sizeof(name), "\"%s\"", keys[i]);
		key = strstr(text, name);
		assert_non_null(key);
		key[1] = '_';
		tree_put(world->dir, "state/claim.json", text);
		free(text);
		assert_int_equal(claim_read(&world->paths, &world->claim, &world->error), -EINVAL);
	}
}

/* Numbers that no hotdamon writes: of seats without end, of no process, and what is no number. */
static void test_read_out_of_range(void **state)
{
	static const char *const damaged[][2] = {
		{"\"slots\": 3", "\"slots\": 4294967295"},
		{"\"slots\": 3", "\"slots\": -1"},
		{"\"slots\": 3", "\"slots\": 65537"},
		{"\"slots\": 3", "\"slots\": \"3\""},
		{"\"slots\": 3", "\"slots\": 3.0"},
		{"before\": 1", "before\": 99999999999999999999999"},
		{"before\": 1", "before\": 65537"},
		{"inode\": 7", "inode\": -7"},
		{"stat\": true", "stat\": 1"},
		{"\"pid\": ", "\"pid\": 99999999"},
		{"\"pid\": ", "\"pid\": -"},
		{"\"pid\": ", "\"pid\": 0, \"_\": "},
		{BOOT, BOOT BOOT},
	};
	struct world *world = *state;
	struct claim claim = {.seats = 3, .seats_before = 1, .seats_inode = 7, .stopped_damon_stat = true};
	char *text, *part, forged[1024];

	assert_int_equal(mkdir(world->state_dir, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		assert_int_equal(claim_write(&world->paths, &claim, &world->error), 0);
		assert_int_equal(file_read(world->state_dir, "claim.json", &text, &world->error), 0);
		part = strstr(text, damaged[i][0]);
		assert_non_null(part);
		snprintf(forged, sizeof(forged), "%.*s%s%s", (int)(part - text), text, damaged[i][1],
			 part + strlen(damaged[i][0]));
		free(text);
		tree_put(world->dir, "state/claim.json", forged);
		assert_int_equal(claim_read(&world->paths, &world->claim, &world->error), -EINVAL);
	}
	claim.seats_before = CLAIM_MAX_SEATS + 1; /* what could not be read again is not written */
	assert_int_equal(claim_write(&world->paths, &claim, &world->error), -ERANGE);
}

/* Whoever can write there could lead us anywhere. */
static void test_others_can_write(void **state)
{
	struct world *world = *state;
	struct claim claim = {0};
	bool made;

	leave_behind(world);
	assert_int_equal(chmod(world->state_dir, 0777), 0);
	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), -EPERM);
	assert_contains(world->error.text, "/state is not to be trusted (others can write it): ");
	assert_int_equal(claim_read(&world->paths, &claim, &world->error), -EPERM);
	assert_int_equal(claim_write(&world->paths, &claim, &world->error), -EPERM);
	assert_int_equal(claim_remove_unclaimed(&world->paths, &world->error), -EPERM);
	assert_int_equal(take_back(world), -EPERM);
	assert_true(tree_has(world->dir, "state/claim.json"));
}

/* bpffs as it is by default, open to all: a link in the place of our directory is somebody else's. */
static void test_lock_no_links(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "victim/precious", "");
	tree_put(world->dir, "bpf/some", "");
	assert_int_equal(chmod(tree_at(world->dir, "bpf"), 01777), 0);
	tree_link(world->dir, "bpf/hotdamon", "../victim");
	snprintf(world->pin_dir, sizeof(world->pin_dir), "%s/bpf/hotdamon", world->dir);
	assert_int_equal(claim_lock(&world->paths, &world->error), -EPERM);
	assert_contains(world->error.text, "a link, where others can make one");
	assert_int_equal(claim_is_held(&world->paths), -EPERM);
	assert_false(claim_has_pins(&world->paths));
	snprintf(world->claim.boot_id, sizeof(world->claim.boot_id), BOOT);
	assert_int_equal(take_back(world), -EPERM);
	assert_true(tree_has(world->dir, "victim/precious"));
}

/* ---- DAMON_STAT ---- */

static void test_damon_stat(void **state)
{
	struct world *world = *state;
	bool on = true;

	assert_int_equal(damon_stat_is_on(&world->paths, &on), 0);
	assert_false(on);
	assert_int_equal(damon_stat_turn(&world->paths, true, &world->error), 0);
	assert_tree_holds(world->dir, "damon_stat", "Y");
	assert_int_equal(damon_stat_is_on(&world->paths, &on), 0);
	assert_true(on);
	assert_int_equal(damon_stat_turn(&world->paths, false, &world->error), 0);
	assert_tree_holds(world->dir, "damon_stat", "N");
	tree_drop(world->dir, "damon_stat");
	assert_int_equal(damon_stat_is_on(&world->paths, &on), -ENOENT);
}

/* It takes the value and stays as it was: the kernel starts or stops it later, or not at all. */
static void test_damon_stat_stays(void **state)
{
	struct world *world = *state;

	tree_drop(world->dir, "damon_stat");
	assert_int_equal(symlink("/dev/null", world->damon_stat), 0);
	assert_int_equal(damon_stat_turn(&world->paths, true, &world->error), -EIO);
	assert_contains(world->error.text, "/damon_stat stays off: ");
	tree_refuse(world->dir, "damon_stat");
	assert_int_equal(damon_stat_turn(&world->paths, true, &world->error), -ENOSPC);
	assert_contains(world->error.text, "write 'Y' to ");
}

/* ---- taking back ---- */

static void assert_seats_untouched(const struct world *world)
{
	assert_tree_holds(world->dir, "kdamonds/nr_kdamonds", "2");
	assert_tree_holds(world->dir, "kdamonds/0/state", "on");
	assert_int_equal(world->undone.kdamonds, 0);
}

static void test_take_back_all(void **state)
{
	struct world *world = *state;

	leave_behind(world);
	assert_int_equal(take_back(world), 0);
	assert_tree_holds(world->dir, "kdamonds/0/state", "off");
	assert_tree_holds(world->dir, "kdamonds/nr_kdamonds", "1");
	assert_int_equal(world->undone.kdamonds, 2);
	assert_false(world->undone.seats_not_ours);
	assert_tree_holds(world->dir, "damon_stat", "Y");
	assert_true(world->undone.damon_stat_restored);
	assert_false(tree_has(world->dir, "pins/process_hotness"));
	assert_false(tree_has(world->dir, "pins/another"));
	assert_true(tree_has(world->dir, "pins")); /* the lock's: claim_unlock() */
	assert_true(world->undone.pins_removed);
	assert_false(tree_has(world->dir, "state"));
	assert_true(world->undone.files_removed);
}

static void test_take_back_nothing(void **state)
{
	struct world *world = *state;

	snprintf(world->claim.boot_id, sizeof(world->claim.boot_id), BOOT);
	assert_int_equal(take_back(world), 0);
	assert_seats_untouched(world);
	assert_false(world->undone.seats_not_ours);
	assert_tree_holds(world->dir, "damon_stat", "N");
	assert_false(world->undone.damon_stat_restored);
	assert_false(world->undone.pins_removed);
	assert_false(world->undone.files_removed);
}

/* Somebody made the seats anew: another directory, which is not ours however it looks. */
static void test_take_back_other_seats(void **state)
{
	struct world *world = *state;

	leave_behind(world);
	world->claim.seats_inode++;
	assert_int_equal(take_back(world), 0);
	assert_seats_untouched(world);
	assert_true(world->undone.seats_not_ours);
	assert_true(world->undone.damon_stat_restored);
	assert_false(tree_has(world->dir, "state"));
}

static void test_take_back_no_seats(void **state)
{
	struct world *world = *state;

	leave_behind(world);
	snprintf(world->damon_root, sizeof(world->damon_root), "/nonexistent");
	assert_int_equal(take_back(world), 0);
	assert_false(world->undone.seats_not_ours);
	assert_int_equal(world->undone.kdamonds, 0);
	assert_false(tree_has(world->dir, "state"));
}

/* Killed between making the seats and noting which they are: ours if nobody has set one up. */
static void test_take_back_seats_not_noted(void **state)
{
	static const struct {
		const char *nr_kdamonds, *nr_contexts;
		bool ours;
	} cases[] = {{"2", "0", true}, {"2", "1", false}, {"1", "0", false}};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		leave_behind(world);
		world->claim.seats_inode = 0;
		put_seats(world, "off\n");
		tree_put(world->dir, "kdamonds/nr_kdamonds", cases[i].nr_kdamonds);
		tree_put(world->dir, "kdamonds/0/contexts/nr_contexts", "0\n");
		tree_put(world->dir, "kdamonds/1/contexts/nr_contexts", cases[i].nr_contexts);
		world->claim.seats_before = 0;
		assert_int_equal(take_back(world), 0);
		assert_int_equal(world->undone.seats_not_ours, !cases[i].ours);
		assert_int_equal(world->undone.kdamonds, cases[i].ours ? 2 : 0);
		assert_tree_holds(world->dir, "kdamonds/nr_kdamonds",
				  cases[i].ours ? "0" : cases[i].nr_kdamonds);
	}
}

/* sysfs does not outlive a boot: what is there now is somebody else's; our files are still ours. */
static void test_take_back_after_a_boot(void **state)
{
	struct world *world = *state;

	leave_behind(world);
	tree_put(world->dir, "boot_id", OTHER "\n");
	assert_int_equal(take_back(world), 0);
	assert_seats_untouched(world);
	assert_tree_holds(world->dir, "damon_stat", "N");
	assert_false(world->undone.damon_stat_restored);
	assert_true(world->undone.pins_removed);
	assert_false(tree_has(world->dir, "state"));
}

/* Whose the seats are cannot be told: that is no reason to forget them. */
static void test_take_back_unknown_boot(void **state)
{
	struct world *world = *state;

	leave_behind(world);
	tree_drop(world->dir, "boot_id");
	assert_int_equal(take_back(world), -ENOENT);
	assert_contains(world->undone.failed[0].text, "/boot_id: ");
	assert_seats_untouched(world);
	assert_tree_holds(world->dir, "damon_stat", "N");
	assert_true(tree_has(world->dir, "state/claim.json"));
}

static void test_damon_stat_is_restored_if_we_stopped_it(void **state)
{
	static const struct {
		bool stopped;
		const char *before, *after;
		bool restored;
	} cases[] = {{true, "N\n", "Y", true},
		     {false, "N\n", "N", false},
		     {true, "Y\n", "Y", false},
		     {false, "Y\n", "Y", false}};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		leave_behind(world);
		tree_put(world->dir, "damon_stat", cases[i].before);
		world->claim.stopped_damon_stat = cases[i].stopped;
		world->claim.seats = 0;
		assert_int_equal(take_back(world), 0);
		assert_tree_holds(world->dir, "damon_stat", cases[i].after);
		assert_int_equal(world->undone.damon_stat_restored, cases[i].restored);
	}
	leave_behind(world);
	tree_drop(world->dir, "damon_stat"); /* the module is gone */
	assert_int_equal(take_back(world), 0);
	assert_false(world->undone.damon_stat_restored);
	leave_behind(world);
	tree_put(world->dir, "damon_stat/x", ""); /* it cannot be read: that is no answer */
	assert_int_equal(take_back(world), -EISDIR);
	assert_false(world->undone.damon_stat_restored);
	assert_true(tree_has(world->dir, "state/claim.json"));
}

static void test_state_dir_goes_only_if_ours(void **state)
{
	struct world *world = *state;

	assert_int_equal(mkdir(world->state_dir, 0755), 0); /* before us */
	leave_behind(world);
	assert_false(world->claim.made_state_dir);
	assert_int_equal(take_back(world), 0);
	assert_true(tree_has(world->dir, "state"));
	assert_false(tree_has(world->dir, "state/claim.json"));
	assert_int_equal(rmdir(world->state_dir), 0); /* empty */

	put_seats(world, "on\n");
	leave_behind(world);
	tree_put(world->dir, "state/notes", "somebody else's");
	assert_true(world->claim.made_state_dir);
	assert_int_equal(take_back(world), 0);
	assert_true(tree_has(world->dir, "state/notes"));
	assert_false(tree_has(world->dir, "state/status.json"));
}

/* What fails does not keep the rest from being undone; the claim stays for another try. */
static void test_take_back_fails(void **state)
{
	struct world *world = *state;
	struct claim claim;

	leave_behind(world);
	tree_refuse(world->dir, "kdamonds/nr_kdamonds");
	assert_int_equal(take_back(world), -ENOSPC);
	assert_int_equal(world->undone.n_failed, 1);
	assert_contains(world->undone.failed[0].text, "/nr_kdamonds: ");
	assert_int_equal(world->undone.kdamonds, 0);
	assert_true(world->undone.damon_stat_restored);
	assert_true(world->undone.pins_removed);
	assert_false(world->undone.files_removed);
	assert_int_equal(claim_read(&world->paths, &claim, &world->error), 0);
	assert_int_equal(claim.seats, 2);

	tree_drop(world->dir, "kdamonds/nr_kdamonds");
	tree_put(world->dir, "kdamonds/nr_kdamonds", "2\n");
	assert_int_equal(take_back(world), 0);
	assert_int_equal(world->undone.kdamonds, 2);
	assert_false(tree_has(world->dir, "state"));
}

static void test_take_back_fails_twice(void **state)
{
	struct world *world = *state;

	leave_behind(world);
	tree_drop(world->dir, "damon_stat");
	assert_int_equal(symlink("/dev/null", world->damon_stat), 0);
	assert_int_equal(take_back(world), -EIO);
	assert_contains(world->undone.failed[0].text, "/damon_stat stays off: ");
	assert_int_equal(world->undone.kdamonds, 2);
	assert_false(world->undone.damon_stat_restored);
	assert_true(tree_has(world->dir, "state/claim.json"));

	tree_drop(world->dir, "kdamonds/0/state");
	assert_int_equal(take_back(world), -ENOENT); /* of the first failure; both are told */
	assert_int_equal(world->undone.n_failed, 2);
	assert_contains(world->undone.failed[0].text, "/kdamonds/0/state: ");
	assert_contains(world->undone.failed[1].text, "/damon_stat stays off: ");
	assert_true(tree_has(world->dir, "state/claim.json"));
}

/* A directory cannot be unlinked, even by root: what is left is said, and the claim outlives it. */
static void test_take_back_fails_to_remove(void **state)
{
	static const char *const stuck[] = {"pins/stuck", "state/status.json"};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(stuck); i++) {
		char path[PATH_MAX];

		put_seats(world, "on\n");
		leave_behind(world);
		snprintf(path, sizeof(path), "%s", tree_at(world->dir, stuck[i]));
		unlink(path);
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(take_back(world), -EISDIR);
		assert_int_equal(world->undone.n_failed, 1);
		assert_contains(world->undone.failed[0].text, stuck[i]);
		assert_false(tree_has(world->dir, "pins/another")); /* the rest is */
		assert_true(tree_has(world->dir, "state/claim.json"));
		assert_int_equal(rmdir(path), 0);
		world->claim.seats = 0; /* they are gone, as the next one sees by their inode */
		assert_int_equal(take_back(world), 0);
		assert_false(tree_has(world->dir, "state"));
	}
}

static void test_unlock_leaves_pins(void **state)
{
	struct world *world = *state;
	int fd = claim_lock(&world->paths, &world->error);

	assert_true(fd >= 0);
	tree_put(world->dir, "pins/left", "");
	assert_int_equal(claim_unlock(&world->paths, fd, &world->error), -ENOTEMPTY);
	assert_contains(world->error.text, "/pins: ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lock_is_for_one),
		TEST(test_lock_ends_with_the_process),
		TEST(test_lock_of_a_directory_that_goes),
		TEST(test_lock_refused),
		TEST(test_lock_of_another_user),
		TEST(test_is_held),
		TEST(test_lock_while_somebody_asks),
		TEST(test_state_dir),
		TEST(test_state_dir_refused),
		TEST(test_remove_unclaimed),
		TEST(test_round_trip),
		TEST(test_write_refused),
		TEST(test_read_refused),
		TEST(test_read_empty),
		TEST(test_read_needs_every_key),
		TEST(test_read_out_of_range),
		TEST(test_others_can_write),
		TEST(test_lock_no_links),
		TEST(test_damon_stat),
		TEST(test_damon_stat_stays),
		TEST(test_take_back_all),
		TEST(test_take_back_nothing),
		TEST(test_take_back_other_seats),
		TEST(test_take_back_no_seats),
		TEST(test_take_back_seats_not_noted),
		TEST(test_take_back_after_a_boot),
		TEST(test_take_back_unknown_boot),
		TEST(test_damon_stat_is_restored_if_we_stopped_it),
		TEST(test_state_dir_goes_only_if_ours),
		TEST(test_take_back_fails),
		TEST(test_take_back_fails_twice),
		TEST(test_take_back_fails_to_remove),
		TEST(test_unlock_leaves_pins),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
