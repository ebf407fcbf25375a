// SPDX-License-Identifier: GPL-2.0
/* The wishes of owners, on directories of our own in place of cgroups. */
#include "tree.h"

#include <sys/xattr.h>

#include "sense/wish.h"

static char root[] =
	"/var/tmp/hotdamon-wish-XXXXXX"; /* /tmp may be a tmpfs, which has no user xattrs before 6.6 */
static bool no_xattrs;

static const char *const cgroups[] = {"a", "a/b", "a/b/c", "lone", "..x"};

static int make_cgroups(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < ARRAY_SIZE(cgroups); i++)
		assert_int_equal(mkdir(tree_at(root, cgroups[i]), 0700), 0);
	no_xattrs = setxattr(root, "user.test", "x", 1, 0) && errno == EOPNOTSUPP;
	return 0;
}

static int remove_cgroups(void **state)
{
	(void)state;
	for (size_t i = ARRAY_SIZE(cgroups); i-- > 0;)
		rmdir(tree_at(root, cgroups[i]));
	return rmdir(root);
}

static struct wish_tree tree_of(uid_t root_uid)
{
	return (struct wish_tree){.mount = root, .root_uid = root_uid};
}

static void wish(const char *cgroup, const char *value, size_t len)
{
	assert_int_equal(setxattr(tree_at(root, cgroup), WISH_XATTR, value, len, 0), 0);
}

static void wish_nothing(void)
{
	removexattr(root, WISH_XATTR);
	for (size_t i = 0; i < ARRAY_SIZE(cgroups); i++)
		removexattr(tree_at(root, cgroups[i]), WISH_XATTR);
}

static enum owner_word read_own(const char *path, struct wish_ignored *ignored)
{
	struct wish_tree tree = tree_of(getuid());

	return wish_read(&tree, path, ignored);
}

static void test_nearest(void **state)
{
	struct wish_ignored ignored;

	(void)state;
	if (no_xattrs)
		skip();
	wish_nothing();
	assert_int_equal(read_own("/a/b/c", &ignored), OWNER_SILENT);
	wish("a", "omit", 4);
	assert_int_equal(read_own("/a/b/c", &ignored), OWNER_OMIT);
	assert_int_equal(read_own("/a", &ignored), OWNER_OMIT);
	assert_int_equal(read_own("/lone", &ignored), OWNER_SILENT);
	wish("a/b", "watch", 5);
	assert_int_equal(read_own("/a/b/c", &ignored), OWNER_WATCH);
	assert_int_equal(read_own("/a", &ignored), OWNER_OMIT);
	wish("a/b/c", "prefer", 6);
	assert_int_equal(read_own("/a/b/c", &ignored), OWNER_PREFER);
	assert_int_equal(read_own("/a/b/c (deleted)", &ignored), OWNER_WATCH); /* what is left of it */
	wish(".", "omit", 4);
	assert_int_equal(read_own("/lone", &ignored), OWNER_OMIT);
	assert_int_equal(read_own("/", &ignored), OWNER_OMIT);
	assert_string_equal(ignored.cgroup, "");
}

/* What is outside of our cgroup namespace is not below our mount, whatever its name; nor is a name without a slash. */
static void test_outside(void **state)
{
	struct wish_tree nowhere = {.mount = ""};
	struct wish_ignored ignored;

	(void)state;
	if (no_xattrs)
		skip();
	wish_nothing();
	wish(".", "omit", 4);
	assert_int_equal(read_own("/../a", &ignored), OWNER_SILENT);
	assert_int_equal(read_own("/..", &ignored), OWNER_SILENT);
	assert_int_equal(read_own("/..x", &ignored), OWNER_OMIT); /* a name that begins so */
	assert_int_equal(read_own("a", &ignored), OWNER_SILENT);
	assert_int_equal(read_own("", &ignored), OWNER_SILENT);
	assert_int_equal(wish_read(&nowhere, "/a", &ignored), OWNER_SILENT);
}

static void test_values(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		enum owner_word word;
		const char *ignored;
	} cases[] = {
		{"omit\n", 5, OWNER_OMIT, NULL},
		{"omit\0", 5, OWNER_OMIT, NULL},
		{"omit \t\n", 7, OWNER_OMIT, NULL},
		{"omit\0x", 6, OWNER_OMIT, NULL},
		{"", 0, OWNER_SILENT, ""},
		{"\n", 1, OWNER_SILENT, ""},
		{" omit", 5, OWNER_SILENT, " omit"},
		{"never", 5, OWNER_SILENT, "never"},
		{"omitomitomitomitomitomitomitomi", 31, OWNER_SILENT, "omitomitomitomitomitomitomitomi"},
		{"omitomitomitomitomitomitomitomit", 32, OWNER_SILENT, "(too long)"},
	};

	(void)state;
	if (no_xattrs)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wish_ignored ignored;

		wish_nothing();
		wish("a/b", cases[i].value, cases[i].len);
		assert_int_equal(read_own("/a/b/c", &ignored), cases[i].word);
		assert_string_equal(ignored.cgroup, cases[i].ignored ? "/a/b" : "");
		assert_string_equal(ignored.value, cases[i].ignored ? cases[i].ignored : "");
		assert_false(ignored.not_root);
	}
}

/* A word that is none hides nothing that is above it. */
static void test_ignored_goes_on(void **state)
{
	struct wish_ignored ignored;

	(void)state;
	if (no_xattrs)
		skip();
	wish_nothing();
	wish("a", "omit", 4);
	wish("a/b", "nonsense", 8);
	assert_int_equal(read_own("/a/b/c", &ignored), OWNER_OMIT);
	assert_string_equal(ignored.value, "nonsense");
}

/* Who is not root may leave out what is his, and no more. */
static void test_only_root_asks_for_more(void **state)
{
	struct wish_tree tree = tree_of(getuid() + 1);
	struct wish_ignored ignored;

	(void)state;
	if (no_xattrs)
		skip();
	wish_nothing();
	wish("a", "prefer", 6);
	assert_int_equal(wish_read(&tree, "/a", &ignored), OWNER_SILENT);
	assert_true(ignored.not_root);
	assert_string_equal(ignored.value, "prefer");
	wish("a", "watch", 5);
	assert_int_equal(wish_read(&tree, "/a", &ignored), OWNER_SILENT);
	wish("a", "omit", 4);
	assert_int_equal(wish_read(&tree, "/a", &ignored), OWNER_OMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_ignored_goes_on),
		cmocka_unit_test(test_only_root_asks_for_more),
	};

	return cmocka_run_group_tests(tests, make_cgroups, remove_cgroups);
}
