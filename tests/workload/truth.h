/* SPDX-License-Identifier: GPL-2.0 */
/* What the page tables say: how much of a range is mapped by huge pages. */
#ifndef WORKLOAD_TRUTH_H
#define WORKLOAD_TRUTH_H

#include "layout.h"

/* Calls found() for each range in [start, end) that is mapped by a PMD.
 * Returns 0, or -1 with errno when the kernel does not tell. */
int truth_huge_ranges(uint64_t start, uint64_t end, void (*found)(struct range, void *), void *arg);

/* Sums of /proc/thread-self/smaps in bytes: of the process, and of the mappings within @heap. -1 when
 * unreadable; then @smaps is untouched. */
struct smaps {
	uint64_t rss;
	uint64_t heap_rss;
	uint64_t anon_huge;
};
int truth_smaps(struct range heap, struct smaps *smaps);

#endif
