// SPDX-License-Identifier: GPL-2.0
/* A target, and then DAMON, that does not answer: FIFOs make who opens them wait, as locks do. */
#include "damon_world.h"

#include <fcntl.h>

#include "act/damon_command.h"
#include "base/aside.h"

#define TARGET "contexts/0/targets/0/pid_target"

static char fifo[80];

static int open_fifo(struct aside_call *call)
{
	(void)call;
	return open(fifo, O_RDONLY | O_CLOEXEC);
}

/* From now on who is asked for @pid waits. */
static void hold(const struct world *world, uint32_t pid)
{
	struct aside_call call = aside_of(NULL, pid, open_fifo, NULL, 0);

	snprintf(fifo, sizeof(fifo), "%s/fifo", world->root);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(aside_do(&call), -ETIME);
}

static int begin(void **state)
{
	aside_begin();
	if (setup(state))
		return -1;
	now = *state;
	return 0;
}

static int end(void **state)
{
	assert_int_equal(aside_end(), 0);
	return teardown(state);
}

static void test_a_target_that_does_not_answer(void **state)
{
	struct world *world = *state;

	tree_put(world->root, "0/" TARGET, "4194301\n");
	tree_put(world->root, "1/" TARGET, "4194302\n");
	tree_put(world->root, "0/state", "on\n");
	tree_put(world->root, "1/state", "");
	hold(world, 4194301);
	assert_int_equal(damon_command(world->root, 0, "commit", &world->error), -ETIME);
	assert_contains(world->error.text,
			"seat 0 'commit': process 4194301, which it watches, holds the lock");
	assert_int_equal(damon_turn_off(world->root, 0, &world->error), -ETIME);
	assert_tree_holds(world->root, "0/state", "on");
	/* The other seat is told what it should be. */
	assert_int_equal(damon_command(world->root, 1, "commit", &world->error), 0);
	assert_tree_holds(world->root, "1/state", "commit");
}

/* A command that does not come back bars all others, as they would wait for its lock. */
static void test_damon_does_not_answer(void **state)
{
	struct world *world = *state;
	char path[80];
	bool on;

	snprintf(path, sizeof(path), "%s/0/state", world->root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	tree_put(world->root, "1/state", "off\n");
	assert_int_equal(damon_seat_is_on(world->root, 1, &on, &world->error), 0);
	assert_int_equal(damon_command(world->root, 0, "off", &world->error), -ETIME);
	assert_true(aside_waits_ns(ASIDE_DAMON) > 0);
	assert_int_equal(damon_seat_is_on(world->root, 1, &on, &world->error), -ETIME);
	assert_int_equal(damon_command(world->root, 1, "on", &world->error), -ETIME);
	assert_int_equal(damon_remove_seats(world->root, 2, 0, &world->error), -ETIME);
	assert_tree_holds(world->root, "1/state", "off");
	assert_tree_holds(world->root, "nr_kdamonds", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_target_that_does_not_answer, begin, end),
		cmocka_unit_test_setup_teardown(test_damon_does_not_answer, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
