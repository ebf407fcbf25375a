// SPDX-License-Identifier: GPL-2.0
/*
 * The executor madvise: kdamonds only watch; what they say makes a map of each target's heat, and the hottest slots are
 * collapsed one by one, within a budget of the target's time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/collapse.h"
#include "base/clock.h"
#include "decide/looks.h"
#include "decide/outcome.h"
#include "decide/region_count.h"
#include "executor/collapser.h"
#include "report/log.h"
#include "sense/pagemap.h"
#include "sense/requirement.h"

static void madvise_settings(const struct executor_setup *setup, struct damon_settings *settings)
{
	(void)setup;
	settings->watches_only = true;
}

static int madvise_open(struct executor *executor, struct act_error *error)
{
	const struct executor_setup *setup = &executor->setup;
	struct madvise *madvise = calloc(1, sizeof(*madvise));
	int err;

	if (!madvise)
		return act_fail(error, ENOMEM, "executor madvise");
	executor->own = madvise;
	madvise->limit.share_pct = madvise->host.share_pct = 100;
	err = regions_open(setup->n_seats, setup->max_regions, &madvise->regions);
	if (err == -ENOENT)
		return act_fail(error, ENOENT, "find the tracepoint damon_aggregated");
	return err ? act_fail(error, -err, "load regions.bpf.o%s", host_load_hint(err)) : 0;
}

static void madvise_close(struct executor *executor)
{
	struct madvise *madvise = executor->own;

	if (!madvise)
		return;
	regions_close(madvise->regions);
	free(madvise->paying);
	free(madvise->places);
	free(madvise->starts);
	free(madvise->pages);
	free(madvise);
}

static int madvise_fd(const struct executor *executor)
{
	const struct madvise *madvise = executor->own;

	return regions_fd(madvise->regions);
}

/* Of one that has just ended ESRCH is no news. */
static const char *madvise_bars(const struct process_facts *facts)
{
	int err = collapse_reach(facts->tgid);

	return err == -ESRCH && facts->live_tid == facts->tgid ? NULL : collapse_barred_by(err);
}

static int madvise_enter(struct executor *executor, struct target *target, uint64_t now_ns)
{
	struct madvise *madvise = executor->own;
	const struct collapses_count *counts;
	struct departed_process before;
	struct collapser *collapser;
	size_t n;
	int err = collapses_read(executor->setup.collapses, &counts, &n);

	if (err)
		return err;
	target_tally_own(target, (uint32_t)getpid(), counts, n);
	collapser = collapser_new(madvise->regions, executor->setup.stall_budget_us, now_ns);
	if (!collapser)
		return -ENOMEM;
	pace_set_share(&collapser->pace, madvise->limit.share_pct, now_ns);
	/* One that was watched before has what was made huge then. */
	before = departed_take(&madvise->departed, target->id, target->execs);
	collapser->done = before.bytes / PMD_SIZE_BYTES;
	target_room_enter(target, &before.grown);
	collapser->execs = target->execs;
	target->own = collapser;
	return 0;
}

/* What became huge in it counts on for the cap of all, for as long as it lives. */
static void madvise_leave(struct executor *executor, struct target *target)
{
	struct madvise *madvise = executor->own;
	struct collapser *collapser = target->own;

	if (!target_is_gone(target))
		departed_put(&madvise->departed, &(struct departed_process){
							 .id = target->id,
							 .execs = collapser->execs,
							 .bytes = collapser->done * PMD_SIZE_BYTES,
							 .grown = target->room.grown,
						 });
	collapser_clear(collapser);
}

/* ---- what the kdamonds say ---- */

static void on_aggregation(void *arg, pid_t kdamond, const struct heat_region *regions, size_t n,
			   uint64_t ended_ns)
{
	const struct executor_setup *setup = &((struct executor *)arg)->setup;

	for (unsigned int seat = 0; seat < setup->n_seats; seat++) {
		struct target *target = &setup->targets[seat];
		struct collapser *collapser = target->own;

		if (!collapser || collapser->watched != kdamond)
			continue;
		/* Without memory for it this aggregation is lost, and the next one will do. */
		heat_add(collapser->heat, regions, n,
			 &(struct heat_sampling){setup->descent->levels.max_accesses,
						 target->intervals.aggr_us},
			 ended_ns);
		collapser->heard_ns = ended_ns;
		if (!collapser->mapped_since_ns)
			collapser->mapped_since_ns = ended_ns;
		collapser->applies += descent_acts(&target->descent);
		return;
	}
}

static void madvise_hear(struct executor *executor, uint64_t now_ns)
{
	const struct madvise *madvise = executor->own;

	(void)now_ns;
	regions_take(madvise->regions, on_aggregation, executor);
}

/* ---- a look at all targets ---- */

static uint64_t madvise_next_look_ns(const struct executor *executor, uint64_t last_ns, uint64_t cost_ns)
{
	const struct executor_setup *setup = &executor->setup;
	bool acting = false;

	for (unsigned int seat = 0; seat < setup->n_seats; seat++)
		acting |= setup->targets[seat].own && descent_acts(&setup->targets[seat].descent);
	return looks_next_ns(last_ns, cost_ns, acting);
}

static void see_incomplete(struct executor *executor)
{
	struct madvise *madvise = executor->own;
	struct regions_counts counts = regions_counts(madvise->regions);

	executor->lost_aggregations = counts.incomplete;
	if (!counts.incomplete || madvise->said_incomplete)
		return;
	madvise->said_incomplete = true;
	log_warning("of %" PRIu64 " aggregations %" PRIu64 " came in part only, and were thrown away",
		    counts.taken + counts.incomplete, counts.incomplete);
}

static bool has_ended(struct process_id id)
{
	struct process_facts facts;
	int err = process_facts_read("/proc", id.tgid, &facts);

	return err ? err == -ESRCH : !process_facts_match(&facts, id) || !facts.live_tid;
}

/* What they had is free, and does not count any more. */
static void forget_ended(struct madvise *madvise, uint64_t now_ns)
{
	if (now_ns - madvise->departed_ns < LOOKS_DEPARTED_NS)
		return;
	madvise->departed_ns = now_ns;
	for (size_t i = madvise->departed.n; i-- > 0;) {
		const struct departed_process *process = &madvise->departed.processes[i];

		if (has_ended(process->id))
			departed_take(&madvise->departed, process->id, process->execs);
	}
}

static void madvise_survey(struct executor *executor, uint64_t now_ns)
{
	pace_look_at_host(executor->own, now_ns);
	see_incomplete(executor);
	forget_ended(executor->own, now_ns);
}

/* ---- collapsing ---- */

/* Huge bytes that we added and that can still be there. */
static uint64_t added_bytes(const struct executor *executor)
{
	const struct madvise *madvise = executor->own;
	uint64_t sum = departed_bytes(&madvise->departed);

	for (unsigned int seat = 0; seat < executor->setup.n_seats; seat++) {
		const struct collapser *collapser = executor->setup.targets[seat].own;

		if (collapser)
			sum += collapser->done * PMD_SIZE_BYTES;
	}
	return sum;
}

static bool has_room(const struct executor *executor, const struct target *target)
{
	const struct collapser *collapser = target->own;
	struct caps caps = executor->setup.caps;

	if (target->limits.has_huge)
		caps.target_bytes = target->limits.max_huge_bytes;
	return caps_have_room(&caps, collapser->done * PMD_SIZE_BYTES, added_bytes(executor));
}

static bool within_caps(const struct executor *executor, const struct target *target)
{
	struct log_about about = target_about(target, EVENT_CAPPED);
	struct collapser *collapser = target->own;

	if (has_room(executor, target))
		return true;
	if (!collapser->said_capped)
		log_event(&about,
			  "%s: the cap is reached: %" PRIu64 " MiB made huge in it, %" PRIu64 " MiB in all",
			  target->name, bytes_to_mib(collapser->done * PMD_SIZE_BYTES),
			  bytes_to_mib(added_bytes(executor)));
	collapser->said_capped = true;
	return false;
}

/* Since the look it may have become huge, or been given back. */
static bool read_small(const struct executor *executor, struct target *target, uint64_t start,
		       struct room_growth *added)
{
	const struct collapser *collapser = target->own;
	struct slot_pages pages;

	if (collapser_read_pages(executor, target, &start, 1, &pages))
		return false;
	heat_set_huge(collapser->heat, start, pages.huge);
	*added = room_added(pages.present, pages.shared);
	return !pages.huge;
}

/* As it was when it was tried, whatever the room is by now. */
static bool is_collapsible(const struct executor *executor, struct target *target, uint64_t start)
{
	struct room_config config = target_room_config(executor, target);
	struct room_growth added;

	return read_small(executor, target, start, &added) &&
	       room_judge_slot(config.max_growth_pct, &added) == ROOM_FITS;
}

/* Or been shared by a fork; and the room may be gone. */
static bool may_collapse(const struct executor *executor, struct target *target, uint64_t start,
			 uint64_t now_ns, struct room_growth *added)
{
	struct room room;
	enum room_verdict verdict;

	if (!read_small(executor, target, start, added))
		return false;
	room = room_growth_bytes(added) ? target_room_now(executor, target)
					: target_room_of(executor, target);
	verdict = room_judge(&room, added);
	if (verdict == ROOM_FITS && !pace_node_has_blocks(executor->own, target, start, now_ns))
		verdict = ROOM_NODE_DRY;
	if (verdict != ROOM_FITS)
		room_leave(&target->room.left, verdict, added);
	return verdict == ROOM_FITS;
}

static void note_growth(struct target *target, const struct room_growth *added)
{
	struct room_growth *grown = &target->room.grown;

	grown->missing_bytes += added->missing_bytes;
	grown->shared_bytes += added->shared_bytes;
}

static void note_outcome(struct executor *executor, struct target *target, uint64_t start, int err,
			 uint64_t now_ns)
{
	enum collapse_outcome outcome = collapse_outcome_of(err);
	struct outcome_effect effect = outcome_effect(outcome);
	struct collapser *collapser = target->own;
	struct madvise *madvise = executor->own;

	backoff_note(collapser->backoff, start, outcome, now_ns);
	collapser_note_barred(target, err);
	executor->errors += effect.is_error;
	if (effect.made_huge) {
		collapser->done++;
		collapser_tell_huge(target, start, true);
		heat_set_huge(collapser->heat, start, true);
		backoff_pause_work(&collapser->pause);
		backoff_pause_work(&madvise->no_memory);
	}
	if (effect.pauses_all)
		backoff_pause_fail(&madvise->no_memory, now_ns);
	if (effect.pauses_target)
		backoff_pause_fail(&collapser->pause, now_ns);
	if (effect.doubts_mapping) {
		vma_map_doubt(&target->where.mappings, start);
		target->where.looked_ns = 0;
	}
}

static void try_slot(struct executor *executor, struct target *target, uint64_t start,
		     const struct room_growth *added)
{
	struct collapser *collapser = target->own;
	uint64_t took_ns, now_ns;
	int err = collapse_slot(target->pidfd, start, &took_ns, NULL);

	now_ns = clock_boot_ns();
	/* It is also what the kernel says of memory that was just unmapped: then nobody else has to wait. */
	if (err == -ENOMEM && !is_collapsible(executor, target, start))
		err = -EAGAIN;
	collapser->calls++;
	collapser->stall_ns += took_ns;
	pace_charge(&collapser->pace, took_ns, now_ns);
	if (!err) {
		cost_note_collapse(executor->setup.cost, took_ns);
		note_growth(target, added);
	}
	note_outcome(executor, target, start, err, now_ns);
}

static void collapse_next(struct executor *executor, struct target *target, uint64_t now_ns)
{
	struct collapser *collapser = target->own;
	uint64_t start = collapser->chosen[collapser->next++];
	struct room_growth added;

	if (!within_caps(executor, target))
		collapser->next = collapser->worklist.n;
	else if (may_collapse(executor, target, start, now_ns, &added))
		try_slot(executor, target, start, &added);
}

static bool is_paused(const struct executor *executor, const struct target *target, uint64_t now_ns)
{
	const struct collapser *collapser = target->own;
	const struct madvise *madvise = executor->own;

	return backoff_pauses(&collapser->pause, now_ns) || backoff_pauses(&madvise->no_memory, now_ns);
}

/* When the target may go on with what was chosen; UINT64_MAX: not before the next look. */
static uint64_t goes_on_ns(const struct executor *executor, const struct target *target, uint64_t now_ns)
{
	struct collapser *collapser = target->own;

	if (!collapser || !descent_acts(&target->descent) || !collapser_left(collapser) ||
	    is_paused(executor, target, now_ns))
		return UINT64_MAX;
	return pace_next_ns(&collapser->pace, now_ns);
}

/* One slot of each target in turn, so that none waits for another's whole memory. */
static bool madvise_collapse(struct executor *executor, uint64_t now_ns)
{
	const struct executor_setup *setup = &executor->setup;
	struct madvise *madvise = executor->own;

	for (unsigned int i = 0; i < setup->n_seats; i++) {
		struct target *target = &setup->targets[madvise->next_seat++ % setup->n_seats];

		if (goes_on_ns(executor, target, now_ns) > now_ns)
			continue;
		collapse_next(executor, target, now_ns);
		return true;
	}
	return false;
}

static uint64_t madvise_next_collapse_ns(const struct executor *executor, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;

	for (unsigned int seat = 0; seat < executor->setup.n_seats; seat++) {
		uint64_t goes_on = goes_on_ns(executor, &executor->setup.targets[seat], now_ns);

		if (goes_on < next_ns)
			next_ns = goes_on;
	}
	return next_ns;
}

/* ---- what it tells ---- */

static struct work_state work_state(const struct executor *executor, const struct target *target,
				    uint64_t now_ns)
{
	const struct collapser *collapser = target->own;

	return (struct work_state){
		.young = looks_is_young(heat_aggregations(collapser->heat), target->where.by_slot,
					collapser->mapped_since_ns, now_ns),
		.paused = is_paused(executor, target, now_ns),
		.has_room = has_room(executor, target),
		.pace_pct = collapser->pace.share_pct,
		.coarse = heat_coarse_bytes(collapser->heat),
		.barred = collapse_barred_by(collapser->barred),
	};
}

static void madvise_evidence(const struct executor *executor, const struct target *target, uint64_t now_ns,
			     struct descent_evidence *evidence)
{
	const struct collapser *collapser = target->own;
	struct work_state state = work_state(executor, target, now_ns);

	evidence->applies = collapser->applies;
	evidence->hot_huge_known = true;
	worklist_evidence(&collapser->worklist, &state, evidence);
}

/* Its threshold is a matter of the heat map: a kdamond is not disturbed by commits. */
static void madvise_wanted(const struct executor *executor, const struct target *target,
			   struct plan_level *wanted)
{
	const struct executor_setup *setup = &executor->setup;
	uint64_t least = setup->min_regions, most = setup->max_regions;

	if (target->where.by_slot) {
		region_count_by_slot(target->where.n_ranges, &wanted->min_regions, &wanted->max_regions);
		return;
	}
	wanted->min_regions = intervals_affordable(
		&target->intervals, region_count_for_slots(target_watched_bytes(target), least, most), least);
	wanted->max_regions = intervals_affordable(&target->intervals, most, least);
}

static struct status_pace madvise_pace(const struct executor *executor, const struct target *target)
{
	const struct collapser *collapser = target->own;

	return (struct status_pace){
		.known = true,
		.stall_budget_us = collapser->pace.budget_us,
		.share_pct = collapser->pace.share_pct,
		.reason = collapser->barred ? collapse_barred_by(collapser->barred) : collapser->limit.reason,
		.capped = !has_room(executor, target),
		.calls = collapser->calls,
		.stall_us = collapser->stall_ns / NS_PER_US,
		.chosen_slots = collapser_left(collapser),
		.sparse_slots = target->room.left.slots[ROOM_MISSING],
		.shared_slots = target->room.left.slots[ROOM_SHARED],
		.waiting_slots = collapser->worklist.waiting,
	};
}

const struct executor_type executor_madvise = {
	.name = "madvise",
	.acts = true,
	.maps_heat = true,
	.settings = madvise_settings,
	.open = madvise_open,
	.close = madvise_close,
	.fd = madvise_fd,
	.bars = madvise_bars,
	.enter = madvise_enter,
	.leave = madvise_leave,
	.hear = madvise_hear,
	.next_look_ns = madvise_next_look_ns,
	.survey = madvise_survey,
	.look = collapser_look,
	.evidence = madvise_evidence,
	.wanted = madvise_wanted,
	.collapse = madvise_collapse,
	.next_collapse_ns = madvise_next_collapse_ns,
	.pace = madvise_pace,
	.map = collapser_map,
};
