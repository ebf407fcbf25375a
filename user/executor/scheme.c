// SPDX-License-Identifier: GPL-2.0
#include "executor/scheme.h"

#include "decide/region_count.h"

static uint64_t heat_applies(const struct scheme *scheme, const struct damon_stats *stats, uint64_t now_ns,
			     uint64_t heat_apply_us)
{
	uint64_t apply_ns = heat_apply_us * 1000;

	if (stats->heat_applies)
		return stats->heat_applies - scheme->stats.heat_applies;
	return stats->heat_bytes ? (now_ns - scheme->stats_ns + apply_ns / 2) / apply_ns : 0;
}

static void take_heat(const struct scheme *scheme, const struct damon_stats *stats, uint64_t applies,
		      bool tells_huge, struct target_heat *heat)
{
	heat->known = true;
	heat->hot_bytes = (stats->heat_bytes - scheme->stats.heat_bytes) / applies;
	heat->huge_bytes = (stats->heat_huge_bytes - scheme->stats.heat_huge_bytes) / applies;
	/* A folio at the border of two regions is counted in both. */
	if (!tells_huge)
		heat->huge_bytes = 0;
	else if (heat->huge_bytes > heat->hot_bytes)
		heat->huge_bytes = heat->hot_bytes;
}

static bool read_stats(struct scheme *scheme, const struct executor *executor, struct target *target,
		       uint64_t now_ns)
{
	const struct executor_setup *setup = &executor->setup;
	struct damon_stats stats;
	uint64_t applies;

	if (damon_stats(executor->damon, target->seat, &stats, NULL))
		return false;
	applies = heat_applies(scheme, &stats, now_ns, setup->heat_apply_us);
	if (applies && stats.heat_bytes >= scheme->stats.heat_bytes) {
		take_heat(scheme, &stats, applies, setup->tells_huge, &target->heat);
		target->heat.at_ns = now_ns;
	}
	scheme->stats = stats;
	scheme->stats_ns = now_ns;
	applies_take(&scheme->applies, (struct applies_count){stats.applies, stats.quota_exceeds},
		     stats.counts_applies);
	return true;
}

static bool is_watched(const struct target *target)
{
	return target->used && target->kdamond.pid;
}

void scheme_begin(struct scheme *scheme, const struct target *target)
{
	*scheme = (struct scheme){0};
	applies_start(&scheme->applies, target->intervals.aggr_us);
}

void scheme_next_turn(struct scheme_turn *turn, const struct executor_setup *setup)
{
	turn->reads = NULL;
	for (unsigned int i = 0; i < setup->n_seats && !turn->reads; i++) {
		const struct target *target = &setup->targets[turn->next++ % setup->n_seats];

		if (is_watched(target) && !descent_acts(&target->descent))
			turn->reads = target;
	}
}

bool scheme_look(struct scheme *scheme, const struct scheme_turn *turn, const struct executor *executor,
		 struct target *target, uint64_t now_ns)
{
	if (!is_watched(target))
		return false;
	if (descent_acts(&target->descent))
		applies_work(&scheme->applies, executor->setup.step_ns);
	else if (turn->reads != target)
		return false;
	return read_stats(scheme, executor, target, now_ns);
}

static void new_kdamond(struct scheme *scheme, uint64_t now_ns)
{
	applies_new_kdamond(&scheme->applies);
	scheme->stats = (struct damon_stats){0};
	scheme->stats_ns = now_ns;
}

void scheme_told(struct scheme *scheme, const struct target *target, enum executor_news news, uint64_t now_ns)
{
	if (news == EXECUTOR_NEW_KDAMOND)
		new_kdamond(scheme, now_ns);
	else if (news == EXECUTOR_NEW_INTERVALS)
		applies_new_aggregation(&scheme->applies, target->intervals.aggr_us);
}

void scheme_evidence(const struct scheme *scheme, const struct executor_setup *setup,
		     struct descent_evidence *evidence)
{
	evidence->applies = applies_sum(&scheme->applies);
	evidence->hot_huge_known = setup->tells_huge;
}

void scheme_wanted(const struct executor_setup *setup, const struct target *target, struct plan_level *wanted)
{
	/* Of all between two gaps only what has memory is worth a region. */
	uint64_t bytes = target->where.version ? where_bytes(&target->where) : target_memory_bytes(target);
	uint64_t fitting = region_count_fitting(bytes, setup->min_regions, setup->max_regions);

	wanted->min_accesses = descent_min_accesses(&target->descent, setup->descent);
	wanted->acting = descent_acts(&target->descent);
	if (target->where.by_slot)
		region_count_by_slot(target->where.n_ranges, &wanted->min_regions, &wanted->max_regions);
	else
		wanted->max_regions = intervals_affordable(&target->intervals, fitting, setup->min_regions);
}
