// SPDX-License-Identifier: GPL-2.0
#include "decide/worklist.h"

/* One without any page is none that a collapse makes huge, even where the least share is 0. */
static bool is_sparse(const struct work_slot *slot, unsigned int min_populated_pct)
{
	return !slot->populated || slot->populated * 100 < min_populated_pct * SLOT_PAGES;
}

static bool is_shared(const struct work_slot *slot, unsigned int min_populated_pct)
{
	unsigned int shared = slot->shared < slot->populated ? slot->shared : slot->populated;

	return (slot->populated - shared) * 100 < min_populated_pct * SLOT_PAGES;
}

static bool is_unknown(const struct work_slot *slot)
{
	return slot->unread || slot->unasked;
}

static void count(struct worklist *list, const struct work_slot *slot)
{
	list->hot_bytes += PMD_SIZE_BYTES;
	if (!slot->huge) {
		list->small_per_s += slot->rate_per_s;
		return;
	}
	list->hot_huge_bytes += PMD_SIZE_BYTES;
	list->huge_per_s += slot->rate_per_s;
}

struct worklist worklist_make(const struct work_slot *slots, size_t n, unsigned int min_populated_pct,
			      uint64_t *chosen)
{
	struct worklist list = {0};

	for (size_t i = 0; i < n; i++) {
		const struct work_slot *slot = &slots[i];

		if (is_unknown(slot)) {
			list.unknown++;
		} else if (!slot->huge && is_sparse(slot, min_populated_pct)) {
			list.sparse++;
		} else if (!slot->huge && is_shared(slot, min_populated_pct)) {
			list.shared++;
		} else {
			count(&list, slot);
			if (slot->huge)
				continue;
			if (slot->waits)
				list.waiting++;
			else
				chosen[list.n++] = slot->start;
		}
	}
	return list;
}

static bool can_try(const struct work_state *state)
{
	return !state->young && !state->paused && state->has_room && state->pace_pct;
}

void worklist_evidence(const struct worklist *list, const struct work_state *state,
		       struct descent_evidence *evidence)
{
	bool could = can_try(state), coarse = state->coarse && !list->n;

	evidence->held_up = !could || list->unknown || coarse;
	evidence->collapsible_bytes = could ? list->n * PMD_SIZE_BYTES : 0;
	evidence->sparse = list->sparse;
	evidence->shared = list->shared;
	evidence->barred = state->barred;
}
