// SPDX-License-Identifier: GPL-2.0
/* Memory that two children share: one collapse serves both, and BPF counts it once. As root; the kernel must be 6.7. */
#include "child.h"

#include "sense/collapses.h"
#include "sense/filepages.h"

#define SLOTS 4

enum { WHOLE, EMPTY, PART };

/* Two that map the same memfd, aligned; the slots of it are the first pages of each. */
struct pair {
	struct child child[2];
	int file;
	struct collapses *collapses;
};

static char *map_aligned(int fd)
{
	char *room = mmap(NULL, (SLOTS + 1) * SLOT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *memory = room + (SLOT - (uintptr_t)room % SLOT) % SLOT;

	must(room != MAP_FAILED, "room");
	must(mmap(memory, SLOTS * SLOT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED,
	     "mmap of a memfd");
	return memory;
}

static void share(int file, int told, int stop)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	arena = map_aligned(file);
	touch(at(WHOLE), SLOT_PAGES);
	touch(at(PART), SLOT_PAGES / 2);
	must(write(told, &arena, sizeof(arena)) == sizeof(arena), "write");
	must(read(stop, &byte, 1) == 0, "read");
	_exit(0);
}

static int start_child(struct child *child, int file)
{
	int told[2], stop[2];

	if (pipe(told) || pipe2(stop, O_CLOEXEC) || (child->pid = fork()) < 0)
		return -1;
	if (!child->pid) {
		close(stop[1]);
		share(file, told[1], stop[0]);
	}
	close(told[1]);
	close(stop[0]);
	child->stop = stop[1];
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (read(told[0], &child->arena, sizeof(child->arena)) != sizeof(child->arena))
		return -1;
	close(told[0]);
	return child->pidfd < 0;
}

static int set_up_pair(void **state)
{
	static struct pair pair;

	pair.file = (int)syscall(SYS_memfd_create, "live", 0);
	if (pair.file < 0 || ftruncate(pair.file, SLOTS * SLOT) || collapses_open(&pair.collapses))
		return -1;
	*state = &pair;
	return start_child(&pair.child[0], pair.file) || start_child(&pair.child[1], pair.file);
}

static int tear_down_pair(void **state)
{
	struct pair *pair = *state;

	for (int i = 0; i < 2; i++) {
		kill(pair->child[i].pid, SIGKILL); /* the second one has the first one's pipe */
		end_child(&pair->child[i]);
		close(pair->child[i].pidfd);
	}
	close(pair->file);
	collapses_close(pair->collapses);
	return 0;
}

enum kind { REAL, USELESS, FAILED, FILLED };

/* How many attempts of ours on the child's memory were of this kind; or how many pages they filled. */
static uint64_t counted(const struct pair *pair, int child, enum kind kind)
{
	const struct collapses_count *counts;
	uint64_t sum = 0;
	size_t n;

	assert_int_equal(collapses_read(pair->collapses, &counts, &n), 0);
	for (size_t i = 0; i < n; i++) {
		enum kind found = counts[i].status == COLLAPSE_SUCCESS ? REAL : FAILED;

		if (collapses_was_huge(pair->collapses, counts[i].status))
			found = USELESS;
		if (counts[i].id.tgid != (uint32_t)pair->child[child].pid ||
		    counts[i].by_tgid != (uint32_t)getpid())
			continue;
		if (kind == FILLED)
			sum += counts[i].filled_pages;
		else if (found == kind)
			sum += counts[i].count;
	}
	return sum;
}

static int collapse(const struct pair *pair, int child, int slot)
{
	return collapse_slot(pair->child[child].pidfd, slot_of(&pair->child[child], slot), NULL, NULL);
}

static void test_counted_once(void **state)
{
	const struct pair *pair = *state;

	assert_int_equal(collapse(pair, 0, WHOLE), 0);
	assert_int_equal(counted(pair, 0, REAL), 1);
	assert_int_equal(counted(pair, 0, USELESS), 0);
	assert_int_equal(collapse(pair, 1, WHOLE), 0);
	assert_int_equal(counted(pair, 1, REAL), 0);
	assert_int_equal(counted(pair, 1, USELESS), 1);
	assert_int_equal(collapse(pair, 0, WHOLE), 0);
	assert_int_equal(counted(pair, 0, REAL), 1);
	assert_int_equal(counted(pair, 0, USELESS), 1);
	assert_int_equal(counted(pair, 0, FAILED) + counted(pair, 1, FAILED), 0);
	assert_int_equal(counted(pair, 0, FILLED), 0);
}

static void test_failure_is_counted(void **state)
{
	const struct pair *pair = *state;

	assert_int_not_equal(collapse(pair, 0, EMPTY), 0);
	assert_int_equal(counted(pair, 0, FAILED), 1);
	assert_int_equal(collapse(pair, 0, PART), 0);
	assert_int_equal(counted(pair, 0, FAILED), 1);
	assert_int_equal(counted(pair, 0, REAL), 1);
	assert_int_equal(counted(pair, 0, FILLED), SLOT_PAGES / 2);
}

/* The mapping of the child's slots, as vma_map_look() finds it. */
static struct vma_range range_of(const struct pair *pair, int child)
{
	const struct child *of = &pair->child[child];
	const struct vma_range *found;
	struct vma_map map = {0};
	struct vma_range range;

	assert_int_equal(vma_map_look(&map, "/proc", (uint32_t)of->pid), 0);
	found = vma_map_find(&map, slot_of(of, WHOLE));
	assert_non_null(found);
	assert_int_equal(found->kind, VMA_SHARED);
	range = *found;
	vma_map_free(&map);
	return range;
}

/* What is there of the file is there for both, whoever touched it. */
static void test_pages_of_the_file(void **state)
{
	const struct pair *pair = *state;
	struct vma_range range = range_of(pair, 1);
	int fd = filepages_open("/proc", (uint32_t)pair->child[1].pid, &range);
	const uint16_t expected[] = {[WHOLE] = SLOT_PAGES, [EMPTY] = 0, [PART] = SLOT_PAGES / 2};
	struct filepages pages;

	assert_true(fd >= 0);
	for (size_t slot = 0; slot <= PART; slot++) {
		int err = filepages_read(fd, slot * SLOT, &pages);

		if (err == -ENOSYS) {
			print_message("skipped: this kernel has no cachestat (6.5)\n");
			skip();
		}
		assert_int_equal(err, 0);
		assert_int_equal(pages.present, expected[slot]);
		assert_int_equal(pages.swapped, 0);
	}
	close(fd);
}

/* Another file was mapped in its place, or the mapping ends elsewhere now. */
static void test_not_that_file(void **state)
{
	struct pair *pair = *state;
	struct vma_range range = range_of(pair, 0);
	uint32_t pid = (uint32_t)pair->child[0].pid;

	range.file.inode++;
	assert_int_equal(filepages_open("/proc", pid, &range), -ESTALE);
	range.file.inode--;
	range.file.device++;
	assert_int_equal(filepages_open("/proc", pid, &range), -ESTALE);
	range.file.device--;
	range.end += PAGE;
	assert_int_equal(filepages_open("/proc", pid, &range), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_pair, tear_down_pair)
	const struct CMUnitTest tests[] = {
		TEST(test_counted_once),
		TEST(test_failure_is_counted),
		TEST(test_pages_of_the_file),
		TEST(test_not_that_file),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
