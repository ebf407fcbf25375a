/* SPDX-License-Identifier: GPL-2.0 */
/* How much of a process is in huge pages, asked without keeping it waiting. */
#ifndef HOTDAMON_SENSE_HUGE_H
#define HOTDAMON_SENSE_HUGE_H

#include "sense/pagemap.h"
#include "sense/proc.h"

/*
 * Goes on with @walk, {0} at first, over about @pages small pages of the process that @facts are of. 1: it is at the end,
 * and *@huge_bytes is the anonymous memory in huge pages, hugetlbfs left out; 0: not yet. Negative errno; -EFBIG: it cannot
 * be told in pieces (it has pages of hugetlbfs, or the kernel is older than 6.7), and to tell it at once takes too long.
 */
int process_huge_go_on(struct huge_walk *walk, const char *proc_root, const struct process_facts *facts,
		       uint64_t pages, uint64_t *huge_bytes);

#endif
