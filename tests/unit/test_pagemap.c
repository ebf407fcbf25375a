// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sense/pagemap.h"

#define PAGE  4096ULL
#define SIZE  (SLOT_PAGES * PAGE)
#define FIRST (5 * SIZE)

/* PAGE_IS_* of <linux/fs.h> */
enum { PRESENT = 1 << 3, SWAPPED = 1 << 4, PFNZERO = 1 << 5, HUGE = 1 << 6, GUARD = 1 << 8 };

static struct slot_pages added(uint64_t start, uint64_t end, uint64_t categories)
{
	struct pagemap_region region = {.start = start, .end = end, .categories = categories};
	struct slot_pages pages = {0};

	slot_pages_add(&pages, FIRST, &region);
	return pages;
}

static void test_kinds(void **state)
{
	static const struct {
		uint64_t categories;
		struct slot_pages pages;
	} cases[] = {
		{PRESENT, {.present = 3}},
		{SWAPPED, {.swapped = 3}},
		{PRESENT | PFNZERO, {.zero = 3}},
		{SWAPPED | GUARD, {.guard = 3}},
		{PRESENT | HUGE, {.present = 3, .huge = true}},
		{PRESENT | HUGE | PFNZERO, {.zero = 3}}, /* the huge zero page */
		{0, {0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct slot_pages pages = added(FIRST + PAGE, FIRST + 4 * PAGE, cases[i].categories);

		if (memcmp(&pages, &cases[i].pages, sizeof(pages)))
			fail_msg("case %zu", i);
	}
}

/* Only what lies in the slot. */
static void test_clipped(void **state)
{
	(void)state;
	assert_int_equal(added(FIRST - 9 * PAGE, FIRST + 2 * PAGE, PRESENT).present, 2);
	assert_int_equal(added(FIRST + SIZE - PAGE, FIRST + 3 * SIZE, PRESENT).present, 1);
	assert_int_equal(added(0, 100 * SIZE, PRESENT).present, SLOT_PAGES);
	assert_int_equal(added(FIRST - PAGE, FIRST, PRESENT).present, 0);
	assert_int_equal(added(FIRST + SIZE, FIRST + 2 * SIZE, PRESENT | HUGE).huge, false);
}

static void test_sums(void **state)
{
	const struct pagemap_region regions[] = {
		{FIRST, FIRST + 10 * PAGE, PRESENT},
		{FIRST + 10 * PAGE, FIRST + 12 * PAGE, SWAPPED},
		{FIRST + 20 * PAGE, FIRST + 25 * PAGE, PRESENT},
		{FIRST + 25 * PAGE, FIRST + 26 * PAGE, PRESENT | PFNZERO},
	};
	struct slot_pages pages = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(regions); i++)
		slot_pages_add(&pages, FIRST, &regions[i]);
	assert_int_equal(pages.present, 15);
	assert_int_equal(pages.swapped, 2);
	assert_int_equal(pages.zero, 1);
}

static void test_shared_is_of_what_is_present(void **state)
{
	const uint64_t present = 1ULL << 63, exclusive = 1ULL << 56;
	uint64_t entries[SLOT_PAGES] = {present,   present, present | exclusive,
					exclusive, present, 1ULL << 62};
	struct slot_pages pages = {.present = 4, .swapped = 1};

	(void)state;
	slot_pages_share(&pages, entries);
	assert_int_equal(pages.shared, 3);
	pages.present = 2, pages.zero = 2; /* two of them are the page of zeroes */
	slot_pages_share(&pages, entries);
	assert_int_equal(pages.shared, 1);
	pages.present = 1, pages.zero = 0; /* two came since */
	slot_pages_share(&pages, entries);
	assert_int_equal(pages.shared, 1);
}

static struct slot_pages own_pages(const char *slot)
{
	uint64_t start = (uintptr_t)slot;
	struct slot_pages pages;

	assert_int_equal(slot_pages_read("/proc", (uint32_t)getpid(), &start, 1, &pages), 0);
	return pages;
}

/* For as long as the child lives, but for what was written since. */
static void test_fork_shares(void **state)
{
	char *memory = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *slot = (char *)(((uintptr_t)memory + SIZE - 1) / SIZE * SIZE);
	pid_t child;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(madvise(memory, 2 * SIZE, MADV_NOHUGEPAGE), 0);
	memset(slot, 1, 300 * PAGE);
	assert_int_equal(own_pages(slot).shared, 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		for (;;)
			pause();
	assert_int_equal(own_pages(slot).present, 300);
	assert_int_equal(own_pages(slot).shared, 300);
	memset(slot, 2, 100 * PAGE);
	assert_int_equal(own_pages(slot).present, 300);
	assert_int_equal(own_pages(slot).shared, 200);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(own_pages(slot).shared, 0);
	munmap(memory, 2 * SIZE);
}

static void test_nothing_to_read(void **state)
{
	uint64_t slot = FIRST;
	struct slot_pages pages;

	(void)state;
	assert_int_equal(slot_pages_read("/nowhere", 1, &slot, 1, &pages), -ESRCH);
}

/* Every second page, of more slots than one call can tell of; each page is told once. */
static void test_more_than_one_answer(void **state)
{
	enum { N = 15 }; /* so that in the last call the kernel's own buffer, of 512 answers, is full once */
	char *memory = mmap(NULL, (N + 1) * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t first = ((uintptr_t)memory + SIZE - 1) / SIZE * SIZE, slots[N];
	struct slot_pages pages[N];

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(madvise(memory, (N + 1) * SIZE, MADV_NOHUGEPAGE), 0);
	for (uint64_t at = first; at < first + N * SIZE; at += 2 * PAGE)
		*(volatile char *)(uintptr_t)at = 1;
	for (size_t i = 0; i < N; i++)
		slots[i] = first + i * SIZE;
	assert_int_equal(slot_pages_read("/proc", (uint32_t)getpid(), slots, N, pages), 0);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(pages[i].present, SLOT_PAGES / 2);
	munmap(memory, (N + 1) * SIZE);
}

/* Of ourselves; a walk in many pieces finds what a walk in one does. */
static void test_walk(void **state)
{
	enum { N = 40 };
	char *memory = mmap(NULL, (N + 1) * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *first = (char *)(((uintptr_t)memory + SIZE - 1) / SIZE * SIZE);
	struct huge_walk walk = {0};
	uint64_t before = 0, after = 0, small = 0, pieces = 1;
	uint32_t pid = (uint32_t)getpid();
	int done;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(madvise(first, N * SIZE, MADV_NOHUGEPAGE), 0);
	memset(first, 1, N * SIZE);
	assert_int_equal(huge_walk_go_on(&walk, "/nowhere", 1, 0, 1, &before), -ESRCH);
	done = huge_walk_go_on(&walk, "/proc", pid, 0, UINT64_MAX, &before);
	if (done == -ENOTTY)
		skip(); /* before 6.7 */
	assert_int_equal(done, 1);
	assert_int_equal(madvise(first, N * SIZE, MADV_HUGEPAGE), 0);
	if (madvise(first, N * SIZE, 25 /* MADV_COLLAPSE */))
		skip();
	assert_int_equal(huge_walk_go_on(&walk, "/proc", pid, 0, UINT64_MAX, &after), 1);
	assert_int_equal(after - before, N * SIZE);
	while (!(done = huge_walk_go_on(&walk, "/proc", pid, 0, 16, &small)))
		pieces++;
	assert_int_equal(done, 1);
	assert_int_equal(small, after);
	assert_true(pieces > 1);
	munmap(memory, (N + 1) * SIZE);
}

/* What may be read in vain is bounded by addresses: where there are many page tables, a look goes so far only. */
static void test_walk_of_many_tables(void **state)
{
	const uint64_t length = 64ULL << 30, tables_bytes = length / SLOT_PAGES, look = 1 << 19;
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			    -1, 0);
	uint64_t at_once = 0, in_pieces = 1, looks = 1;
	uint32_t pid = (uint32_t)getpid();
	struct huge_walk walk = {0};
	int done;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(huge_walk_go_on(&walk, "/proc", pid, 0, UINT64_MAX, &at_once), 1);
	while (!(done = huge_walk_go_on(&walk, "/proc", pid, tables_bytes, look, &in_pieces)))
		looks++;
	assert_int_equal(done, 1);
	assert_true(looks > 4);
	assert_int_equal(in_pieces, at_once);
	munmap(memory, length);
}

/* Of 8 TiB that are reserved a few pages are touched: these are found, whatever lies between them, in its steps. */
static void test_populated(void **state)
{
	const uint64_t length = 8ULL << 40;
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			    -1, 0);
	uint64_t first = ((uint64_t)(uintptr_t)memory + 4 * SIZE - 1) / (4 * SIZE) * (4 * SIZE);
	struct address_range within[] = {{first, first + SIZE}, {first + 2 * SIZE, first + length / 2}};
	struct populated populated = {0};
	int err;

	(void)state;
	assert_true(memory != MAP_FAILED);
	madvise(memory, length, MADV_NOHUGEPAGE);
	for (uint64_t slot = 1; slot < 10; slot++) /* of neighbours, of which the first is not asked for */
		*(char *)(first + slot * SIZE + SIZE - 1) = 1;
	*(char *)(first + length / 2 - 1) = 1;
	err = populated_read(&populated, "/proc", (uint32_t)getpid(), within, 2, SIZE);
	if (err == -ENOTTY)
		skip(); /* before 6.7 */
	assert_int_equal(err, 0);
	assert_int_equal(populated.n, 2);
	assert_int_equal(populated.runs[0].start, first + 2 * SIZE);
	assert_int_equal(populated.runs[0].end, first + 10 * SIZE);
	assert_int_equal(populated.runs[1].start, first + length / 2 - SIZE);
	assert_int_equal(populated.runs[1].end, first + length / 2);
	assert_int_equal(populated_read(&populated, "/proc", (uint32_t)getpid(), within, 2, 4 * SIZE), 0);
	assert_int_equal(populated.n, 2);
	assert_int_equal(populated.runs[0].start, first + 2 * SIZE); /* no wider than what was asked for */
	assert_int_equal(populated.runs[0].end, first + 12 * SIZE);
	assert_int_equal(populated_read(&populated, "/proc", (uint32_t)getpid(), within, 1, SIZE), 0);
	assert_int_equal(populated.n, 0);
	populated_free(&populated);
	munmap(memory, length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_clipped),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_shared_is_of_what_is_present),
		cmocka_unit_test(test_fork_shares),
		cmocka_unit_test(test_nothing_to_read),
		cmocka_unit_test(test_more_than_one_answer),
		cmocka_unit_test(test_populated),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_of_many_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
