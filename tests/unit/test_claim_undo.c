// SPDX-License-Identifier: GPL-2.0
/* What is undone of a claim, and what is said of what could not be. */
#include "claim_world.h"

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

static void test_shared_memory_is_restored_if_we_aligned_it(void **state)
{
	static const struct {
		bool aligned;
		const char *before, *after;
		bool restored;
	} cases[] = {
		/* The kernel takes the word; a file has it over its beginning. */
		{true, "always within_size [advise] never deny force\n",
		 "nevers within_size [advise] never deny force", true},
		{true, "[always] within_size advise never deny force\n",
		 "[always] within_size advise never deny force", false}, /* somebody's */
		{true, "always within_size advise [never] deny force\n",
		 "always within_size advise [never] deny force", false},
		{false, "always within_size [advise] never deny force\n",
		 "always within_size [advise] never deny force", false},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		leave_behind(world);
		tree_put(world->dir, "shmem_enabled", cases[i].before);
		world->claim.aligned_shared = cases[i].aligned;
		assert_int_equal(take_back(world), 0);
		assert_tree_holds(world->dir, "shmem_enabled", cases[i].after);
		assert_int_equal(world->undone.shared_restored, cases[i].restored);
		put_seats(world, "on\n");
	}
	leave_behind(world);
	tree_drop(world->dir, "shmem_enabled"); /* this kernel has none */
	world->claim.aligned_shared = true;
	assert_int_equal(take_back(world), 0);
	leave_behind(world);
	tree_put(world->dir, "shmem_enabled/x", ""); /* it cannot be read: that is no answer */
	world->claim.aligned_shared = true;
	assert_int_equal(take_back(world), -EISDIR);
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
		TEST(test_shared_memory_is_restored_if_we_aligned_it),
		TEST(test_state_dir_goes_only_if_ours),
		TEST(test_take_back_fails),
		TEST(test_take_back_fails_twice),
		TEST(test_take_back_fails_to_remove),
		TEST(test_unlock_leaves_pins),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
