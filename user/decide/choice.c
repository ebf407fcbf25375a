// SPDX-License-Identifier: GPL-2.0
#include "decide/choice.h"

/* One without any page is none that a collapse makes huge, even where the least share is 0. */
static bool is_sparse(const struct choice_slot *slot, unsigned int min_populated_pct)
{
	return !slot->populated || slot->populated * 100 < min_populated_pct * CHOICE_SLOT_PAGES;
}

static bool is_unknown(const struct choice_slot *slot)
{
	return slot->unread || slot->unasked;
}

struct choice choice_make(const struct choice_slot *slots, size_t n, unsigned int min_populated_pct,
			  uint64_t *chosen)
{
	struct choice choice = {0};

	for (size_t i = 0; i < n; i++) {
		if (is_unknown(&slots[i]))
			choice.unknown++;
		else if (slots[i].huge)
			choice.hot_huge_bytes += PMD_SIZE_BYTES;
		else if (is_sparse(&slots[i], min_populated_pct))
			choice.sparse++;
		else if (slots[i].waits)
			choice.waiting++;
		else
			chosen[choice.n++] = slots[i].start;
	}
	choice.hot_bytes = (n - choice.unknown) * PMD_SIZE_BYTES;
	return choice;
}

double choice_hottest_small_pct(const struct choice_slot *slots, size_t n, unsigned int min_populated_pct)
{
	for (size_t i = 0; i < n; i++) {
		if (is_unknown(&slots[i]))
			return -1;
		if (!slots[i].huge && !slots[i].waits && !is_sparse(&slots[i], min_populated_pct))
			return slots[i].pct;
	}
	return 0;
}

size_t choice_room(uint64_t cap_bytes, uint64_t added_bytes)
{
	if (!cap_bytes)
		return SIZE_MAX;
	return added_bytes < cap_bytes ? (cap_bytes - added_bytes) / PMD_SIZE_BYTES : 0;
}
