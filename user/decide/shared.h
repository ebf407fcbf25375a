/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots of shared memory: one huge page serves all processes that map it, so what each knows of a slot is put together by
 * the file, and the place in it, that it is.
 */
#ifndef HOTDAMON_DECIDE_SHARED_H
#define HOTDAMON_DECIDE_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why shared memory cannot become huge, and what to do. The kernel aligns it as it is mapped, and only if told so. */
#define SHARED_UNALIGNED "not aligned to 2 MiB: run with --align-shared, and start it anew"

struct shared_key {
	uint64_t device, inode;
	uint64_t offset; /* bytes, a multiple of PMD_SIZE_BYTES */
};

/* What one process knows of a slot. */
struct shared_slot {
	struct shared_key key;
	double rate_per_s; /* its accesses */
	bool huge;	   /* it maps it by a huge page */
};

/* Those of one process, as of its last look, by their keys; owned. Starts as {0}. A key that is mapped twice is there twice. */
struct shared_list {
	struct shared_slot *slots;
	size_t n, room;
};

/* Adds it at the end; -ENOMEM. shared_list_sort() is to be called before it is asked for. */
int shared_list_add(struct shared_list *list, const struct shared_slot *slot);
void shared_list_sort(struct shared_list *list);
void shared_list_free(struct shared_list *list); /* leaves {0} */

/* Adds what @list knows of the slot to @sum: the rates are summed up, and it is huge if anybody says so. */
void shared_list_sum(const struct shared_list *list, const struct shared_key *key, struct shared_slot *sum);

/* That the slot is huge, or small again, where @list has it. */
void shared_list_set_huge(struct shared_list *list, const struct shared_key *key, bool huge);

#endif
