// SPDX-License-Identifier: GPL-2.0
#include "executor/executor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "decide/region_count.h"
#include "decide/shared.h"

int executor_open(struct executor *executor, const struct executor_type *type,
		  const struct executor_setup *setup, struct act_error *error)
{
	*executor = (struct executor){.type = type, .setup = *setup};
	cgroup_mounts_find(&executor->mounts, "/proc");
	return type->open ? type->open(executor, error) : 0;
}

void executor_heed(struct executor *executor, const struct executor_setup *setup)
{
	executor->setup.step_ns = setup->step_ns;
	executor->setup.room = setup->room;
	executor->setup.stall_budget_us = setup->stall_budget_us;
	executor->setup.payback_s = setup->payback_s;
	executor->setup.caps = setup->caps;
}

void executor_close(struct executor *executor)
{
	if (executor->type && executor->type->close)
		executor->type->close(executor);
	*executor = (struct executor){0};
}

void executor_settings(const struct executor *executor, struct damon_settings *settings)
{
	executor->type->settings(&executor->setup, settings);
}

int executor_fd(const struct executor *executor)
{
	return executor->type->fd ? executor->type->fd(executor) : -1;
}

const char *executor_bars(const struct executor *executor, const struct process_facts *facts)
{
	return executor->type->bars ? executor->type->bars(facts) : NULL;
}

int executor_enter(struct executor *executor, struct target *target, uint64_t now_ns)
{
	return executor->type->enter(executor, target, now_ns);
}

void executor_leave(struct executor *executor, struct target *target)
{
	if (target->own && executor->type->leave)
		executor->type->leave(executor, target);
	free(target->own);
	target->own = NULL;
}

void executor_tell(struct executor *executor, struct target *target, enum executor_news news, uint64_t now_ns)
{
	if (target->own && executor->type->told)
		executor->type->told(executor, target, news, now_ns);
}

void executor_hear(struct executor *executor, uint64_t now_ns)
{
	if (executor->type->hear)
		executor->type->hear(executor, now_ns);
}

uint64_t executor_next_look_ns(const struct executor *executor, uint64_t last_ns, uint64_t cost_ns)
{
	return executor->type->next_look_ns ? executor->type->next_look_ns(executor, last_ns, cost_ns) : 0;
}

void executor_survey(struct executor *executor, uint64_t now_ns)
{
	executor->type->survey(executor, now_ns);
}

/* Where heat is judged slot by slot, regions may be as small as they get. */
static uint64_t max_regions(const void *arg, uint64_t bytes)
{
	const struct executor *executor = arg;
	const struct executor_setup *setup = &executor->setup;

	return executor->type->maps_heat
		       ? setup->max_regions
		       : region_count_fitting(bytes, setup->min_regions, setup->max_regions);
}

static void say_unaligned(struct target *target)
{
	const struct vma_map *mappings = &target->where.mappings;
	uint64_t bytes =
		target->facts.shared_bytes - process_shared_bytes(&target->facts, mappings->shared_bytes);

	if (target->said_unaligned || !mappings->unaligned_bytes || bytes < PMD_SIZE_BYTES)
		return;
	target->said_unaligned = true;
	target_say(target, "%" PRIu64 " MiB of its shared memory are " SHARED_UNALIGNED, bytes_to_mib(bytes));
}

void executor_look_where(struct executor *executor, struct target *target, uint64_t now_ns)
{
	struct where_look look = {
		.pid = target->facts.live_tid,
		.execs = target->execs,
		.anon_bytes = target_memory_bytes(target),
		.aggr_us = target->intervals.aggr_us,
		.now_ns = now_ns,
		.acting = descent_acts(&target->descent),
		.by_ranges = damon_looks_at_ranges(executor->damon),
		.most_slots = executor->setup.max_regions,
		.max_regions = max_regions,
		.arg = executor,
	};

	target->where_err = where_look(&target->where, &look);
	say_unaligned(target);
}

void executor_look(struct executor *executor, struct target *target, uint64_t now_ns)
{
	if (executor->type->acts)
		target_room_look(executor, target, now_ns);
	executor->type->look(executor, target, now_ns);
}

struct descent_evidence executor_evidence(const struct executor *executor, const struct target *target,
					  uint64_t now_ns)
{
	struct descent_evidence evidence = target_evidence(target, executor->setup.collapses, now_ns);

	executor->type->evidence(executor, target, now_ns, &evidence);
	return evidence;
}

void executor_wanted(const struct executor *executor, const struct target *target, struct plan_level *wanted)
{
	executor->type->wanted(executor, target, wanted);
}

bool executor_collapse(struct executor *executor, uint64_t now_ns)
{
	return executor->type->collapse && executor->type->collapse(executor, now_ns);
}

uint64_t executor_next_collapse_ns(const struct executor *executor, uint64_t now_ns)
{
	return executor->type->next_collapse_ns ? executor->type->next_collapse_ns(executor, now_ns)
						: UINT64_MAX;
}

bool executor_works(const struct executor *executor, const struct target *target)
{
	return executor->type->works && executor->type->works(target);
}

struct status_pace executor_pace(const struct executor *executor, const struct target *target)
{
	if (target->own && executor->type->pace)
		return executor->type->pace(executor, target);
	return (struct status_pace){0};
}

int executor_map(const struct executor *executor, struct target *target, size_t most, uint64_t now_ns,
		 struct map_file_target *map)
{
	if (!target->own || !executor->type->map)
		return -EOPNOTSUPP;
	return executor->type->map(executor, target, most, now_ns, map);
}

struct worth_config executor_worth(const struct executor *executor)
{
	const struct executor_setup *setup = &executor->setup;

	return (struct worth_config){
		.miss_ns = setup->cost->miss_ns,
		.collapse_ns = setup->cost->collapse_ns,
		.payback_s = setup->payback_s,
	};
}
