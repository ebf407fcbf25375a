// SPDX-License-Identifier: GPL-2.0
#include "decide/worklist.h"

struct room_growth work_slot_added(const struct work_slot *slot)
{
	return room_added(slot->populated, slot->shared);
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

/* One that waits takes none of the room: others may have it meanwhile. */
static void sort_small(struct worklist *list, const struct work_slot *slot, struct room *left,
		       uint64_t *chosen)
{
	struct room_growth added = work_slot_added(slot);
	enum room_verdict verdict = room_judge(left, &added);

	if (verdict != ROOM_FITS) {
		room_leave(&list->left, verdict, &added);
		return;
	}
	count(list, slot);
	if (slot->waits) {
		list->waiting++;
		return;
	}
	chosen[list->n++] = slot->start;
	room_take(left, &added);
}

struct worklist worklist_make(const struct work_slot *slots, size_t n, const struct room *room,
			      uint64_t *chosen)
{
	struct worklist list = {0};
	struct room left = *room;

	for (size_t i = 0; i < n; i++) {
		if (is_unknown(&slots[i]))
			list.unknown++;
		else if (slots[i].huge)
			count(&list, &slots[i]);
		else
			sort_small(&list, &slots[i], &left, chosen);
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
	evidence->left_alone = room_left_slots(&list->left);
	evidence->left_for_now = room_left_for_now(&list->left);
	evidence->left_most = room_verdict_words(room_left_most(&list->left));
	evidence->barred = state->barred;
}
