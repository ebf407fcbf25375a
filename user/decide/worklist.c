// SPDX-License-Identifier: GPL-2.0
#include "decide/worklist.h"

/* What a collapse of it would add. */
static struct room_growth work_slot_added(const struct work_slot *slot)
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
struct work_judged work_slot_judge(const struct work_slot *slot, struct room *room)
{
	struct room_growth added = work_slot_added(slot);
	struct work_judged judged = {.left = ROOM_FITS};

	if (is_unknown(slot)) {
		judged.fate = WORK_UNKNOWN;
	} else if (slot->huge) {
		judged.fate = WORK_HUGE;
	} else {
		judged.left = room_judge(room, &added);
		judged.fate = judged.left != ROOM_FITS ? WORK_LEFT : slot->waits ? WORK_WAITS : WORK_NEXT;
	}
	if (judged.fate == WORK_NEXT)
		room_take(room, &added);
	return judged;
}

struct worklist worklist_make(const struct work_slot *slots, size_t n, const struct room *room,
			      uint64_t *chosen)
{
	struct worklist list = {0};
	struct room left = *room;

	for (size_t i = 0; i < n; i++) {
		struct work_judged judged = work_slot_judge(&slots[i], &left);
		struct room_growth added = work_slot_added(&slots[i]);

		if (judged.fate == WORK_UNKNOWN)
			list.unknown++;
		else if (judged.fate == WORK_LEFT)
			room_leave(&list.left, judged.left, &added);
		else
			count(&list, &slots[i]);
		list.waiting += judged.fate == WORK_WAITS;
		if (judged.fate == WORK_NEXT)
			chosen[list.n++] = slots[i].start;
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
	evidence->held_up_by_host = !state->has_room || !state->pace_pct; /* want of memory is counted */
	evidence->collapsible_bytes = could ? list->n * PMD_SIZE_BYTES : 0;
	evidence->left_alone = room_left_slots(&list->left);
	evidence->left_for_now = room_left_for_now(&list->left);
	evidence->left_most = room_verdict_words(room_left_most(&list->left));
	evidence->barred = state->barred;
}
