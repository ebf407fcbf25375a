/* SPDX-License-Identifier: GPL-2.0 */
/* What became of one try to collapse a slot, as far as it matters to when and whether to try again. */
#ifndef HOTDAMON_DECIDE_OUTCOME_H
#define HOTDAMON_DECIDE_OUTCOME_H

#include <stdbool.h>

enum collapse_outcome {
	COLLAPSE_DONE,	     /* the slot is huge now, by us or by somebody before us */
	COLLAPSE_RETRY,	     /* a page was locked, pinned or being written out: soon again */
	COLLAPSE_NO_MEMORY,  /* no free huge page, and none could be made: nobody should try for a while */
	COLLAPSE_LIMITED,    /* the target's control group is at its limit: not this target for a while */
	COLLAPSE_UNSUITABLE, /* this memory is not to be collapsed, or changed meanwhile: long not this slot */
	COLLAPSE_GONE,	     /* the process has ended */
	COLLAPSE_DENIED,     /* we may not: the executor can't work at all */
	COLLAPSE_OUTCOMES,
};

/* What follows from it, besides that the slot waits (decide/backoff.h). */
struct outcome_effect {
	bool made_huge;
	bool pauses_all;     /* nobody is collapsed for a while */
	bool pauses_target;  /* this target is not */
	bool doubts_mapping; /* the kernel is asked anew whether the mapping can be collapsed */
	bool is_error;	     /* of hotdamon, not of the target */
};

struct outcome_effect outcome_effect(enum collapse_outcome outcome);

#endif
