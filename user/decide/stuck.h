/* SPDX-License-Identifier: GPL-2.0 */
/* Who is stuck: does not let anybody at its memory, so that what is asked of it waits (base/aside.h). */
#ifndef HOTDAMON_DECIDE_STUCK_H
#define HOTDAMON_DECIDE_STUCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

/* A fork of a hundred GiB, or what unmaps them, holds the lock for a second or so: no reason to lose what is known. */
#define STUCK_NS (2 * NS_PER_S)

#define STUCK_REASON                                                                                         \
	"stuck: it holds the lock of its memory, and whoever asks for that waits; it is left alone until "   \
	"it answers"

/* Whether to say that one is stuck of whom something has been waited for so long. */
static inline bool stuck_is(uint64_t waits_ns)
{
	return waits_ns >= STUCK_NS;
}

/* Whether it may not be watched. One that is not yet watched is not begun with. */
static inline bool stuck_bars(uint64_t waits_ns, bool watched)
{
	return watched ? stuck_is(waits_ns) : waits_ns > 0;
}

#endif
