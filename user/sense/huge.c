// SPDX-License-Identifier: GPL-2.0
#include "sense/huge.h"

#include <errno.h>

#define ROLLUP_TABLES_BYTES (4ULL << 20) /* 2 GiB in small pages, about 20 ms */

/* Only smaps_rollup tells pages of hugetlbfs from others that are huge; during it the process can map and unmap nothing. */
int process_huge_go_on(struct huge_walk *walk, const char *proc_root, const struct process_facts *facts,
		       uint64_t pages, uint64_t *huge_bytes)
{
	int err = -ENOTTY;

	if (!facts->hugetlb_bytes)
		err = huge_walk_go_on(walk, proc_root, facts->live_tid, facts->page_tables_bytes, pages,
				      huge_bytes);
	if (err != -ENOTTY)
		return err;
	if (facts->page_tables_bytes > ROLLUP_TABLES_BYTES)
		return -EFBIG;
	err = process_huge_bytes(proc_root, facts->live_tid, huge_bytes);
	return err ? err : 1;
}
