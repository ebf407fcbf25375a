// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/units.h"

static uint64_t ns_of(clockid_t clock)
{
	struct timespec now;

	assert_int_equal(clock_gettime(clock, &now), 0);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void test_boot_clock(void **state)
{
	uint64_t before = ns_of(CLOCK_BOOTTIME), now = clock_boot_ns();

	(void)state;
	assert_true(before <= now && now <= ns_of(CLOCK_BOOTTIME));
}

static void test_awake_clock(void **state)
{
	uint64_t before = ns_of(CLOCK_MONOTONIC), now = clock_awake_ns();

	(void)state;
	assert_true(before <= now && now <= ns_of(CLOCK_MONOTONIC));
}

static void *burn(void *data)
{
	(void)data;
	while (clock_thread_cpu_ns() < 20 * NS_PER_MS)
		;
	return NULL;
}

/* A thread that is new has used nothing, whatever the others did; and its time is not ours. */
static void test_cpu_clock_is_the_thread_s(void **state)
{
	uint64_t before_ns = clock_thread_cpu_ns(), process_ns = ns_of(CLOCK_PROCESS_CPUTIME_ID), ours_ns;
	pthread_t other;

	(void)state;
	assert_int_equal(pthread_create(&other, NULL, burn, NULL), 0);
	pthread_join(other, NULL);
	ours_ns = clock_thread_cpu_ns() - before_ns;
	process_ns = ns_of(CLOCK_PROCESS_CPUTIME_ID) - process_ns;
	assert_true(process_ns >= ours_ns + 20 * NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot_clock),
		cmocka_unit_test(test_awake_clock),
		cmocka_unit_test(test_cpu_clock_is_the_thread_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
