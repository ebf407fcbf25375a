/* SPDX-License-Identifier: GPL-2.0 */
/* What the executor madvise knows of one target: its heat, where it may collapse, what is to be collapsed next. */
#ifndef HOTDAMON_DAEMON_COLLAPSER_H
#define HOTDAMON_DAEMON_COLLAPSER_H

#include <sys/types.h>

#include "decide/backoff.h"
#include "decide/choice.h"
#include "decide/heat.h"
#include "decide/pace.h"
#include "decide/sweep.h"
#include "sense/regions.h"
#include "sense/vma.h"

struct collapser {
	struct regions *regions; /* borrowed */
	pid_t watched;		 /* the kdamond whose regions are handed on; 0: none */
	uint64_t heard_ns;	 /* when its last aggregation ended, or when it was begun to be watched */

	struct heat *heat;
	uint64_t mapped_since_ns; /* when its first aggregation came; 0: not yet */
	uint32_t execs;		  /* of the program that the heat is of */
	struct vma_map mappings;
	uint64_t mappings_ns; /* when they were read */
	uint64_t mappings_cost_ns;
	struct sweep sweep;
	uint64_t recheck_ns; /* when what was huge was last looked at */

	struct backoff *backoff;
	struct backoff_pause pause;
	struct pace pace;

	struct choice choice; /* of the last look */
	uint64_t *chosen;     /* choice.n of them, the hottest first */
	size_t room;	      /* of chosen */
	size_t next;	      /* the first that was not tried yet */
	double small_heat_pct; /* of the hottest that could be collapsed, hot enough or not; negative: not known */

	uint64_t applies;  /* aggregations while the descent was acting */
	uint64_t calls;	   /* of process_madvise for a slot */
	uint64_t done;	   /* calls that made a slot huge */
	uint64_t stall_ns; /* what all calls took */
	int refused; /* negative errno that collapse_refusal() has words for, as of the last try; 0: none */
	int said_refused;
	bool said_sparse, said_coarse, said_capped;
};

/* @budget_us of stall per second. NULL: no memory. */
struct collapser *collapser_new(struct regions *regions, uint64_t budget_us, uint64_t now_ns);
void collapser_free(struct collapser *collapser); /* NULL is fine */

/* Follows the target's kdamond, 0: it has none just now. Negative errno when it cannot be listened to. */
int collapser_watch(struct collapser *collapser, pid_t kdamond, uint64_t now_ns);

/* Another program runs in the process: all that is known is of memory that is gone. */
void collapser_forget(struct collapser *collapser);

/* Room for @n addresses in chosen. -ENOMEM: it stays as it is. */
int collapser_make_room(struct collapser *collapser, size_t n);

/* How many slots are still to be tried of those that were chosen. */
static inline size_t collapser_left(const struct collapser *collapser)
{
	return collapser->choice.n - collapser->next;
}

#endif
