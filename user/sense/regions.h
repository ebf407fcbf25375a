/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The second eye: where a watched process's memory is hot. BPF hands on what each kdamond of ours says of its
 * regions at the end of each aggregation (tracepoint damon_aggregated); no lock of DAMON is taken.
 */
#ifndef HOTDAMON_SENSE_REGIONS_H
#define HOTDAMON_SENSE_REGIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "decide/heat.h"

/* Cumulative since regions_open(). */
struct regions_counts {
	uint64_t taken;	     /* aggregations handed to the caller */
	uint64_t incomplete; /* aggregations of which records were lost, and so all were thrown away */
};

/* One complete aggregation: the regions that were accessed, in order of their addresses; they live for the call. */
typedef void (*regions_fn)(void *arg, pid_t kdamond, const struct heat_region *regions, size_t n,
			   uint64_t ended_ns);

struct regions;

/*
 * Loads and attaches, with room for @n_kdamonds with @max_regions regions each. Needs what hotness_open() needs.
 * *@out is for regions_close(). Negative errno; -ENOENT: this kernel has no such tracepoint, or not the one that
 * is known here.
 */
int regions_open(unsigned int n_kdamonds, uint64_t max_regions, struct regions **out);
void regions_close(struct regions *regions); /* NULL is fine */

/* From now on the regions of the kdamond with this pid are handed on, or are no more. Negative errno. */
int regions_watch(struct regions *regions, pid_t kdamond);
void regions_leave(struct regions *regions, pid_t kdamond); /* one that is not watched is fine */

/* Readable when so much waits that regions_take() should be called before its time. It belongs to @regions. */
int regions_fd(const struct regions *regions);

/*
 * Takes all that waits, in order, and calls @fn for each complete aggregation of a watched kdamond. To be called
 * about once a second or more often. Negative errno.
 */
int regions_take(struct regions *regions, regions_fn fn, void *arg);

/* Attaches the program anew: for a stream that went silent although its kdamond works. Negative errno. */
int regions_attach_again(struct regions *regions);

struct regions_counts regions_counts(const struct regions *regions);

#endif
