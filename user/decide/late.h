/* SPDX-License-Identifier: GPL-2.0 */
/* When a daemon is late with its tick: it hangs, was stopped, or the machine has no time for it. */
#ifndef HOTDAMON_DECIDE_LATE_H
#define HOTDAMON_DECIDE_LATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

#define LATE_INTERVALS 3U
/* A tick of a busy machine may take as long, however short the interval is. */
#define LATE_LEAST_NS (5 * NS_PER_S)

/* Whether a last tick of @age_ns, in time that the machine was awake, is too long ago. */
bool late_is(uint64_t age_ns, double interval_s);

#endif
