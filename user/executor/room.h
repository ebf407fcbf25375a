/* SPDX-License-Identifier: GPL-2.0 */
/* The room that a target has to grow by collapses: what its control groups leave it, and what it took so far. */
#ifndef HOTDAMON_EXECUTOR_ROOM_H
#define HOTDAMON_EXECUTOR_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/pace.h"
#include "decide/room.h"
#include "sense/limits.h"

struct executor;
struct target;

/* Of one target. Starts as {0}; nothing fits before the first look. */
struct target_room {
	uint64_t looked_ns;	 /* when its limits were read; 0: not yet */
	struct room_limit limit; /* of its control groups */
	struct pace_limit pace;	 /* by how much of the time they wait for memory */
	struct room_growth grown;
	uint32_t execs;	       /* of the program that grew */
	struct room_left left; /* as of the last look */
	unsigned int said;     /* a bit for each reason to leave slots alone */
	enum room_verdict
		held; /* what the executor waits for that cannot choose slots; ROOM_FITS: it does not */
	unsigned int said_held; /* a bit for each */
	uint64_t
		filled_base_pages; /* of target->filled_pages, what another program's memory was filled with */
};

/* Reads the limits, if it was not done just now. What was added to another program went with its memory. */
void target_room_look(const struct executor *executor, struct target *target, uint64_t now_ns);

/* How far it may grow, by the options and by the rules for it. */
struct room_config target_room_config(const struct executor *executor, const struct target *target);

/* What may still be added to it. */
struct room target_room_of(const struct executor *executor, const struct target *target);

/* The same, by what the limits are at this moment, where there are any. */
struct room target_room_now(const struct executor *executor, struct target *target);

/* It comes in, and had @grown before, when it was watched the last time. */
void target_room_enter(struct target *target, const struct room_growth *grown);

/* What is left alone, as of this look; each reason is logged once. */
void target_room_leave(const struct executor *executor, struct target *target, const struct room_left *left);

/*
 * For an executor that cannot choose slots, and may add @blind_bytes until the next look: takes what it added, by BPF, and
 * says whether it must wait.
 */
void target_room_hold(const struct executor *executor, struct target *target, uint64_t blind_bytes);

#endif
