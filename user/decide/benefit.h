/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Benefit: what a process gains by its huge pages, and whether it had a fair trial and gained nothing.
 *
 * Measured where the CPU has counters: W = walks / instructions, the walks of the page tables for data per instruction
 * of the process (sense/tlb.h). W_before is the quotient of all that was counted while at most BENEFIT_SMALL_PCT of
 * its hot memory was huge (where that is not told: until something was collapsed), if that is of
 * BENEFIT_LEAST_INSTRUCTIONS at least; W_now weighs what was counted since something was collapsed and it was more, by
 * exp(-age / BENEFIT_SMOOTH_NS). Time before the first look at the heat, in which nothing was collapsed, is of
 * W_before when at most so much was huge then: S_now less M; weighed like W_now, as a process may load for long before
 * it works. A W_before of 0 is a counter that does not count (a hypervisor may let it be opened), and not known. Nor is
 * it known any more once W_now, of BENEFIT_SMOOTH_NS at least, is by as much above it as would be a gain below: huge
 * pages do not make walks, so that was other work. Elsewhere, or where there was no such time before, or counts are
 * missing for BENEFIT_SMOOTH_NS: S = huge part of
 * the hot memory, in percent; S_before is the last one before anything was collapsed, S_now the last; and M = memory
 * that was made huge since the process came in, in percent of its hot memory.
 *
 * gains  W_before - W_now is at least BENEFIT_FALL_PCT of W_before and BENEFIT_FALL_PER_1000 / 1000, when W_now is of
 *        BENEFIT_SMOOTH_NS at least. Without W_before: M and S_now are at least BENEFIT_RISE_PCT (where S is not told,
 *        M alone), for BENEFIT_STEADY_NS. It stays so.
 * none   W did not fall by so much though S_now was BENEFIT_MOST_PCT or more for trial_ns, of time in which the process
 *        used at least BENEFIT_BUSY_SHARE of the CPU that it used before. Or: the executor has given up (it is parked,
 *        at the floor or with hot memory that stays small) with S_now below BENEFIT_RISE_PCT (where S is not told, with
 *        nothing collapsed), for trial_ns of time in which the process was busy. Where nothing is hot S_now is 0.
 *
 * What is no trial: time in which memory, caps or the pace keep the executor from trying; a walk of the descent in
 * which the kernel refused for want of memory or a quota was used up, and all the time that it is parked after it;
 * time of an idle process; an executor that does not act. For giving up besides: BENEFIT_LOADS_NS after each
 * BENEFIT_LOADS_BYTES that anonymous memory is more than it ever was, as a process that loads does not yet work; and
 * time in which heat is not known, unless nothing at all can be collapsed.
 */
#ifndef HOTDAMON_DECIDE_BENEFIT_H
#define HOTDAMON_DECIDE_BENEFIT_H

#include "decide/descent.h"

/*
 * Two walks of the descent with executor damos, whose parked scheme is tried again after a minute; and some periods of
 * most loads.
 */
#define BENEFIT_TRIAL_NS 120000000000ULL

#define BENEFIT_SMALL_PCT	   10 /* of the hot memory: so much may be huge "before" */
#define BENEFIT_MOST_PCT	   75 /* of the hot memory: from here on what huge pages give must show */
#define BENEFIT_RISE_PCT	   10 /* of the hot memory: less is no gain to speak of */
#define BENEFIT_BUSY_SHARE	   0.5
#define BENEFIT_LEAST_INSTRUCTIONS 1e7 /* some ms of a busy CPU; with less W is chance */
/* Phases of a load change W by some percent; and 0.1 walks of 30 to 50 cycles in 1000 instructions are half a percent. */
#define BENEFIT_FALL_PCT      10
#define BENEFIT_FALL_PER_1000 0.1
#define BENEFIT_STEADY_NS     10000000000ULL /* at a high threshold one huge page is much of what is hot */
#define BENEFIT_SMOOTH_NS     30000000000ULL
#define BENEFIT_LOADS_NS      10000000000ULL
#define BENEFIT_LOADS_BYTES   (16 * MIB_BYTES)
#define BENEFIT_AGAIN_NS      600000000000ULL /* a verdict of none is tried again after so long */
#define BENEFIT_MAX_STEP_NS   10000000000ULL /* more between two looks was no trial, but a machine that slept */

enum benefit_verdict { BENEFIT_UNKNOWN, BENEFIT_GAINS, BENEFIT_NONE };

const char *benefit_verdict_name(enum benefit_verdict verdict); /* "unknown", "gains", "none" */

struct benefit_config {
	uint64_t trial_ns; /* of a fair trial; 0: there is no verdict of none */
	double busy_pct;   /* of a CPU: below it a process is idle */
	bool acts;	   /* the executor makes memory huge */
};

/* What is known of a target at now_ns. Counts are cumulative. */
struct benefit_look {
	uint64_t now_ns;
	bool counted; /* walks and instructions are known; they may begin anew at 0 */
	double walks, instructions;
	double cpu_pct; /* smoothed */
	bool heat_known;
	uint64_t hot_bytes;
	bool huge_known;
	uint64_t hot_huge_bytes;
	uint64_t succeeded; /* collapses since it came in */
	uint64_t refused;   /* for want of memory, and quotas used up */
	uint64_t failed;    /* for whatever reason; only for words, as are the next three */
	const char *failed_most;
	const char *refusal; /* why nothing at all can be collapsed in it; NULL: it can */
	uint64_t sparse;     /* hot slots left alone as too few of their pages are populated */
	bool held_up;	     /* memory, caps or the pace let nothing be tried just now */
	bool parked;	     /* the descent is, and in this state */
	enum descent_state state;
	uint64_t anon_bytes;
	uint32_t execs;
};

/* A value without pointers; begins as {0}. */
struct benefit {
	bool began;
	enum benefit_verdict verdict;
	uint64_t at_ns; /* of the last look */
	uint32_t execs;
	uint64_t least_anon_bytes; /* since the trial began */

	bool counting;	       /* last_* are of the last look */
	uint64_t uncounted_ns; /* in a row */
	double last_walks, last_instructions;
	bool is_after; /* the time "before" is over */
	double pending_walks,
		pending_instructions; /* of the time before, if what is hot turns out to be small */
	double before_walks, before_instructions, before_cpu_pct;
	double now_walks, now_instructions; /* weighed by age */
	uint64_t after_ns;		    /* that was counted after "before", of a busy process */

	bool pct_known, pct_seen, before_pct_known;
	unsigned int before_pct, pct; /* S_before, S_now */
	uint64_t hot_bytes;
	uint64_t succeeded; /* when it came in */

	uint64_t most_anon_bytes; /* so far, but for what is less than BENEFIT_LOADS_BYTES more */
	uint64_t loads_until_ns;

	bool parked, refused_in_walk;
	uint64_t refused;
	uint64_t mostly_huge_ns; /* of fair trial */
	uint64_t given_up_ns;
	uint64_t risen_ns;  /* in a row */
	bool is_useless;    /* the last NONE was by walks */
	unsigned int nones; /* verdicts of it so far */
	uint64_t none_until_ns;
	char reason[REASON_LEN]; /* of a verdict, in words and numbers; "" while it is unknown */
};

/*
 * One look. True: the verdict changed. GAINS stays until the process calls exec, which begins all anew. So does NONE,
 * unless a new trial begins: when its memory has clearly grown, after BENEFIT_AGAIN_NS, which double at each NONE up to
 * 64 times as long, and, where the executor had given up, when hot memory is huge after all.
 */
bool benefit_step(struct benefit *benefit, const struct benefit_config *config,
		  const struct benefit_look *look);

/*
 * NONE by walks: it has huge memory, and more of it would be of no use. NONE by giving up tells nothing of what may be
 * collapsed later.
 */
bool benefit_is_useless(const struct benefit *benefit);

/* Whether counts can still tell anything: there is no verdict, and a W_before, or time that may be of it. */
bool benefit_wants_counts(const struct benefit *benefit);

/* Whether the time before goes on, of which none is to be lost: looks at any interval are right, short ones better. */
bool benefit_is_before(const struct benefit *benefit);

/* Walks per 1000 instructions; false: not known. */
bool benefit_before_per_1000(const struct benefit *benefit, double *per_1000);
bool benefit_now_per_1000(const struct benefit *benefit, double *per_1000);

/* How much of a trial of what may end as NONE is over. */
uint64_t benefit_tried_ns(const struct benefit *benefit);

/* New memory is a new trial: a quarter more, and 16 MiB. */
static inline bool benefit_has_grown(uint64_t before_bytes, uint64_t now_bytes)
{
	uint64_t grown = now_bytes > before_bytes ? now_bytes - before_bytes : 0;

	return grown >= 16 * MIB_BYTES && grown >= before_bytes / 4;
}

#endif
