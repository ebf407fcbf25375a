/* SPDX-License-Identifier: GPL-2.0 */
/* A tree of plain files in place of the directory tried_regions. */
#include "cm.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sense/tried.h"

#define MIB 1048576ULL

struct world {
	char root[64];
	struct tried *tried;
};

static struct world *now;
static unsigned int reads_until; /* so many read() more, and then: */
static void (*meanwhile)(void);

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", now->root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put_file(unsigned int place, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%u/%s", place, name);
	put(path, text);
}

static void put_number(unsigned int place, const char *name, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)number);
	put_file(place, name, text);
}

static void put_region(unsigned int place, uint64_t start, uint64_t end, uint64_t nr_accesses, uint64_t age)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%u", now->root, place);
	if (mkdir(path, 0700))
		assert_int_equal(errno, EEXIST);
	put_number(place, "start", start);
	put_number(place, "end", end);
	put_number(place, "nr_accesses", nr_accesses);
	put_number(place, "age", age);
	put_number(place, "sz_filter_passed", 0);
}

static void put_total(uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)bytes);
	put("total_bytes", text);
}

/* Regions of a MiB, with a hole of as much after each. */
static void put_regions(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		put_region(i, (2 * i + 1) * MIB, (2 * i + 2) * MIB, i % 20 + 1, i);
	put_total(n * MIB);
}

static int remove_one(const char *path, const struct stat *stat_buf, int type, struct FTW *ftw)
{
	(void)stat_buf;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void drop(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", now->root, name);
	assert_int_equal(nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH), 0);
}

/* The C library's, but that the kernel is slow: something may happen in between. */
ssize_t read(int fd, void *data, size_t size)
{
	if (meanwhile && !reads_until--) {
		meanwhile();
		meanwhile = NULL;
	}
	return syscall(SYS_read, fd, data, size);
}

static int begin(void **state)
{
	static struct world world;

	strcpy(world.root, "/tmp/hotdamon-tried-XXXXXX");
	if (!mkdtemp(world.root))
		return -1;
	world.tried = tried_new();
	now = &world;
	meanwhile = NULL;
	*state = &world;
	return world.tried ? 0 : -1;
}

static int end(void **state)
{
	struct world *world = *state;

	tried_free(world->tried);
	return nftw(world->root, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

/* It fails so, and leaves the outputs alone. */
static void assert_refused(int want)
{
	static const struct heat_region other;
	const struct heat_region *regions = &other;
	size_t n = 77;

	assert_int_equal(tried_read(now->tried, now->root, &regions, &n), want);
	assert_ptr_equal(regions, &other);
	assert_int_equal(n, 77);
}

static void assert_reads(size_t want)
{
	const struct heat_region *regions = NULL;
	size_t n = 77;

	assert_int_equal(tried_read(now->tried, now->root, &regions, &n), 0);
	assert_int_equal(n, want);
}

/* 10 comes after 9, not after 1: the order of the numbers is that of the addresses. */
static void test_order(void **state)
{
	const struct heat_region *regions;
	size_t n;

	(void)state;
	put_regions(150);
	assert_int_equal(tried_read(now->tried, now->root, &regions, &n), 0);
	assert_int_equal(n, 150);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(regions[i].start, (2 * i + 1) * MIB);
		assert_int_equal(regions[i].end, (2 * i + 2) * MIB);
		assert_int_equal(regions[i].nr_accesses, i % 20 + 1);
		assert_int_equal(regions[i].age, i);
	}
}

static void test_none(void **state)
{
	(void)state;
	put_total(0);
	assert_reads(0);
}

/* Of the reading before nothing is left. */
static void test_again(void **state)
{
	(void)state;
	put_regions(3);
	assert_reads(3);
	drop("2");
	put_total(2 * MIB);
	assert_reads(2);
}

/* Those that were not accessed are not handed on, but are among the bytes. */
static void test_cold(void **state)
{
	const struct heat_region *regions;
	size_t n;

	(void)state;
	put_region(0, MIB, 2 * MIB, 0, 5);
	put_region(1, 2 * MIB, 4 * MIB, 7, 5);
	put_region(2, 4 * MIB, 9 * MIB, 0, 5);
	put_total(8 * MIB);
	assert_int_equal(tried_read(now->tried, now->root, &regions, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(regions[0].start, 2 * MIB);
	assert_int_equal(regions[0].nr_accesses, 7);
}

static void test_whole_range(void **state)
{
	const struct heat_region *regions;
	size_t n;

	(void)state;
	put_region(0, 0, UINT64_MAX, UINT32_MAX, UINT32_MAX);
	put_total(UINT64_MAX);
	assert_int_equal(tried_read(now->tried, now->root, &regions, &n), 0);
	assert_int_equal(n, 1);
	assert_true(regions[0].end == UINT64_MAX);
	assert_true(regions[0].nr_accesses == UINT32_MAX && regions[0].age == UINT32_MAX);
}

static void test_missing(void **state)
{
	static const char *const files[] = {"1/end", "1/nr_accesses", "1/age"};
	char root[sizeof(now->root)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		put_regions(3);
		assert_reads(3);
		drop(files[i]);
		assert_refused(-EAGAIN);
	}
	put_regions(3);
	drop("1"); /* which would look like the end */
	assert_refused(-EAGAIN);
	put_regions(3);
	drop("total_bytes");
	assert_refused(-ENOENT);
	memcpy(root, now->root, sizeof(root));
	strcpy(now->root, "/nonexistent");
	assert_refused(-ENOENT);
	memcpy(now->root, root, sizeof(root));
}

static void test_no_numbers(void **state)
{
	static const struct {
		const char *file, *text;
	} cases[] = {
		{"start", ""},
		{"start", "\n"},
		{"start", "x\n"},
		{"start", "-1\n"},
		{"start", " 1\n"},
		{"start", "+1\n"},
		{"start", "0x100000\n"},
		{"start", "1048576 1\n"},
		{"start", "1048576\n\n"},
		{"end", "18446744073709551616\n"}, /* 2^64 */
		{"end", "99999999999999999999999999999999999999\n"},
		{"nr_accesses", "4294967296\n"}, /* 2^32 */
		{"nr_accesses", "3.5\n"},
		{"age", "4294967296\n"},
		{"age", "-0\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_regions(2);
		assert_reads(2);
		put_file(0, cases[i].file, cases[i].text);
		assert_refused(-EINVAL);
	}
	drop("1");
	put_regions(1);
	put_file(0, "end", "18446744073709551616\n"); /* nothing else is wrong with it */
	put_total(UINT64_MAX - MIB);
	assert_refused(-EINVAL);
	put_regions(2);
	put("total_bytes", "none\n");
	assert_refused(-EINVAL);
}

/* What is no list of regions, one after another. */
static void test_disorder(void **state)
{
	(void)state;
	put_regions(3);
	put_region(1, 2 * MIB, 2 * MIB, 1, 1); /* empty */
	put_total(2 * MIB);
	assert_refused(-EINVAL);
	put_region(1, 4 * MIB, 3 * MIB, 1, 1); /* ends before it begins */
	assert_refused(-EINVAL);
	put_region(1, MIB, 3 * MIB, 1, 1); /* overlaps */
	assert_refused(-EINVAL);
	put_region(1, 7 * MIB, 8 * MIB, 1, 1); /* the next is before it */
	assert_refused(-EINVAL);
	put_region(1, 2 * MIB, 5 * MIB, 1, 1); /* touches both: fine */
	put_total(5 * MIB);
	assert_reads(3);
}

static void test_sum_differs(void **state)
{
	(void)state;
	put_regions(3);
	put_total(3 * MIB + 1);
	assert_refused(-EAGAIN);
	put_total(0);
	assert_refused(-EAGAIN);
}

static void clear(void)
{
	drop("0");
	drop("1");
	drop("2");
	put_total(0);
}

static void fill_anew(void)
{
	clear();
	put_regions(2);
}

/* Somebody clears them, or has them made anew, while they are read: 12 numbers and their sum, and then the end. */
static void test_vanishing(void **state)
{
	(void)state;
	for (unsigned int i = 1; i <= 12; i++) {
		put_regions(3);
		reads_until = i;
		meanwhile = clear;
		assert_refused(-EAGAIN);
		assert_null(meanwhile);
	}
	/* The same, and two of them are back at once. */
	for (unsigned int i = 9; i <= 12; i++) {
		put_regions(3);
		reads_until = i;
		meanwhile = fill_anew;
		assert_refused(-EAGAIN);
		assert_null(meanwhile);
	}
}

static void test_free_null(void **state)
{
	(void)state;
	tried_free(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_none),
		TEST(test_again),
		TEST(test_cold),
		TEST(test_whole_range),
		TEST(test_missing),
		TEST(test_no_numbers),
		TEST(test_disorder),
		TEST(test_sum_differs),
		TEST(test_vanishing),
		cmocka_unit_test(test_free_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
