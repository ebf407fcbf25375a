// SPDX-License-Identifier: GPL-2.0
#include "decide/readings.h"

struct reading reading_begin(uint64_t now_ns, uint64_t aggr_ns)
{
	return (struct reading){now_ns + aggr_ns};
}

size_t readings_next(const struct readings *readings, const struct reading *of, size_t n, uint64_t *at_ns)
{
	uint64_t due_ns = UINT64_MAX;
	size_t first = n;

	for (size_t i = 0; i < n; i++) {
		if (of[i].due_ns < due_ns) {
			due_ns = of[i].due_ns;
			first = i;
		}
	}
	*at_ns = due_ns > readings->free_ns ? due_ns : readings->free_ns;
	if (first == n)
		*at_ns = UINT64_MAX;
	return first;
}

/* The least whole number of aggregations that is as long as the interval. */
static uint64_t period_ns(uint64_t aggr_ns)
{
	return aggr_ns ? (READINGS_INTERVAL_NS + aggr_ns - 1) / aggr_ns * aggr_ns : READINGS_INTERVAL_NS;
}

void readings_note(struct readings *readings, struct reading *reading, const struct reading_times *times,
		   uint64_t aggr_ns)
{
	uint64_t took_ns = times->ended_ns - times->began_ns;

	readings->n++;
	readings->spent_ns += took_ns;
	readings->free_ns = times->ended_ns + took_ns * (100 - READINGS_SHARE_PCT) / READINGS_SHARE_PCT;
	reading->due_ns = times->answered_ns + period_ns(aggr_ns);
}
