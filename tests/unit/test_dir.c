// SPDX-License-Identifier: GPL-2.0
/* Which directories are believed: by owner, mode, and those above. Root is needed to make one another user's. */
#include <fcntl.h>

#include "base/dir.h"
#include "tree.h"

#define NOBODY 65534

struct world {
	char dir[32];
	struct dir_trouble trouble;
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	snprintf(world->dir, sizeof(world->dir), "/tmp/hotdamon-dir-XXXXXX");
	return mkdtemp(world->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *world = *state;

	tree_remove(world->dir);
	free(world);
	return 0;
}

static void make(const struct world *world, const char *path, mode_t mode)
{
	assert_int_equal(mkdir(tree_at(world->dir, path), 0700), 0);
	assert_int_equal(chmod(tree_at(world->dir, path), mode), 0);
}

static int try(struct world *world, const char *path)
{
	int fd = dir_open(tree_at(world->dir, path), &world->trouble);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* @part: the part of the path that is in the way, below the tree. */
static void assert_refused(struct world *world, const char *path, const char *part, const char *why)
{
	assert_int_equal(try(world, path), -EPERM);
	assert_int_equal(world->trouble.part_len, strlen(world->dir) + 1 + strlen(part));
	assert_string_equal(world->trouble.why, why);
}

static void test_modes(void **state)
{
	static const struct {
		mode_t mode;
		bool last, above; /* whether it will do, as the directory itself and as one above it */
	} cases[] = {
		{0700, true, true},   {0755, true, true},   {01755, true, true},  {0775, false, false},
		{0757, false, false}, {0777, false, false}, {01777, false, true}, {01775, false, true},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make(world, "a", cases[i].mode);
		make(world, "a/b", 0700);
		if (cases[i].last)
			assert_int_equal(try(world, "a"), 0);
		else
			assert_refused(world, "a", "a", "others can write it");
		if (cases[i].above)
			assert_int_equal(try(world, "a/b"), 0);
		else
			assert_refused(world, "a/b", "a", "others can write it");
		tree_remove(tree_at(world->dir, "a"));
	}
}

static void test_owners(void **state)
{
	struct world *world = *state;

	if (geteuid())
		skip();
	make(world, "a", 0755);
	make(world, "a/b", 0755);
	assert_int_equal(try(world, "a/b"), 0);
	assert_int_equal(chown(tree_at(world->dir, "a"), NOBODY, NOBODY), 0);
	assert_refused(world, "a/b", "a", "another user's");
	assert_refused(world, "a", "a", "another user's");
}

/* A link counts where only root, or we, can have made it. */
static void test_links(void **state)
{
	struct world *world = *state;

	make(world, "real", 0700);
	make(world, "real/b", 0700);
	make(world, "open", 0777);
	make(world, "open/b", 0700);
	make(world, "tmp", 01777);
	tree_link(world->dir, "link", "real");
	tree_link(world->dir, "astray", "open");
	tree_link(world->dir, "tmp/link", "../real");
	assert_int_equal(try(world, "link"), 0);
	assert_int_equal(try(world, "link/b"), 0);
	assert_refused(world, "astray/b", "astray", "others can write it");
	assert_refused(world, "tmp/link", "tmp/link", "a link that others made, or can make");
	assert_refused(world, "tmp/link/b", "tmp/link", "a link that others made, or can make");
}

/* It was made while others could write there; the mode was mended, and it stayed. */
static void test_links_of_others(void **state)
{
	struct world *world = *state;

	if (geteuid())
		skip();
	make(world, "victim", 0700);
	make(world, "victim/b", 0700);
	make(world, "bpf", 0700);
	tree_link(world->dir, "bpf/link", "../victim");
	assert_int_equal(try(world, "bpf/link"), 0);
	assert_int_equal(lchown(tree_at(world->dir, "bpf/link"), NOBODY, NOBODY), 0);
	assert_refused(world, "bpf/link", "bpf/link", "a link that others made, or can make");
	assert_refused(world, "bpf/link/b", "bpf/link", "a link that others made, or can make");
}

static void test_what_is_there(void **state)
{
	struct world *world = *state;
	char name[NAME_MAX + 3];

	tree_put(world->dir, "file", "");
	make(world, "a", 0700);
	assert_int_equal(try(world, "a//"), 0);
	assert_int_equal(try(world, "a/../a/."), 0);
	assert_int_equal(try(world, "file"), -ENOTDIR);
	assert_int_equal(try(world, "file/a"), -ENOTDIR);
	assert_int_equal(try(world, "none/a"), -ENOENT);
	assert_int_equal(world->trouble.part_len, strlen(world->dir) + strlen("/none"));
	assert_null(world->trouble.why);
	assert_int_equal(dir_open("", NULL), -ENOENT);
	memset(name, 'x', sizeof(name));
	name[NAME_MAX + 1] = '\0';
	assert_int_equal(try(world, name), -ENAMETOOLONG);
}

static void test_make_and_remove(void **state)
{
	struct world *world = *state;
	char path[64];
	bool made;
	int fd;

	snprintf(path, sizeof(path), "%s/a", world->dir);
	fd = dir_make(path, 01755, &made, &world->trouble);
	assert_true(fd >= 0);
	assert_true(made);
	close(fd);
	fd = dir_make(path, 0700, &made, NULL);
	assert_true(fd >= 0);
	assert_false(made);
	close(fd);
	tree_put(world->dir, "a/file", "");
	assert_int_equal(dir_remove(path), -ENOTEMPTY);
	tree_drop(world->dir, "a/file");
	assert_int_equal(dir_remove(path), 0);
	assert_int_equal(dir_remove(path), -ENOENT);
	assert_int_equal(dir_make(tree_at(world->dir, "a/b"), 0700, &made, NULL), -ENOENT);
	tree_link(world->dir, "a", "b"); /* it is not made behind a link */
	assert_int_equal(dir_make(path, 0700, &made, NULL), -ENOENT);
	assert_false(tree_has(world->dir, "b"));
	make(world, "b", 0700);
	assert_int_equal(dir_remove(path), -ENOTDIR);
	assert_true(tree_has(world->dir, "b"));
}

static int try_real(struct world *world, const char *path)
{
	int fd = dir_open_real(tree_at(world->dir, path), &world->trouble);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Those above may be anybody's, as what is written there is believed by nobody: but no link, and not the directory itself. */
static void test_real(void **state)
{
	struct world *world = *state;

	make(world, "open", 0777);
	make(world, "open/ours", 0755);
	make(world, "open/theirs", 0775);
	assert_int_equal(symlink("ours", tree_at(world->dir, "open/link")), 0);
	assert_int_equal(symlink("open", tree_at(world->dir, "way")), 0);
	assert_int_equal(try(world, "open/ours"), -EPERM);
	assert_int_equal(try_real(world, "open/ours"), 0);
	assert_int_equal(try_real(world, "open/link"), -ELOOP);
	assert_int_equal(try_real(world, "way/ours"), -ELOOP);
	assert_int_equal(try_real(world, "open/missing"), -ENOENT);
	assert_int_equal(try_real(world, "open/theirs"), -EPERM);
	assert_string_equal(world->trouble.why, "others can write it");
	if (geteuid())
		return;
	assert_int_equal(chown(tree_at(world->dir, "open"), NOBODY, NOBODY), 0);
	assert_int_equal(try_real(world, "open/ours"), 0);
	assert_int_equal(chown(tree_at(world->dir, "open/ours"), NOBODY, NOBODY), 0);
	assert_int_equal(try_real(world, "open/ours"), -EPERM);
	assert_string_equal(world->trouble.why, "another user's");
}

static void test_of(void **state)
{
	static const char *const cases[][3] = {
		{"/a/b/c", "/a/b", "c"}, {"/c", "/", "c"}, {"c", ".", "c"},
		{"a/c", "a", "c"},	 {"a/", "a", ""},  {"", ".", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name;
		char *dir = dir_of(cases[i][0], &name);

		assert_string_equal(dir, cases[i][1]);
		assert_string_equal(name, cases[i][2]);
		free(dir);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_modes),	  TEST(test_owners),
		TEST(test_links),	  TEST(test_links_of_others),
		TEST(test_what_is_there), TEST(test_make_and_remove),
		TEST(test_real),	  TEST(test_of),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
