/* SPDX-License-Identifier: GPL-2.0 */
/* A sample of a process's private memory: how much of it other processes have too. */
#ifndef HOTDAMON_SENSE_SHARE_H
#define HOTDAMON_SENSE_SHARE_H

#include "decide/share.h"

/*
 * Looks at SHARE_SLOTS slots at most, spread evenly over the mappings that could become huge, or, if hardly any of these is
 * populated, over each of them; @turn, any number, moves them, so that another turn looks at others. @tid: any live thread. It reads maps, and takes about 10 us a slot. Negative errno
 * as of slot_pages_read(); *@share is then undefined.
 */
int process_share_read(const char *proc_root, uint32_t tid, uint64_t turn, struct share *share);

#endif
