/* SPDX-License-Identifier: GPL-2.0 */
/* A target: a process that is watched, and all that is remembered of it between looks. */
#ifndef HOTDAMON_EXECUTOR_TARGET_H
#define HOTDAMON_EXECUTOR_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "decide/rules.h"
#include "decide/benefit.h"
#include "decide/descent.h"
#include "decide/intervals.h"
#include "decide/service.h"
#include "decide/tally.h"
#include "executor/room.h"
#include "executor/where.h"
#include "report/event.h"
#include "sense/collapses.h"
#include "sense/huge.h"
#include "sense/proc.h"

/* The kdamond that watches it. */
struct target_kdamond {
	pid_t pid;	     /* 0: none */
	unsigned int deaths; /* in a row, for no reason of the process's */
	uint64_t cpu_ns;     /* of the present one, when last read */
	uint64_t cpu_at_ns;  /* when that was; 0: not yet */
	bool cost_known, cost_new;
	double cost_pct; /* of a CPU, in the last tick */
};

/* What of it is at or above its threshold. */
struct target_heat {
	bool known;
	bool current;	/* false: it is what it was parked with */
	uint64_t at_ns; /* when it was measured */
	uint64_t hot_bytes, huge_bytes;
	bool mapped; /* a map of it tells the next two, whatever `known` says */
	uint64_t in_use_bytes;
	double share;	    /* see heat.h */
	double huge_per_s;  /* accesses to what is huge, as far as it pays, */
	double small_per_s; /* and to what is small, pays and is not left alone */
};

struct target {
	bool used;
	unsigned int seat; /* its place among the targets, and DAMON's kdamonds */
	struct process_id id;
	char comm[COMM_LEN];
	struct whose whose;
	char name[WHOSE_NAME_LEN]; /* for the log, of comm and whose */
	bool brief;		   /* nothing is written of it but that it comes in and goes */
	int pidfd; /* held while it is watched: tells its end, and that the pid is still its own */
	struct process_facts facts;
	uint32_t execs;
	uint64_t since_ns;
	uint64_t huge_bytes; /* as of the end of the last walk */
	struct huge_walk huge_walk;

	struct target_kdamond kdamond;
	uint32_t own_tgid;  /* whose attempts are tallied, if not its kdamond's: our own */
	struct tally tally; /* of attempts to collapse its memory */
	struct where where;
	bool said_unaligned; /* that shared memory of it cannot become huge */
	int where_err;	     /* of the last look at it: it has ended, or may not be read */
	struct target_heat heat;
	struct tally_sum
		filled_pages; /* by all collapses that BPF saw: they were missing, and are zeros now */
	struct target_room room;
	struct rule_limits limits; /* of rules of the operator's */

	struct intervals intervals;
	struct descent descent;
	struct benefit benefit;

	int held_up_pct;      /* so much of its memory is shared that damos waits; 0: it does not */
	void *own;	      /* of the executor; NULL before enter(), and after leave() */
	char last_error[256]; /* so that what goes on failing is logged once */
};

/*
 * Opens a pidfd and makes sure that @id is still the process with this pid. Negative errno; -ESRCH: it is not. Then
 * *@target is unused.
 */
int target_init(struct target *target, unsigned int seat, struct process_id id, const struct whose *whose,
		uint64_t now_ns);
void target_release(struct target *target); /* one that is unused is fine */

/* It exited, all threads of it. */
bool target_is_gone(const struct target *target);

/* Whose it is now: it may be moved. Its command line stays. */
void target_set_whose(struct target *target, const struct whose *whose);

/* Reads /proc again. Negative errno, -ESRCH: the process is gone; then what was known stays. */
int target_look(struct target *target);

/*
 * From now on attempts of the process @tgid count, our own, instead of its kdamond's. @counts are what BPF counted so
 * far, when it was watched before.
 */
void target_tally_own(struct target *target, uint32_t tgid, const struct collapses_count *counts, size_t n);

/* Takes what BPF counted of its kdamond's attempts, or of our own; and what all of them filled. */
void target_take_counts(struct target *target, const struct collapses_count *counts, size_t n);

/* A kdamond started, or ended (@pid 0): its counts begin at 0, those of the one before are kept. */
void target_new_kdamond(struct target *target, pid_t pid);

/* For the log: what a line about it, of @event, tells besides. Borrows of @target. */
struct log_about target_about(const struct target *target, enum event event);

/* A line about it, after its name. */
void target_say(const struct target *target, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Its resident memory that could become huge: anonymous, and shared where that is aligned. */
uint64_t target_memory_bytes(const struct target *target);

/* Bytes of address space that DAMON looks at. */
uint64_t target_watched_bytes(const struct target *target);

/* Collapses made in it since it came in. */
uint64_t target_succeeded(const struct target *target);

/* What of it is hot; while it is parked, what it was parked with, if its descent judges by that. */
struct target_heat target_heat(const struct target *target);

/* The evidence for its descent that is of the process, whatever the executor. */
struct descent_evidence target_evidence(const struct target *target, struct collapses *names,
					uint64_t now_ns);

/* Reads how much CPU its kdamond used since the last time; cost_known false: not known yet. Once a tick. */
void target_take_cost(struct target *target, uint64_t now_ns);

/* Whether that cost is known, and was not asked for since. */
bool target_has_new_cost(struct target *target);

/* An attempt that is neither a success nor useless, as the memory was huge before. */
bool target_outcome_is_failure(struct collapses *names, uint32_t status);

#endif
