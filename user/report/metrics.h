/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The status as metrics, for Prometheus and what reads its formats. The number of series is bounded: each watched service
 * has its own, all others are one sum. Each name has one meaning, and says its unit.
 */
#ifndef HOTDAMON_REPORT_METRICS_H
#define HOTDAMON_REPORT_METRICS_H

#include "report/status.h"

/* OpenMetrics 1.0, and the text format of Prometheus that was there before it, which files are written in too. */
enum metrics_format { METRICS_OPEN, METRICS_TEXT, METRICS_FORMATS };

/* What HTTP calls it. */
const char *metrics_content_type(enum metrics_format format);

/* What a request whose header Accept is @accept (NULL: it has none) gets: OpenMetrics, unless it likes text/plain better. */
enum metrics_format metrics_accepted(const char *accept);

/* Attempts to collapse, by what became of them. */
struct metrics_result {
	const char *name; /* "success", "already_huge", or the kernel's name of a failure */
	uint64_t count;
};

#define METRICS_RESULTS 32

/* What the status does not tell; cumulative since the start where nothing else is said. */
struct metrics_totals {
	double now_s;		  /* time of day */
	double daemon_cpu_s;	  /* that hotdamon used itself, without its kdamonds */
	double all_pct;		  /* of a CPU, now, by all processes of the machine */
	uint64_t came_in;	  /* times that a process did */
	uint64_t collapse_us;	  /* that collapses of our own took */
	unsigned int failed_acts; /* on DAMON */
	uint64_t lost_aggregations;
	uint64_t dropped_lines; /* of the log */
	struct metrics_result results[METRICS_RESULTS];
	size_t n_results;
};

/* Adds to the result that is called so, or makes it; one too many is left out. */
void metrics_count_result(struct metrics_totals *totals, const char *name, uint64_t count);

/* malloced; NULL when out of memory. */
char *metrics_to_text(const struct status *status, const struct metrics_totals *totals,
		      enum metrics_format format);

#endif
