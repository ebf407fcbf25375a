// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sense/share.h"

#define MIB 1048576UL

static void test_pct(void **state)
{
	(void)state;
	assert_true(share_pct(&(struct share){0}) < 0);
	assert_true(share_pct(&(struct share){.present = 1023, .shared = 1023}) < 0);
	assert_int_equal(share_pct(&(struct share){.present = 1024, .shared = 1024}), 100);
	assert_int_equal(share_pct(&(struct share){.present = 32768, .shared = 8192}), 25);
}

static void test_who_is_barred(void **state)
{
	(void)state;
	assert_true(share_bars_seat(50, false));
	assert_false(share_bars_seat(49, false));
	assert_true(share_bars_seat(25, true));
	assert_false(share_bars_seat(24, true));
	assert_false(share_bars_seat(-1, true));
	assert_true(share_holds_up(26));
	assert_false(share_holds_up(25));
	assert_false(share_holds_up(-1));
}

static int own_pct(uint64_t turn)
{
	struct share share;

	assert_int_equal(process_share_read("/proc", (uint32_t)getpid(), turn, &share), 0);
	return share_pct(&share);
}

/* 300 MiB, small or huge: what is shared is seen, whichever slots are looked at, for as long as the child lives. */
static void fork_is_seen(int advice)
{
	size_t size = 300 * MIB;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(madvise(memory, size, advice), 0);
	memset(memory, 1, size);
	for (uint64_t turn = 0; turn < 4; turn++)
		assert_in_range(own_pct(turn), 0, 5);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		for (;;)
			pause();
	for (uint64_t turn = 0; turn < 4; turn++)
		assert_in_range(own_pct(turn), 95, 100);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_in_range(own_pct(4), 0, 5);
	munmap(memory, size);
}

static void test_fork_is_seen(void **state)
{
	(void)state;
	fork_is_seen(MADV_NOHUGEPAGE);
	fork_is_seen(MADV_HUGEPAGE);
}

static void test_no_such_process(void **state)
{
	struct share share;

	(void)state;
	assert_true(process_share_read("/nowhere", 1, 0, &share) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pct),
		cmocka_unit_test(test_who_is_barred),
		cmocka_unit_test(test_fork_is_seen),
		cmocka_unit_test(test_no_such_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
