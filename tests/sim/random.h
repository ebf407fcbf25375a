/* SPDX-License-Identifier: GPL-2.0 */
/* Chance that can be had again: the same seed, the same run (splitmix64, Steele and others 2014). */
#ifndef HOTDAMON_TESTS_SIM_RANDOM_H
#define HOTDAMON_TESTS_SIM_RANDOM_H

#include <stdint.h>

struct sim_random {
	uint64_t state; /* any seed will do */
};

static inline uint64_t random_next(struct sim_random *random)
{
	uint64_t mixed = random->state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return mixed ^ (mixed >> 31);
}

/* From 0 up to, not including, @n (> 0). */
static inline uint64_t random_below(struct sim_random *random, uint64_t n)
{
	return random_next(random) % n;
}

/* From 0 up to, not including, 1. */
static inline double random_share(struct sim_random *random)
{
	return (double)(random_next(random) >> 11) * 0x1p-53;
}

#endif
