/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who asked for huge pages only where they are advised: PR_THP_DISABLE_EXCEPT_ADVISED (Linux 6.18 and newer; systemd:
 * MemoryTHP=madvise). A collapse that is asked for goes through all the same, and /proc does not show it.
 */
#ifndef HOTDAMON_SENSE_ADVISED_H
#define HOTDAMON_SENSE_ADVISED_H

#include <stdbool.h>
#include <stdint.h>

struct advised;

/*
 * Finds out which flag it is, by setting it for a moment on ourselves: its number is no part of any interface.
 * Negative errno; -EOPNOTSUPP: the kernel has none, so nobody asked.
 */
int advised_open(struct advised **advised);
void advised_close(struct advised *advised); /* NULL is fine */

/* Whether the process did that has the thread @tid, which has its memory. False, too, where it cannot be told. */
bool advised_only(struct advised *advised, uint32_t tid);

#endif
