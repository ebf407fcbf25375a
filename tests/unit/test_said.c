// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdlib.h>

#include "decide/said.h"

#define S NS_PER_S

static const struct process_id one = {1, 100}, two = {2, 100};

static void test_said_once(void **state)
{
	struct said *said = calloc(1, sizeof(*said));

	(void)state;
	assert_true(said_once(said, one, false));
	assert_false(said_once(said, one, false));
	assert_true(said_once(said, two, true));
	assert_false(said_once(said, two, true));
	assert_false(said_once(said, two, false));
	assert_true(said_once(said, one, true)); /* it is barred now: news */
	assert_false(said_once(said, one, true));
	free(said);
}

/* Since when: from the first sight on, whether it was said or not; and anew after it could be reached. */
static void test_since(void **state)
{
	struct said *said = calloc(1, sizeof(*said));

	(void)state;
	assert_true(said_see(said, one, true, false, 5 * S) == 0);
	assert_int_equal(said->n, 0); /* whoever can be reached takes no place */
	assert_true(said_see(said, one, true, true, 10 * S) == 0);
	assert_true(said_once(said, one, true));
	assert_true(said_see(said, two, true, true, 12 * S) == 0);
	assert_true(said_see(said, one, true, true, 15 * S) == 5);
	assert_true(said_see(said, one, false, false, 16 * S) == 0); /* nobody asked: that says nothing */
	assert_true(said_see(said, one, true, true, 17 * S) == 7);
	assert_true(said_see(said, one, true, false, 20 * S) == 0);
	assert_true(said_see(said, one, true, true, 30 * S) == 0);
	assert_true(said_see(said, one, true, true, 31 * S) == 1);
	assert_true(said_see(said, two, true, true, 31 * S) == 19);
	free(said);
}

/* More than it has room for: the first is forgotten, and told as new. */
static void test_full(void **state)
{
	struct said *said = calloc(1, sizeof(*said));

	(void)state;
	for (uint32_t i = 0; i <= SAID_PROCESSES; i++)
		assert_true(said_once(said, (struct process_id){i + 1, 7}, false));
	assert_false(said_once(said, (struct process_id){2, 7}, false));
	assert_true(said_once(said, (struct process_id){1, 7}, false));
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said_once),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
