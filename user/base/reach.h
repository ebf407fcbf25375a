/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the memory of a process can be reached: by its pagemap, for which the kernel takes the lock of that memory, and
 * waits for it so that a signal can end it. Not by maps, which newer kernels read without that lock.
 */
#ifndef HOTDAMON_BASE_REACH_H
#define HOTDAMON_BASE_REACH_H

#include <stdint.h>

/* In a helper, before what no signal would end: comes back when the lock can be had, or there is nobody to ask. */
void reach_wait(const char *proc_root, uint32_t pid);

/* 0: it answers, or there is nobody to ask; -ETIME: it does not. Another negative errno: it could not be asked. */
int reach_ask(const char *proc_root, uint32_t pid);

#endif
