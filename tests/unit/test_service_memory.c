// SPDX-License-Identifier: GPL-2.0
#include "tree.h"

#include "sense/service_memory.h"

static const char stat_text[] = "anon 41943040\n"
				"file 900000000\n"
				"anon_stray 5\n"
				"shmem 8388608\n"
				"shmem_stray 7\n"
				"file_thp 1\n"
				"anon_thp 20971520\n"
				"shmem_thp 4194304\n"
				"workingset_refault_anon 77\n";

/* The cgroup of the service itself, where the process is in one below it. */
static void test_path(void **state)
{
	static const char *const cases[][2] = {
		{"/system.slice/nginx.service", "/system.slice/nginx.service"},
		{"/system.slice/nginx.service/workers/1", "/system.slice/nginx.service"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/foot.service",
		 "/user.slice/user-1000.slice/user@1000.service/app.slice/foot.service"},
		{"/system.slice/docker-"
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope/init",
		 "/system.slice/docker-"
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope"},
		{"/batch/job-7", "/batch/job-7"},
		{"/user.slice/user-1000.slice/session-3.scope", ""}, /* each program is one */
		{"/system.slice", ""},
		{"/", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = service_path_len(cases[i][0]);

		assert_int_equal(len, strlen(cases[i][1]));
		assert_memory_equal(cases[i][0], cases[i][1], len);
	}
}

static void test_parse(void **state)
{
	struct service_memory memory = {.anon = 9};

	(void)state;
	assert_int_equal(service_memory_parse("file 7\n", &memory), -EINVAL);
	assert_int_equal(service_memory_parse("", &memory), -EINVAL);
	assert_int_equal(service_memory_parse("anon x\n", &memory), -EINVAL);
	assert_int_equal(memory.anon, 9); /* as it was */
	assert_int_equal(service_memory_parse(stat_text, &memory), 0);
	assert_int_equal(memory.anon, 40 << 20);
	assert_int_equal(memory.anon_huge, 20 << 20);
	assert_int_equal(memory.shared, 8 << 20);
	assert_int_equal(memory.shared_huge, 4 << 20);
	assert_int_equal(service_memory_parse("anon 4096\n", &memory), 0); /* a kernel without huge pages */
	assert_int_equal(memory.anon_huge + memory.shared + memory.shared_huge, 0);
}

static void test_read(void **state)
{
	static const char path[] = "/system.slice/nginx.service/workers";
	char root[] = "/tmp/hotdamon-service-memory.XXXXXX";
	struct service_memory memory;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(service_memory_read(root, path, service_path_len(path), &memory), -ENOENT);
	tree_put(root, "/system.slice/nginx.service/memory.stat", stat_text);
	assert_int_equal(service_memory_read(root, path, service_path_len(path), &memory), 0);
	assert_int_equal(memory.anon, 40 << 20);
	tree_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
