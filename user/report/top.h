/* SPDX-License-Identifier: GPL-2.0 */
/* What `hotdamon top` shows: cells, headings and summaries as text. No screen, no clock. */
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

/* "java -Xmx4g -jar shop.jar": the name, and the arguments where they are known. */
void top_command(const struct row *row, char *out, size_t size);

/* All titles in one line, without spaces at its end; and what takes these away. */
void top_heading(const struct layout *layout, const struct view *view, bool utf8, char line[TOP_LINE_LEN]);
void top_end_line(char *line);

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

#endif
