/* SPDX-License-Identifier: GPL-2.0 */
/* Units of time and memory. */
#ifndef HOTDAMON_BASE_UNITS_H
#define HOTDAMON_BASE_UNITS_H

#include <stdint.h>

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL
#define US_PER_MS 1000ULL
#define US_PER_S  1000000ULL

#define MIB_BYTES      (1024ULL * 1024)
#define PMD_SIZE_BYTES (2 * MIB_BYTES) /* a huge page of x86-64 and of arm64 with 4 KiB pages */

static inline uint64_t bytes_to_mib(uint64_t bytes)
{
	return bytes / MIB_BYTES;
}

#endif
