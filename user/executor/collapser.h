/* SPDX-License-Identifier: GPL-2.0 */
/* What the executor madvise knows: of one target (its heat, where it may collapse, what is next), and of all. */
#ifndef HOTDAMON_EXECUTOR_COLLAPSER_H
#define HOTDAMON_EXECUTOR_COLLAPSER_H

#include "decide/backoff.h"
#include "decide/departed.h"
#include "decide/heat.h"
#include "decide/pace.h"
#include "decide/readlist.h"
#include "decide/shared.h"
#include "decide/worklist.h"
#include "executor/executor.h"
#include "sense/regions.h"

struct collapser {
	struct regions *regions; /* borrowed */
	pid_t watched;		 /* the kdamond whose regions are handed on; 0: none */
	uint64_t heard_ns;	 /* when its last aggregation ended, or when it was begun to be watched */

	struct heat *heat;
	uint64_t mapped_since_ns; /* when its first aggregation came; 0: not yet */
	uint32_t execs;		  /* of the program that the heat is of */
	struct readlist readlist;
	uint64_t recheck_ns; /* when what was huge was last looked at */

	struct shared_list shared; /* what it knows of slots of shared memory, for the others */

	struct backoff *backoff; /* of slots */
	struct backoff_pause pause;
	struct pace pace;
	struct pace_limit limit; /* of it */
	bool said_limit;

	struct worklist worklist; /* of the last look */
	uint64_t *chosen;	  /* worklist.n addresses of it, the hottest first */
	size_t room;		  /* of chosen */
	size_t next;		  /* the first that was not tried yet */

	uint64_t applies;  /* aggregations while the descent was acting */
	uint64_t calls;	   /* of process_madvise for a slot */
	uint64_t done;	   /* calls that made a slot huge */
	uint64_t stall_ns; /* what all calls took */
	int barred; /* negative errno that collapse_barred_by() has words for, as of the last try; 0: none */
	int said_barred;
	bool said_coarse, said_capped;
};

/* NULL: no memory. */
struct collapser *collapser_new(struct regions *regions, uint64_t budget_us, uint64_t now_ns);
void collapser_clear(struct collapser *collapser); /* frees what is in it, not itself */

/* Follows the target's kdamond, 0: it has none just now. Negative errno when it cannot be listened to. */
int collapser_watch(struct collapser *collapser, pid_t kdamond, uint64_t now_ns);

/* All that is known is of memory that is gone, or of samples that saw nothing. */
void collapser_forget(struct collapser *collapser);

/* How many slots are still to be tried of those that were chosen. */
static inline size_t collapser_left(const struct collapser *collapser)
{
	return collapser->worklist.n - collapser->next;
}

/* The executor's own state: what is of no target alone. */
struct madvise {
	struct regions *regions;
	struct memory_pressure pressure; /* as last read */
	struct pace_dry dry;
	struct pace_limit host;				/* by what is of the host alone, */
	struct pace_limit limit;			/* and with the free blocks of its best node */
	uint64_t pressure_ns, listened_ns, departed_ns; /* when each was last seen to */
	struct backoff_pause no_memory;
	unsigned int next_seat; /* whose turn it is to collapse */
	struct departed departed;
	bool said_incomplete;
	/* for a look at one target; [room] */
	struct work_slot *paying;
	struct readlist_place *places;
	uint64_t *starts;
	struct slot_pages *pages;
	size_t room;
};

/* heat_look.c: reads mappings and page tables of what pays, and chooses what is to be collapsed. */
void collapser_look(struct executor *executor, struct target *target, uint64_t now_ns);

/* heat_look.c, too: see executor_map(). */
int collapser_map(const struct executor *executor, struct target *target, size_t most, uint64_t now_ns,
		  struct map_file_target *map);

/* pace_look.c: what memory pressure leaves of the budgets. */
void pace_look_at_host(struct madvise *madvise, uint64_t now_ns);

/* Of one target, by where its next slots lie; after they were chosen. */
void pace_look_at_target(const struct madvise *madvise, struct target *target, uint64_t now_ns);

/* Whether the slot's own NUMA node has a huge page for it: else the kernel would take one of another node. */
bool pace_node_has_blocks(const struct madvise *madvise, const struct target *target, uint64_t slot,
			  uint64_t now_ns);

/* ---- shared_look.c ---- */

/* Whether the slot at @start is of shared memory; then *@key is which. */
bool collapser_shared_key(const struct target *target, uint64_t start, struct shared_key *key);

/* Whether a slot is huge, for the others; nothing if it is not shared. */
void collapser_tell_huge(const struct target *target, uint64_t start, bool huge);

/* Targets that have such memory. */
unsigned int collapser_sharers(const struct executor *executor);

/* What the other targets know of the slot. */
struct shared_slot collapser_known_by_others(const struct executor *executor, const struct target *target,
					     const struct shared_key *key);

/* slot_pages_read() of the target; of shared memory all that is there, and huge if that is known of any target. */
int collapser_read_pages(const struct executor *executor, const struct target *target, const uint64_t *starts,
			 size_t n, struct slot_pages *pages);

/* ---- */

/* What @err says of the whole target is noted, and said once. */
void collapser_note_barred(struct target *target, int err);

#endif
