// SPDX-License-Identifier: GPL-2.0
#include "stalls.h"

#define SUB_BITS 4
#define SUB	 (UINT64_C(1) << SUB_BITS) /* buckets for each doubling */

size_t stalls_bucket(uint64_t us)
{
	unsigned int shift;
	size_t bucket;

	if (us < SUB)
		return us;
	shift = 63 - (unsigned int)__builtin_clzll(us) - SUB_BITS;
	bucket = (shift + 1) * SUB + (us >> shift) % SUB;
	return bucket < STALL_BUCKETS ? bucket : STALL_BUCKETS - 1;
}

uint64_t stalls_limit_us(size_t bucket)
{
	unsigned int shift;

	if (bucket < SUB)
		return bucket;
	shift = (unsigned int)(bucket / SUB) - 1;
	return ((SUB + bucket % SUB + 1) << shift) - 1;
}

uint64_t stalls_us(const struct stalls *stalls, uint64_t permille)
{
	uint64_t all = 0, seen = 0;
	size_t bucket = 0;

	for (size_t i = 0; i < STALL_BUCKETS; i++)
		all += stalls->count[i];
	for (; bucket < STALL_BUCKETS; bucket++) {
		seen += stalls->count[bucket];
		if (all && seen * 1000 >= all * permille && stalls->count[bucket])
			return stalls_limit_us(bucket);
	}
	return 0;
}

void stalls_add(struct stalls *sum, const struct stalls *more)
{
	for (size_t i = 0; i < STALL_BUCKETS; i++)
		sum->count[i] += more->count[i];
}

void stalls_subtract(struct stalls *from, const struct stalls *earlier)
{
	for (size_t i = 0; i < STALL_BUCKETS; i++)
		from->count[i] -= earlier->count[i];
}
