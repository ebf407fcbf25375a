/* SPDX-License-Identifier: GPL-2.0 */
/* The memory of the load, and the children that share it. */
#ifndef WORKLOAD_HEAP_H
#define WORKLOAD_HEAP_H

#include "layout.h"

/* Maps, cuts and fills the heap; returns its address, 0 when the layout has none. Dies when it cannot. */
uint64_t heap_make(const struct layout *layout);
/* madvise(MADV_HUGEPAGE): what is filled already stays as it is until khugepaged comes. */
void heap_ask_for_huge_pages(const struct layout *layout, uint64_t heap);
/* Bytes that were filled. */
uint64_t heap_filled_bytes(const struct layout *layout);

/* Start the threads that fork, as the options say. */
void children_start(const struct layout *layout, uint64_t heap);
/* Snapshots that were written out whole, and how long the last one took. */
uint64_t children_snapshots(double *last_s);

#endif
