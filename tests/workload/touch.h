/* SPDX-License-Identifier: GPL-2.0 */
/* The threads that access the hot memory, and what they count. */
#ifndef WORKLOAD_TOUCH_H
#define WORKLOAD_TOUCH_H

#include "layout.h"
#include "stalls.h"

#include <stdbool.h>
#include <stdint.h>

#define STACK_SIZE ((size_t)512 << 10)

/* Accesses of all threads since the start, and the times of their batches: a batch is a fixed number of
 * accesses, so that a long one was a stall. */
struct touched {
	uint64_t accesses;
	struct stalls stalls;
};

/* @heap is where @layout lies. Both stay the caller's, and must stay. */
void touch_start(const struct layout *layout, uint64_t heap);
/* Moves the hot memory on by its size. */
void touch_move(void);
uint64_t touch_moves(void);
/* Lets the threads work, or idle. */
void touch_set_burning(bool hot);
bool touch_is_burning(void);
void touch_read(struct touched *touched);

/* A detached thread with a small stack. */
void start_thread(void *(*body)(void *), void *arg);

#endif
