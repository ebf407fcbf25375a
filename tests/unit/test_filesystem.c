// SPDX-License-Identifier: GPL-2.0
#include "tree.h"

#include "sense/filesystem.h"

static void parses(const char *line, enum filesystem kind, uint64_t device)
{
	uint64_t found = 77;

	assert_int_equal(filesystem_parse(line, &found), kind);
	assert_true(found == device);
}

static void test_parse(void **state)
{
	(void)state;
	parses("23 22 0:77 / /dev/shm rw,nosuid shared:3 master:4 - tmpfs shm rw,size=1024k\n",
	       FILESYSTEM_SHMEM, 77);
	parses("23 22 0:77 / /a\\040-\\040b rw - tmpfs shm rw\n", FILESYSTEM_SHMEM, 77);
	parses("22 1 253:1 / / rw - ext4 /dev/vda rw\n", FILESYSTEM_OTHER, filesystem_device(253, 1));
	parses("22 1 0:5 / /dev rw - devtmpfs udev rw\n", FILESYSTEM_OTHER, 5);
	parses("22 1 0:6 / /x rw - tmpfsx none rw\n", FILESYSTEM_OTHER, 6);
	parses("22 1 0:6 / /x rw\n", FILESYSTEM_OTHER, 0);
	parses("22 1 0:6 / /x rw - ", FILESYSTEM_OTHER, 0);
	parses("", FILESYSTEM_OTHER, 0);
}

static char root[] = "/tmp/hotdamon-filesystem-XXXXXX";

/* Each is asked for once, and the oldest is forgotten when there are too many. */
static void test_asks_once(void **state)
{
	struct filesystems known = {0};

	(void)state;
	tree_put(root, "100/mountinfo",
		 "23 22 0:77 / /dev/shm rw - tmpfs shm rw\n"
		 "24 22 0:78 / /x rw - fuse.x none rw\n");
	assert_int_equal(filesystem_of(&known, root, 100, 77), FILESYSTEM_SHMEM);
	assert_int_equal(filesystem_of(&known, root, 100, 78), FILESYSTEM_OTHER);
	assert_int_equal(filesystem_of(&known, root, 100, 79), FILESYSTEM_OTHER);
	tree_put(root, "100/mountinfo", "");
	assert_int_equal(filesystem_of(&known, root, 100, 77), FILESYSTEM_SHMEM);
	assert_int_equal(known.n, 3);
	for (uint64_t device = 100; device < 100 + FILESYSTEMS_MAX; device++)
		assert_int_equal(filesystem_of(&known, root, 100, device), FILESYSTEM_OTHER);
	assert_int_equal(filesystem_of(&known, root, 100, 77), FILESYSTEM_OTHER);
}

/* What cannot be read now, as the process has ended or there are no descriptors, is asked for again. */
static void test_no_mounts(void **state)
{
	struct filesystems known = {0};

	(void)state;
	assert_int_equal(filesystem_of(&known, root, 101, 77), FILESYSTEM_OTHER);
	assert_int_equal(known.n, 0);
	tree_put(root, "101/mountinfo", "23 22 0:77 / /dev/shm rw - tmpfs shm rw\n");
	assert_int_equal(filesystem_of(&known, root, 101, 77), FILESYSTEM_SHMEM);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove(root);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_asks_once),
		cmocka_unit_test(test_no_mounts),
	};

	return cmocka_run_group_tests_name("filesystem", tests, set_up, tear_down);
}
