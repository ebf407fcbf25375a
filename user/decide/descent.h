/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descent: how hot memory must be to be collapsed. The threshold starts high, so that only the hottest
 * memory is taken, and goes down until memory really collapses.
 */
#ifndef HOTDAMON_DECIDE_DESCENT_H
#define HOTDAMON_DECIDE_DESCENT_H

#include "decide/levels.h"
#include "decide/process.h"

/* By worth so little of what pays is nothing to speak of. */
#define DESCENT_CRUMBS_PCT 3

enum descent_state {
	DESCENT_DESCENDING, /* looking for the level at which memory collapses */
	DESCENT_HOLDING,    /* found it; the scheme works on at this level */
	DESCENT_SATISFIED,  /* nothing hot is left small: the scheme is parked */
	DESCENT_FLOOR,	    /* the lowest level passed and nothing collapsed: parked */
};

const char *descent_state_name(enum descent_state state); /* "descending", "holding", ... */

struct descent_config {
	struct descent_levels levels;
	bool progressive;      /* --descent progressive */
	bool by_worth;	       /* one level, what pays: heat is told by a map */
	uint64_t learn_ns;     /* by_worth: so long nothing may be surely hot before that means something */
	bool heat_is_evidence; /* nothing acts (executor none): hot, small memory would have collapsed */
	unsigned int level_applies; /* complete applies that a level lasts, at least; default 5 */
	uint64_t level_ns;	    /* and at least so long; default 1 s */
	uint64_t settle_ns;	    /* and the first so long, while regions are coarse; default 2 s */
	uint64_t dry_ns;	    /* without a collapse for so long, a level is dry; default 10 s */
	unsigned int dry_applies;   /* and for at least so many applies; default 20 */
	uint64_t probe_ns;	    /* a parked scheme is tried again after so long; default 60 s */
};

/* All defaults, for these levels. */
void descent_config_init(struct descent_config *config, const struct descent_levels *levels);

/*
 * For heat that is told by a map (executor madvise), which ranks slots and ends where they do not pay: there is nothing to
 * descend, one level is all. @payback_s: see worth.h; being sure takes a share of it.
 */
void descent_config_by_map(struct descent_config *config, uint64_t payback_s);

/* Looks come once a step: a level that lasts as long as a step must not be missed by a hair, for a whole one. */
void descent_config_allow_for_steps(struct descent_config *config);

/*
 * What is known of a target at @now_ns. Counters are cumulative since the target came in, and never
 * go back. An apply is a complete pass of the scheme over all regions, at whatever level, while acting
 * (with heat_is_evidence: of the scheme that only counts). A success is a real collapse made by our
 * kdamond (mm_collapse_huge_page, status success), never nr_applied.
 */
struct descent_evidence {
	uint64_t now_ns;
	uint64_t applies;
	uint64_t succeeded;
	uint64_t failed;	 /* collapses that failed */
	uint64_t lacked;	 /* of these, those for want of memory; and quotas used up. For benefit.h */
	const char *failed_most; /* the most frequent failure's name, or NULL; borrowed for the call */
	const char *barred;  /* why nothing at all can be collapsed in it, in words, or NULL; borrowed too */
	bool heat_known;     /* hot_bytes is measured */
	bool heat_is_new;    /* since the last look */
	uint64_t hot_bytes;  /* at or above the present level, at the last apply of the stat scheme */
	bool hot_huge_known; /* the kernel can tell how much of it is huge (6.18+) */
	uint64_t hot_huge_bytes; /* how much of hot_bytes is huge already */
	uint64_t
		quota_reset_ns; /* the quota's window, within which a collapse may wait for its turn; 0: none */
	uint64_t anon_bytes;	/* resident anonymous memory of the target; 0 when it could not be read */
	uint64_t collapsible_bytes; /* hot, small, and what the executor is about to try; 0: not known */
	bool held_up; /* the executor can try nothing just now: memory is short, a cap is reached, too little is known */
	bool held_up_by_host;  /* for a cap or the pace */
	uint64_t left_alone;   /* hot slots, for what a collapse of them would add (room.h), */
	const char *left_most; /* and why most of them are, in words; borrowed too */
	uint64_t left_for_now; /* of them, those of which the reason may pass by itself */
	uint32_t execs;	       /* execs seen, cumulative */
};

/* All the state of one target's descent; a plain value, copied freely. */
struct descent {
	enum descent_state state;
	unsigned int level; /* index into levels */
	uint64_t level_since_ns;
	uint64_t level_applies_base; /* evidence.applies when the level began */
	uint64_t succeeded_base;     /* evidence.succeeded at the last step */
	uint64_t succeeded;	     /* collapses since the descent (re)started from the top */
	uint64_t level_succeeded;    /* collapses at this level, since it began */
	uint64_t last_success_ns;    /* or when acting (re)began: from when dryness counts */
	uint64_t last_success_applies;
	uint64_t parked_since_ns;    /* 0: it is at work */
	uint64_t parked_anon_bytes;  /* the least since it was parked: growth counts from here */
	uint64_t parked_small_bytes; /* hot and small on average when it was parked */
	unsigned int news_looks;     /* measures of heat in a row, since then, with clearly more of it */
	unsigned int heat_looks; /* with heat known, since dryness counts or the level began, while acting */
	uint64_t hot_sum_bytes;	 /* over these looks */
	uint64_t hot_huge_sum_bytes;
	uint32_t execs;
	bool found;		 /* memory collapsed at this level: its hold threshold is in force */
	bool probing;		 /* re-armed by the slow probe: parks again as soon as the level is dry */
	char reason[REASON_LEN]; /* why it is where it is, in words and numbers */
};

/* It should collapse; false: it is parked. */
static inline bool descent_acts(const struct descent *descent)
{
	return !descent->parked_since_ns;
}

/* What changed in a step; _LEVEL and _ACTING want a commit, and all of them are worth a line in the log. */
enum {
	DESCENT_CHANGED_LEVEL = 1,
	DESCENT_CHANGED_ACTING = 2,
	DESCENT_CHANGED_STATE = 4,
	DESCENT_FIRST_SUCCESS = 8, /* the first real collapse since the descent (re)started from the top */
};

/*
 * The start: top level, acting. @evidence gives now_ns, the counters' bases, execs and anon_bytes.
 */
void descent_start(struct descent *descent, const struct descent_config *config,
		   const struct descent_evidence *evidence);

/* The same for one that is watched already, when what it saw so far is void: @why begins the reason. */
void descent_restart(struct descent *descent, const struct descent_config *config,
		     const struct descent_evidence *evidence, const char *why);

/* Whether there is no level below the present threshold. */
bool descent_is_at_bottom(const struct descent *descent, const struct descent_config *config);

/*
 * One look at the evidence; returns the DESCENT_CHANGED_* of it, 0 when all stays.
 *
 * - execs changed: a new program; starts anew from the top, and what collapsed since the last look was
 *   the old one's.
 * - DESCENDING: a new success makes it HOLDING at this level. Else, when the level has lasted
 *   (level_applies and level_ns, settle_ns for the first; below it, where heat is measured and less than
 *   PMD_SIZE_BYTES are hot, level_ns alone): with heat_is_evidence, PMD_SIZE_BYTES or
 *   more that are hot and not known to be huge make it HOLDING too. Where the walk may end (for hold
 *   DESCENT_HOT_PCT and below, for `progressive` the last level), if heat and its huge part are known, at
 *   least PMD_SIZE_BYTES are hot (for `progressive`: or something collapsed on the way) and less than
 *   PMD_SIZE_BYTES of them are small, it is SATISFIED: nothing hot is left small; such a level waits up to
 *   3 level_ns for its heat. Else one level down: what is hot below is not known before it is looked at there.
 *   Below the last level it is FLOOR, parked, with the most frequent failure in the reason; but if something
 *   collapsed on the way and hot memory is known to be small, HOLDING, parked, as that is no failure of the walk.
 * - HOLDING: while successes come (with heat_is_evidence: while hot memory is small, which without a collapse
 *   is for ever), stays. When dry (dry_ns and dry_applies without success): `progressive` goes down to the
 *   next level that the hold did not take in (DESCENDING), unless there is none or it is a probe. Otherwise,
 *   with heat and its huge part known and PMD_SIZE_BYTES or more hot memory still small, it is parked but
 *   stays HOLDING, saying what fails; else SATISFIED, parked.
 * - while something collapsible is about to be tried, or the executor is held up, no level is over and none is dry.
 * - while hot memory is known to be small, no level is dry before quota_reset_ns without a success, nor, once
 *   something collapsed, over: it may just wait for its turn.
 * - by_worth: the only level is over when nothing hot is small, or after learn_ns without a success; what is hot and
 *   small is nothing to speak of below DESCENT_CRUMBS_PCT of what is hot.
 * - where all that is hot is huge, and yet more is left alone for what it would add, it is HOLDING, parked, in place of
 *   SATISFIED.
 * - parked (SATISFIED, FLOOR, HOLDING without acting): re-arms when PMD_SIZE_BYTES or more are collapsible;
 *   without by_worth (not FLOOR) when in two new measures in a row the hot memory that is small was more than when it was parked, by PMD_SIZE_BYTES and by a quarter of what is hot; re-arms when
 *   anon_bytes grew by an eighth and by at least 16 MiB above the least there was since it was parked, or after
 *   probe_ns. SATISFIED and
 *   HOLDING re-arm as HOLDING at the same level; FLOOR, and with `progressive` what grew or got hot, start anew from
 *   the top. A probe that finds nothing parks again once dry. A success that reaches FLOOR late (made before
 *   it was parked) makes it HOLDING.
 *
 * Heat is judged by its average over the looks since dryness counts: the last look alone may be blind, as a
 * collapse clears accessed bits without a TLB flush.
 *
 * A reason is written at each change; and it never lies: numbers in it are those of the evidence.
 */
unsigned int descent_step(struct descent *descent, const struct descent_config *config,
			  const struct descent_evidence *evidence);

/*
 * The heat that the present level is, or was, judged by: the average over the looks at work since dryness
 * counts; what it was parked with, while it is parked. False, and nothing set, when it was not measured.
 */
bool descent_heat(const struct descent *descent, uint64_t *hot_bytes, uint64_t *hot_huge_bytes);

/*
 * The present threshold: the level's, and once memory collapsed there, the level's less the scatter of equal
 * heat. nr_accesses counts hits in max_accesses samples; memory that is hit with probability p reads p * max
 * with a standard deviation of sqrt(max * p * (1 - p)). The first to reach a level is the luckiest of its
 * kind, and at the level itself only luck would collapse the rest. So from DESCENT_HOT_PCT up a hold is the least
 * heat of which the level is two deviations away, by the scatter of that heat, not of the level: near the top
 * the level's own is narrow (Wilson's lower bound of a share, 1927). Below that, where cold memory is near, it is one
 * deviation of the level. It is never below half.
 */
unsigned int descent_min_access_pct(const struct descent *descent, const struct descent_config *config);
unsigned int descent_min_accesses(const struct descent *descent, const struct descent_config *config);

#endif
