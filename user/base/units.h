/* SPDX-License-Identifier: GPL-2.0 */
/* Units of time and memory. */
#ifndef HOTDAMON_BASE_UNITS_H
#define HOTDAMON_BASE_UNITS_H

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)
#define US_PER_MS UINT64_C(1000)
#define US_PER_S  UINT64_C(1000000)

#define MIB_BYTES      (1024ULL * 1024)
#define PMD_SIZE_BYTES (2 * MIB_BYTES) /* a huge page of x86-64 and of arm64 with 4 KiB pages */
#define SLOT_PAGES     512	       /* pages of 4 KiB in a slot of PMD_SIZE_BYTES */

static inline uint64_t bytes_to_mib(uint64_t bytes)
{
	return bytes / MIB_BYTES;
}

/* For people, and for numbers that are no more exact than a double. */
static inline double ns_to_s(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

#endif
