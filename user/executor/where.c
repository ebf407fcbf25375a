// SPDX-License-Identifier: GPL-2.0
#include "executor/where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "decide/looks.h"

/* Where nothing could become huge: below all that is mapped by default, so that the kdamond lives, and idles. */
static const struct address_range nowhere = {PMD_SIZE_BYTES, 2 * PMD_SIZE_BYTES};

/* The whole slots of the mappings. */
static int take_slots(struct where *where)
{
	size_t n = where->mappings.n;
	int err = array_reserve(&where->slots, &where->room_slots, n + 1, sizeof(*where->slots));

	for (size_t i = 0; i < n && !err; i++)
		where->slots[i] = vma_slots(&where->mappings.ranges[i]);
	return err;
}

static int read_populated(struct where *where, const struct where_look *look)
{
	struct populated *populated = &where->populated;
	int err = take_slots(where);

	if (!err)
		err = populated_read(populated, "/proc", look->pid, where->slots, where->mappings.n,
				     ranges_step_bytes(look->anon_bytes));
	if (!err && !populated->n)
		err = array_reserve(&populated->runs, &populated->room, 1, sizeof(nowhere));
	if (!err && !populated->n)
		populated->runs[populated->n++] = nowhere;
	return err;
}

static bool are_due(const struct where *where, const struct where_look *look)
{
	const struct populated *populated = &where->populated;
	struct ranges_look due = {
		.now_ns = look->now_ns,
		.written_ns = where->written_ns,
		.cost_ns = where->write_cost_ns,
		.aggr_us = look->aggr_us,
		.new_program = look->execs != where->execs,
		.watched_bytes = where_bytes(where),
		.missing_bytes =
			ranges_missing(populated->runs, populated->n, where->ranges, where->n_ranges),
		.idle_bytes = ranges_missing(where->ranges, where->n_ranges, populated->runs, populated->n),
	};

	return ranges_are_due(&due);
}

static void list_ranges(struct where *where, const struct where_look *look, uint64_t bytes)
{
	const struct populated *populated = &where->populated;

	where->by_slot = bytes / PMD_SIZE_BYTES <= look->most_slots;
	if (where->by_slot) {
		ranges_by_slot(populated->runs, populated->n, where->ranges);
		where->n_ranges = bytes / PMD_SIZE_BYTES;
		return;
	}
	memcpy(where->ranges, populated->runs, populated->n * sizeof(*where->ranges));
	where->n_ranges =
		ranges_join(where->ranges, populated->n, ranges_most(look->max_regions(look->arg, bytes)));
}

static int make_ranges(struct where *where, const struct where_look *look)
{
	const struct populated *populated = &where->populated;
	uint64_t bytes = ranges_bytes(populated->runs, populated->n);
	size_t room = bytes / PMD_SIZE_BYTES <= look->most_slots ? bytes / PMD_SIZE_BYTES : populated->n;
	int err = array_reserve(&where->ranges, &where->room_ranges, room, sizeof(*where->ranges));

	if (err)
		return err;
	list_ranges(where, look, bytes);
	where->version++;
	/* Until it is written, and known what that took, no others are made. */
	where->written_ns = look->now_ns;
	return 0;
}

static int look_again(struct where *where, const struct where_look *look)
{
	int err = vma_map_look(&where->mappings, "/proc", look->pid);

	if (err || !look->by_ranges)
		return err;
	err = read_populated(where, look);
	if (!err && are_due(where, look))
		err = make_ranges(where, look);
	return err;
}

int where_look(struct where *where, const struct where_look *look)
{
	uint64_t began_ns,
		due_ns = looks_mappings_next_ns(where->looked_ns, where->look_cost_ns, look->acting);
	int err;

	if (look->now_ns < due_ns && look->execs == where->execs)
		return 0;
	if (look->execs != where->execs)
		vma_map_free(&where->mappings); /* what the kernel answered was about other memory */
	began_ns = clock_boot_ns();
	err = look_again(where, look);
	if (err)
		return err;
	where->execs = look->execs;
	where->look_cost_ns = clock_boot_ns() - began_ns;
	where->looked_ns = look->now_ns;
	return 0;
}

void where_written(struct where *where, uint64_t now_ns, uint64_t cost_ns)
{
	where->written_ns = now_ns;
	where->write_cost_ns = cost_ns;
}

uint64_t where_bytes(const struct where *where)
{
	return ranges_bytes(where->ranges, where->n_ranges);
}

void where_free(struct where *where)
{
	vma_map_free(&where->mappings);
	populated_free(&where->populated);
	free(where->slots);
	free(where->ranges);
	*where = (struct where){0};
}
