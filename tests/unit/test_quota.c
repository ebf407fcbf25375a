// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "decide/quota.h"

#define MS(n) ((n)*1000000ULL)
#define BIG   (QUOTA_FITTING_BYTES * 4)

static const struct quota_config usual = {.ms = 10, .reset_ms = 1000};

static struct quota started(const struct quota_config *config)
{
	struct quota quota;

	memset(&quota, 0xa5, sizeof(quota));
	quota_start(&quota, config);
	return quota;
}

static void test_starts_as_asked_for(void **state)
{
	struct quota quota = started(&usual);

	(void)state;
	assert_int_equal(quota.ms, 10);
	assert_int_equal(quota.reset_ms, 1000);
	assert_int_equal(quota.factor, 1);
	assert_false(quota.widening);
	assert_string_equal(quota.reason, "");
}

static void test_never_without_a_time_quota(void **state)
{
	const struct quota_config none = {.ms = 0, .reset_ms = 1000};
	static const uint64_t bytes[] = {0, 1, 4096, QUOTA_LEAST_BYTES - 1, QUOTA_LEAST_BYTES, BIG};
	struct quota quota = started(&none);

	(void)state;
	for (uint64_t i = 0; i < 60; i++) {
		assert_false(quota_step(&quota, &none, bytes[i % ARRAY_SIZE(bytes)], MS(10000) * i));
		assert_int_equal(quota.ms, 0);
		assert_int_equal(quota.reset_ms, 1000);
	}
}

struct width {
	const char *name;
	uint64_t ms, reset_ms, bytes;
	uint64_t factor; /* 1: stays as it is */
};

static const struct width widths[] = {
	{"unknown", 10, 1000, 0, 1},
	{"enough", 10, 1000, BIG, 1},
	{"just enough", 10, 1000, QUOTA_LEAST_BYTES, 1},
	{"a byte too little", 10, 1000, QUOTA_LEAST_BYTES - 1, 33},
	{"three huge pages", 10, 1000, 3 * PMD_SIZE_BYTES, 43},
	{"two huge pages", 10, 1000, 2 * PMD_SIZE_BYTES, 64},
	{"one huge page", 10, 1000, PMD_SIZE_BYTES, 120},
	{"a page", 10, 1000, 4096, 120},
	{"a byte", 10, 1000, 1, 120},
	{"two minutes at most, rounded down", 10, 7000, 1, 17},
	{"one byte more than a part: one window more", 1, 100, PMD_SIZE_BYTES, 128},
	{"the same a byte below", 1, 100, PMD_SIZE_BYTES - 1, 129},
	{"twice at most", 10, 60000, 4096, 2},
	{"no room for twice", 10, 60001, 4096, 1},
	{"two minutes already", 10, QUOTA_MAX_RESET_MS, 4096, 1},
	{"more than a minute", 10, QUOTA_MAX_RESET_MS + 1, 4096, 1},
	{"the shortest", 1, 1, 1, QUOTA_MAX_RESET_MS},
};

static void check_unchanged(const struct width *c, const struct quota *quota)
{
	if (quota->ms != c->ms || quota->reset_ms != c->reset_ms || quota->widening)
		fail_msg("%s: changed", c->name);
}

/* First the time alone, a whole old window later the interval; then the share is what it was. */
static void check_widened(const struct width *c, const struct quota_config *config, struct quota *quota,
			  uint64_t began_ns)
{
	uint64_t end_ns = began_ns + MS(c->reset_ms);

	if (quota->ms != c->ms * c->factor)
		fail_msg("%s: %llu ms", c->name, (unsigned long long)quota->ms);
	assert_int_equal(quota->reset_ms, c->reset_ms);
	assert_int_equal(quota->factor, c->factor);
	assert_true(quota->widening);
	assert_false(quota_step(quota, config, 1, began_ns));
	assert_false(quota_step(quota, config, BIG, began_ns + 1));
	assert_false(quota_step(quota, config, 1, end_ns - 1));
	assert_int_equal(quota->reset_ms, c->reset_ms);
	assert_int_equal(quota->ms, c->ms * c->factor);
	assert_true(quota_step(quota, config, 0, end_ns));
	assert_int_equal(quota->reset_ms, c->reset_ms * c->factor);
	assert_int_equal(quota->ms, c->ms * c->factor);
	assert_false(quota->widening);
	assert_false(quota_step(quota, config, BIG, end_ns));
}

static void test_widths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		const struct width *c = &widths[i];
		const struct quota_config config = {.ms = c->ms, .reset_ms = c->reset_ms};
		struct quota quota = started(&config);
		bool changed = quota_step(&quota, &config, c->bytes, MS(77777));

		if (changed != (c->factor != 1))
			fail_msg("%s: changed %d", c->name, changed);
		if (changed)
			check_widened(c, &config, &quota, MS(77777));
		else
			check_unchanged(c, &quota);
	}
}

static void test_reason(void **state)
{
	struct quota quota = started(&usual);

	(void)state;
	assert_true(quota_step(&quota, &usual, 3 * PMD_SIZE_BYTES, MS(1)));
	assert_string_equal(quota.reason,
			    "its quota of 10 ms per 1000 ms lets only 6144 KiB through, too little for huge "
			    "pages: 430 ms per 43000 ms instead, the same share");
}

/*
 * Still too little: wider again, counted from what fits now, and the wait is that of the wide window. Never
 * above the cap, and never narrower.
 */
static void test_wider_twice_then_the_cap(void **state)
{
	struct quota quota = started(&usual);
	uint64_t now = MS(5000);

	(void)state;
	assert_true(quota_step(&quota, &usual, QUOTA_LEAST_BYTES - 1, now)); /* 33 times */
	now += MS(1000);
	assert_true(quota_step(&quota, &usual, 0, now));
	assert_int_equal(quota.reset_ms, 33000);
	assert_true(quota_step(&quota, &usual, QUOTA_LEAST_BYTES - 1, now));
	assert_int_equal(quota.ms, 1200);
	assert_int_equal(quota.reset_ms, 33000);
	assert_false(quota_step(&quota, &usual, 1, now + MS(32999)));
	assert_true(quota_step(&quota, &usual, 1, now + MS(33000)));
	assert_int_equal(quota.reset_ms, 120000);
	for (uint64_t i = 0; i < 10; i++)
		assert_false(quota_step(&quota, &usual, 1, now + MS(100000) * (i + 1)));
	assert_int_equal(quota.ms, 1200);
	assert_int_equal(quota.reset_ms, 120000);
	assert_int_equal(quota.factor, 120);
}

/* Another start is another target: nothing of the last one is left. */
static void test_starts_anew(void **state)
{
	struct quota quota = started(&usual);

	(void)state;
	assert_true(quota_step(&quota, &usual, 1, MS(1)));
	quota_start(&quota, &usual);
	assert_int_equal(quota.ms, 10);
	assert_int_equal(quota.factor, 1);
	assert_false(quota_step(&quota, &usual, 0, MS(100000)));
	assert_string_equal(quota.reason, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_as_asked_for),
		cmocka_unit_test(test_never_without_a_time_quota),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_wider_twice_then_the_cap),
		cmocka_unit_test(test_starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
