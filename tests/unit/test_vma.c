// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sense/vma.h"

#define SLOT 0x200000ULL

struct line {
	const char *text;
	bool fits;
};

static const struct line lines[] = {
	{"7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \n", true},
	{"7f0000000000-7f0000400000 rw-p 00000000 00:00 0\n", true},
	{"7f0000000000-7f0000400000 rwxp 00000000 00:00 0 \n", true}, /* a JIT's */
	{"55d000000000-55d000400000 rw-p 00000000 00:00 0                          [heap]\n", true},
	{"7f0000000000-7f0000400000 rw-p 00000000 00:00 0                          [anon:glibc: malloc]\n",
	 true},
	{"7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n", true},
	{"7f00001ff000-7f0000400000 rw-p 00000000 00:00 0 \n", true},
	{"7f0000001000-7f0000400000 rw-p 00000000 00:00 0 \n", true},  /* the second slot */
	{"7f0000001000-7f00003ff000 rw-p 00000000 00:00 0 \n", false}, /* no whole slot */
	{"7f0000000000-7f00001ff000 rw-p 00000000 00:00 0 \n", false},
	{"7f0000001000-7f0000002000 rw-p 00000000 00:00 0 \n", false},
	{"7f0000000000-7f0000400000 r--p 00000000 00:00 0 \n", false},
	{"7f0000000000-7f0000400000 ---p 00000000 00:00 0 \n", false},
	{"7f0000000000-7f0000400000 -w-p 00000000 00:00 0 \n", false},
	{"7f0000000000-7f0000400000 rw-s 00000000 00:01 1033 /dev/zero (deleted)\n", true},
	{"7f0000000000-7f0000400000 r--s 00000000 00:01 1033 /memfd:x (deleted)\n", true},
	{"7f0000000000-7f0000400000 rw-s 00001000 fd:00 131 /var/db\n", true}, /* its file system decides */
	{"7f0000000000-7f0000400000 -w-s 00000000 00:01 1033 /dev/zero (deleted)\n", false},
	{"7f0000000000-7f00001ff000 rw-s 00000000 00:01 1033 /dev/zero (deleted)\n", false},
	{"7f0000000000-7f0000400000 rw-s 00000000 00:00 0 \n", false},
	{"7f0000000000-7f0000400000 rw-p 00000000 00:0f 20931 /anon_hugepage (deleted)\n", false},
	{"7f0000000000-7f0000400000 rw-p 00000000 00:0f 20931 \n", false},
	{"7f0000000000-7f0000400000 rw-p 00001000 fd:00 131 /usr/lib/libc.so.6\n", false},
	{"7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0                          [stack]\n", false},
	{"7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0                          [vvar]\n", false},
	{"7f0000000000-7f0000400000 rw-s 00000000 00:00 0                          [anon_shmem:x]\n", false},
	{"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n", false},
	{"", false},
	{"nonsense\n", false},
	{"7f0000000000-7f0000400000\n", false},
	{"7f0000000000-7f0000400000", false},
	{"7f0000000000-7f0000400000 r", false},
	{"7f0000000000-7f0000400000 rw", false},
	{"7f0000000000-7f0000400000 rw-", false},
	{"7f0000000000-7f0000400000 rw-p", false},
	{"7f0000000000-7f0000400000 rw-p 00000000 00:00\n", false},
	{"7f0000000000 7f0000400000 rw-p 00000000 00:00 0 \n", false},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct vma_range range = {.start = 7, .end = 77};

		if (vma_parse(lines[i].text, &range) != lines[i].fits)
			fail_msg("%s", lines[i].text);
		if (!lines[i].fits)
			assert_true(range.start == 7 && range.end == 77);
	}
}

static void test_parse_addresses(void **state)
{
	struct vma_range range;

	(void)state;
	assert_true(vma_parse("55d3c0a01000-55d3c1e02000 rw-p 00000000 00:00 0 [heap]\n", &range));
	assert_true(range.start == 0x55d3c0a01000 && range.end == 0x55d3c1e02000);
	/* No slot begins in it, and the next one would be at 0. */
	assert_false(vma_parse("ffffffffffe01000-fffffffffffff000 rw-p 00000000 00:00 0\n", &range));
}

/* ---- a process of our own ---- */

static char root[32];

/* The kernel's answers: all but those that begin in [refuse, refuse_end). */
struct oracle {
	uint64_t refuse, refuse_end;
	unsigned int times;
	uint64_t last;
};

static bool answer(void *arg, uint64_t slot)
{
	struct oracle *oracle = arg;

	oracle->times++;
	oracle->last = slot;
	assert_int_equal(slot % SLOT, 0);
	return slot < oracle->refuse || slot >= oracle->refuse_end;
}

static struct oracle oracle;
static struct vma_map map;
static struct vma_asking asking;

/* A look at @now_s with enough questions for all. */
static void look(unsigned int now_s)
{
	oracle.times = 0;
	asking = (struct vma_asking){.ask = answer,
				     .arg = &oracle,
				     .now_ns = now_s * 1000000000ULL,
				     .left = 100,
				     .again_left = 100};
	assert_int_equal(vma_map_look(&map, root, 100), 0);
}

static enum vma_answer ask(uint64_t slot)
{
	return vma_map_ask(&map, slot, &asking);
}

static void put(const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/100/maps", root);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	char path[64];

	(void)state;
	oracle = (struct oracle){0};
	snprintf(root, sizeof(root), "/tmp/hotdamon-vma-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(path, sizeof(path), "%s/100", root);
	return mkdir(path, 0700);
}

static int tear_down(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/100/maps", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/100/mountinfo", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/100", root);
	rmdir(path);
	return rmdir(root);
}

#define MAPS                                                                                                 \
	"55d000000000-55d000001000 r--p 00000000 fd:00 131 /usr/bin/x\n"                                     \
	"600000001000-600000600000 rw-p 00000000 00:00 0 [heap]\n"                                           \
	"700000000000-700000300000 rw-p 00000000 00:00 0 \n"                                                 \
	"700000300000-700000800000 rw-p 00000000 00:00 0 \n"                                                 \
	"7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0 [stack]\n"

#define HEAP   0x600000200000
#define FIRST  0x700000000000
#define SECOND 0x700000400000

static void test_slots(void **state)
{
	(void)state;
	put(MAPS);
	assert_int_equal(ask(HEAP), VMA_NO);
	look(1);
	assert_int_equal(map.n, 3);
	assert_int_equal(ask(0x600000000000), VMA_NO); /* begins before the heap */
	assert_int_equal(ask(0x600000200000), VMA_YES);
	assert_int_equal(ask(0x600000400000), VMA_YES);
	assert_int_equal(ask(0x600000600000), VMA_NO);
	assert_int_equal(ask(0x700000000000), VMA_YES);
	assert_int_equal(ask(0x700000200000), VMA_NO); /* half in one mapping, half in the next */
	assert_int_equal(ask(0x700000400000), VMA_YES);
	assert_int_equal(ask(0x700000600000), VMA_YES);
	assert_int_equal(ask(0x700000800000), VMA_NO);
	assert_int_equal(ask(0x7ffc00000000), VMA_NO);
	assert_int_equal(ask(0), VMA_NO);
	assert_int_equal(oracle.times, 3); /* once for each mapping */
	vma_map_free(&map);
	assert_null(map.ranges);
}

/* What "/memfd:" lies on is the same for all; what is mounted is by the process's own mounts. */
static unsigned int shmem_minor(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct stat stat;

	assert_true(fd >= 0 && !fstat(fd, &stat));
	close(fd);
	assert_int_equal(major(stat.st_dev), 0);
	return minor(stat.st_dev);
}

static void put_mounts(void)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/100/mountinfo", root);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("22 1 fd:00 / / rw - ext4 /dev/vda rw\n"
	      "23 22 0:77 / /dev/shm rw,nosuid shared:3 - tmpfs shm rw,size=1024k\n"
	      "24 22 0:78 / /dev/hugepages rw - hugetlbfs none rw\n",
	      file);
	assert_int_equal(fclose(file), 0);
}

static void test_shared(void **state)
{
	const struct vma_range *found;
	char text[512];

	(void)state;
	put_mounts();
	snprintf(
		text, sizeof(text),
		"700000000000-700000800000 rw-s 00400000 00:%02x 1033 /memfd:x (deleted)\n"
		"700001001000-700001801000 rw-s 00001000 00:4d 7 /dev/shm/x\n" /* begins within a slot of it */
		"700002000000-700002800000 rw-s 00000000 00:4e 8 /dev/hugepages/x\n"
		"700003000000-700003800000 rw-s 00000000 fd:00 9 /var/db\n"
		"700004000000-700004800000 rw-s 00001000 00:4d 7 /dev/shm/x\n",
		shmem_minor());
	put(text);
	look(1);
	assert_int_equal(map.n, 2);
	assert_int_equal(map.shared_bytes, 0x1000000);
	assert_int_equal(map.unaligned_bytes, 0x800000);
	found = vma_map_find(&map, 0x700000200000);
	assert_non_null(found);
	assert_int_equal(found->kind, VMA_SHARED);
	assert_int_equal(found->file.device, filesystem_device(0, shmem_minor()));
	assert_int_equal(found->file.inode, 1033);
	assert_int_equal(found->file.offset, 0x400000);
	assert_non_null(vma_map_find(&map, 0x700001400000));
	assert_null(vma_map_find(&map, 0x700001000000));
	assert_null(vma_map_find(&map, 0x700002000000));
	assert_int_equal(ask(0x700001200000), VMA_YES);
	/* Another file in its place is asked for anew. */
	snprintf(text, sizeof(text), "700001001000-700001801000 rw-s 00001000 00:4d 70 /dev/shm/y\n");
	put(text);
	look(2);
	assert_int_equal(map.unaligned_bytes, 0);
	assert_int_equal(ask(0x700001200000), VMA_YES);
	assert_int_equal(oracle.times, 1);
	put(MAPS);
	look(3);
	assert_int_equal(map.shared_bytes, 0);
	vma_map_free(&map);
}

static void test_asks_for_what_is_new(void **state)
{
	(void)state;
	put(MAPS);
	look(1);
	assert_int_equal(oracle.times, 0); /* but only for what somebody wants to know */
	assert_int_equal(ask(HEAP) + ask(SECOND), 2 * VMA_YES);
	look(2);
	assert_int_equal(ask(HEAP) + ask(SECOND), 2 * VMA_YES);
	look(1000);
	assert_int_equal(ask(HEAP) + ask(SECOND), 2 * VMA_YES);
	assert_int_equal(oracle.times, 0);
	put("600000001000-600000800000 rw-p 00000000 00:00 0 [heap]\n" /* grown */
	    "700000000000-700000300000 rw-p 00000000 00:00 0 \n"
	    "700000400000-700000800000 rw-p 00000000 00:00 0 \n"); /* begins later */
	look(1001);
	assert_int_equal(ask(HEAP) + ask(SECOND), 2 * VMA_YES);
	assert_int_equal(oracle.times, 2);
	put("600000001000-600000800000 rw-p 00000000 00:00 0 [heap]\n"
	    "700000000000-700000300000 rw-p 00000000 00:00 0 \n"
	    "700000380000-700000800000 rw-p 00000000 00:00 0 \n"); /* grown downwards */
	look(1002);
	assert_int_equal(ask(HEAP) + ask(SECOND), 2 * VMA_YES);
	assert_int_equal(oracle.times, 1);
	vma_map_free(&map);
}

static void test_refusals_are_kept_for_a_while(void **state)
{
	(void)state;
	oracle = (struct oracle){.refuse = FIRST, .refuse_end = FIRST + SLOT};
	put(MAPS);
	look(1);
	assert_int_equal(ask(FIRST), VMA_NO);
	assert_int_equal(oracle.times, 1);
	oracle.refuse = oracle.refuse_end = 0;
	look(10);
	assert_int_equal(ask(FIRST), VMA_NO);
	assert_int_equal(oracle.times, 0);
	look(11);
	assert_int_equal(ask(FIRST), VMA_YES);
	assert_int_equal(oracle.times, 1);
	assert_true(oracle.last == FIRST);
	vma_map_free(&map);
}

/* What is not asked for yet is neither; and questions of one kind do not use up those of the other. */
static void test_few_questions_at_once(void **state)
{
	(void)state;
	oracle = (struct oracle){.refuse = HEAP, .refuse_end = HEAP + SLOT};
	put(MAPS);
	look(1);
	asking.left = 2;
	assert_int_equal(ask(HEAP), VMA_NO);
	assert_int_equal(ask(FIRST), VMA_YES);
	assert_int_equal(ask(SECOND), VMA_UNKNOWN);
	assert_int_equal(ask(SECOND), VMA_UNKNOWN);
	assert_int_equal(ask(FIRST), VMA_YES); /* known */
	assert_int_equal(oracle.times, 2);
	look(20);
	asking.left = 1;
	asking.again_left = 0;
	assert_int_equal(ask(HEAP), VMA_NO);
	assert_int_equal(ask(SECOND), VMA_YES);
	assert_int_equal(oracle.times, 1);
	look(21);
	asking.left = 0;
	oracle.refuse = oracle.refuse_end = 0;
	assert_int_equal(ask(HEAP), VMA_YES);
	vma_map_free(&map);
}

static void test_five_thousand_mappings(void **state)
{
	unsigned int refused = 0, looks = 0, times = 0;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_non_null(file);
	for (uint64_t i = 0; i < 5000; i++)
		fprintf(file, "%llx-%llx rw-p 00000000 00:00 0 \n", (i + 1) * 2 * SLOT,
			(i + 1) * 2 * SLOT + SLOT);
	assert_int_equal(fclose(file), 0);
	put(text);
	free(text);
	oracle = (struct oracle){.refuse = 0, .refuse_end = UINT64_MAX};
	for (; refused < 5000; looks++) {
		look(1);
		asking.left = 64;
		refused = 0;
		for (uint64_t i = 0; i < 5000; i++)
			refused += ask((i + 1) * 2 * SLOT) == VMA_NO;
		assert_true(oracle.times <= 64);
		times += oracle.times;
	}
	assert_int_equal(looks, (5000 + 63) / 64);
	assert_int_equal(times, 5000);
	vma_map_free(&map);
}

static void test_doubt(void **state)
{
	(void)state;
	put(MAPS);
	look(1);
	assert_int_equal(ask(FIRST) + ask(SECOND), 2 * VMA_YES);
	vma_map_doubt(&map, 0x700000600000);
	vma_map_doubt(&map, 0x100000000000); /* no mapping of ours */
	asking.left = 0;
	assert_int_equal(ask(SECOND), VMA_UNKNOWN);
	assert_int_equal(ask(FIRST), VMA_YES);
	look(2);
	assert_int_equal(ask(SECOND) + ask(FIRST), 2 * VMA_YES);
	assert_int_equal(oracle.times, 1);
	vma_map_free(&map);
}

static void test_gone(void **state)
{
	(void)state;
	put(MAPS);
	look(1);
	assert_int_equal(vma_map_look(&map, root, 101), -ESRCH);
	assert_int_equal(map.n, 3); /* as before */
	put("");
	look(2);
	assert_int_equal(map.n, 0);
	assert_int_equal(ask(FIRST), VMA_NO);
	vma_map_free(&map);
}

/* Of those that were asked for, in their order; nothing else that lies in maps. */
static void test_names(void **state)
{
	const struct vma_range ranges[] = {{.start = 0x600000001000},
					   {.start = FIRST},
					   {.start = FIRST + 4096},
					   {.start = 0x7e0000000000}};
	char(*names)[VMA_NAME_LEN];

	(void)state;
	put("55d000000000-55d000001000 r--p 00000000 fd:00 131 /usr/bin/x\n"
	    "600000001000-600000600000 rw-p 00000000 00:00 0 [heap]\n"
	    "700000000000-700000300000 rw-p 00000000 00:00 0 \n"
	    "7e0000000000-7e0000400000 rw-s 00000000 00:01 5                          /dev/shm/a b\n");
	assert_int_equal(vma_names_read(root, 100, ranges, 4, &names), 0);
	assert_string_equal(names[0], "[heap]");
	assert_string_equal(names[1], "");
	assert_string_equal(names[2], "");
	assert_string_equal(names[3], "/dev/shm/a b");
	free(names);
	assert_int_equal(vma_names_read(root, 100, NULL, 0, &names), 0);
	free(names);
	assert_int_equal(vma_names_read(root, 101, ranges, 4, &names), -ESRCH);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_addresses),
		TEST(test_slots),
		TEST(test_shared),
		TEST(test_asks_for_what_is_new),
		TEST(test_refusals_are_kept_for_a_while),
		TEST(test_few_questions_at_once),
		TEST(test_five_thousand_mappings),
		TEST(test_doubt),
		TEST(test_gone),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
