/* SPDX-License-Identifier: GPL-2.0 */
/* The third eye: which collapses really happened, and why the others did not. */
#ifndef HOTDAMON_SENSE_COLLAPSES_H
#define HOTDAMON_SENSE_COLLAPSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "decide/process.h"

/* Attempts on the memory of one process, by one actor, with one outcome; cumulative since collapses_open(). */
struct collapses_count {
	struct process_id id;
	uint32_t by_tgid; /* the pid of the kdamond that tried, or our own */
	uint32_t status;
	uint64_t count;
	uint64_t filled_pages; /* of those that succeeded: pages that were missing, and are zeros now */
};

struct collapses;

/*
 * Loads and attaches. Attempts of kdamonds and our own are counted. Needs what hotness_open() needs, and CONFIG_MEMCG
 * for mm->owner. Negative errno.
 */
int collapses_open(struct collapses **out);
void collapses_close(struct collapses *collapse); /* NULL is fine */

/* All counts, in no order; *@counts belongs to @collapse until the next call. Negative errno. */
int collapses_read(struct collapses *collapse, const struct collapses_count **counts, size_t *n);

/* The status of a real collapse, the same in every kernel (SCAN_SUCCEED). */
#define COLLAPSE_SUCCESS 1U

/* The memory was huge before: a useless attempt, neither success nor failure. */
bool collapses_was_huge(const struct collapses *collapse, uint32_t status);

/*
 * The outcome's name as this kernel calls it, e.g. "alloc_huge_page_fail"; "status_77" for one that BTF
 * does not name. Lives as long as @collapse.
 */
const char *collapses_status_name(struct collapses *collapse, uint32_t status);

#endif
