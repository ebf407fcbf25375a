/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of decide/ranking.c share. */
#ifndef HOTDAMON_TESTS_RANKING_WORLD_H
#define HOTDAMON_TESTS_RANKING_WORLD_H

#include "cm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "decide/ranking.h"

#define MS     1000000ULL
#define WINDOW (1000 * MS)
#define CPUS   4

static inline struct usage spin(uint32_t tgid, uint64_t start, uint64_t run_ns)
{
	struct usage usage = {.id = {.tgid = tgid, .start_time_ns = start},
			      .now.run_ns = run_ns,
			      .threads = 1,
			      .threads_max = 1};

	snprintf(usage.comm, sizeof(usage.comm), "p%u", tgid);
	return usage;
}

/* Those that ran, and those that are still remembered. */
static const struct ranked *update_of(struct ranking *ranking, const struct usage *usage, size_t n,
				      size_t n_expected)
{
	const struct ranked *out = NULL;
	size_t n_out = n_expected + 1;

	assert_int_equal(ranking_update(ranking, usage, n, WINDOW, CPUS, &out, &n_out), 0);
	assert_int_equal(n_out, n_expected);
	for (size_t i = 0; i < n_out; i++) {
		assert_int_equal(out[i].rank, i + 1);
		if (i)
			assert_true(out[i - 1].cpu_pct >= out[i].cpu_pct);
	}
	return out;
}

static const struct ranked *update(struct ranking *ranking, const struct usage *usage, size_t n)
{
	return update_of(ranking, usage, n, n);
}

/* One process alone: its smoothed value after a window of @run_ns. */
static inline double update_one(struct ranking *ranking, struct usage usage)
{
	return update(ranking, &usage, 1)->cpu_pct;
}

#endif
