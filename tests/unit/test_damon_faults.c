// SPDX-License-Identifier: GPL-2.0
/*
 * Each call to DAMON's sysfs in the life of two seats fails in turn, once or from then on, with each errno. What was asked for
 * fails with that errno and in words, or is done all the same; once the trouble is over it can be asked for again; and
 * nothing is left in the end.
 */
#include "fake_damon.h"

#include "damon_usual.h"

#define SEATS	     2
#define SEATS_BEFORE 1
#define MADE_BY_US   2 /* the second that were made */

static const struct address_range ranges[] = {{0x200000, 0x400000}, {0x800000, 0xa00000}};

static struct damon *damon;
static struct act_error error;
static pid_t kdamond;

static struct plan_level level(uint64_t version)
{
	return (struct plan_level){
		.acting = true,
		.min_accesses = 18,
		.quota_ms = 10,
		.quota_reset_ms = 1000,
		.min_regions = 10,
		.max_regions = 1000,
		.sample_us = 5000,
		.aggr_us = 100000,
		.update_us = 1000000,
		.ranges = ranges,
		.n_ranges = 2,
		.ranges_version = version,
	};
}

/* ---- what is asked for, in this order ---- */

static int make(void)
{
	int err = damon_open(FAKE_ROOT, &usual, SEATS, &damon, &error);

	assert_int_equal(fake.seats, err ? SEATS_BEFORE : SEATS);
	return err;
}

static int set_up(void)
{
	int err = damon_set_up(damon, &error);

	if (!err)
		assert_true(damon_looks_at_ranges(damon));
	return err;
}

static int begin(void)
{
	struct plan_level first = level(1);
	int err = damon_start(damon, 1, getpid(), &first, &kdamond, &error);

	if (!err)
		assert_int_equal(kdamond, FAKE_KDAMOND);
	if (!fake.lasts)
		assert_int_equal(fake_is_on(1), !err);
	return err;
}

static int commit(void)
{
	struct plan_level next = level(2);

	return damon_commit(damon, 1, &next, &error);
}

static int look(void)
{
	bool on = false;
	int err = damon_is_on(damon, 1, &on, &error);

	assert_int_equal(on, !err);
	return err;
}

static int count(void)
{
	struct damon_stats stats = {0};
	int err = damon_stats(damon, 1, &stats, &error);

	assert_int_equal(stats.counts_applies, !err);
	return err;
}

static int read_quota(void)
{
	uint64_t bytes;

	return damon_effective_bytes(damon, 1, &bytes, &error);
}

static int end(void)
{
	int err = damon_stop(damon, 1, &error);

	assert_int_equal(fake_is_on(1), err != 0);
	return err;
}

/* As who takes back a claim: seats that were made anew are none of ours. */
static int undo(void)
{
	if (fake.made > MADE_BY_US)
		return 0;
	return damon_remove_seats(FAKE_ROOT, SEATS, SEATS_BEFORE, &error);
}

static int (*const life[])(void) = {make, set_up, begin, commit, look, count, read_quota, end, begin, undo};

/* ---- and what becomes of it ---- */

static void ask(int (*wish)(void), unsigned int n)
{
	int err;

	snprintf(error.text, sizeof(error.text), "nothing");
	err = wish();
	if (!err)
		return;
	if (err != -fake.err || !strstr(error.text, strerror(fake.err)) || !strstr(error.text, FAKE_ROOT "/"))
		fail_msg("wish %u, call %u failed with '%s': %d, %s", n, fake.fails_at, strerror(fake.err),
			 err, error.text);
	fake.fails_at = 0;
	fake.lasts = false;
	err = wish();
	if (err)
		fail_msg("wish %u: later it fails by itself: %s", n, error.text);
}

/* Returns how many calls there were. */
static unsigned int live(unsigned int fails_at, int err, bool lasts)
{
	memset(&fake, 0, sizeof(fake));
	damon = NULL;
	assert_true(fake_make_seats(SEATS_BEFORE));
	fake.fails_at = fails_at;
	fake.lasts = lasts;
	fake.err = err;
	for (size_t i = 0; i < sizeof(life) / sizeof(life[0]); i++)
		ask(life[i], (unsigned int)i);
	damon_free(damon);
	assert_false(fake_is_any_on());
	assert_int_equal(fake.seats, SEATS_BEFORE);
	assert_int_equal(atoi(fake_of_seat(0, "contexts/nr_contexts")->text), 0);
	return fake.calls;
}

static void each_call_fails(int err, bool lasts)
{
	unsigned int calls = live(0, err, false);

	assert_true(calls > 100);
	for (unsigned int at = 1; at <= calls; at++)
		live(at, err, lasts);
}

static const int errnos[] = {EINTR, ENOMEM, EMFILE, EIO, ENOSPC};

static void test_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		each_call_fails(errnos[i], false);
}

/* Then what was begun cannot be undone before the trouble is over: what comes next does it. */
static void test_from_then_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i] != EINTR) /* for ever, it is read again for ever */
			each_call_fails(errnos[i], true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_from_then_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
