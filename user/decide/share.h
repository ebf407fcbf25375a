/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Share: how much of a process's memory other processes have too, since a fork or by KSM, by a sample of it. A collapse
 * copies such memory.
 */
#ifndef HOTDAMON_DECIDE_SHARE_H
#define HOTDAMON_DECIDE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#define SHARE_SLOTS 64 /* of 2 MiB that are looked at, spread over all memory: an error of 6 % is rare */

/* Pages of 4 KiB of a sample. {0}: nothing was seen. */
struct share {
	uint32_t present, shared;
};

/* In percent; negative: too little was seen to tell. */
int share_pct(const struct share *share);

/*
 * Whether a process gets no seat: most of its memory is shared. That is a child that saves its parent's memory, or one of
 * many workers. @was_barred: it was by the last sample; then it must own clearly more, as the child of a busy parent keeps
 * for itself what the parent writes anew.
 */
bool share_bars_seat(int pct, bool was_barred);

/*
 * Whether executors that cannot choose slots wait: more would be added than --max-growth-pct allows by default.
 */
bool share_holds_up(int pct);

#endif
