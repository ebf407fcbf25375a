/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Benefit: what a process gains by its huge pages, and whether it had a fair trial and gained nothing.
 *
 * Where the rates of accesses are known it is judged by what is saved: V = CPU time that what is huge saves, V_ours = of
 * that the part that was made huge since the process came in (by bytes), L = what would be saved besides by what pays and
 * is small.
 *
 * gains  V_ours is at least BENEFIT_RISE_PCT of V + L and BENEFIT_LEAST_PCT of a CPU, and pays back what the collapses took
 *        within payback_s; for BENEFIT_STEADY_NS. It stays so.
 * none   The executor has given up (it is parked, at the floor or with memory that pays and stays small), or all that pays
 *        is huge, with V below these two bounds, for trial_ns of time in which the process was busy.
 * Neither, for good, may be one whose V is above them, and either V_ours is not, or does not pay back: what was spent is
 * spent, and a process that saves so much is worth its seat.
 *
 * Where the rates are not known it is judged by share.
 * S = huge part of the hot memory, in percent; S_before is the last one before anything was collapsed, S_now the last;
 * and M = memory that was made huge since the process came in, in percent of its hot memory.
 *
 * gains  M and S_now are at least BENEFIT_RISE_PCT (where S is not told, M alone), for BENEFIT_STEADY_NS. It stays so.
 * none   The executor has given up (it is parked, at the floor or with hot memory that stays small) with S_now below
 *        BENEFIT_RISE_PCT (where S is not told, with nothing collapsed), for trial_ns of time in which the process was
 *        busy. Where nothing is hot S_now is 0.
 *
 * What is no trial: time in which memory, caps or the pace keep the executor from trying; a walk of the descent in
 * which memory was lacking or a quota was used up, and all the time that it is parked after it;
 * time of an idle process; an executor that does not act. For giving up besides: BENEFIT_LOADS_NS after each
 * BENEFIT_LOADS_BYTES that anonymous memory is more than it ever was, as a process that loads does not yet work; and
 * time in which heat is not known, unless nothing at all can be collapsed; and time in which slots are left alone as they
 * are shared, as with a fork, or as a control group is short of memory: that may pass. Not so what the process may grow.
 *
 * An exec does not renew the trial: its clock goes on, and of the new program's memory only that is new which is more than
 * the process ever had. After BENEFIT_HASTY_EXECS of them, of programs that were there for less than
 * BENEFIT_SETTLED_TRIALS trials, what a new program must be given time for (to load, to be learnt, to be collapsed) is no
 * excuse any more: all its busy time counts.
 */
#ifndef HOTDAMON_DECIDE_BENEFIT_H
#define HOTDAMON_DECIDE_BENEFIT_H

#include "base/units.h"
#include "decide/descent.h"

/*
 * Two walks of the descent with executor damos, whose parked scheme is tried again after a minute; and some periods of
 * most loads.
 */
#define BENEFIT_TRIAL_NS (120 * NS_PER_S)

#define BENEFIT_SMALL_PCT 10 /* of the hot memory: so much may be huge "before" */
#define BENEFIT_RISE_PCT  10 /* of the hot memory: less is no gain to speak of */
#define BENEFIT_LEAST_PCT                                                                                    \
	0.02 /* of a CPU: less is not worth a seat, as watching may cost fifty times as much by default */
#define BENEFIT_STEADY_NS   (10 * NS_PER_S) /* at a high threshold one huge page is much of what is hot */
#define BENEFIT_LOADS_NS    (10 * NS_PER_S)
#define BENEFIT_LOADS_BYTES (16 * MIB_BYTES)
#define BENEFIT_AGAIN_NS    (600 * NS_PER_S) /* a verdict of none is tried again after so long */
/* As many as a server that is started by way of two others calls, if all of them are watched. */
#define BENEFIT_HASTY_EXECS 2
/* One that gains nothing has its verdict long before, also if it loads, is learnt and lacks memory for a while. */
#define BENEFIT_SETTLED_TRIALS 4
/* More between two looks was no trial, but a machine that slept. */
#define BENEFIT_MAX_STEP_NS (10 * NS_PER_S)

enum benefit_verdict { BENEFIT_UNKNOWN, BENEFIT_GAINS, BENEFIT_NONE };

const char *benefit_verdict_name(enum benefit_verdict verdict); /* "unknown", "gains", "none" */

struct benefit_config {
	uint64_t trial_ns;  /* of a fair trial; 0: there is no verdict of none */
	double busy_pct;    /* of a CPU: below it a process is idle */
	bool acts;	    /* the executor makes memory huge */
	bool by_worth;	    /* it tells what is saved, but for the time in which heat is not known */
	uint64_t payback_s; /* see worth.h */
};

/* What is known of a target at now_ns. Counts are cumulative. */
struct benefit_look {
	uint64_t now_ns;
	double cpu_pct; /* smoothed */
	bool heat_known;
	uint64_t hot_bytes;
	bool huge_known;
	uint64_t hot_huge_bytes;
	bool worth_known;   /* the next three; hot is what pays then */
	double saved_pct;   /* of a CPU, by what is huge, */
	double left_pct;    /* and what would be saved besides by what is small, pays and is not left alone */
	double collapse_ns; /* CPU time that one collapse costs */
	uint64_t succeeded; /* collapses since it came in */
	uint64_t lacked;    /* attempts that failed for want of memory, and quotas used up */
	uint64_t failed;    /* for whatever reason; only for words, as are the next three */
	const char *failed_most;
	const char *barred;    /* why nothing at all can be collapsed in it; NULL: it can */
	uint64_t left_alone;   /* hot slots, for what a collapse of them would add, */
	const char *left_most; /* and why most of them are, in words */
	uint64_t left_for_now; /* of them, those of which the reason may pass by itself */
	bool held_up;	       /* nothing can be tried just now, */
	bool held_up_by_host;  /* for caps or the pace: not just as too little is known yet */
	bool parked;	       /* the descent is, and in this state */
	enum descent_state state;
	uint64_t anon_bytes;
	uint32_t execs;
};

/* A value without pointers; begins as {0}. */
struct benefit {
	bool began;
	enum benefit_verdict verdict;
	uint64_t at_ns;	     /* of the last look */
	uint64_t program_ns; /* since when it is this program */
	uint32_t execs;
	unsigned int hasty_execs;  /* in a row, each of a program that had not settled */
	uint64_t least_anon_bytes; /* since the trial began */

	bool by_worth; /* judged by what is saved; else by share */
	bool pct_known, pct_seen, before_pct_known;
	unsigned int before_pct, pct; /* S_before, S_now */
	uint64_t hot_bytes;
	uint64_t succeeded; /* when it came in */

	uint64_t most_anon_bytes; /* so far, but for what is less than BENEFIT_LOADS_BYTES more */
	uint64_t loads_until_ns;

	bool parked, lacked_in_walk;
	uint64_t lacked;      /* at the last look */
	uint64_t given_up_ns; /* of the trial, how much is over */
	uint64_t risen_ns;    /* in a row */
	unsigned int nones;   /* verdicts of it so far */
	uint64_t none_until_ns;
	char reason[REASON_LEN]; /* of a verdict, in words and numbers; "" while it is unknown */
};

/*
 * One look. True: the verdict changed. GAINS stays until the process calls exec, which begins all anew. NONE stays, too,
 * unless a new trial begins: when its memory has clearly grown, after BENEFIT_AGAIN_NS, which double at each NONE up to
 * 64 times as long, and when hot memory is huge after all.
 */
bool benefit_step(struct benefit *benefit, const struct benefit_config *config,
		  const struct benefit_look *look);

/*
 * Whether a look is due: about once a second, and at each step in the time before, to know it to its end.
 */
bool benefit_is_due(const struct benefit *benefit, uint64_t now_ns);

/* Whether the time before goes on, of which none is to be lost: looks at any interval are right, short ones better. */
bool benefit_is_before(const struct benefit *benefit);

/* New memory is a new trial: a quarter more, and 16 MiB. */
static inline bool benefit_has_grown(uint64_t before_bytes, uint64_t now_bytes)
{
	uint64_t grown = now_bytes > before_bytes ? now_bytes - before_bytes : 0;

	return grown >= 16 * MIB_BYTES && grown >= before_bytes / 4;
}

#endif
