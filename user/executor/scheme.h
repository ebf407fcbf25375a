/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What DAMON's own schemes tell of a target: how much of it is hot, how much of that is huge, how often they were applied.
 * The executors damos and none judge by it.
 */
#ifndef HOTDAMON_EXECUTOR_SCHEME_H
#define HOTDAMON_EXECUTOR_SCHEME_H

#include "decide/applies.h"
#include "executor/executor.h"

/* One for each target; starts with scheme_begin(). */
struct scheme {
	struct damon_stats stats; /* of its present kdamond, as last read */
	uint64_t stats_ns;	  /* when that was, or when the kdamond started */
	struct applies applies;	  /* of all its kdamonds */
};

/* Whose statistics are read next, of those that are parked. Starts as {0}. */
struct scheme_turn {
	unsigned int next;
	const struct target *reads; /* NULL: none this time */
};

void scheme_begin(struct scheme *scheme, const struct target *target);

/*
 * Statistics cost a command, which waits for the kdamond's next sample. Those of targets at work are read at each look; of
 * those that are parked one is, in turn, as what only watches may have long samples. To be called before each look.
 */
void scheme_next_turn(struct scheme_turn *turn, const struct executor_setup *setup);

/*
 * A look: takes the statistics, if it is the target's turn. target->heat is what scheme 1 counted per apply since the
 * last time; kernels before 7.0 do not count applies: they are reckoned from the time. False: nothing was read. That needs
 * no word: either the kdamond has ended, which the tick notices, or DAMON was busy.
 */
bool scheme_look(struct scheme *scheme, const struct scheme_turn *turn, const struct executor *executor,
		 struct target *target, uint64_t now_ns);

/* Whose statistics begin at 0, and intervals that count differently. */
void scheme_told(struct scheme *scheme, const struct target *target, enum executor_news news,
		 uint64_t now_ns);

/* What of a target is evidence: applies, heat and its huge part. */
void scheme_evidence(const struct scheme *scheme, const struct executor_setup *setup,
		     struct descent_evidence *evidence);

/* How its kdamond should watch: its schemes' threshold, and regions that hold whole huge pages. */
void scheme_wanted(const struct executor_setup *setup, const struct target *target,
		   struct plan_level *wanted);

#endif
