/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What huge pages are reckoned by on this host: what an access to memory in small pages costs more, as the CPU has to look
 * its page up (a TLB miss), and what a collapse costs. A slot with r accesses a second saves about r times the first.
 */
#ifndef HOTDAMON_DECIDE_COST_H
#define HOTDAMON_DECIDE_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "decide/process.h"

/*
 * Where nothing can be measured. Natively a look-up takes 30 to 60 ns: real redis of 1.8 GiB gained 55 ns for each far
 * access of a request. What is saved grows with it, so of a host where it is less too much is collapsed, no more.
 */
#define COST_MISS_DEFAULT_NS 50.0
/* Less is nothing; more is no page walk any more, but a host that takes memory away from this machine. */
#define COST_MISS_LEAST_NS 1.0
#define COST_MISS_MOST_NS  500.0
/* An operator may say what holds for emulated memory, or for a far node. */
#define COST_MISS_GIVEN_NS 10000.0
/*
 * A measure whose middle half scatters more than its median is not believed: where a host moved this machine's memory
 * about meanwhile, 13 ns came with 3 below and 108 above.
 */
#define COST_MISS_SCATTER 1.0

/*
 * Before the first collapse. Measured from 0.4 ms, of memory that is at hand, to 8 ms, where the host of a virtual machine
 * has to find it first; this is between them, as a ratio.
 */
#define COST_COLLAPSE_DEFAULT_NS 2000000.0
/* What a collapse can cost at all, emulated or not: anything else is no measure. */
#define COST_COLLAPSE_LEAST_NS 1000.0
#define COST_COLLAPSE_MOST_NS  ((double)NS_PER_S)
/* So many collapses back the mean reaches: a few seconds of work at the default pace. */
#define COST_COLLAPSE_WEIGHT 64
/* One that took longer counts as so many times the mean: it waited for memory to be put together. */
#define COST_COLLAPSE_CLIP 8.0

/* A round is some thousand accesses, in small pages and then in huge ones. */
#define COST_MAX_ROUNDS	  25
#define COST_LEAST_ROUNDS 9

/* ns an access took. */
struct cost_round {
	double small_ns, huge_ns;
};

/* How much longer it took in small pages: the median of the rounds, and what their middle half lies between. */
struct cost_miss {
	double low_ns, median_ns, high_ns;
};

/* What was measured on this host, as it is kept. */
struct cost_measure {
	struct cost_miss miss;
	double collapse_ns; /* the median of those of the measure; 0: none */
};

/* Where a number is from. */
enum cost_source { COST_DEFAULT, COST_MEASURED, COST_KEPT, COST_GIVEN };

/* Always good to reckon with. */
struct host_cost {
	double miss_ns;
	enum cost_source miss_source;
	char miss_reason[REASON_LEN]; /* in words and numbers */
	double collapse_ns;	      /* CPU time of one */
	enum cost_source collapse_source;
	uint64_t collapses; /* of targets, that are in it */
};

const char *cost_source_name(enum cost_source source);

/* The defaults; @miss_ns, if it is not 0, is what the operator says. */
void cost_start(struct host_cost *cost, double miss_ns);

/* The median of @n (> 0) @values, which it puts in order. */
double cost_median(double *values, size_t n);

/* What @n rounds tell. False: too few to tell anything. */
bool cost_of_rounds(const struct cost_round *rounds, size_t n, struct cost_miss *miss);

/* Whether @measure can be one at all. What was kept on disk is asked this. */
bool cost_measure_is_sane(const struct cost_measure *measure);

/* Takes what was measured, just now or kept; a miss that is not believed leaves the default, and the reason says why. */
void cost_take(struct host_cost *cost, const struct cost_measure *measure, bool kept);

/* Nothing could be measured, because of @why: the default stays. */
void cost_take_none(struct host_cost *cost, const char *why);

/* A slot of a target was collapsed, in so much CPU time. */
void cost_note_collapse(struct host_cost *cost, uint64_t took_ns);

/* Both in words, for the log, the status and check. */
void cost_words(const struct host_cost *cost, char words[2 * REASON_LEN]);

#endif
