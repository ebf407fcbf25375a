// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/backoff.h"

#define S(n)	((n)*1000000000ULL)
#define SLOT(n) (0x7f0000000000ULL + (uint64_t)(n)*0x200000)

static struct backoff *backoff;

static int set_up(void **state)
{
	(void)state;
	backoff = backoff_new(8);
	return !backoff;
}

static int tear_down(void **state)
{
	(void)state;
	backoff_free(backoff);
	return 0;
}

static void test_never_failed(void **state)
{
	(void)state;
	assert_false(backoff_waits(backoff, SLOT(1), 0));
	assert_int_equal(backoff_until_ns(backoff, SLOT(1), NULL), 0);
	backoff_note(backoff, SLOT(1), COLLAPSE_DONE, S(1));
	assert_int_equal(backoff_until_ns(backoff, SLOT(1), NULL), 0);
}

static void test_doubles_to_the_longest(void **state)
{
	static const uint64_t waits_s[] = {5, 10, 20, 40, 80, 160, 320, 600, 600};
	uint64_t now = S(1000);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits_s); i++) {
		backoff_note(backoff, SLOT(1), COLLAPSE_RETRY, now);
		assert_int_equal(backoff_until_ns(backoff, SLOT(1), NULL), now + S(waits_s[i]));
		now += S(waits_s[i]);
		assert_true(backoff_waits(backoff, SLOT(1), now - 1));
		assert_false(backoff_waits(backoff, SLOT(1), now));
	}
	for (int i = 0; i < 200; i++) /* a wait never overflows */
		backoff_note(backoff, SLOT(1), COLLAPSE_RETRY, now);
	assert_int_equal(backoff_until_ns(backoff, SLOT(1), NULL), now + BACKOFF_LONGEST_NS);
	assert_false(backoff_waits(backoff, SLOT(2), now));
}

static void test_unsuitable_waits_longer(void **state)
{
	enum collapse_outcome outcome = COLLAPSE_DONE;

	(void)state;
	backoff_note(backoff, SLOT(1), COLLAPSE_UNSUITABLE, S(10));
	assert_int_equal(backoff_until_ns(backoff, SLOT(1), &outcome), S(10) + BACKOFF_UNSUITABLE_NS);
	assert_int_equal(outcome, COLLAPSE_UNSUITABLE);
	backoff_note(backoff, SLOT(1), COLLAPSE_LIMITED, S(100)); /* the second in a row, of another kind */
	assert_int_equal(backoff_until_ns(backoff, SLOT(1), &outcome), S(110));
	assert_int_equal(outcome, COLLAPSE_LIMITED);
}

static void test_success_forgets(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		backoff_note(backoff, SLOT(i), COLLAPSE_RETRY, S(1));
	for (int i = 0; i < 3; i++)
		assert_true(backoff_waits(backoff, SLOT(i), S(2)));
	backoff_note(backoff, SLOT(1), COLLAPSE_DONE, S(2));
	assert_false(backoff_waits(backoff, SLOT(1), S(2)));
	assert_true(backoff_waits(backoff, SLOT(0), S(2)));
	assert_true(backoff_waits(backoff, SLOT(2), S(2)));
	backoff_note(backoff, SLOT(1), COLLAPSE_RETRY, S(3)); /* the first again */
	assert_int_equal(backoff_until_ns(backoff, SLOT(1), NULL), S(8));
	backoff_clear(backoff);
	for (int i = 0; i < 3; i++)
		assert_false(backoff_waits(backoff, SLOT(i), S(3)));
}

static void test_bounded(void **state)
{
	(void)state;
	backoff_note(backoff, SLOT(50), COLLAPSE_UNSUITABLE, S(1));
	for (int i = 20; i > 0; i--) /* in descending order: each goes before all the others */
		backoff_note(backoff, SLOT(i), COLLAPSE_RETRY, S(30 - (unsigned int)i));
	assert_true(backoff_until_ns(backoff, SLOT(50), NULL) > 0); /* it has the longest to wait */
	for (int i = 1; i <= 7; i++)
		assert_true(backoff_until_ns(backoff, SLOT(i), NULL) > 0);
	assert_int_equal(backoff_until_ns(backoff, SLOT(8), NULL), 0); /* it had the soonest */
}

static void test_room_for_none_is_one(void **state)
{
	struct backoff *least = backoff_new(0);

	(void)state;
	assert_non_null(least);
	backoff_note(least, SLOT(1), COLLAPSE_RETRY, S(1));
	backoff_note(least, SLOT(2), COLLAPSE_RETRY, S(1));
	assert_false(backoff_waits(least, SLOT(1), S(1)));
	assert_true(backoff_waits(least, SLOT(2), S(1)));
	backoff_free(least);
	backoff_free(NULL);
}

static void test_pause(void **state)
{
	struct backoff_pause pause = {0};

	(void)state;
	assert_false(backoff_pauses(&pause, 0));
	backoff_pause_fail(&pause, S(100));
	assert_true(backoff_pauses(&pause, S(105) - 1));
	assert_false(backoff_pauses(&pause, S(105)));
	backoff_pause_fail(&pause, S(105));
	assert_int_equal(pause.until_ns, S(115));
	backoff_pause_work(&pause);
	assert_false(backoff_pauses(&pause, S(106)));
	backoff_pause_fail(&pause, S(200));
	assert_int_equal(pause.until_ns, S(205));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_never_failed),
		TEST(test_doubles_to_the_longest),
		TEST(test_unsuitable_waits_longer),
		TEST(test_success_forgets),
		TEST(test_bounded),
		TEST(test_room_for_none_is_one),
		TEST(test_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
