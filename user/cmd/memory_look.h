/* SPDX-License-Identifier: GPL-2.0 */
/* What is there of a process's memory, slot by slot, by its mappings and page tables; for explain and map. */
#ifndef HOTDAMON_CMD_MEMORY_LOOK_H
#define HOTDAMON_CMD_MEMORY_LOOK_H

#include "sense/pagemap.h"
#include "sense/vma.h"

/* 128 GiB that are populated: a second, or two. */
#define MEMORY_LOOK_SLOTS 65536

/* Starts as {0}. */
struct memory_look {
	struct vma_map mappings;
	bool mapped;	  /* they could be read */
	uint64_t *starts; /* [n] addresses of the slots in them that have memory, or swap, ascending; owned */
	struct slot_pages *
		pages; /* [n]; owned. What is shared memory has all that is in its file, and none of it is shared */
	size_t n;
	size_t left_out; /* such slots beyond the first MEMORY_LOOK_SLOTS */
};

/*
 * Looks at the process that has the thread @tid, which needs ptrace-read of it. 0, or negative errno, -ETIME: somebody holds
 * the lock of its memory (base/aside.h); memory_look_free() is fine then, too.
 */
int memory_look(struct memory_look *look, uint32_t tid);

/* The error @err in words, of this look or another one at the memory of a process. */
const char *memory_look_why(int err);

void memory_look_free(struct memory_look *look); /* leaves {0} */

#endif
