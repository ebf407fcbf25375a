// SPDX-License-Identifier: GPL-2.0
#include "sense/share.h"

#include <stddef.h>

#include "sense/pagemap.h"
#include "sense/vma.h"

static uint64_t first_slot(const struct vma_range *range)
{
	return (range->start + PMD_SIZE_BYTES - 1) / PMD_SIZE_BYTES;
}

/* What is shared memory is meant to be, and a collapse copies nothing of it. */
static uint64_t slots_in(const struct vma_range *range)
{
	if (range->kind != VMA_PRIVATE)
		return 0;
	return range->end / PMD_SIZE_BYTES - first_slot(range);
}

static uint64_t count_slots(const struct vma_map *map)
{
	uint64_t all = 0;

	for (size_t i = 0; i < map->n; i++)
		all += slots_in(&map->ranges[i]);
	return all;
}

/* Each n-th slot of all mappings, one after another. Returns how many. */
static size_t choose(const struct vma_map *map, uint64_t turn, uint64_t slots[SHARE_SLOTS])
{
	uint64_t all = count_slots(map), step = (all + SHARE_SLOTS - 1) / SHARE_SLOTS, next, before = 0;
	size_t n = 0;

	if (!all)
		return 0;
	next = turn % step;
	for (size_t i = 0; i < map->n; i++) {
		uint64_t here = slots_in(&map->ranges[i]);

		for (; next < before + here; next += step)
			slots[n++] = (first_slot(&map->ranges[i]) + next - before) * PMD_SIZE_BYTES;
		before += here;
	}
	return n;
}

/* As many of each mapping, or one of each n-th if they are many: where huge mappings are nearly empty. */
static size_t choose_of_each(const struct vma_map *map, uint64_t turn, uint64_t slots[SHARE_SLOTS])
{
	size_t step = (map->n + SHARE_SLOTS - 1) / SHARE_SLOTS, n = 0;

	if (!map->n)
		return 0;
	for (size_t i = turn % step; i < map->n; i += step) {
		uint64_t here = slots_in(&map->ranges[i]), most = SHARE_SLOTS * step / map->n;
		uint64_t gap = here / most + !!(here % most) + !here;

		for (uint64_t at = turn % gap; at < here && n < SHARE_SLOTS; at += gap)
			slots[n++] = (first_slot(&map->ranges[i]) + at) * PMD_SIZE_BYTES;
	}
	return n;
}

static int add_up(const char *proc_root, uint32_t tid, const uint64_t *slots, size_t n, struct share *share)
{
	struct slot_pages pages[SHARE_SLOTS];
	int err = slot_pages_read_all(proc_root, tid, slots, n, pages);

	if (err)
		return err;
	*share = (struct share){0};
	for (size_t i = 0; i < n; i++) {
		share->present += pages[i].present;
		share->shared += pages[i].shared;
	}
	return 0;
}

int process_share_read(const char *proc_root, uint32_t tid, uint64_t turn, struct share *share)
{
	uint64_t slots[SHARE_SLOTS];
	struct vma_map map = {0};
	int err = vma_map_look(&map, proc_root, tid);

	if (!err)
		err = add_up(proc_root, tid, slots, choose(&map, turn, slots), share);
	if (!err && share_pct(share) < 0)
		err = add_up(proc_root, tid, slots, choose_of_each(&map, turn, slots), share);
	vma_map_free(&map);
	return err;
}
