/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The policy of hotdamon's executor madvise on one process: what user/daemon/step.c, user/executor/madvise.c and
 * heat_look.c ask of user/decide/, in the same order, with the simulated heap where they have a kernel. All that is
 * decided is decided in user/decide/.
 */
#ifndef HOTDAMON_TESTS_SIM_POLICY_H
#define HOTDAMON_TESTS_SIM_POLICY_H

#include "decide/cost.h"
#include "decide/descent.h"
#include "decide/heat.h"
#include "decide/intervals.h"
#include "decide/pace.h"
#include "decide/readlist.h"
#include "decide/worklist.h"
#include "decide/worth.h"
#include "sim/kdamond.h"

/* As the options of `hotdamon run` have it. */
struct policy_options {
	uint64_t sample_us, aggr_us;
	uint64_t min_regions, max_regions;
	double monitor_cpu_pct;
	uint64_t stall_budget_us;
	struct worth_config worth; /* what a collapse costs: before the first one */
};

/* What is huge, one for each slot from @start on. All of it is populated. */
struct policy_memory {
	uint64_t start; /* address */
	size_t slots;
	const bool *is_huge;
};

struct policy {
	struct policy_options options;
	struct policy_memory memory;
	struct descent_config descent_config;
	struct intervals_config intervals_config;
	struct descent descent;
	struct intervals intervals;
	struct pace pace;
	struct heat *heat;
	struct host_cost cost;
	uint64_t mapped_since_ns, recheck_ns;
	uint64_t applies, succeeded;
	struct readlist readlist;
	struct worklist worklist;
	uint64_t *chosen; /* worklist.n addresses, of which the first `next` were tried */
	size_t next;
	struct heat_sum in_use;
	bool heat_known; /* and how much is hot, and of that huge */
	uint64_t hot_bytes, huge_bytes;
	bool cost_known; /* of its kdamond, since the last look */
	double cost_pct;
	uint64_t looked_ns, look_cost_ns;
	/* for a look; [room] */
	struct work_slot *paying;
	struct readlist_place *places;
	size_t room, places_room, chosen_room;
};

/* @memory is borrowed. 0, or negative errno; policy_close() is fine then, too. */
int policy_open(struct policy *policy, const struct policy_options *options,
		const struct policy_memory *memory, uint64_t now_ns);
void policy_close(struct policy *policy); /* {0} is fine */

/* What its kdamond should have. */
struct kdamond_attrs policy_wanted(const struct policy *policy);

/* An aggregation ended. 0, or -ENOMEM. */
int policy_hear(struct policy *policy, const struct kdamond_region *regions, size_t n, uint64_t now_ns);

/* A look at the process, and a step of its descent. 0, or -ENOMEM. */
int policy_look(struct policy *policy, uint64_t now_ns);
uint64_t policy_next_look_ns(const struct policy *policy);

/* When policy_choose() may be called; UINT64_MAX: not before the next look. */
uint64_t policy_next_collapse_ns(struct policy *policy, uint64_t now_ns);

/* The next slot to be collapsed; @slot is its number. False: it became huge meanwhile. */
bool policy_choose(struct policy *policy, size_t *slot);

/* It was, and took so long. */
void policy_collapsed(struct policy *policy, size_t slot, uint64_t took_ns, uint64_t now_ns);

#endif
