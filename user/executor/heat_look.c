// SPDX-License-Identifier: GPL-2.0
/* A look at one target: which of the slots that pay lie where a collapse makes sense, what of them is huge, what is next. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "act/collapse.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/units.h"
#include "decide/looks.h"
#include "executor/collapser.h"
#include "report/log.h"
#include "sense/pagemap.h"

/* Where one array has no more room, none is taken to have: room is that of all. */
static int make_room(struct madvise *madvise, size_t n)
{
	size_t paying = madvise->room, places = paying, starts = paying, pages = paying;
	int err = array_reserve(&madvise->paying, &paying, n, sizeof(*madvise->paying));

	if (!err)
		err = array_reserve(&madvise->places, &places, n, sizeof(*madvise->places));
	if (!err)
		err = array_reserve(&madvise->starts, &starts, n, sizeof(*madvise->starts));
	if (!err)
		err = array_reserve(&madvise->pages, &pages, n, sizeof(*madvise->pages));
	if (!err)
		madvise->room = paying;
	return err;
}

static bool ask_kernel(void *arg, uint64_t slot)
{
	struct target *target = arg;
	int allowed = collapse_allowed(target->pidfd, slot);

	collapser_note_barred(target, allowed);
	return allowed > 0;
}

static struct work_slot paying_slot(const struct collapser *collapser, const struct heat_slot *slot,
				    uint64_t now_ns)
{
	return (struct work_slot){
		.start = slot->start,
		.rate_per_s = slot->rate_per_s,
		.huge = slot->huge,
		.populated = slot->populated,
		.shared = slot->shared,
		.unread = !slot->read,
		.waits = backoff_waits(collapser->backoff, slot->start, now_ns),
	};
}

/* Of shared memory all accesses count, whoever makes them; what the target makes of them the others are told. -ENOMEM. */
static int add_shared(const struct executor *executor, const struct target *target, struct work_slot *work)
{
	struct collapser *collapser = target->own;
	struct shared_slot own = {.rate_per_s = work->rate_per_s, .huge = work->huge};

	if (!collapser_shared_key(target, work->start, &own.key))
		return 0;
	work->rate_per_s += collapser_known_by_others(executor, target, &own.key).rate_per_s;
	return shared_list_add(&collapser->shared, &own);
}

static int hotter_first(const void *left, const void *right)
{
	const struct work_slot *a = left, *b = right;

	if (a->rate_per_s != b->rate_per_s)
		return a->rate_per_s > b->rate_per_s ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* Those of the @n_slots that are ranked which lie in mappings that can be collapsed, and are accessed @least_per_s. */
static int take_paying(const struct executor *executor, struct target *target, uint64_t now_ns,
		       double least_per_s, size_t n_slots, size_t *n)
{
	struct vma_asking asking = {ask_kernel, target, now_ns, LOOKS_ASKS, LOOKS_ASKS_AGAIN};
	struct collapser *collapser = target->own;
	struct madvise *madvise = executor->own;
	int err = 0;

	*n = 0;
	for (size_t i = 0; i < n_slots && !err; i++) {
		const struct heat_slot *slot = heat_ranked(collapser->heat, i);
		struct work_slot work = paying_slot(collapser, slot, now_ns);
		enum vma_answer answer;

		err = add_shared(executor, target, &work);
		if (work.rate_per_s < least_per_s)
			continue;
		answer = vma_map_ask(&target->where.mappings, slot->start, &asking);
		work.unasked = answer == VMA_UNKNOWN;
		if (answer != VMA_NO)
			madvise->paying[(*n)++] = work;
	}
	return err;
}

/*
 * The slots that pay and lie in mappings that can be collapsed, the most accessed first. Of a slot that pays by what several
 * targets access it one of them makes its share or more.
 */
static int gather_paying(const struct executor *executor, struct target *target, uint64_t now_ns, size_t *n)
{
	struct worth_config worth = executor_worth(executor);
	double least_per_s = worth_least_rate_per_s(&worth);
	bool shares = target->where.mappings.shared_bytes > 0;
	struct collapser *collapser = target->own;
	struct madvise *madvise = executor->own;
	struct heat_sum sum;
	size_t n_slots;
	int err = heat_rank(collapser->heat, shares ? least_per_s / collapser_sharers(executor) : least_per_s,
			    &n_slots, &sum);

	if (!err)
		err = make_room(madvise, n_slots);
	if (err)
		return err;
	target->heat.mapped = true;
	target->heat.in_use_bytes = sum.in_use_bytes;
	target->heat.share = sum.share;
	collapser->shared.n = 0;
	err = take_paying(executor, target, now_ns, least_per_s, n_slots, n);
	shared_list_sort(&collapser->shared);
	if (shares && !err && *n)
		qsort(madvise->paying, *n, sizeof(*madvise->paying), hotter_first);
	return err;
}

static size_t places_to_read(struct madvise *madvise, const struct target *target, size_t n_paying,
			     uint64_t now_ns)
{
	struct collapser *collapser = target->own;
	bool recheck = now_ns - collapser->recheck_ns >= LOOKS_RECHECK_NS;
	struct readlist_most most = readlist_most(descent_acts(&target->descent), recheck);
	size_t n = readlist_make(&collapser->readlist, madvise->paying, n_paying, &most, madvise->places);

	if (recheck)
		collapser->recheck_ns = now_ns;
	for (size_t i = 0; i < n; i++)
		madvise->starts[i] = madvise->places[i].start;
	return n;
}

static void take_pages(struct madvise *madvise, const struct target *target, size_t n)
{
	struct collapser *collapser = target->own;

	for (size_t i = 0; i < n; i++) {
		struct work_slot *slot = &madvise->paying[madvise->places[i].slot];
		const struct slot_pages *pages = &madvise->pages[i];

		slot->unread = false;
		slot->populated = pages->present;
		slot->shared = pages->shared;
		slot->huge = pages->huge;
		heat_set_pages(collapser->heat, slot->start, (uint16_t)slot->populated, pages->shared,
			       slot->huge);
		collapser_tell_huge(target, slot->start, slot->huge);
	}
}

static int read_pages(const struct executor *executor, struct target *target, size_t n_paying,
		      uint64_t now_ns)
{
	struct madvise *madvise = executor->own;
	size_t n = places_to_read(madvise, target, n_paying, now_ns);
	int err = n ? collapser_read_pages(executor, target, madvise->starts, n, madvise->pages) : 0;

	if (!err)
		take_pages(madvise, target, n);
	return err;
}

static void say_coarse(const struct target *target)
{
	struct collapser *collapser = target->own;

	if (collapser->said_coarse || !heat_coarse_bytes(collapser->heat))
		return;
	collapser->said_coarse = true;
	target_say(target,
		   "%" PRIu64
		   " MiB that are accessed lie in regions above %llu MiB, too large to tell where: "
		   "--max-regions makes them smaller",
		   bytes_to_mib(heat_coarse_bytes(collapser->heat)), HEAT_REGION_MAX_BYTES / MIB_BYTES);
}

static void choose(const struct executor *executor, struct target *target, size_t n, uint64_t now_ns)
{
	const struct madvise *madvise = executor->own;
	struct room room = target_room_of(executor, target);
	struct collapser *collapser = target->own;

	collapser->worklist = worklist_make(madvise->paying, n, &room, collapser->chosen);
	collapser->next = 0;
	if (looks_is_young(heat_aggregations(collapser->heat), target->where.by_slot,
			   collapser->mapped_since_ns, now_ns))
		collapser->worklist.n = 0;
	target->heat.known = heat_aggregations(collapser->heat) > 0 && !collapser->worklist.unknown;
	target->heat.hot_bytes = collapser->worklist.hot_bytes;
	target->heat.huge_bytes = collapser->worklist.hot_huge_bytes;
	target->heat.huge_per_s = collapser->worklist.huge_per_s;
	target->heat.small_per_s = collapser->worklist.small_per_s;
	target_room_leave(executor, target, &collapser->worklist.left);
	say_coarse(target);
}

static int look(struct executor *executor, struct target *target, uint64_t now_ns)
{
	struct collapser *collapser = target->own;
	size_t n;
	int err = target->where_err;

	if (!err)
		err = gather_paying(executor, target, now_ns, &n);
	if (!err)
		err = array_reserve(&collapser->chosen, &collapser->room, n, sizeof(*collapser->chosen));
	if (!err)
		err = read_pages(executor, target, n, now_ns);
	if (!err)
		choose(executor, target, n, now_ns);
	return err;
}

static bool is_silent(const struct target *target, uint64_t now_ns)
{
	const struct collapser *collapser = target->own;

	return collapser->watched && looks_is_silent(collapser->heard_ns, target->intervals.aggr_us, now_ns);
}

/* It should not happen, but heat that comes no more must not pass for cold. */
static void listen_again(struct madvise *madvise, const struct target *target, uint64_t now_ns)
{
	const struct collapser *collapser = target->own;
	int err;

	if (now_ns - madvise->listened_ns < LOOKS_LISTEN_NS)
		return;
	madvise->listened_ns = now_ns;
	err = regions_attach_again(madvise->regions);
	log_warning("%s: kdamond %d says nothing of its regions for %.1f s: listening anew%s%s", target->name,
		    collapser->watched, ns_to_s(now_ns - collapser->heard_ns), err ? ": " : "",
		    err ? strerror(-err) : "");
}

/* Another program runs in the process: what was made huge went with the old memory. */
static void follow_program(struct target *target)
{
	struct collapser *collapser = target->own;

	if (target->execs == collapser->execs)
		return;
	collapser_forget(collapser);
	collapser->execs = target->execs;
	collapser->done = 0;
	collapser->said_capped = false;
}

/*
 * The process has ended, or may not be read, there is no memory, or its kdamond is silent: nothing is collapsed by what
 * was known before.
 */
static void look_in_vain(struct target *target, int err)
{
	struct collapser *collapser = target->own;

	collapser_note_barred(target, err);
	target->heat.known = false;
	collapser->worklist = (struct worklist){0};
	collapser->next = 0;
}

void collapser_look(struct executor *executor, struct target *target, uint64_t now_ns)
{
	int err;

	/* If it cannot be listened to just now, the next look tries again. */
	if (!collapser_watch(target->own, target->kdamond.pid, now_ns) && is_silent(target, now_ns))
		listen_again(executor->own, target, now_ns);
	follow_program(target);
	err = look(executor, target, now_ns);
	if (err || is_silent(target, now_ns))
		look_in_vain(target, err);
	pace_set_budget(&((struct collapser *)target->own)->pace, executor->setup.stall_budget_us, now_ns);
	pace_look_at_target(executor->own, target, now_ns);
}

/* ---- the map, for people ---- */

static int by_address(const void *left, const void *right)
{
	const struct map_file_slot *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static int against_slot(const void *key, const void *slot)
{
	uint64_t start = *(const uint64_t *)key, other = ((const struct map_file_slot *)slot)->start;

	return start < other ? -1 : start > other;
}

/* All that are surely accessed, as far as there is room for them. */
static int list_accessed(const struct target *target, size_t most, struct map_file_target *map)
{
	const struct collapser *collapser = target->own;
	struct heat_sum sum;
	size_t n;
	int err = heat_rank(collapser->heat, 0, &n, &sum);

	map->left_out = n > most ? n - most : 0;
	n = n > most ? most : n;
	if (!err)
		err = array_reserve(&map->slots, &map->room, n + 1, sizeof(*map->slots));
	for (size_t i = 0; i < n && !err; i++) {
		const struct heat_slot *slot = heat_ranked(collapser->heat, i);

		map->slots[map->n++] = (struct map_file_slot){slot->start, slot->rate_per_s,
							      slot->huge ? MAP_HUGE : MAP_PLAIN};
	}
	if (map->n)
		qsort(map->slots, map->n, sizeof(*map->slots), by_address);
	return err;
}

/* Those that pay, by the rates of all who map them, as the worklist judges them. */
static void mark_paying(const struct executor *executor, const struct target *target, size_t n_paying,
			struct map_file_target *map)
{
	const struct madvise *madvise = executor->own;
	struct room room = target_room_of(executor, target);

	for (size_t i = 0; i < n_paying; i++) {
		const struct work_slot *work = &madvise->paying[i];
		struct work_judged judged = work_slot_judge(work, &room);
		struct map_file_slot *slot = !map->n ? NULL
						     : bsearch(&work->start, map->slots, map->n,
							       sizeof(*map->slots), against_slot);

		if (!slot)
			continue;
		slot->rate_per_s = (float)work->rate_per_s;
		slot->mark = map_mark_of(&judged);
	}
}

int collapser_map(const struct executor *executor, struct target *target, size_t most, uint64_t now_ns,
		  struct map_file_target *map)
{
	struct worth_config worth = executor_worth(executor);
	size_t n_paying;
	int err = target->heat.mapped ? list_accessed(target, most, map) : -EOPNOTSUPP;

	map->least_per_s = worth_least_rate_per_s(&worth);
	if (!err)
		err = gather_paying(executor, target, now_ns, &n_paying);
	if (!err)
		mark_paying(executor, target, n_paying, map);
	return err;
}
