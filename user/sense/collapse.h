/* SPDX-License-Identifier: GPL-2.0 */
/* The third eye: which collapses really happened, and why the others did not. */
#ifndef HOTDAMON_SENSE_COLLAPSE_H
#define HOTDAMON_SENSE_COLLAPSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "decide/process.h"

/* Attempts on the memory of one process, by one actor, with one outcome; cumulative since collapse_open(). */
struct collapse_count {
	struct process_id id;
	uint32_t by_tgid; /* the pid of the kdamond that tried, or our own */
	uint32_t status;
	uint64_t count;
};

struct collapse;

/*
 * Loads and attaches. Attempts of kdamonds and our own are counted. Needs what hotness_open() needs, and CONFIG_MEMCG
 * for mm->owner. Negative errno.
 */
int collapse_open(struct collapse **out);
void collapse_close(struct collapse *collapse); /* NULL is fine */

/* All counts, in no order; *@counts belongs to @collapse until the next call. Negative errno. */
int collapse_read(struct collapse *collapse, const struct collapse_count **counts, size_t *n);

/* The status of a real collapse, the same in every kernel (SCAN_SUCCEED). */
#define COLLAPSE_SUCCESS 1U

/* The memory was huge before: a useless attempt, neither success nor failure. */
bool collapse_was_huge(const struct collapse *collapse, uint32_t status);

/*
 * The outcome's name as this kernel calls it, e.g. "alloc_huge_page_fail"; "status_77" for one that BTF
 * does not name. Lives as long as @collapse.
 */
const char *collapse_status_name(struct collapse *collapse, uint32_t status);

#endif
