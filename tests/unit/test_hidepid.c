// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/hidepid.h"

#define SYS "23 1 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"

static void test_open(void **state)
{
	(void)state;
	assert_false(hidepid_of_mounts(""));
	assert_false(hidepid_of_mounts(SYS));
	assert_false(hidepid_of_mounts(SYS "24 1 0:22 / /proc rw,nosuid,nodev shared:12 - proc proc rw\n"));
}

static void test_hidden(void **state)
{
	(void)state;
	assert_true(hidepid_of_mounts(
		SYS "24 1 0:22 / /proc rw shared:12 - proc proc rw,hidepid=invisible\n" SYS));
	assert_true(hidepid_of_mounts("24 1 0:22 / /proc rw - proc proc rw,gid=4,hidepid=2"));
	assert_true(hidepid_of_mounts("24 1 0:22 / /proc rw - proc proc rw,hidepid=ptraceable\n"));
}

/* Another's /proc, a file below ours, and what is no proc at all. */
static void test_others(void **state)
{
	(void)state;
	assert_false(hidepid_of_mounts("24 1 0:22 / /srv/proc rw - proc proc rw,hidepid=invisible\n"));
	assert_false(hidepid_of_mounts("24 1 0:22 / /proc/sys rw - proc proc rw,hidepid=invisible\n"));
	assert_false(hidepid_of_mounts("24 1 0:22 /sys /proc rw - proc proc rw,hidepid=invisible\n"));
	assert_false(hidepid_of_mounts("24 1 0:22 / /proc rw - tmpfs hidepid=2 rw,hidepid=2\n"));
}

static void test_topmost(void **state)
{
	static const char hides[] = "24 1 0:22 / /proc rw - proc proc rw,hidepid=invisible\n";
	static const char shows[] = "99 24 0:40 / /proc rw - proc proc rw\n";
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", hides, shows);
	assert_false(hidepid_of_mounts(text));
	snprintf(text, sizeof(text), "%s%s", shows, hides);
	assert_true(hidepid_of_mounts(text));
}

static void put(const char *root, const char *process, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, process);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/mountinfo", root, process);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A service may have a /proc of its own: init's is the host's. */
static void test_init_counts(void **state)
{
	static const char hides[] = "24 1 0:22 / /proc rw - proc proc rw,hidepid=invisible\n";
	static const char shows[] = "74 72 0:41 / /proc rw shared:44 - proc proc rw\n";
	char root[] = "/tmp/hotdamon-hidepid.XXXXXX", command[64];

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_false(hidepid_read(root));
	put(root, "self", hides);
	assert_true(hidepid_read(root));
	put(root, "1", shows);
	assert_false(hidepid_read(root));
	put(root, "1", hides);
	put(root, "self", shows);
	assert_true(hidepid_read(root));
	snprintf(command, sizeof(command), "rm -rf %s", root);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),	    cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_others),	    cmocka_unit_test(test_topmost),
		cmocka_unit_test(test_init_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
