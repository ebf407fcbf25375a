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

struct worklist worklist_make(const struct work_slot *slots, size_t n, unsigned int min_populated_pct,
			      uint64_t *chosen)
{
	struct worklist list = {0};

	for (size_t i = 0; i < n; i++) {
		if (is_unknown(&slots[i]))
			list.unknown++;
		else if (slots[i].huge)
			list.hot_huge_bytes += PMD_SIZE_BYTES;
		else if (is_sparse(&slots[i], min_populated_pct))
			list.sparse++;
		else if (is_shared(&slots[i], min_populated_pct))
			list.shared++;
		else if (slots[i].waits)
			list.waiting++;
		else
			chosen[list.n++] = slots[i].start;
	}
	list.hot_bytes = (n - list.unknown) * PMD_SIZE_BYTES;
	return list;
}

size_t worklist_count_hot(const struct work_slot *slots, size_t n, double threshold_pct)
{
	size_t n_hot = 0;

	while (n_hot < n && slots[n_hot].pct >= threshold_pct)
		n_hot++;
	return n_hot;
}

double worklist_hottest_small_pct(const struct work_slot *slots, size_t n, unsigned int min_populated_pct)
{
	for (size_t i = 0; i < n; i++) {
		if (is_unknown(&slots[i]))
			return -1;
		if (!slots[i].huge && !slots[i].waits && !is_sparse(&slots[i], min_populated_pct) &&
		    !is_shared(&slots[i], min_populated_pct))
			return slots[i].pct;
	}
	return 0;
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
	evidence->small_heat_known = state->heat_known && state->small_heat_pct >= 0;
	evidence->small_heat_pct = evidence->small_heat_known ? (unsigned int)state->small_heat_pct : 0;
	evidence->sparse = list->sparse;
	evidence->shared = list->shared;
	evidence->barred = state->barred;
}
