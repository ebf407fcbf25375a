// SPDX-License-Identifier: GPL-2.0
#include "tree.h"

#include "sense/cgroups.h"

static void test_mounts(void **state)
{
	static const struct {
		const char *mountinfo, *v2, *v1_memory;
	} cases[] = {
		{"25 30 0:23 / /sys rw shared:7 - sysfs sysfs rw\n"
		 "36 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
		 "/sys/fs/cgroup", ""},
		{"39 36 0:32 / /sys/fs/cgroup/other rw - cgroup cgroup rw,xmemory,memoryx\n"
		 "40 36 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		 "41 36 0:34 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		 "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory"},
		{"36 25 0:26 /system.slice /srv/part rw - cgroup2 cgroup2 rw\n"
		 "37 25 0:26 / /srv/all rw - cgroup2 cgroup2 rw\n",
		 "/srv/all", ""},
		{"36 25 0:26 / /a\\040b rw - cgroup2 cgroup2 rw\n"
		 "37 25 0:26 / /first rw - cgroup2 cgroup2 rw\n"
		 "38 25 0:26 / /second rw - cgroup2 cgroup2 rw\n",
		 "/first", ""},
		{"40 36 0:33 / /cgroup2 rw - ext4 cgroup2 rw\n - cgroup2 \n", "", ""},
		{"", "", ""},
	};
	char proc[] = "/tmp/hotdamon-cgroups-XXXXXX";
	struct cgroup_mounts mounts = {"unset", "unset"};

	(void)state;
	assert_non_null(mkdtemp(proc));
	cgroup_mounts_find(&mounts, proc);
	assert_string_equal(mounts.v2, "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tree_put(proc, "self/mountinfo", cases[i].mountinfo);
		cgroup_mounts_find(&mounts, proc);
		assert_string_equal(mounts.v2, cases[i].v2);
		assert_string_equal(mounts.v1_memory, cases[i].v1_memory);
	}
	tree_remove(proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
