// SPDX-License-Identifier: GPL-2.0
#include "decide/tally.h"

static uint64_t count_of(const struct tally_list *list, uint32_t status)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->counts[i].status == status)
			return list->counts[i].count;
	return 0;
}

static void add(struct tally_list *list, uint32_t status, uint64_t count)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->counts[i].status == status) {
			list->counts[i].count += count;
			return;
		}
	}
	if (list->n < TALLY_OUTCOMES)
		list->counts[list->n++] = (struct tally_count){status, count};
}

void tally_add(struct tally_list *list, const struct tally_list *more)
{
	for (size_t i = 0; i < more->n; i++)
		add(list, more->counts[i].status, more->counts[i].count);
}

/* A walk of BPF's map that an eviction sends back to its begin tells a key twice. */
static struct tally_list most_of(const struct tally_count *counts, size_t n)
{
	struct tally_list list = {.n = 0};

	for (size_t i = 0; i < n; i++) {
		uint64_t before = count_of(&list, counts[i].status);

		if (counts[i].count > before)
			add(&list, counts[i].status, counts[i].count - before);
	}
	return list;
}

void tally_begin(struct tally *tally, const struct tally_count *counts, size_t n)
{
	tally->base = most_of(counts, n);
}

void tally_take(struct tally *tally, const struct tally_count *counts, size_t n)
{
	struct tally_list fresh = most_of(counts, n);

	/* An entry that BPF had to evict must not make a count go back. */
	for (size_t i = 0; i < fresh.n; i++) {
		uint32_t status = fresh.counts[i].status;
		uint64_t before = count_of(&tally->now, status) + count_of(&tally->base, status);

		if (fresh.counts[i].count > before)
			add(&tally->now, status, fresh.counts[i].count - before);
	}
}

void tally_new_actor(struct tally *tally)
{
	tally_add(&tally->past, &tally->now);
	tally->now.n = 0;
	tally->base.n = 0;
}

uint64_t tally_of(const struct tally *tally, uint32_t status)
{
	return count_of(&tally->now, status) + count_of(&tally->past, status);
}

void tally_all(const struct tally *tally, struct tally_list *all)
{
	*all = tally->now;
	tally_add(all, &tally->past);
}
