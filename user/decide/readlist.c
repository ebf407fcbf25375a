// SPDX-License-Identifier: GPL-2.0
#include "decide/readlist.h"

#include <stdlib.h>

struct list {
	struct readlist_place *places;
	size_t n;
};

struct readlist_most readlist_most(bool acting, bool recheck)
{
	return (struct readlist_most){
		.unread = READLIST_UNREAD,
		.small = acting ? READLIST_SMALL : READLIST_SMALL_PARKED,
		.huge = recheck ? READLIST_HUGE : 0,
	};
}

enum kind { UNREAD, SMALL, HUGE_PAGE, UNASKED };

static enum kind kind_of(const struct work_slot *slot)
{
	if (slot->unasked)
		return UNASKED;
	if (slot->unread)
		return UNREAD;
	return slot->huge ? HUGE_PAGE : SMALL;
}

/* At most @most of @kind from the place @first on, round once. Returns the place from which the next ones are. */
static size_t take(struct list *list, const struct work_slot *slots, size_t n, enum kind kind, size_t most,
		   size_t first)
{
	for (size_t i = 0; i < n; i++) {
		size_t place = (first + i) % n;

		if (!most)
			return place;
		if (kind_of(&slots[place]) != kind)
			continue;
		list->places[list->n++] = (struct readlist_place){slots[place].start, place};
		most--;
	}
	return first;
}

static int by_address(const void *left, const void *right)
{
	const struct readlist_place *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

size_t readlist_make(struct readlist *readlist, const struct work_slot *slots, size_t n,
		     const struct readlist_most *most, struct readlist_place *places)
{
	struct list list = {.places = places};

	take(&list, slots, n, UNREAD, most->unread, 0);
	readlist->next_small = take(&list, slots, n, SMALL, most->small, readlist->next_small);
	readlist->next_huge = take(&list, slots, n, HUGE_PAGE, most->huge, readlist->next_huge);
	if (list.n)
		qsort(places, list.n, sizeof(*places), by_address);
	return list.n;
}
