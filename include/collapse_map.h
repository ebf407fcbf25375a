/* SPDX-License-Identifier: GPL-2.0 */
/* What collapse.bpf.c and user space share. Flat structs of plain types, no includes. */
#ifndef HOTDAMON_COLLAPSE_MAP_H
#define HOTDAMON_COLLAPSE_MAP_H

/* Who tried to collapse memory of whom, and what came of it. */
struct collapse_key {
	unsigned long long start_time_ns; /* of the process whose memory it is, as in hotness_key */
	unsigned int tgid;
	unsigned int by_tgid; /* the kdamond that tried, or hotdamon itself */
	unsigned int status;  /* enum scan_result of this kernel; its names are in the kernel's BTF */
	unsigned int reserved;
};

struct collapse_value {
	unsigned long long count;	 /* of attempts, each on one PMD-sized slot */
	unsigned long long filled_pages; /* of those that succeeded: what was missing, and is zeros now */
};

#define COLLAPSE_STATUS_SUCCESS 1 /* SCAN_SUCCEED, in every kernel since 4.6 */

#endif
