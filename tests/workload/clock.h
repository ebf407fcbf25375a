/* SPDX-License-Identifier: GPL-2.0 */
/* Seconds of CLOCK_MONOTONIC. */
#ifndef WORKLOAD_CLOCK_H
#define WORKLOAD_CLOCK_H

#include <errno.h>
#include <time.h>

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline double later(double a, double b)
{
	return a > b ? a : b;
}

static inline double sooner(double a, double b)
{
	return a < b ? a : b;
}

static inline struct timespec to_timespec(double seconds)
{
	struct timespec ts;

	if (seconds < 0)
		seconds = 0;
	if (seconds > 1e9)
		seconds = 1e9;
	ts.tv_sec = (time_t)seconds;
	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	return ts;
}

static inline void sleep_until(double when)
{
	struct timespec ts = to_timespec(when);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

#endif
