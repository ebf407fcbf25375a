/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Penalty: who is kept out for a while, as it could not be watched, or gained nothing by it. It lasts so many ticks, and
 * longer each time in a row.
 */
#ifndef HOTDAMON_DECIDE_PENALTY_H
#define HOTDAMON_DECIDE_PENALTY_H

#include "decide/process.h"

struct penalties;

/* @probe_ticks: one that gained nothing is out for so many, the first time. NULL when out of memory. */
struct penalties *penalties_new(unsigned int probe_ticks);
void penalties_free(struct penalties *penalties); /* NULL is fine */

/* So many ticks for those that are let go from now on. */
void penalties_set_probe(struct penalties *penalties, unsigned int probe_ticks);

/* Room for @more processes that have none yet: penalty_failed() and penalty_let_go() need it. -ENOMEM: all as before. */
int penalties_reserve(struct penalties *penalties, size_t more);

/*
 * A new tick. A penalty is forgotten when its time is up and its process was not seen in the last tick; while the process
 * is around, it is remembered, so that the next one in a row is longer.
 */
void penalties_begin_tick(struct penalties *penalties);

/*
 * The process @id is there in this tick. Has it a penalty as it gained nothing, this may end it: when its memory is clearly
 * more (benefit_has_grown()): the first time than when it was let go, or than the least since, while @execs are the same;
 * after that, and after an exec, than the most it ever had.
 */
void penalty_see(struct penalties *penalties, struct process_id id, uint64_t anon_bytes, uint32_t execs);

/* Whether @id is kept out in this tick, or will be in the next one. */
bool penalty_holds(const struct penalties *penalties, struct process_id id);
bool penalty_will_hold(const struct penalties *penalties, struct process_id id);

/* Why, and for how long still; only of one that is kept out. @reason: REASON_LEN bytes. */
void penalty_explain(const struct penalties *penalties, struct process_id id, char *reason);

/* It could not be watched, @why in a few words: out for the next 2, 4, 8 ... 64 ticks, doubling at each failure in a row. */
void penalty_failed(struct penalties *penalties, struct process_id id, const char *why);

/* It gained nothing, @why: out for the next probe_ticks, doubling each time up to 64 times as many. */
void penalty_let_go(struct penalties *penalties, struct process_id id, const char *why, uint64_t anon_bytes,
		    uint32_t execs);

/*
 * Most of its memory, @pct, is shared with other processes: out for the next PENALTY_SHARED_TICKS. penalty_is_shared():
 * that was the last reason, as far as it is remembered.
 */
#define PENALTY_SHARED_TICKS 6 /* half a minute: a save of some GiB; a sample costs a millisecond at most */
void penalty_shared(struct penalties *penalties, struct process_id id, int pct);
bool penalty_is_shared(const struct penalties *penalties, struct process_id id);

/* It is watched, and all is well: forgets the failures, but not that it gained nothing. */
void penalty_works(struct penalties *penalties, struct process_id id);

#endif
