// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/owner.h"

static void test_uid(void **state)
{
	uint32_t uid = 7;

	(void)state;
	assert_int_equal(proc_parse_uid("Name:\tx\nUid:\t1000\t33\t1000\t33\nGid:\t5\t6\t7\t8\n", &uid), 0);
	assert_int_equal(uid, 33); /* the effective one */
	assert_int_equal(proc_parse_uid("Uid:\t4294967294\t4294967294\t1\t1\n", &uid), 0);
	assert_true(uid == 4294967294U);
	uid = 7;
	assert_int_equal(proc_parse_uid("Name:\tUid:\nGid:\t5\t6\t7\t8\n", &uid), -ENOENT);
	assert_int_equal(proc_parse_uid("", &uid), -ENOENT);
	assert_int_equal(uid, 7);
}

static void test_cgroup(void **state)
{
	static const char *const cases[][2] = {
		{"0::/system.slice/nginx.service\n", "/system.slice/nginx.service"},
		{"0::/a b:c::d\n", "/a b:c::d"},
		{"12:cpu,cpuacct:/x\n1:name=systemd:/user.slice\n0::/user.slice/a\n", "/user.slice/a"},
		{"12:cpu:/x\n1:name=systemd:/user.slice\n0::/\n", "/user.slice"}, /* v2 is not in use */
		{"12:cpu:/x\n1:name=systemd:/user.slice\n", "/user.slice"},
		{"0::/\n", "/"},
		{"0::/gone (deleted)\n", "/gone (deleted)"},
		{"3:cpu:/evil::/x\n0::/y", "/y"},
	};
	char path[CGROUP_PATH_LEN], small[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(proc_parse_cgroup(cases[i][0], path, sizeof(path)), 0);
		assert_string_equal(path, cases[i][1]);
	}
	assert_int_equal(proc_parse_cgroup("12:cpu:/x\n", path, sizeof(path)), -ENOENT);
	assert_int_equal(proc_parse_cgroup("", path, sizeof(path)), -ENOENT);
	assert_int_equal(proc_parse_cgroup("0::/ab\n", small, sizeof(small)), 0);
	assert_int_equal(proc_parse_cgroup("0::/abc\n", small, sizeof(small)), -ENAMETOOLONG);
	assert_string_equal(small, "/ab");
}

static void write_file(const char *root, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/5/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A /proc of our own: what is there is read, what is not is told, and the rest stays untouched. */
static void test_read(void **state)
{
	static const char line[] = "/usr/bin/java\0-Xmx4g\0\x1b[2J\0\0";
	char root[] = "/tmp/hotdamon-owner-XXXXXX", path[128], command[64] = "x", small[8];
	uint32_t uid = 99;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(process_uid_read(root, 5, &uid), -ESRCH);
	assert_int_equal(process_command_read(root, 5, command, sizeof(command)), -ESRCH);
	assert_int_equal(uid, 99);
	assert_string_equal(command, "x");
	snprintf(path, sizeof(path), "%s/5", root);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(root, "status", "Name:\tx\nUid:\t0\t33\t0\t0\n");
	assert_int_equal(process_uid_read(root, 5, &uid), 0);
	assert_int_equal(uid, 33);
	write_file(root, "cmdline", "");
	assert_int_equal(process_command_read(root, 5, command, sizeof(command)), 0);
	assert_string_equal(command, "");
	snprintf(path, sizeof(path), "%s/5/cmdline", root);
	file = fopen(path, "w");
	assert_non_null(file);
	fwrite(line, 1, sizeof(line), file);
	fclose(file);
	assert_int_equal(process_command_read(root, 5, command, sizeof(command)), 0);
	assert_string_equal(command, "/usr/bin/java -Xmx4g ?[2J");
	assert_int_equal(process_command_read(root, 5, small, sizeof(small)), 0);
	assert_string_equal(small, "/usr/bi");
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
}

static void test_exe(void **state)
{
	static const struct {
		const char *link, *exe;
	} cases[] = {
		{"/usr/bin/java", "/usr/bin/java"},
		{"/usr/bin/java (deleted)", "/usr/bin/java"}, /* replaced by a newer one */
		{" (deleted)", " (deleted)"},
		{"/a", "/a"},
	};
	char root[] = "/tmp/hotdamon-owner-XXXXXX", path[128], exe[15] = "untouched";

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/5", root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(process_exe_read(root, 5, exe, sizeof(exe)), -ESRCH);
	snprintf(path, sizeof(path), "%s/5/exe", root);
	assert_int_equal(symlink("/usr/bin/java14", path), 0);
	assert_int_equal(process_exe_read(root, 5, exe, sizeof(exe)), -ENAMETOOLONG);
	assert_string_equal(exe, "untouched");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unlink(path);
		assert_int_equal(symlink(cases[i].link, path), 0);
		assert_int_equal(process_exe_read(root, 5, exe, sizeof(exe)), 0);
		assert_string_equal(exe, cases[i].exe);
	}
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
}

static void test_names(void **state)
{
	struct user_names *names = user_names_new();
	char name[33], again[33];

	(void)state;
	assert_non_null(names);
	user_name(names, 0, name, sizeof(name));
	assert_string_equal(name, "root");
	user_name(names, 4123456789U, name, sizeof(name));
	assert_string_equal(name, "4123456789");
	user_name(names, 0, again, 3); /* remembered, and cut */
	assert_string_equal(again, "ro");
	user_names_free(names);
	user_names_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uid), cmocka_unit_test(test_cgroup), cmocka_unit_test(test_read),
		cmocka_unit_test(test_exe), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
