/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Intervals: how often DAMON looks at a target. Of memory that is big for its accesses, a page is seldom touched
 * within a short sample: all of it reads 0, though the process burns CPU. Longer samples see it. And a kdamond
 * costs CPU by the sample and the region; longer samples, then fewer regions, cost less. The ratio of aggregation
 * to sample never changes, so a threshold in percent, and in samples, means the same at any length.
 */
#ifndef HOTDAMON_DECIDE_INTERVALS_H
#define HOTDAMON_DECIDE_INTERVALS_H

#include "base/units.h"
#include "decide/process.h"

/* At or below this threshold a count of samples is hardly above chance: seeing nothing hot there is blindness. */
#define INTERVALS_BLIND_PCT 25
/*
 * The same where shorter samples were blind already: what reads below half now reads four times as much, or all, with
 * the next rung's, and stands out from chance; half of what is hot would stay below the level at which the luckiest
 * region collapses (emulated 7.2: 38 of 64 MiB at 7 of 20).
 */
#define INTERVALS_DIM_PCT 50
/*
 * Where a map tells rates, samples are fitted to what is in use: below the first share of them that find a page accessed
 * DAMON, which merges neighbours that differ by less than a tenth, could not keep busy and idle memory apart; above the other
 * all looks alike. A rung is four or five times the one before, so from one limit it does not lead beyond the other.
 */
#define INTERVALS_DIM_SHARE    0.2
#define INTERVALS_BRIGHT_SHARE 0.85
/* Not before so many aggregations, and so long: rates must be known. */
#define INTERVALS_FIT_AGGREGATIONS 3
#define INTERVALS_FIT_NS	   (4 * NS_PER_S)
/*
 * And no aggregation is made longer for that: how many hits come in a second hardly depends on the sample, and 60 s shall be
 * enough to know by. What is longer is for economy.
 */
#define INTERVALS_MAX_FIT_AGGR_US (2 * US_PER_S)
/* No aggregation is made longer than this, but by doublings. */
#define INTERVALS_MAX_AGGR_US (8 * US_PER_S)
/*
 * So many regions may be looked at with the operator's samples, more of them with longer ones only: by default 250,000 looks
 * a second, a tenth of a CPU at 400 ns each. 12 GiB slot by slot are 6144: samples of 100 ms, a fortieth.
 */
#define INTERVALS_REGIONS 1250
/* A watching kdamond's cost counts from so long after it started, worked, or was told other intervals. */
#define INTERVALS_GRACE_NS (30 * NS_PER_S)
/* Regions are halved so often at most. */
#define INTERVALS_MAX_HALVINGS 4
/* Where each is a slot, to have half of them is to know no slot: samples twice as long save as much. */
#define INTERVALS_MAX_DOUBLINGS 2

struct intervals_config {
	uint64_t sample_us; /* the operator's: where it begins; never shorter */
	uint64_t aggr_us;
	uint64_t update_us;
	double busy_pct;	/* of a CPU: a process above it has hot memory somewhere */
	double monitor_cpu_pct; /* what a kdamond may cost while it only watches, in % of a CPU; 0: no bound */
};

struct intervals {
	uint64_t sample_us; /* what DAMON should have now */
	uint64_t aggr_us;
	uint64_t update_us;	   /* never below aggr_us */
	unsigned int halvings;	   /* of the target's regions */
	unsigned int sight_step;   /* rung of the ladder at which its heat is seen */
	unsigned int crowd_step;   /* and at which its regions are not too many */
	unsigned int economy_step; /* what its cost wants, beyond the ladder's end: halvings, or doublings */
	bool by_slot;		   /* each of its regions is a slot, for good */
	uint64_t changed_ns;	   /* the steps; or when it started, or last worked */
	unsigned int nr_over;	   /* windows in a row above the bound */
	unsigned int nr_calm;	   /* windows in a row in which one step back would stay far below it */
	unsigned int
		nr_reversals; /* steps back that had to be taken back: each doubles the wait for another one */
	bool stepped_back;    /* the last change of economy_step */
	char reason[REASON_LEN]; /* of what differs from the config now, "" for nothing */
	char sight_reason[REASON_LEN],
		economy_reason[REASON_LEN]; /* of what differs while it works, or watches */
};

/* What is known at @now_ns. */
struct intervals_look {
	uint64_t now_ns;
	bool works;	/* its kdamond collapses: what it costs is no monitoring, and it needs the sight */
	bool searches;	/* the descent goes down, and nothing collapsed since it began */
	bool at_bottom; /* it is at its lowest level */
	unsigned int min_access_pct;	   /* its threshold */
	uint64_t min_regions, max_regions; /* that DAMON makes of it */
	bool by_slot;			   /* each is a slot, for good */
	bool mapped;	       /* a map tells the next two; the five that follow are for those without */
	uint64_t in_use_bytes; /* of memory that is surely accessed */
	double share; /* of samples, as they are now, that should find its pages accessed: a mean, 0 to 1 */
	bool heat_known; /* hot_bytes is measured, at that threshold and with these intervals */
	uint64_t hot_bytes;
	double cpu_pct;	 /* of the process */
	bool cost_known; /* a window with its kdamond's CPU time has just closed */
	double cost_pct; /* of a CPU, over that window */
};

enum {
	INTERVALS_CHANGED = 1,	 /* DAMON should have others */
	INTERVALS_SAY = 2,	 /* for a new reason */
	INTERVALS_LOOK_ANEW = 4, /* what was seen so far was blindness: the descent should begin again */
};

/* As asked for. */
void intervals_start(struct intervals *intervals, const struct intervals_config *config, uint64_t now_ns);

/* Whether they differ now from what was asked for. */
bool intervals_differ(const struct intervals *intervals, const struct intervals_config *config);

/*
 * One look; returns INTERVALS_* of it, 0 when all stays.
 *
 * - Blind: it searches, and at INTERVALS_BLIND_PCT or below (once samples are longer INTERVALS_DIM_PCT), or at
 *   the bottom, less than a huge page is hot, though the process uses busy_pct of a CPU: the next rung, 4, 20, 80
 *   times the config's intervals, as far as INTERVALS_MAX_AGGR_US. There is no way back but intervals_start(), for
 *   a new program.
 * - With a map: the next rung where the share of samples that hit is below INTERVALS_DIM_SHARE, or nothing is known to be in
 *   use of a process that is busy; one back above INTERVALS_BRIGHT_SHARE. Nothing has to be looked at anew: rates add up.
 * - Crowded: no shorter samples than INTERVALS_REGIONS allows.
 * - Dear: in two windows in a row, INTERVALS_GRACE_NS after the start, the last work and the last change, its
 *   cost was above monitor_cpu_pct while it only watched: the next rung; at the last one half the regions, or where
 *   each is a slot, samples twice as long; and when that is the end as well, it is said. One step back when, in three
 *   windows in a row, the cost times what the step back costs more stayed below 60 % of the bound; each time that this
 *   proves wrong doubles the windows that it takes, so nothing flaps.
 * - Economy is for what watches: while it works, the intervals are those of its sight.
 */
unsigned int intervals_step(struct intervals *intervals, const struct intervals_config *config,
			    const struct intervals_look *look);

/* What its kdamond's cost leaves of @regions, but never fewer than @least. */
uint64_t intervals_affordable(const struct intervals *intervals, uint64_t regions, uint64_t least);

/*
 * How often DAMON shall count the heat of a target whose aggregations are of @aggr_us: each time; it must, where a commit
 * puts the next count off (6.12). But where it also tells what is huge (@tells_huge), it walks the page tables of what is
 * hot for that: once a second at most.
 */
uint64_t intervals_heat_apply_us(uint64_t aggr_us, bool tells_huge);

/* From which CPU time on, in percent of a CPU, a process is busy, where --min-cpu is @min_cpu_pct: never for next to nothing. */
double intervals_busy_pct(double min_cpu_pct);

#endif
