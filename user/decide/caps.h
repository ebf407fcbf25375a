/* SPDX-License-Identifier: GPL-2.0 */
/* Caps: how much memory hotdamon may make huge, in one target and in all. */
#ifndef HOTDAMON_DECIDE_CAPS_H
#define HOTDAMON_DECIDE_CAPS_H

#include <stdbool.h>
#include <stdint.h>

struct caps {
	uint64_t all_bytes, target_bytes; /* 0: no cap */
};

/*
 * Whether one more slot may be made huge in a target in which @target_bytes were, when it is @all_bytes in all: in those
 * that are watched, and in those that are no more but live on (decide/departed.h).
 */
bool caps_have_room(const struct caps *caps, uint64_t target_bytes, uint64_t all_bytes);

#endif
