// SPDX-License-Identifier: GPL-2.0
#include "decide/room.h"

#include <inttypes.h>

#include "decide/reason.h"

#define PAGE_BYTES (PMD_SIZE_BYTES / SLOT_PAGES)

static const struct {
	const char *name, *words;
} verdicts[ROOM_VERDICTS] = {
	[ROOM_FITS] = {"fits", "small"},
	[ROOM_MISSING] = {"missing", "too sparsely populated"},
	[ROOM_SHARED] = {"shared", "shared with other processes"},
	[ROOM_AT_GROWTH] = {"growth_cap", "beyond what it may grow in all"},
	[ROOM_AT_LIMIT] = {"cgroup_limit", "without room in its control group"},
	[ROOM_PRESSED] = {"cgroup_pressure", "in a control group that waits for memory"},
	[ROOM_NODE_DRY] = {"node_dry", "on a node without free huge pages"},
};

const char *room_verdict_name(enum room_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *room_verdict_words(enum room_verdict verdict)
{
	return verdicts[verdict].words;
}

struct room_growth room_added(unsigned int present, unsigned int shared)
{
	unsigned int there = present < SLOT_PAGES ? present : SLOT_PAGES;
	unsigned int copied = shared < there ? shared : there;

	return (struct room_growth){(SLOT_PAGES - there) * PAGE_BYTES, copied * PAGE_BYTES};
}

/* ---- control groups ---- */

static uint64_t reserve_of(uint64_t limit_bytes)
{
	uint64_t share = limit_bytes / 100 * ROOM_RESERVE_PCT;

	return share > ROOM_RESERVE_BYTES ? share : ROOM_RESERVE_BYTES;
}

static void limit_by(struct room_limit *limit, const struct room_level *level, const char *file,
		     uint64_t most_bytes)
{
	uint64_t reserve = reserve_of(most_bytes), least, used = level->used_bytes;
	char above[32] = "";

	if (most_bytes == ROOM_UNLIMITED)
		return;
	least = reserve < most_bytes && used < most_bytes - reserve ? most_bytes - reserve - used : 0;
	if (least >= limit->free_bytes)
		return;
	limit->free_bytes = least;
	if (level->above)
		snprintf(above, sizeof(above), ", %u above its own,", level->above);
	reason_write(limit->reason,
		     "its control group%s uses %" PRIu64 " MiB of a %s of %" PRIu64 ", of which %" PRIu64
		     " are kept free",
		     above, bytes_to_mib(used), file, bytes_to_mib(most_bytes), bytes_to_mib(reserve));
}

struct room_limit room_limit_by(const struct room_level *levels, size_t n)
{
	struct room_limit limit = {.free_bytes = ROOM_UNLIMITED};

	for (size_t i = 0; i < n; i++) {
		limit_by(&limit, &levels[i], "maximum", levels[i].max_bytes);
		limit_by(&limit, &levels[i], "high mark", levels[i].high_bytes);
	}
	return limit;
}

struct room_limit room_limit_unknown(const char *why)
{
	struct room_limit limit = {0};

	reason_write(limit.reason, "the limits of its control group are not known: %s", why);
	return limit;
}

/* ---- a process ---- */

uint64_t room_most_growth_bytes(const struct room_config *config, uint64_t process_bytes,
				const struct room_growth *grown)
{
	uint64_t has_grown = room_growth_bytes(grown);

	if (config->max_growth_bytes != ROOM_UNLIMITED)
		return config->max_growth_bytes;
	return process_bytes > has_grown ? (process_bytes - has_grown) / 100 * ROOM_TARGET_GROWTH_PCT : 0;
}

struct room room_of(const struct room_config *config, uint64_t process_bytes, const struct room_growth *grown,
		    const struct room_limit *limit)
{
	uint64_t has_grown = room_growth_bytes(grown);
	uint64_t most = room_most_growth_bytes(config, process_bytes, grown);

	return (struct room){
		.max_growth_pct = config->max_growth_pct,
		.growth_bytes = most > has_grown ? most - has_grown : 0,
		.limit_bytes = limit->free_bytes,
	};
}

static bool is_above(uint64_t bytes, unsigned int pct)
{
	return bytes * 100 > pct * PMD_SIZE_BYTES;
}

enum room_verdict room_judge_slot(unsigned int max_growth_pct, const struct room_growth *added)
{
	if (added->missing_bytes == PMD_SIZE_BYTES || is_above(added->missing_bytes, max_growth_pct))
		return ROOM_MISSING;
	return is_above(room_growth_bytes(added), max_growth_pct) ? ROOM_SHARED : ROOM_FITS;
}

enum room_verdict room_judge(const struct room *room, const struct room_growth *added)
{
	enum room_verdict slot = room_judge_slot(room->max_growth_pct, added);
	uint64_t bytes = room_growth_bytes(added);

	if (slot != ROOM_FITS)
		return slot;
	if (bytes > room->growth_bytes)
		return ROOM_AT_GROWTH;
	return bytes && bytes > room->limit_bytes ? ROOM_AT_LIMIT : ROOM_FITS;
}

/* What windows of @reset_ms let through in a second, or one of them at once. */
static uint64_t in_a_second(uint64_t quota, uint64_t reset_ms)
{
	return reset_ms && reset_ms < 1000 ? quota * 1000 / reset_ms : quota;
}

uint64_t room_blind_bytes(const struct room_blind *blind)
{
	uint64_t ms = blind->quota_ms ? in_a_second(blind->quota_ms, blind->reset_ms) : 1000;
	uint64_t slots = (ms * 1000 + ROOM_BLIND_COLLAPSE_US - 1) / ROOM_BLIND_COLLAPSE_US;
	uint64_t bytes = slots * PMD_SIZE_BYTES, most = in_a_second(blind->quota_bytes, blind->reset_ms);

	if (blind->quota_bytes && bytes > most)
		bytes = most;
	return bytes * (blind->n_targets ? blind->n_targets : 1);
}

enum room_verdict room_judge_blind(const struct room *room, uint64_t blind_bytes, bool pressed,
				   enum room_verdict before)
{
	uint64_t least = before == ROOM_AT_LIMIT ? 2 * blind_bytes : blind_bytes;

	if (pressed)
		return ROOM_PRESSED;
	if (!room->growth_bytes)
		return ROOM_AT_GROWTH;
	return room->limit_bytes < least ? ROOM_AT_LIMIT : ROOM_FITS;
}

void room_take(struct room *room, const struct room_growth *added)
{
	uint64_t bytes = room_growth_bytes(added);

	room->growth_bytes -= bytes < room->growth_bytes ? bytes : room->growth_bytes;
	if (room->limit_bytes != ROOM_UNLIMITED)
		room->limit_bytes -= bytes < room->limit_bytes ? bytes : room->limit_bytes;
}

/* ---- what is left alone ---- */

void room_leave(struct room_left *left, enum room_verdict verdict, const struct room_growth *added)
{
	left->slots[verdict]++;
	left->bytes[verdict] += room_growth_bytes(added);
}

size_t room_left_slots(const struct room_left *left)
{
	size_t sum = 0;

	for (unsigned int i = ROOM_FITS + 1; i < ROOM_VERDICTS; i++)
		sum += left->slots[i];
	return sum;
}

size_t room_left_for_now(const struct room_left *left)
{
	return left->slots[ROOM_SHARED] + left->slots[ROOM_AT_LIMIT] + left->slots[ROOM_PRESSED] +
	       left->slots[ROOM_NODE_DRY];
}

enum room_verdict room_left_most(const struct room_left *left)
{
	enum room_verdict most = ROOM_FITS;

	for (unsigned int i = ROOM_FITS + 1; i < ROOM_VERDICTS; i++)
		if (left->slots[i] > (most ? left->slots[most] : 0))
			most = (enum room_verdict)i;
	return most;
}
