// SPDX-License-Identifier: GPL-2.0
#include "tree.h"

#include "sense/limits.h"

#define V2_MOUNT                                                                                             \
	"30 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 "            \
	"rw,nsdelegate\n"
#define PROC "25 24 0:23 / /proc rw - proc proc rw\n"

static char root[] = "/tmp/hotdamon-limits-XXXXXX", made[sizeof(root)];
static struct cgroup_mounts mounts;
static struct room_level levels[LIMITS_LEVELS];
static size_t n;

static int set_up(void **state)
{
	(void)state;
	strcpy(made, root);
	assert_non_null(mkdtemp(made));
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	tree_remove(made);
	return 0;
}

static void mount(const char *mountinfo)
{
	tree_put(made, "proc/self/mountinfo", mountinfo);
	char proc[sizeof(made) + 8];

	snprintf(proc, sizeof(proc), "%s/proc", made);
	cgroup_mounts_find(&mounts, proc);
}

static void put(const char *group, const char *file, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", group, file);
	tree_put(made, path, text);
}

static void put_group(const char *group, const char *used, const char *max, const char *high)
{
	put(group, "memory.current", used);
	put(group, "memory.max", max);
	put(group, "memory.high", high);
}

static int look(void)
{
	memset(levels, 0xa5, sizeof(levels));
	return limits_read(&mounts, made, 7, levels, &n);
}

static void in_group(const char *cgroup)
{
	tree_put(made, "proc/7/cgroup", cgroup);
}

static void test_own_group_and_all_above(void **state)
{
	(void)state;
	mount(PROC V2_MOUNT);
	in_group("0::/app.slice/box.service\n");
	put_group("sys/fs/cgroup/app.slice", "900\n", "1000\n", "max\n");
	put_group("sys/fs/cgroup/app.slice/box.service", "100\n", "max\n", "800\n");
	put("sys/fs/cgroup/app.slice/box.service", "memory.pressure",
	    "some avg10=12.50 avg60=0 avg300=0 total=1\nfull avg10=3.25 avg60=0 avg300=0 total=1\n");
	assert_int_equal(look(), 0);
	assert_int_equal(n, 2);
	assert_int_equal(levels[0].above, 0);
	assert_true(levels[0].used_bytes == 100 && levels[0].max_bytes == ROOM_UNLIMITED &&
		    levels[0].high_bytes == 800);
	assert_true(levels[0].psi_known);
	assert_near(levels[0].some_avg10_pct, 12.5);
	assert_near(levels[0].full_avg10_pct, 3.25);
	assert_int_equal(levels[1].above, 1);
	assert_true(levels[1].used_bytes == 900 && levels[1].max_bytes == 1000 &&
		    levels[1].high_bytes == ROOM_UNLIMITED);
	assert_false(levels[1].psi_known);
}

/* Where the group above does not ask for the controller, that one counts. */
static void test_group_without_the_controller(void **state)
{
	(void)state;
	mount(V2_MOUNT);
	in_group("0::/app.slice/box/inner\n");
	put_group("sys/fs/cgroup/app.slice", "900\n", "1000\n", "max\n");
	put("sys/fs/cgroup/app.slice/box/inner", "cgroup.procs", "7\n");
	assert_int_equal(look(), 0);
	assert_int_equal(n, 1);
	assert_int_equal(levels[0].above, 2);
}

/* In a container with a namespace of its own, its group is the root, and has limits. */
static void test_root(void **state)
{
	(void)state;
	mount(V2_MOUNT);
	in_group("0::/\n");
	put("sys/fs/cgroup", "cgroup.procs", "");
	assert_int_equal(look(), 0);
	assert_int_equal(n, 0);
	put_group("sys/fs/cgroup", "5\n", "6\n", "max\n");
	assert_int_equal(look(), 0);
	assert_int_equal(n, 1);
	mount(PROC);
	assert_int_equal(look(), 0);
	assert_int_equal(n, 0);
}

#define V1_MOUNTS                                                                                            \
	"31 24 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                      \
	"32 24 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"                                \
	"33 24 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

/* The hierarchy that has the memory controller counts. */
static void test_v1_and_hybrid(void **state)
{
	(void)state;
	mount(V1_MOUNTS);
	in_group("12:memory:/docker/abc\n3:cpu,cpuacct:/other\n1:name=systemd:/system.slice\n0::/"
		 "system.slice\n");
	put("sys/fs/cgroup/memory/docker/abc", "memory.usage_in_bytes", "100\n");
	put("sys/fs/cgroup/memory/docker/abc", "memory.limit_in_bytes", "200\n");
	put("sys/fs/cgroup/memory", "memory.usage_in_bytes", "1000\n");
	put("sys/fs/cgroup/memory", "memory.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(look(), 0);
	assert_int_equal(n, 2);
	assert_true(levels[0].used_bytes == 100 && levels[0].max_bytes == 200 &&
		    levels[0].high_bytes == ROOM_UNLIMITED);
	assert_true(levels[1].above == 2 && levels[1].max_bytes == ROOM_UNLIMITED);
}

static void test_what_cannot_be_seen(void **state)
{
	static const struct {
		const char *mountinfo, *cgroup;
	} cases[] = {
		{V2_MOUNT, "0::/../../system.slice/box\n"},			     /* another namespace's */
		{V2_MOUNT, "0::/gone\n"},					     /* it moved just now */
		{PROC, "0::/box\n"},						     /* nothing is mounted */
		{"30 24 0:27 /a /sys/fs/cgroup rw - cgroup2 c rw\n", "0::/a/box\n"}, /* a part of it is */
		{"30 24 0:27 / /a\\040b rw - cgroup2 c rw\n", "0::/box\n"},
		{"nonsense\n - \n - cgroup2\n1 2 3 / /x - cgroup c\n", "0::/box\n"},
		{V2_MOUNT, "4:memory:/box\n"}, /* v1 is not mounted */
	};

	(void)state;
	put_group("sys/fs/cgroup/box", "1\n", "2\n", "3\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		mount(cases[i].mountinfo);
		in_group(cases[i].cgroup);
		if (look() != -ENOENT)
			fail_msg("case %zu", i);
		assert_int_equal(n, 0);
	}
}

/* Not above ours, whatever it looks like. */
static void test_name_of_two_dots(void **state)
{
	(void)state;
	mount(PROC V2_MOUNT);
	in_group("0::/..box\n");
	put_group("sys/fs/cgroup/..box", "1\n", "2\n", "3\n");
	assert_int_equal(look(), 0);
	assert_int_equal(n, 1);
}

static void test_no_process(void **state)
{
	(void)state;
	mount(V2_MOUNT);
	assert_int_equal(look(), -ESRCH);
	in_group("");
	assert_int_equal(look(), 0);
	assert_int_equal(n, 0);
	in_group("nonsense\n1:\n:::\n");
	assert_int_equal(look(), -ENOENT);
}

static void test_numbers_are_checked(void **state)
{
	static const char *const bad[] = {"",
					  "-1\n",
					  "12x\n",
					  "maximum\n",
					  "18446744073709551616\n",
					  "11111111111111111111111111111111111111\n",
					  "\n",
					  " 1\n"};

	(void)state;
	mount(V2_MOUNT);
	in_group("0::/box\n");
	put_group("sys/fs/cgroup/box", "1\n", "2\n", "3\n");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put("sys/fs/cgroup/box", "memory.max", bad[i]);
		if (look() != -EINVAL)
			fail_msg("'%s'", bad[i]);
	}
	put("sys/fs/cgroup/box", "memory.max", "2");
	put("sys/fs/cgroup/box", "memory.pressure", "some avg10=x\n");
	assert_int_equal(look(), 0);
	assert_false(levels[0].psi_known);
}

static void test_depth(void **state)
{
	char path[4 * LIMITS_LEVELS] = "", line[sizeof(path) + 8], group[sizeof(path) + 32];

	(void)state;
	mount(V2_MOUNT);
	for (unsigned int i = 0; i < LIMITS_LEVELS; i++) {
		snprintf(group, sizeof(group), "sys/fs/cgroup%s", path);
		put_group(group, "1\n", "2\n", "max\n");
		snprintf(line, sizeof(line), "0::%s\n", *path ? path : "/");
		in_group(line);
		assert_int_equal(look(), 0);
		assert_int_equal(n, i + 1);
		strcat(path, "/a");
	}
	snprintf(group, sizeof(group), "sys/fs/cgroup%s", path);
	put_group(group, "1\n", "2\n", "max\n");
	snprintf(line, sizeof(line), "0::%s\n", path);
	in_group(line);
	assert_int_equal(look(), -E2BIG);
	assert_int_equal(n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, clean_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_group_and_all_above),
		TEST(test_group_without_the_controller),
		TEST(test_root),
		TEST(test_v1_and_hybrid),
		TEST(test_what_cannot_be_seen),
		TEST(test_name_of_two_dots),
		TEST(test_no_process),
		TEST(test_numbers_are_checked),
		TEST(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
