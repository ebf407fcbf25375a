// SPDX-License-Identifier: GPL-2.0
#include "decide/sweep.h"

#include <stdlib.h>

struct list {
	struct sweep_place *places;
	size_t n;
};

enum kind { UNREAD, SMALL, HUGE_PAGE, UNASKED };

static enum kind kind_of(const struct choice_slot *slot)
{
	if (slot->unasked)
		return UNASKED;
	if (slot->unread)
		return UNREAD;
	return slot->huge ? HUGE_PAGE : SMALL;
}

/* At most @most of @kind from the place @first on, round once. Returns the place from which the next ones are. */
static size_t take(struct list *list, const struct choice_slot *slots, size_t n, enum kind kind, size_t most,
		   size_t first)
{
	for (size_t i = 0; i < n; i++) {
		size_t place = (first + i) % n;

		if (!most)
			return place;
		if (kind_of(&slots[place]) != kind)
			continue;
		list->places[list->n++] = (struct sweep_place){slots[place].start, place};
		most--;
	}
	return first;
}

static int by_address(const void *left, const void *right)
{
	const struct sweep_place *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

size_t sweep_choose(struct sweep *sweep, const struct choice_slot *slots, size_t n,
		    const struct sweep_most *most, struct sweep_place *places)
{
	struct list list = {.places = places};

	take(&list, slots, n, UNREAD, most->unread, 0);
	sweep->next_small = take(&list, slots, n, SMALL, most->small, sweep->next_small);
	sweep->next_huge = take(&list, slots, n, HUGE_PAGE, most->huge, sweep->next_huge);
	if (list.n)
		qsort(places, list.n, sizeof(*places), by_address);
	return list.n;
}
