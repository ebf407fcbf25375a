// SPDX-License-Identifier: GPL-2.0
#include "decide/shared.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bisect.h"

static int key_cmp(const struct shared_key *a, const struct shared_key *b)
{
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return 0;
}

static int slot_cmp(const void *left, const void *right)
{
	return key_cmp(&((const struct shared_slot *)left)->key, &((const struct shared_slot *)right)->key);
}

int shared_list_add(struct shared_list *list, const struct shared_slot *slot)
{
	int err = array_reserve(&list->slots, &list->room, list->n + 1, sizeof(*list->slots));

	if (!err)
		list->slots[list->n++] = *slot;
	return err;
}

void shared_list_sort(struct shared_list *list)
{
	if (list->n)
		qsort(list->slots, list->n, sizeof(*list->slots), slot_cmp);
}

void shared_list_free(struct shared_list *list)
{
	free(list->slots);
	*list = (struct shared_list){0};
}

static int key_against_slot(const void *key, const void *slot)
{
	return key_cmp(key, &((const struct shared_slot *)slot)->key);
}

/* The first one that is not before @key. */
static size_t find(const struct shared_list *list, const struct shared_key *key)
{
	return list->n ? bisect(key, list->slots, list->n, sizeof(*list->slots), key_against_slot) : 0;
}

static bool is_of(const struct shared_list *list, size_t place, const struct shared_key *key)
{
	return place < list->n && !key_cmp(&list->slots[place].key, key);
}

void shared_list_sum(const struct shared_list *list, const struct shared_key *key, struct shared_slot *sum)
{
	for (size_t i = find(list, key); is_of(list, i, key); i++) {
		sum->rate_per_s += list->slots[i].rate_per_s;
		sum->huge |= list->slots[i].huge;
	}
}

void shared_list_set_huge(struct shared_list *list, const struct shared_key *key, bool huge)
{
	for (size_t i = find(list, key); is_of(list, i, key); i++)
		list->slots[i].huge = huge;
}
