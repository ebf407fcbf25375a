/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Readings: when the regions of which kdamond are read from sysfs. The kernel answers at the end of the kdamond's
 * aggregation only; until then the reader waits, and DAMON's one lock is held. So they are few, and a bounded share of
 * the time.
 */
#ifndef HOTDAMON_DECIDE_READINGS_H
#define HOTDAMON_DECIDE_READINGS_H

#include <stddef.h>
#include <stdint.h>

#define READINGS_INTERVAL_NS 1000000000ULL /* of one kdamond, at least */
#define READINGS_SHARE_PCT   20		   /* of the time, for all of them */

/* Of one kdamond. */
struct reading {
	uint64_t due_ns; /* UINT64_MAX: it is not to be read */
};

/* Of all. */
struct readings {
	uint64_t free_ns;  /* no reading before this */
	uint64_t n;	   /* since the start, failed ones too */
	uint64_t spent_ns; /* what they took */
};

/* When one began, when the kernel had answered, and when all was read. Of a failed one the last two are the same. */
struct reading_times {
	uint64_t began_ns, answered_ns, ended_ns;
};

#define READING_NONE ((struct reading){UINT64_MAX})

/* Of a kdamond that began at @now_ns: there is nothing to be read before its first aggregation has ended. */
struct reading reading_begin(uint64_t now_ns, uint64_t aggr_ns);

/*
 * Which of @n comes next, the one that is due first, of equals the lower one; and in *@at_ns when. @n, with *@at_ns
 * UINT64_MAX: none.
 */
size_t readings_next(const struct readings *readings, const struct reading *of, size_t n, uint64_t *at_ns);

/*
 * Notes one that is done; both its next and the next of all are due later by it. The next answer comes a whole number
 * of aggregations after this one: to ask then is to wait for as long only as the kdamond is late.
 */
void readings_note(struct readings *readings, struct reading *reading, const struct reading_times *times,
		   uint64_t aggr_ns);

#endif
