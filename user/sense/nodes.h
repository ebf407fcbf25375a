/* SPDX-License-Identifier: GPL-2.0 */
/* On which NUMA nodes a process's memory lies, by move_pages(), which moves nothing here. It needs ptrace-read of it. */
#ifndef HOTDAMON_SENSE_NODES_H
#define HOTDAMON_SENSE_NODES_H

#include <stddef.h>
#include <stdint.h>

#define NODES_SLOTS 32 /* of which nodes_of_slots() asks at most */

/* The nodes of the first NODES_SLOTS of @n slots, a bit for each below 64, by a page of each; 0: none is known. */
uint64_t nodes_of_slots(uint32_t pid, const uint64_t *slots, size_t n);

/* The node that has most of the slot's pages, by a sample of them: the kernel takes the huge page from there. -1: not known. */
int nodes_of_slot(uint32_t pid, uint64_t slot);

#endif
