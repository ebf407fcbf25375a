// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/units.h"
#include "sense/nodes.h"

static char *heap;

static int map_heap(void **state)
{
	(void)state;
	heap = mmap(NULL, 3 * PMD_SIZE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return heap == MAP_FAILED ? -1 : 0;
}

static int unmap_heap(void **state)
{
	(void)state;
	return munmap(heap, 3 * PMD_SIZE_BYTES);
}

static uint64_t slot(unsigned int i)
{
	return ((uintptr_t)heap / PMD_SIZE_BYTES + 1 + i) * PMD_SIZE_BYTES;
}

/* Of the real kernel: whichever node it is, both ways tell the same, and of memory that is not there nothing. */
static void test_memory_of_ones_own(void **state)
{
	const uint64_t slots[] = {slot(0), slot(1)};
	uint32_t pid = (uint32_t)getpid();
	int node;

	(void)state;
	assert_int_equal(nodes_of_slot(pid, slot(0)), -1);
	assert_int_equal(nodes_of_slots(pid, slots, 2), 0);
	memset(heap, 1, 3 * PMD_SIZE_BYTES);
	node = nodes_of_slot(pid, slot(0));
	if (node < 0)
		skip(); /* a sandbox without move_pages() */
	assert_true(nodes_of_slots(pid, slots, 1) & 1ULL << node);
	assert_int_equal(nodes_of_slots(pid, slots, 0), 0);
}

static void test_nobody(void **state)
{
	const uint64_t slots[] = {slot(0)};

	(void)state;
	assert_int_equal(nodes_of_slot(0x7fffffff, slot(0)), -1);
	assert_int_equal(nodes_of_slots(0x7fffffff, slots, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memory_of_ones_own, map_heap, unmap_heap),
		cmocka_unit_test_setup_teardown(test_nobody, map_heap, unmap_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
