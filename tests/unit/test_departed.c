// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/departed.h"

static struct departed departed;

static int set_up(void **state)
{
	(void)state;
	departed.n = 0;
	return 0;
}

static struct process_id id_of(uint32_t tgid)
{
	return (struct process_id){.tgid = tgid, .start_time_ns = 1000};
}

static void put(uint32_t tgid, uint64_t mib)
{
	departed_put(&departed,
		     &(struct departed_process){.id = id_of(tgid), .execs = 1, .bytes = mib * MIB_BYTES});
}

static uint64_t mib(void)
{
	return departed_bytes(&departed) / MIB_BYTES;
}

static void test_counts_until_it_is_taken(void **state)
{
	(void)state;
	assert_int_equal(mib(), 0);
	put(1, 10);
	put(2, 20);
	put(3, 40);
	assert_int_equal(mib(), 70);
	assert_int_equal(departed_take(&departed, id_of(1), 1).bytes, 10 * MIB_BYTES);
	assert_int_equal(mib(), 60);
	assert_int_equal(departed_take(&departed, id_of(1), 1).bytes, 0);
	assert_int_equal(departed_take(&departed, id_of(3), 1).bytes, 40 * MIB_BYTES);
	assert_int_equal(departed_take(&departed, id_of(2), 1).bytes, 20 * MIB_BYTES);
	assert_int_equal(mib(), 0);
}

/* What it has grown is known again when it comes in again. */
static void test_growth_is_kept(void **state)
{
	struct departed_process found;

	(void)state;
	departed_put(&departed,
		     &(struct departed_process){.id = id_of(1), .execs = 1, .bytes = 2, .grown = {3, 4}});
	found = departed_take(&departed, id_of(1), 1);
	assert_true(found.grown.missing_bytes == 3 && found.grown.shared_bytes == 4);
}

static void test_a_pid_is_not_a_process(void **state)
{
	struct process_id later = {.tgid = 1, .start_time_ns = 2000};

	(void)state;
	put(1, 10);
	assert_int_equal(departed_take(&departed, later, 1).bytes, 0);
	assert_int_equal(mib(), 10);
}

static void test_exec_took_the_memory(void **state)
{
	(void)state;
	put(1, 10);
	assert_int_equal(departed_take(&departed, id_of(1), 2).bytes, 0);
	assert_int_equal(mib(), 0);
}

static void test_nothing_is_not_kept(void **state)
{
	(void)state;
	put(1, 0);
	assert_int_equal(departed.n, 0);
}

static void test_full(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= DEPARTED_MAX; i++)
		put(i, i == 7 ? 2 : 4);
	put(1000, 100);
	assert_int_equal(departed.n, DEPARTED_MAX);
	assert_int_equal(mib(), 4 * (DEPARTED_MAX - 1) + 100);
	assert_int_equal(departed_take(&departed, id_of(7), 1).bytes, 0);
	assert_int_equal(departed_take(&departed, id_of(1000), 1).bytes, 100 * MIB_BYTES);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts_until_it_is_taken), TEST(test_growth_is_kept),
		TEST(test_a_pid_is_not_a_process),   TEST(test_exec_took_the_memory),
		TEST(test_nothing_is_not_kept),	     TEST(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
