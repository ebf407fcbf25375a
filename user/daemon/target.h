/* SPDX-License-Identifier: GPL-2.0 */
/* A watched process: all that the daemon remembers of it between ticks. */
#ifndef HOTDAMON_DAEMON_TARGET_H
#define HOTDAMON_DAEMON_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "act/damon.h"
#include "daemon/collapser.h"
#include "decide/benefit.h"
#include "decide/descent.h"
#include "decide/intervals.h"
#include "decide/plan.h"
#include "decide/quota.h"
#include "report/status.h"
#include "sense/collapse.h"
#include "sense/huge.h"
#include "sense/proc.h"

/* Attempts on its memory by kdamonds of ours, or by ourselves, by outcome. */
struct target_outcome {
	uint32_t status;
	uint64_t count;
};

#define TARGET_OUTCOMES 24

struct target {
	bool used;
	struct process_id id;
	char comm[COMM_LEN];
	int pidfd; /* held while it is watched: tells its end, and that the pid is still its own */
	struct process_facts facts;
	uint32_t execs;
	uint64_t huge_bytes; /* as of the end of the last walk */
	struct huge_walk huge_walk;
	uint64_t since_ns;
	uint32_t own_tgid; /* whose attempts count, if not its kdamond's */

	struct collapser *collapser; /* of executor madvise, owned; else NULL */

	pid_t kdamond_pid;   /* 0: none */
	unsigned int deaths; /* of its kdamonds in a row, for no reason of the process's */

	struct target_outcome outcomes[TARGET_OUTCOMES]; /* of its present kdamond */
	size_t n_outcomes;
	struct target_outcome past[TARGET_OUTCOMES]; /* of its kdamonds before */
	size_t n_past;
	struct target_outcome base[TARGET_OUTCOMES]; /* of ourselves, when it was watched before */
	size_t n_base;

	struct damon_stats stats;	     /* of its present kdamond, as last read */
	uint64_t stats_ns;		     /* when that was, or when the kdamond started */
	uint64_t past_applies, past_exceeds; /* of its kdamonds before */
	bool estimates_applies;		     /* this kernel does not count them */
	uint64_t
		acting_ns; /* time with the scheme at work: an estimate of applies where they are not counted */
	uint64_t past_acting_applies; /* the same, of the time with other intervals */

	uint64_t kdamond_cpu_ns;    /* of its present kdamond, when last read */
	uint64_t kdamond_cpu_at_ns; /* when that was; 0: not yet */
	bool monitor_cpu_known, monitor_cpu_new;
	double monitor_cpu_pct; /* of a CPU, its kdamond in the last tick */

	bool heat_known;
	uint64_t heat_ns; /* when it was measured */
	uint64_t hot_bytes, hot_huge_bytes;

	struct benefit benefit;

	struct descent descent;
	struct quota quota;
	struct intervals intervals;
	uint64_t effective_bytes; /* of the quota, per window; 0: not known */
	char last_error[256];	  /* so that what goes on failing is logged once */
};

/*
 * Opens a pidfd and makes sure that @id is still the process with this pid. Negative errno; -ESRCH: it
 * is not.
 */
int target_init(struct target *target, struct process_id id, const char *comm, uint64_t now_ns);
void target_release(struct target *target);

/* It exited, all threads of it. */
bool target_is_gone(const struct target *target);

/* Reads /proc again. Negative errno, -ESRCH: the process is gone. */
int target_look(struct target *target);

/*
 * From now on attempts of the process @tgid count, our own, instead of its kdamond's. @counts are what BPF counted
 * so far, when it was watched before.
 */
void target_count_own(struct target *target, uint32_t tgid, const struct collapse_count *counts, size_t n);

/* Takes what BPF counted of its kdamond's attempts, or of our own. */
void target_take_counts(struct target *target, const struct collapse_count *counts, size_t n);

/* A kdamond started: its counts and statistics begin at 0, those of the one before are kept. */
void target_new_kdamond(struct target *target, pid_t kdamond_pid, uint64_t now_ns);

/*
 * Takes fresh statistics: heat is what scheme 1 counted per apply since the last time. Kernels before 7.0 do
 * not count applies: they are reckoned from the time, one every @heat_apply_us.
 */
void target_take_stats(struct target *target, const struct damon_stats *stats, uint64_t now_ns,
		       uint64_t heat_apply_us, bool tells_huge);

uint64_t target_succeeded(const struct target *target);

/* Failed attempts for want of memory, and quotas that were used up: no fault of the target's. */
uint64_t target_refused(const struct target *target, struct collapse *names);

/* What of it is hot. */
struct target_heat {
	bool known, current; /* not current: what it was parked with */
	uint64_t hot_bytes, hot_huge_bytes;
};
struct target_heat target_heat(const struct target *target);

/* The evidence for its descent. */
struct descent_evidence target_evidence(const struct target *target, struct collapse *names, uint64_t now_ns,
					bool tells_huge);

/* Reads how much CPU its kdamond used since the last time; monitor_cpu_known false: not known yet. Once a tick. */
void target_take_cost(struct target *target, uint64_t now_ns);

/* Whether that cost is known, and was not asked for since. */
bool target_has_new_cost(struct target *target);

/* It is looked at with other intervals from now on: heat and estimates of the old ones are kept apart. */
void target_new_intervals(struct target *target, uint64_t old_aggr_us);

/* For the status; borrows from @target and @names. */
struct status_target target_status(const struct target *target, const struct descent_config *config,
				   struct collapse *names, bool tells_huge);

#endif
