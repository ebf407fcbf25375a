/* SPDX-License-Identifier: GPL-2.0 */
/* What the loads and those who watch them have in common: the clocks, and the end when nothing can be done. */
#ifndef HOTDAMON_TESTS_BPF_CLOCK_H
#define HOTDAMON_TESTS_BPF_CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S 1000000000ULL

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		die("clock_gettime");
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

#endif
