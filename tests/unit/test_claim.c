// SPDX-License-Identifier: GPL-2.0
#include "claim_world.h"

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
	{.seats = 0, .seats_before = 0, .seats_inode = 0, .made_state_dir = true, .aligned_shared = true},
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
		assert_int_equal(have.aligned_shared, claims[i].aligned_shared);
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

/* But for one that older versions did not write. */
static void test_read_of_an_older_version(void **state)
{
	struct world *world = *state;
	struct claim claim = {.seats = 3, .aligned_shared = true};
	char *text;

	assert_int_equal(mkdir(world->state_dir, 0755), 0);
	assert_int_equal(claim_write(&world->paths, &claim, &world->error), 0);
	assert_int_equal(file_read(world->state_dir, "claim.json", &text, &world->error), 0);
	memcpy(strstr(text, "\"aligned_shared\""), "\"_", 2);
	tree_put(world->dir, "state/claim.json", text);
	free(text);
	assert_int_equal(claim_read(&world->paths, &claim, &world->error), 0);
	assert_int_equal(claim.seats, 3);
	assert_false(claim.aligned_shared);
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
		{"shared\": false", "shared\": 1"},
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
	assert_contains(world->error.text, "a link that others made, or can make");
	assert_int_equal(claim_is_held(&world->paths), -EPERM);
	assert_int_equal(claim_has_pins(&world->paths, &world->error), -EPERM);
	snprintf(world->claim.boot_id, sizeof(world->claim.boot_id), BOOT);
	assert_int_equal(take_back(world), -EPERM);
	assert_true(tree_has(world->dir, "victim/precious"));
}

/* A link of our own is followed everywhere but here, where all that is found is removed. It was tried for ever. */
static void test_lock_no_link_of_ours(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "victim/precious", "");
	tree_link(world->dir, "pins", "victim");
	alarm(10);
	assert_int_equal(claim_lock(&world->paths, &world->error), -EPERM);
	alarm(0);
	assert_contains(world->error.text, "/pins, which is a link: ");
	assert_true(tree_has(world->dir, "victim/precious"));
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
		TEST(test_read_of_an_older_version),
		TEST(test_read_out_of_range),
		TEST(test_others_can_write),
		TEST(test_lock_no_links),
		TEST(test_lock_no_link_of_ours),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
