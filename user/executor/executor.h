/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Executor: a way to make hot memory huge. It is asked by the daemon, knows nothing of it, and holds no policy: what it
 * sees becomes numbers for decide/, and what decide/ chose it does.
 *
 * In the order of a target's life: enter(); then, again and again, look() and evidence(), after which the descent steps;
 * wanted() for its kdamond; collapse(); told(), when something about it changed; and leave().
 */
#ifndef HOTDAMON_EXECUTOR_EXECUTOR_H
#define HOTDAMON_EXECUTOR_EXECUTOR_H

#include "act/damon.h"
#include "decide/caps.h"
#include "decide/cost.h"
#include "decide/plan.h"
#include "decide/quota.h"
#include "decide/room.h"
#include "decide/worth.h"
#include "executor/target.h"
#include "report/map_file.h"
#include "report/status.h"

/* What all executors are made of; borrowed for as long as the executor is open. */
struct executor_setup {
	struct target *targets; /* [n_seats], of which those that are `used` are watched */
	unsigned int n_seats;
	struct collapses *collapses; /* what BPF counts of attempts; NULL is never */
	const struct descent_config *descent;
	uint64_t step_ns;	/* between two looks of executors that do not say when they want to look */
	bool tells_huge;	/* the kernel tells how much of hot memory is huge */
	uint64_t heat_apply_us; /* how often DAMON counts heat */
	uint64_t min_regions, max_regions;

	struct quota_config quota; /* of damos, as is the next one */
	uint64_t quota_bytes;	   /* 0: none */

	struct room_config room; /* of all that collapse */

	uint64_t stall_budget_us; /* of madvise, as are the next ones */
	uint64_t payback_s;	  /* see worth.h */
	struct caps caps;
	struct host_cost *cost; /* of a miss and a collapse; what each collapse took is added to it */
};

/* What changed about a target. */
enum executor_news {
	EXECUTOR_NEW_KDAMOND, /* another one watches it, or none; its statistics begin at 0 */
	EXECUTOR_NEW_INTERVALS, /* it is looked at with other intervals: what the old ones showed is kept apart */
	EXECUTOR_NEW_PROGRAM, /* exec, or memory so new that nothing of the old holds */
};

struct executor {
	const struct executor_type *type;
	struct executor_setup setup;
	struct damon *damon; /* borrowed, from when the seats are made; NULL before that, and in a dry run */
	struct cgroup_mounts mounts;
	unsigned int errors;	    /* acts that failed through no fault of a target's */
	uint64_t lost_aggregations; /* that came in part only */
	void *own;		    /* of the type */
};

/* What a type does; a function that it has no use for is NULL. Times are of the boot clock. See executor_*() below. */
struct executor_type {
	const char *name;
	bool acts;	/* it makes memory huge; false: hot and small memory is all the evidence there is */
	bool maps_heat; /* it has a map of each target's heat, and tells what is huge by the page tables */
	void (*settings)(const struct executor_setup *setup, struct damon_settings *settings);
	int (*open)(struct executor *executor, struct act_error *error);
	void (*close)(struct executor *executor);
	int (*fd)(const struct executor *executor);
	const char *(*bars)(const struct process_facts *facts);
	int (*enter)(struct executor *executor, struct target *target, uint64_t now_ns);
	void (*leave)(struct executor *executor, struct target *target);
	void (*told)(struct executor *executor, struct target *target, enum executor_news news,
		     uint64_t now_ns);
	void (*hear)(struct executor *executor, uint64_t now_ns);
	uint64_t (*next_look_ns)(const struct executor *executor, uint64_t last_ns, uint64_t cost_ns);
	void (*survey)(struct executor *executor, uint64_t now_ns);
	void (*look)(struct executor *executor, struct target *target, uint64_t now_ns);
	void (*evidence)(const struct executor *executor, const struct target *target, uint64_t now_ns,
			 struct descent_evidence *evidence);
	void (*wanted)(const struct executor *executor, const struct target *target,
		       struct plan_level *wanted);
	bool (*collapse)(struct executor *executor, uint64_t now_ns);
	uint64_t (*next_collapse_ns)(const struct executor *executor, uint64_t now_ns);
	bool (*works)(const struct target *target);
	struct status_pace (*pace)(const struct executor *executor, const struct target *target);
	int (*map)(const struct executor *executor, struct target *target, size_t most, uint64_t now_ns,
		   struct map_file_target *map);
};

extern const struct executor_type executor_damos;
extern const struct executor_type executor_madvise;
extern const struct executor_type executor_none;

/* Copies @setup. Negative errno with @error; executor_close() is fine then, too. */
int executor_open(struct executor *executor, const struct executor_type *type,
		  const struct executor_setup *setup, struct act_error *error);
void executor_close(struct executor *executor); /* one that was never opened, {0}, is fine */

/* Of what may change while it is open, @setup has other values now. */
void executor_heed(struct executor *executor, const struct executor_setup *setup);

/* What the schemes of its seats are for: sets collapses, quota_bytes, watches_only and tells_huge of @settings. */
void executor_settings(const struct executor *executor, struct damon_settings *settings);

/* Readable when executor_hear() should come before its time; -1: never. It belongs to @executor. */
int executor_fd(const struct executor *executor);

/*
 * Why it can make nothing huge in the process of @facts, in words that stay; NULL: it can, for all that is known. That it
 * opted out is not asked.
 */
const char *executor_bars(const struct executor *executor, const struct process_facts *facts);

/* A target comes in; its intervals are known. Negative errno; executor_leave() is to be called all the same. */
int executor_enter(struct executor *executor, struct target *target, uint64_t now_ns);
void executor_leave(struct executor *executor, struct target *target); /* frees target->own */

/* @news of a target that came in. */
void executor_tell(struct executor *executor, struct target *target, enum executor_news news,
		   uint64_t now_ns);

/* Takes what the kdamonds said since the last time. */
void executor_hear(struct executor *executor, uint64_t now_ns);

/*
 * When all targets are to be looked at next; the last look ended at @last_ns and took @cost_ns. 0: whenever the daemon
 * takes a step.
 */
uint64_t executor_next_look_ns(const struct executor *executor, uint64_t last_ns, uint64_t cost_ns);

/* Before a look at all targets: what is of none of them alone. */
void executor_survey(struct executor *executor, uint64_t now_ns);

/* Where in the target DAMON shall look; sets target->where. */
void executor_look_where(struct executor *executor, struct target *target, uint64_t now_ns);

/* How hot the target is, and what of that is huge: sets target->heat, and keeps the rest. */
void executor_look(struct executor *executor, struct target *target, uint64_t now_ns);

/* The evidence for its descent: target_evidence(), and what only the executor knows. */
struct descent_evidence executor_evidence(const struct executor *executor, const struct target *target,
					  uint64_t now_ns);

/* How its kdamond should watch: sets what depends on the executor. */
void executor_wanted(const struct executor *executor, const struct target *target, struct plan_level *wanted);

/* One collapse, or one try. False: nothing is to be collapsed just now. */
bool executor_collapse(struct executor *executor, uint64_t now_ns);

/* When executor_collapse() wants to be called; UINT64_MAX: not before the next look. */
uint64_t executor_next_collapse_ns(const struct executor *executor, uint64_t now_ns);

/* What a slot must save to pay, as far as it is known by now. */
struct worth_config executor_worth(const struct executor *executor);

/* The target's kdamond does more than to watch. */
bool executor_works(const struct executor *executor, const struct target *target);

/*
 * Which slots of it are accessed, and what becomes of them, the @most accessed at most, into @map, to which it adds.
 * -EOPNOTSUPP: it has no map of them, or none yet; -ENOMEM.
 */
int executor_map(const struct executor *executor, struct target *target, size_t most, uint64_t now_ns,
		 struct map_file_target *map);

/* How the executor collapses in it, for the status. */
struct status_pace executor_pace(const struct executor *executor, const struct target *target);

#endif
