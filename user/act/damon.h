/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DAMON's sysfs: a fixed number of seats, each a kdamond for one process with two schemes. Scheme 0 collapses
 * (or, parked, just counts); scheme 1 counts memory at or above the threshold, and how much of it is huge.
 *
 * All seats are made once: the kernel can neither add nor drop one while any runs. After that each is
 * started, committed and stopped alone.
 */
#ifndef HOTDAMON_ACT_DAMON_H
#define HOTDAMON_ACT_DAMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "act/file.h"
#include "decide/plan.h"

#define DAMON_ROOT "/sys/kernel/mm/damon/admin/kdamonds"

struct damon_settings {
	uint64_t sample_us;
	uint64_t aggr_us;
	uint64_t update_us;
	uint64_t quota_bytes;
	uint64_t heat_apply_us; /* how often scheme 1 counts: it walks the page tables of what is hot */
	bool collapses;		/* scheme 0 may collapse; false: it only ever counts (executor none) */
	bool watches_only;	/* neither scheme matches anything: all that counts are the regions */
	bool tells_huge;	/* this kernel's `stat` knows a filter by size of folio for vaddr (6.18+) */
};

/* Cumulative since the seat was started. */
struct damon_stats {
	bool counts_applies;	  /* false: before 7.0 */
	uint64_t applies;	  /* complete passes of scheme 0; 0 where they are not counted */
	uint64_t quota_exceeds;	  /* of scheme 0 */
	uint64_t heat_applies;	  /* the same of scheme 1 */
	uint64_t heat_bytes;	  /* sum over its applies of the bytes at or above the threshold */
	uint64_t heat_huge_bytes; /* of these, in huge pages, if tells_huge */
};

struct damon;

/*
 * All that follows returns negative errno and says in @error what it was doing. -ESTALE: somebody else made
 * the seats anew, which the kernel allows while none of them runs; nothing below @root is ours any more.
 */

/*
 * The number of seats below @root, if all are as the kernel makes them: without a context. -EBUSY with @error
 * if one is set up or runs: it is somebody's, and making seats anew would wipe it. Negative errno.
 */
int damon_empty_seats(const char *root, unsigned int *n_seats, struct act_error *error);

/*
 * Makes @n_seats empty seats below @root (DAMON_ROOT), where all must be empty. Copies @settings.
 * Negative errno with @error; then all is as it was. *@out is for damon_free(). Set apart from
 * damon_set_up(), so that the caller can note whose they are in between.
 */
int damon_open(const char *root, const struct damon_settings *settings, unsigned int n_seats,
	       struct damon **out, struct act_error *error);

/*
 * The inode of seat 0's directory: the kernel never uses one twice, so it tells our seats from any that
 * came later. 0 if there is none. Negative errno with @error.
 */
int damon_seats_inode(const char *root, ino_t *inode, struct act_error *error);

/* Writes to each seat all that is the same for every target. Negative errno with @error. */
int damon_set_up(struct damon *damon, struct act_error *error);

/*
 * Its kdamonds look at the ranges of a plan_level only (operations fvaddr); false: this kernel cannot, and they look at all
 * between the two biggest gaps (vaddr). Known after damon_set_up().
 */
bool damon_looks_at_ranges(const struct damon *damon);

/* Frees @damon and leaves the seats as they are: damon_remove_seats() ends them. NULL is fine. */
void damon_free(struct damon *damon);

/*
 * Starts the seat's kdamond on the process that the live thread @tid (of the caller's pid namespace)
 * belongs to; on success *@kdamond_pid is its thread. The caller makes sure that @tid is still who it
 * was. Negative errno with @error; the seat is off then, or is turned off by the next call.
 */
int damon_start(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		pid_t *kdamond_pid, struct act_error *error);

/*
 * Gives a running kdamond another level; regions, ages and statistics stay, of what is in both the old ranges and the
 * new. -ECANCELED, -EINVAL: it has ended.
 */
int damon_commit(struct damon *damon, unsigned int seat, const struct plan_level *level,
		 struct act_error *error);

/*
 * Whether what stands in the files of a running seat is what we wrote there: -EUCLEAN with the first difference in @error, or
 * -ENOENT if a part of it is not there. Somebody else may write to it at any time, as damo does. @tid and @level are what
 * it was started with, or what it was told last; without ranges, those are not compared.
 */
int damon_is_as_set(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		    struct act_error *error);

/* Writes all of it again, and has its kdamond take it: regions, ages and statistics stay. */
int damon_set_again(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		    struct act_error *error);

/*
 * Starts a kdamond that stands in for one in an empty seat: it looks at one page of our own, seldom, and does nothing. damo
 * tells all kdamonds that there are what to do, and fails at the first that does not run. It ends when we do.
 */
int damon_stand_in(struct damon *damon, unsigned int seat, struct act_error *error);

/* Stops the kdamond that we started there; fine if it has ended by itself. */
int damon_stop(struct damon *damon, unsigned int seat, struct act_error *error);

/* Whether the kdamond that we started there runs, by its pid. It ends by itself when its target exits. */
int damon_is_on(struct damon *damon, unsigned int seat, bool *on, struct act_error *error);

/*
 * Has the kernel update the statistics of a running seat (it waits up to one sample interval), and
 * reads them. -ECANCELED, -EINVAL: it has ended.
 */
int damon_stats(struct damon *damon, unsigned int seat, struct damon_stats *stats, struct act_error *error);

/*
 * What the quota of scheme 0 lets through per reset interval just now, as DAMOS computed it from the
 * speed that it measured; 0: no quota. It waits up to one sample interval.
 */
int damon_effective_bytes(struct damon *damon, unsigned int seat, uint64_t *bytes, struct act_error *error);

/*
 * Stops the @n_seats seats below @root and leaves @n_before empty ones: for an orderly end, and for
 * what a killed daemon left. -EBUSY when somebody else runs a kdamond in a seat that was idle: it is left
 * alone, and with it the seats. Negative errno of the first failure.
 */
int damon_remove_seats(const char *root, unsigned int n_seats, unsigned int n_before,
		       struct act_error *error);

#endif
