// SPDX-License-Identifier: GPL-2.0
/* Whatever is read of a process's memory comes back, be it locked: a FIFO makes who opens it wait, as that lock does. */
#include "tree.h"

#include "base/aside.h"
#include "base/reach.h"
#include "sense/owner.h"
#include "sense/pagemap.h"
#include "sense/proc.h"
#include "sense/vma.h"

static char root[] = "/tmp/hotdamon-reach-XXXXXX";

static int read_maps(uint32_t pid)
{
	struct vma_map map = {0};

	return vma_map_look(&map, root, pid);
}

static int read_names(uint32_t pid)
{
	const struct vma_range range = {.start = PMD_SIZE_BYTES, .end = 2 * PMD_SIZE_BYTES};
	char(*names)[VMA_NAME_LEN];

	return vma_names_read(root, pid, &range, 1, &names);
}

static int read_slots(uint32_t pid)
{
	struct slot_pages pages;
	uint64_t slot = PMD_SIZE_BYTES;

	return slot_pages_read(root, pid, &slot, 1, &pages);
}

static int read_populated(uint32_t pid)
{
	const struct address_range all = {PMD_SIZE_BYTES, 2 * PMD_SIZE_BYTES};
	struct populated populated = {0};

	return populated_read(&populated, root, pid, &all, 1, PMD_SIZE_BYTES);
}

static int walk(uint32_t pid)
{
	struct huge_walk walk = {0};
	uint64_t huge_bytes;

	return huge_walk_go_on(&walk, root, pid, PMD_SIZE_BYTES, 1, &huge_bytes);
}

static int read_rollup(uint32_t pid)
{
	uint64_t huge_bytes;

	return process_huge_bytes(root, pid, &huge_bytes);
}

static int read_command(uint32_t pid)
{
	char command[16];

	return process_command_read(root, pid, command, sizeof(command));
}

static int ask(uint32_t pid)
{
	return reach_ask(root, pid);
}

static const struct reading {
	const char *file;
	int (*read)(uint32_t pid);
} readings[] = {
	{"maps", read_maps}, {"pagemap", read_slots},	    {"pagemap", read_populated},
	{"pagemap", walk},   {"smaps_rollup", read_rollup}, {"cmdline", read_command},
	{"pagemap", ask},    {"maps", read_names},
};

#define N_READINGS (sizeof(readings) / sizeof(readings[0]))

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	for (unsigned int i = 0; i < N_READINGS; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%u/%s", i + 1, readings[i].file);
		tree_make_parents(root, path);
		if (mkfifo(tree_at(root, path), 0600))
			return -1;
	}
	aside_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(root);
	return aside_end() ? -1 : 0;
}

/* Each by another process, and each of these is the only one that is stuck by it. */
static void test_all_come_back(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < N_READINGS; i++) {
		assert_int_equal(aside_waits_ns(i + 1), 0);
		if (readings[i].read(i + 1) != -ETIME)
			fail_msg("reading %u, of %s, did not wait in vain", i, readings[i].file);
		assert_true(aside_waits_ns(i + 1) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_come_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
