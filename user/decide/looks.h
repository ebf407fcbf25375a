/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks: when the executor madvise looks at its targets, at their mappings and at what is huge, and when it may believe
 * what it sees. Times are of one clock, in nanoseconds.
 */
#ifndef HOTDAMON_DECIDE_LOOKS_H
#define HOTDAMON_DECIDE_LOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

/* No turn of the loop is longer, but for a collapse that is under way. */
#define LOOKS_TURN_NS (8 * NS_PER_MS)
/* Between two looks at the memory that the host has. */
#define LOOKS_PRESSURE_NS NS_PER_S
/* And whether those that left live, if there is a cap for all. */
#define LOOKS_DEPARTED_NS (2 * NS_PER_S)
/* And at what was huge: the kernel splits huge pages, processes give them back. */
#define LOOKS_RECHECK_NS (2 * NS_PER_S)
/* A stream of regions that went silent is listened to anew so often at most. */
#define LOOKS_LISTEN_NS (60 * NS_PER_S)

/* Mappings that the kernel is asked for in one look at a target, see sense/vma.h. */
#define LOOKS_ASKS	 64
#define LOOKS_ASKS_AGAIN 16

/* When the targets are looked at next; the last look ended at @last_ns and took @cost_ns. @acting: of one of them. */
uint64_t looks_next_ns(uint64_t last_ns, uint64_t cost_ns, bool acting);

/* When a target's mappings are read next: they were at @last_ns (0: never), and it took @cost_ns. */
uint64_t looks_mappings_next_ns(uint64_t last_ns, uint64_t cost_ns, bool acting);

/* A kdamond whose last aggregation, of @aggr_us, ended at @heard_ns should have said something long ago. */
bool looks_is_silent(uint64_t heard_ns, uint64_t aggr_us, uint64_t now_ns);

/*
 * A map of so many @aggregations, the first at @since_ns, is too young to collapse by: while regions are coarse, and
 * samples few, cold memory beside hot memory looks hot too. @by_slot: regions are slots, and were from the first.
 */
bool looks_is_young(uint64_t aggregations, bool by_slot, uint64_t since_ns, uint64_t now_ns);

#endif
