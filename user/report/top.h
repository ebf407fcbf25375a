/* SPDX-License-Identifier: GPL-2.0 */
/* What `hotdamon top` shows: rows, headings and summaries as text, a window as JSON. No screen, no clock. */
#ifndef HOTDAMON_REPORT_TOP_H
#define HOTDAMON_REPORT_TOP_H

#include "report/columns.h"
#include "report/table.h"

/* Four bytes a column is what the longest characters take. */
#define TOP_CELL_LEN (4 * COLUMN_MAX_WIDTH + 1)
#define TOP_LINE_LEN (N_COLUMNS * TOP_CELL_LEN)

/* One cell, exactly as wide as @placed says. @now_s: the table's, for the trend. */
void top_cell(const struct row *row, struct placed placed, double now_s, bool utf8, char out[TOP_CELL_LEN]);

/* The title of a column; the one that is sorted by has a marker, which points down with the largest on top. */
void top_title(struct placed placed, const struct view *view, bool utf8, char out[TOP_CELL_LEN]);

/* All cells or all titles in one line, without spaces at its end. */
void top_row(const struct row *row, const struct layout *layout, double now_s, bool utf8,
	     char line[TOP_LINE_LEN]);
void top_heading(const struct layout *layout, const struct view *view, bool utf8, char line[TOP_LINE_LEN]);

/* What a window was as a whole. */
struct top_summary {
	double window_s;
	size_t ran, ended;
	double user_cpus, system_cpus; /* how many CPUs processes kept busy, on average */
	unsigned int cpus;	       /* online */
	uint64_t uptime_s;
	char clock[16]; /* the time of day */
};

/* Fills ran, ended and the busy CPUs from all processes of a window. */
void top_sum(const struct ranked *ranked, size_t n, double window_s, struct top_summary *summary);

/*
 * One line, in as many words as @columns hold: what is less important is left out whole. ASCII.
 * @title: what stands first, e.g. the program's name.
 */
#define TOP_SUMMARY_LEN 256
void top_summary_line(const struct top_summary *summary, const char *title, unsigned int columns,
		      char line[TOP_SUMMARY_LEN]);

/*
 * One line of JSON for a window, malloced; those that did not run in it are left out. NULL when out of
 * memory.
 */
char *top_json(struct row *const *rows, size_t n, double window_s, uint64_t end_ns);

#endif
