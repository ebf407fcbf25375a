/* SPDX-License-Identifier: GPL-2.0 */
/* How long things took, by the thousand: a histogram whose buckets are exact to a sixteenth. Pure. */
#ifndef WORKLOAD_STALLS_H
#define WORKLOAD_STALLS_H

#include <stddef.h>
#include <stdint.h>

#define STALL_BUCKETS 512 /* up to an hour */

struct stalls {
	uint64_t count[STALL_BUCKETS];
};

/* The bucket of a time in microseconds; longer ones share the last. */
size_t stalls_bucket(uint64_t us);
/* The longest time of a bucket. */
uint64_t stalls_limit_us(size_t bucket);
/* The time that @permille of the counted ones do not exceed; 0 when there are none. 1000: the longest. */
uint64_t stalls_us(const struct stalls *stalls, uint64_t permille);
/* @sum += @more; @from -= @earlier, which was counted before. */
void stalls_add(struct stalls *sum, const struct stalls *more);
void stalls_subtract(struct stalls *from, const struct stalls *earlier);

#endif
