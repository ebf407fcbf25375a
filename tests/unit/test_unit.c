// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "report/unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_names(void **state)
{
	static const char *const cases[][2] = {
		{"/system.slice/nginx.service", "nginx.service"},
		{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"},
		{"/system.slice/postgresql.service/worker", "postgresql.service"}, /* delegated */
		{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/gnome.scope", "gnome.scope"},
		{"/init.scope", "init.scope"},
		{"/system.slice/docker-" ID ".scope", "docker:0123456789ab"},
		{"/system.slice/docker-" ID ".scope/system.slice/nginx.service", "docker:0123456789ab"},
		{"/docker/" ID, "docker:0123456789ab"},
		{"/machine.slice/libpod-" ID ".scope/container", "podman:0123456789ab"},
		{"/machine.slice/libpod-conmon-" ID ".scope", "conmon:0123456789ab"},
		{"/kubepods.slice/kubepods-burstable.slice/cri-containerd-" ID ".scope",
		 "containerd:0123456789ab"},
		{"/kubepods/besteffort/pod1/" ID, "container:0123456789ab"},
		{"/kubepods.slice/crio-" ID ".scope", "crio:0123456789ab"},
		{"/system.slice/dev\\x2ddisk-a\\x40.service", "dev-disk-a@.service"},
		{"/system.slice/odd\\x.service", "odd\\x.service"},
		{"/", "/"},
		{"", ""},
		{"/a/b", "/a/b"},
		{"/user.slice", "user.slice"},
		{"/a/rather/long/path/of/somebody", "somebody"},
		{"/a/rather/long/path/of/somebody/", "somebody"},
		{"/.service", "/.service"}, /* no name before it */
		{"/x" ID, "x" ID},	    /* 65 characters are no id */
	};
	char name[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_of_cgroup(cases[i][0], name, sizeof(name));
		assert_string_equal(name, cases[i][1]);
	}
}

static void test_small_buffer(void **state)
{
	char name[8] = "#######";

	(void)state;
	unit_of_cgroup("/system.slice/nginx.service", name, 4);
	assert_string_equal(name, "ngi");
	unit_of_cgroup("/docker/" ID, name, 4);
	assert_string_equal(name, "doc");
	unit_of_cgroup("/a", name, 0);
	assert_int_equal(name[5], '#');
}

static void test_below(void **state)
{
	static const struct {
		const char *path, *prefix;
		int below;
	} cases[] = {
		{"/a", "/a", 1},   {"/a/b", "/a", 1}, {"/a/b", "/a/", 1}, {"/ab", "/a", 0},
		{"/a", "/a/b", 0}, {"/a/b", "a", 1},  {"/a", "/", 1},	  {"/", "/", 1},
		{"/", "/a", 0},	   {"", "/a", 0},     {"/a/b", "/b", 0},  {"/a", "", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(cgroup_is_below(cases[i].path, cases[i].prefix), cases[i].below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
