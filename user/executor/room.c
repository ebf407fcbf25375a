// SPDX-License-Identifier: GPL-2.0
#include "executor/room.h"

#include <errno.h>
#include <inttypes.h>

#include "decide/looks.h"
#include "executor/executor.h"

#define WHY_MAX 256

static const char *why_unknown(int err)
{
	switch (err) {
	case -ENOENT:
		return "it is not to be seen from here";
	case -E2BIG:
		return "it lies too deep";
	default:
		return "they cannot be read";
	}
}

void target_room_enter(struct target *target, const struct room_growth *grown)
{
	target->room.grown = *grown;
	target->room.execs = target->execs;
}

static void forget(struct target *target)
{
	target_room_enter(target, &(struct room_growth){0});
	target->room.filled_base_pages = target->filled_pages.all;
	target->room.said = target->room.said_held = 0;
}

/* Of one that has ended nothing is asked any more. */
static void read_limits(const struct executor *executor, struct target *target)
{
	struct room_level levels[LIMITS_LEVELS];
	struct target_room *room = &target->room;
	size_t n;
	int err = limits_read(&executor->mounts, "", target->facts.live_tid, levels, &n);

	pace_limit_by_groups(levels, n, &room->pace);
	room->limit = err && err != -ESRCH ? room_limit_unknown(why_unknown(err)) : room_limit_by(levels, n);
}

void target_room_look(const struct executor *executor, struct target *target, uint64_t now_ns)
{
	struct target_room *room = &target->room;

	if (room->execs != target->execs)
		forget(target);
	if (room->looked_ns && now_ns - room->looked_ns < LOOKS_PRESSURE_NS)
		return;
	room->looked_ns = now_ns;
	read_limits(executor, target);
}

struct room_config target_room_config(const struct executor *executor, const struct target *target)
{
	struct room_config config = executor->setup.room;

	if (target->limits.has_growth_pct)
		config.max_growth_pct = target->limits.max_growth_pct;
	if (target->limits.has_growth)
		config.max_growth_bytes = target->limits.max_growth_bytes;
	return config;
}

struct room target_room_of(const struct executor *executor, const struct target *target)
{
	const struct target_room *room = &target->room;
	struct room_config config = target_room_config(executor, target);

	return room_of(&config, target_memory_bytes(target), &room->grown, &room->limit);
}

struct room target_room_now(const struct executor *executor, struct target *target)
{
	if (target->room.limit.free_bytes != ROOM_UNLIMITED)
		read_limits(executor, target);
	return target_room_of(executor, target);
}

/* ---- what is left alone ---- */

static void write_why(const struct executor *executor, const struct target *target, enum room_verdict verdict,
		      char why[WHY_MAX])
{
	struct room_config config = target_room_config(executor, target);
	uint64_t grown = room_growth_bytes(&target->room.grown);

	switch (verdict) {
	case ROOM_MISSING:
		snprintf(why, WHY_MAX, "less than %u %% of their pages are populated",
			 config.max_growth_pct < 100 ? 100 - config.max_growth_pct : 1);
		return;
	case ROOM_SHARED:
		snprintf(why, WHY_MAX,
			 "another process has their pages too (a fork, or KSM), and a collapse would copy "
			 "them");
		return;
	case ROOM_AT_GROWTH:
		snprintf(why, WHY_MAX,
			 "the process has grown by %.1f MiB by collapses, and may by %.1f in all",
			 (double)grown / MIB_BYTES,
			 (double)room_most_growth_bytes(&config, target_memory_bytes(target),
							&target->room.grown) /
				 MIB_BYTES);
		return;
	case ROOM_PRESSED:
		snprintf(why, WHY_MAX, "%s", target->room.pace.reason);
		return;
	default:
		snprintf(why, WHY_MAX, "%s", target->room.limit.reason);
	}
}

void target_room_leave(const struct executor *executor, struct target *target, const struct room_left *left)
{
	struct target_room *room = &target->room;

	room->left = *left;
	for (unsigned int i = ROOM_FITS + 1; i < ROOM_VERDICTS; i++) {
		char why[WHY_MAX];

		if (!left->slots[i] || room->said & (1U << i))
			continue;
		room->said |= 1U << i;
		write_why(executor, target, (enum room_verdict)i, why);
		target_say(target, "%zu hot slots of 2 MiB are left alone, which would add %.1f MiB: %s",
			   left->slots[i], (double)left->bytes[i] / MIB_BYTES, why);
	}
}

/* ---- who cannot choose ---- */

static void say_held(const struct executor *executor, struct target *target)
{
	struct target_room *room = &target->room;
	char why[WHY_MAX];

	if (room->held == ROOM_FITS || room->said_held & (1U << room->held))
		return;
	room->said_held |= 1U << room->held;
	write_why(executor, target, room->held, why);
	target_say(target, "held up, as what is collapsed cannot be chosen: %s", why);
}

void target_room_hold(const struct executor *executor, struct target *target, uint64_t blind_bytes)
{
	struct target_room *room = &target->room;
	struct room left;

	room->grown.missing_bytes =
		(target->filled_pages.all - room->filled_base_pages) * (PMD_SIZE_BYTES / SLOT_PAGES);
	left = target_room_of(executor, target);
	room->held = room_judge_blind(&left, blind_bytes, !room->pace.share_pct, room->held);
	say_held(executor, target);
}
