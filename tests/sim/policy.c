// SPDX-License-Identifier: GPL-2.0
#include "sim/policy.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "decide/looks.h"
#include "decide/region_count.h"

/* What reading the pages of a slot costs; decide/readlist.h has it. */
#define READ_SMALL_NS 6000
#define READ_HUGE_NS  200

#define PROCESS_CPU_PCT 100.0 /* what it runs */
#define BUSY_MIN_PCT	10.0  /* --min-cpu */

static uint64_t bytes_of(const struct policy_memory *memory)
{
	return memory->slots * PMD_SIZE_BYTES;
}

static size_t slot_at(const struct policy *policy, uint64_t address)
{
	return (size_t)((address - policy->memory.start) / PMD_SIZE_BYTES);
}

static bool is_by_slot(const struct policy *policy)
{
	return policy->memory.slots <= policy->options.max_regions;
}

static bool is_young(const struct policy *policy, uint64_t now_ns)
{
	return looks_is_young(heat_aggregations(policy->heat), is_by_slot(policy), policy->mapped_since_ns,
			      now_ns);
}

static struct descent_evidence evidence_of(const struct policy *policy, uint64_t now_ns)
{
	struct descent_evidence evidence = {
		.now_ns = now_ns,
		.applies = policy->applies,
		.succeeded = policy->succeeded,
		.heat_known = policy->heat_known,
		.heat_is_new = false,
		.hot_bytes = policy->hot_bytes,
		.hot_huge_known = true,
		.hot_huge_bytes = policy->huge_bytes,
		.anon_bytes = bytes_of(&policy->memory),
	};
	struct work_state state = {
		.young = is_young(policy, now_ns),
		.has_room = true,
		.pace_pct = 100,
		.coarse = heat_coarse_bytes(policy->heat),
	};

	worklist_evidence(&policy->worklist, &state, &evidence);
	return evidence;
}

static int configure(struct policy *policy)
{
	const struct policy_options *options = &policy->options;
	struct descent_levels levels;
	int err = descent_levels_build(options->sample_us, options->aggr_us, &levels);

	if (err)
		return err;
	descent_config_init(&policy->descent_config, &levels);
	descent_config_by_map(&policy->descent_config, options->worth.payback_s);
	descent_config_allow_for_steps(&policy->descent_config);
	policy->intervals_config = (struct intervals_config){
		.sample_us = options->sample_us,
		.aggr_us = options->aggr_us,
		.update_us = US_PER_S,
		.busy_pct = intervals_busy_pct(BUSY_MIN_PCT),
		.monitor_cpu_pct = options->monitor_cpu_pct,
	};
	return 0;
}

int policy_open(struct policy *policy, const struct policy_options *options,
		const struct policy_memory *memory, uint64_t now_ns)
{
	struct descent_evidence evidence;
	int err;

	*policy = (struct policy){.options = *options, .memory = *memory, .looked_ns = now_ns};
	err = configure(policy);
	if (err)
		return err;
	policy->cost.collapse_ns = options->worth.collapse_ns;
	policy->heat = heat_new();
	if (!policy->heat)
		return -ENOMEM;
	intervals_start(&policy->intervals, &policy->intervals_config, now_ns);
	pace_start(&policy->pace, options->stall_budget_us, now_ns);
	pace_set_share(&policy->pace, 100, now_ns);
	evidence = evidence_of(policy, now_ns);
	descent_start(&policy->descent, &policy->descent_config, &evidence);
	return 0;
}

void policy_close(struct policy *policy)
{
	heat_free(policy->heat);
	free(policy->chosen);
	free(policy->paying);
	free(policy->places);
	*policy = (struct policy){0};
}

struct kdamond_attrs policy_wanted(const struct policy *policy)
{
	uint64_t least = policy->options.min_regions, most = policy->options.max_regions;
	struct kdamond_attrs wanted = {
		.sample_us = policy->intervals.sample_us,
		.aggr_us = policy->intervals.aggr_us,
	};

	if (is_by_slot(policy)) {
		region_count_by_slot(policy->memory.slots, &wanted.min_regions, &wanted.max_regions);
		return wanted;
	}
	wanted.min_regions = intervals_affordable(
		&policy->intervals, region_count_for_slots(bytes_of(&policy->memory), least, most), least);
	wanted.max_regions = intervals_affordable(&policy->intervals, most, least);
	return wanted;
}

/* ---- what the kdamond says ---- */

int policy_hear(struct policy *policy, const struct kdamond_region *regions, size_t n, uint64_t now_ns)
{
	struct heat_region *heard = calloc(n, sizeof(*heard));
	size_t accessed = 0;
	int err;

	if (!heard)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (regions[i].nr_accesses)
			heard[accessed++] = (struct heat_region){regions[i].start, regions[i].end,
								 regions[i].nr_accesses, regions[i].age};
	err = heat_add(policy->heat, heard, accessed,
		       &(struct heat_sampling){policy->descent_config.levels.max_accesses,
					       policy->intervals.aggr_us},
		       now_ns);
	free(heard);
	if (!policy->mapped_since_ns)
		policy->mapped_since_ns = now_ns;
	policy->applies += descent_acts(&policy->descent);
	return err;
}

/* ---- a look ---- */

uint64_t policy_next_look_ns(const struct policy *policy)
{
	return looks_next_ns(policy->looked_ns, policy->look_cost_ns, descent_acts(&policy->descent));
}

static int make_room(struct policy *policy, size_t n)
{
	int err = array_reserve(&policy->paying, &policy->room, n, sizeof(*policy->paying));

	if (!err)
		err = array_reserve(&policy->places, &policy->places_room, n, sizeof(*policy->places));
	if (!err)
		err = array_reserve(&policy->chosen, &policy->chosen_room, n, sizeof(*policy->chosen));
	return err;
}

static int gather_paying(struct policy *policy, size_t *n)
{
	struct worth_config worth = policy->options.worth;
	size_t n_slots;
	int err;

	worth.collapse_ns = policy->cost.collapse_ns;
	err = heat_rank(policy->heat, worth_least_rate_per_s(&worth), &n_slots, &policy->in_use);

	if (!err)
		err = make_room(policy, n_slots);
	for (; !err && *n < n_slots; ++*n) {
		const struct heat_slot *slot = heat_ranked(policy->heat, *n);

		policy->paying[*n] = (struct work_slot){
			.start = slot->start,
			.rate_per_s = slot->rate_per_s,
			.huge = slot->huge,
			.populated = slot->populated,
			.unread = !slot->read,
		};
	}
	return err;
}

static uint64_t read_slot(struct policy *policy, const struct readlist_place *place)
{
	struct work_slot *slot = &policy->paying[place->slot];

	slot->unread = false;
	slot->populated = SLOT_PAGES;
	slot->huge = policy->memory.is_huge[slot_at(policy, place->start)];
	heat_set_pages(policy->heat, place->start, SLOT_PAGES, 0, slot->huge);
	return slot->huge ? READ_HUGE_NS : READ_SMALL_NS;
}

static void read_pages(struct policy *policy, size_t n_paying, uint64_t now_ns)
{
	bool recheck = now_ns - policy->recheck_ns >= LOOKS_RECHECK_NS;
	struct readlist_most most = readlist_most(descent_acts(&policy->descent), recheck);
	size_t n = readlist_make(&policy->readlist, policy->paying, n_paying, &most, policy->places);

	if (recheck)
		policy->recheck_ns = now_ns;
	policy->look_cost_ns = 0;
	for (size_t i = 0; i < n; i++)
		policy->look_cost_ns += read_slot(policy, &policy->places[i]);
}

static void choose(struct policy *policy, size_t n, uint64_t now_ns)
{
	static const struct room room = {ROOM_MAX_GROWTH_PCT, ROOM_UNLIMITED, ROOM_UNLIMITED};

	policy->worklist = worklist_make(policy->paying, n, &room, policy->chosen);
	policy->next = 0;
	if (is_young(policy, now_ns))
		policy->worklist.n = 0;
	policy->heat_known = heat_aggregations(policy->heat) > 0 && !policy->worklist.unknown;
	policy->hot_bytes = policy->worklist.hot_bytes;
	policy->huge_bytes = policy->worklist.hot_huge_bytes;
}

/* What short samples did not see is no map. */
static void forget(struct policy *policy)
{
	heat_forget(policy->heat);
	policy->mapped_since_ns = 0;
	policy->worklist = (struct worklist){0};
	policy->next = 0;
}

/* True: what the descent saw was blindness, and it began anew. */
static bool fit_intervals(struct policy *policy, const struct descent_evidence *evidence)
{
	const struct descent *descent = &policy->descent;
	struct kdamond_attrs wanted = policy_wanted(policy);
	struct intervals_look look = {
		.now_ns = evidence->now_ns,
		.searches = descent->state == DESCENT_DESCENDING && !descent->succeeded,
		.at_bottom = descent_is_at_bottom(descent, &policy->descent_config),
		.min_access_pct = descent_min_access_pct(descent, &policy->descent_config),
		.min_regions = wanted.min_regions,
		.max_regions = wanted.max_regions,
		.by_slot = is_by_slot(policy),
		.mapped = true,
		.in_use_bytes = policy->in_use.in_use_bytes,
		.share = policy->in_use.share,
		.heat_known = policy->heat_known,
		.hot_bytes = policy->hot_bytes,
		.cpu_pct = PROCESS_CPU_PCT,
		.cost_known = policy->cost_known,
		.cost_pct = policy->cost_pct,
	};
	uint64_t aggr_us = policy->intervals.aggr_us;
	unsigned int changed = intervals_step(&policy->intervals, &policy->intervals_config, &look);

	policy->cost_known = false;
	if (aggr_us != policy->intervals.aggr_us)
		policy->heat_known = false;
	if (!(changed & INTERVALS_LOOK_ANEW))
		return false;
	forget(policy);
	descent_restart(&policy->descent, &policy->descent_config, evidence, "with longer samples");
	return true;
}

static void descend(struct policy *policy, uint64_t now_ns)
{
	unsigned int min_accesses = descent_min_accesses(&policy->descent, &policy->descent_config);
	struct descent_evidence evidence = evidence_of(policy, now_ns);

	if (fit_intervals(policy, &evidence))
		return;
	descent_step(&policy->descent, &policy->descent_config, &evidence);
	if (descent_min_accesses(&policy->descent, &policy->descent_config) != min_accesses)
		policy->heat_known = false;
}

int policy_look(struct policy *policy, uint64_t now_ns)
{
	size_t n = 0;
	int err;

	err = gather_paying(policy, &n);
	if (err)
		return err;
	read_pages(policy, n, now_ns);
	choose(policy, n, now_ns);
	descend(policy, now_ns);
	policy->looked_ns = now_ns + policy->look_cost_ns;
	return 0;
}

/* ---- collapses ---- */

uint64_t policy_next_collapse_ns(struct policy *policy, uint64_t now_ns)
{
	if (!descent_acts(&policy->descent) || policy->next >= policy->worklist.n)
		return UINT64_MAX;
	return pace_next_ns(&policy->pace, now_ns);
}

bool policy_choose(struct policy *policy, size_t *slot)
{
	*slot = slot_at(policy, policy->chosen[policy->next++]);
	return !policy->memory.is_huge[*slot];
}

void policy_collapsed(struct policy *policy, size_t slot, uint64_t took_ns, uint64_t now_ns)
{
	policy->succeeded++;
	cost_note_collapse(&policy->cost, took_ns);
	pace_charge(&policy->pace, took_ns, now_ns);
	heat_set_huge(policy->heat, policy->memory.start + slot * PMD_SIZE_BYTES, true);
}
