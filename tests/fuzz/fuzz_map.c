// SPDX-License-Identifier: GPL-2.0
/* map.json of a daemon: slots that ascend, which are written as they were read, and can be drawn. */
#include <math.h>

#include "fuzz.h"
#include "report/map_cells.h"

#define UNIT_NS 10000000 /* of /proc's start times */

static const struct process_id asked = {135, 7 * UNIT_NS};

static void check_slots(const struct map_file_target *target)
{
	for (size_t i = 0; i < target->n; i++) {
		const struct map_file_slot *slot = &target->slots[i];

		fuzz_check(slot->start && !(slot->start % PMD_SIZE_BYTES));
		fuzz_check(!i || slot->start > slot[-1].start);
		fuzz_check(slot->rate_per_s >= 0 && isfinite(slot->rate_per_s) && slot->mark < MAP_MARKS);
	}
}

static void check_again(const struct map_file_target *target, uint64_t at_ns)
{
	char *text = map_file_write(99, at_ns, target, 1);
	struct map_file_target again;
	uint64_t again_ns;

	fuzz_check(text && !map_file_read(text, asked, UNIT_NS, &again, &again_ns));
	fuzz_check(again_ns == at_ns && again.n == target->n && again.left_out == target->left_out);
	for (size_t i = 0; i < again.n; i++) {
		fuzz_check(again.slots[i].start == target->slots[i].start);
		fuzz_check(again.slots[i].mark == target->slots[i].mark);
		fuzz_check(fabsf(again.slots[i].rate_per_s - target->slots[i].rate_per_s) <=
			   again.slots[i].rate_per_s / 1000);
	}
	map_file_free(&again);
	free(text);
}

/* As of one mapping, with all of each slot there. */
static void check_drawn(const struct map_file_target *target)
{
	struct map_slot *slots = calloc(target->n + 1, sizeof(*slots));
	struct map_mapping mapping = {.start = PMD_SIZE_BYTES, .end = UINT64_MAX / 2, .n = target->n};
	struct map map = {.name = "x", .slots = slots, .n_slots = target->n, .mappings = &mapping};
	char there[MAP_SUMMARY_LEN], heat[MAP_SUMMARY_LEN];
	struct map_cells cells;
	size_t drawn = 0;

	fuzz_check(slots);
	for (size_t i = 0; i < target->n; i++)
		slots[i] = (struct map_slot){.start = target->slots[i].start,
					     .present = SLOT_PAGES,
					     .rate_per_s = (double)target->slots[i].rate_per_s,
					     .mark = target->slots[i].mark};
	map.n_mappings = target->n != 0;
	map.heat_known = true;
	map.least_per_s = target->least_per_s;
	fuzz_check(!map_cells_make(&cells, &map, 40));
	for (size_t i = 0; i < cells.n_cells; i++)
		drawn += cells.cells[i].slots;
	fuzz_check(drawn == target->n);
	map_summary(&map, there, heat);
	map_cells_free(&cells);
	free(slots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct map_file_target target;
	uint64_t at_ns;

	if (map_file_read(text, asked, UNIT_NS, &target, &at_ns)) {
		fuzz_check(!target.slots && !target.n);
	} else {
		check_slots(&target);
		check_again(&target, at_ns);
		check_drawn(&target);
	}
	map_file_free(&target);
	free(text);
	return 0;
}
