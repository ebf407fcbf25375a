// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/textfile.h"

static char dir[] = "/tmp/test_textfile.XXXXXX";

static void write_file(const char *name, const void *text, size_t len)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static void test_read(void **state)
{
	char text[8] = "before";

	(void)state;
	write_file("a", "one\ntwo\n", 8);
	assert_int_equal(textfile_read(text, sizeof(text), "%s/%s", dir, "a"), 7); /* what fits */
	assert_string_equal(text, "one\ntwo");
	write_file("a", "", 0);
	assert_int_equal(textfile_read(text, sizeof(text), "%s/a", dir), 0);
	assert_string_equal(text, "");
	remove_file("a");
	strcpy(text, "before");
	assert_int_equal(textfile_read(text, sizeof(text), "%s/a", dir), -ENOENT);
	assert_string_equal(text, "");
	strcpy(text, "before");
	assert_int_equal(textfile_read(text, sizeof(text), "%s", dir), -EISDIR);
	assert_string_equal(text, "");
}

static void test_read_all(void **state)
{
	static const size_t lengths[] = {0,    1,    4094, 4095,   4096,
					 6142, 6143, 6144, 720000, TEXTFILE_MAX_BYTES};
	char *much = malloc(TEXTFILE_MAX_BYTES + 1), *text = NULL;

	(void)state;
	for (size_t i = 0; i <= TEXTFILE_MAX_BYTES; i++)
		much[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		write_file("a", much, lengths[i]);
		assert_int_equal(textfile_read_all(&text, "%s/a", dir), 0);
		assert_int_equal(strlen(text), lengths[i]);
		assert_memory_equal(text, much, lengths[i]);
		free(text);
	}
	text = NULL;
	write_file("a", much, TEXTFILE_MAX_BYTES + 1);
	assert_int_equal(textfile_read_all(&text, "%s/a", dir), -EFBIG);
	assert_int_equal(textfile_read_all(&text, "/dev/zero"), -EFBIG); /* has no end */
	remove_file("a");
	assert_int_equal(textfile_read_all(&text, "%s/a", dir), -ENOENT);
	assert_int_equal(textfile_read_all(&text, "%s", dir), -EISDIR);
	assert_null(text);
	free(much);
}

static void test_read_u64(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t value;
	} cases[] = {
		{"0\n", 0, 0},
		{"42", 0, 42},
		{"18446744073709551615\n", 0, UINT64_MAX},
		{"7 8\n", 0, 7},
		{"18446744073709551616\n", -ERANGE, 1},
		{"-1\n", -EINVAL, 1},
		{"", -EINVAL, 1},
		{"max\n", -EINVAL, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 1;

		write_file("n", cases[i].text, strlen(cases[i].text));
		assert_int_equal(textfile_read_u64(&value, "%s/n", dir), cases[i].err);
		assert_true(value == cases[i].value);
	}
	remove_file("n");
}

static void test_too_long_a_path(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(textfile_read(text, sizeof(text), "/%05000d", 0), -ENAMETOOLONG);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_all),
		cmocka_unit_test(test_read_u64),
		cmocka_unit_test(test_too_long_a_path),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
