/* SPDX-License-Identifier: GPL-2.0 */
/* A process with two mappings: a heap of 24 slots, of which some are of each kind, and shared memory far away. */
#ifndef HOTDAMON_TESTS_MAP_WORLD_H
#define HOTDAMON_TESTS_MAP_WORLD_H

#include <stdlib.h>

#include "report/map.h"

#define HEAP  0x55d000000000ULL
#define SHMEM 0x7f0000000000ULL

#define HEAP_SLOTS  24
#define SHMEM_SLOTS 4

struct map_world {
	struct map_slot slots[HEAP_SLOTS + SHMEM_SLOTS];
	struct map_mapping mappings[3];
	struct map map;
};

static inline void map_world_make(struct map_world *world)
{
	static const enum map_mark marks[] = {MAP_NEXT, MAP_WAITS, MAP_SPARSE, MAP_SHARED, MAP_NO_ROOM};
	struct map_slot *slots = world->slots;

	*world = (struct map_world){
		.mappings = {{HEAP, HEAP + 64 * PMD_SIZE_BYTES, false, "[heap]", 0, HEAP_SLOTS},
			     {HEAP + (1ULL << 40), HEAP + (2ULL << 40), false, "", HEAP_SLOTS, 0},
			     {SHMEM, SHMEM + 64 * PMD_SIZE_BYTES, true, "/dev/shm/a<b>&\033[2J", HEAP_SLOTS,
			      SHMEM_SLOTS}},
		.map = {.name = "redis-server (135) of redis.service",
			.slots = slots,
			.n_slots = HEAP_SLOTS + SHMEM_SLOTS,
			.mappings = world->mappings,
			.n_mappings = 3,
			.heat_known = true,
			.age_s = 2.2,
			.least_per_s = 66.7},
	};
	for (unsigned int i = 0; i < HEAP_SLOTS; i++)
		slots[i] = (struct map_slot){.start = HEAP + i * PMD_SIZE_BYTES, .present = SLOT_PAGES};
	for (unsigned int i = 0; i < 8; i++) { /* each heat, huge, and then small */
		slots[i].huge = true;
		slots[i].rate_per_s = slots[8 + i].rate_per_s = i ? 3 : 0;
		for (unsigned int k = 1; k < i; k++)
			slots[i].rate_per_s = slots[8 + i].rate_per_s *= 10;
	}
	for (unsigned int i = 0; i < 5; i++) {
		slots[16 + i].rate_per_s = 500;
		slots[16 + i].mark = marks[i];
	}
	for (unsigned int i = 21; i < HEAP_SLOTS; i++) { /* parts, and far from the rest */
		slots[i].present = (uint16_t)(128 * (i - 20) - 1);
		slots[i].start += 16 * PMD_SIZE_BYTES;
	}
	for (unsigned int i = 0; i < SHMEM_SLOTS; i++)
		slots[HEAP_SLOTS + i] = (struct map_slot){
			.start = SHMEM + (i + 1) * PMD_SIZE_BYTES, .present = SLOT_PAGES, .huge = i < 2};
}

#endif
