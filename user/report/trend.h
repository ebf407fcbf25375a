/* SPDX-License-Identifier: GPL-2.0 */
/* The last minute of one process, as a small bar graph. Pure: time is an argument, in seconds since top began. */
#ifndef HOTDAMON_REPORT_TREND_H
#define HOTDAMON_REPORT_TREND_H

#include <stdbool.h>
#include <stddef.h>

/* Cells lie at fixed times (0 s, 3 s, ...), so that a bar once drawn keeps its height and only moves left. */
#define TREND_CELLS  20
#define TREND_CELL_S 3.0
#define TREND_WIDE   TREND_CELLS
#define TREND_NARROW (TREND_CELLS / 2) /* two cells a bar */

/* All zeros is a process of which nothing is known. */
struct trend {
	float busy_s[TREND_CELLS]; /* CPU time in each cell; cell i of all time is kept at i % TREND_CELLS */
	long newest;		   /* the cell of the last window */
};

/* @cpu_s of CPU time between @from_s and @to_s, spread evenly. @to_s never goes back. */
void trend_add(struct trend *trend, double from_s, double to_s, double cpu_s);

/* Whether it used any CPU time in the minute before @now_s. */
bool trend_ran(const struct trend *trend, double now_s);

/*
 * CPU in percent (100: one CPU) of the minute up to @now_s in @bars (TREND_WIDE or TREND_NARROW) bars,
 * the newest last. Before top began it is 0.
 */
void trend_pct(const struct trend *trend, double now_s, size_t bars, double pct[]);

/*
 * @pct drawn: eighths of a block where @utf8, else characters of growing weight. The full height is the
 * highest bar, but at least a quarter of a CPU: the shape is what tells here, the columns beside have the
 * height. Below half a percent there is nothing to see.
 */
#define TREND_TEXT_LEN (3 * TREND_CELLS + 1)
void trend_text(const double pct[], size_t bars, bool utf8, char out[TREND_TEXT_LEN]);

#endif
