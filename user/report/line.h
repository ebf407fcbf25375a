/* SPDX-License-Identifier: GPL-2.0 */
/* A line of the table of `hotdamon top` as text: a service, a process, or what ended of a service. No screen, no clock. */
#ifndef HOTDAMON_REPORT_LINE_H
#define HOTDAMON_REPORT_LINE_H

#include "report/service_table.h"
#include "report/top.h"

/* One cell, exactly as wide as @placed says. @now_s: the table's, for the trend. */
void line_cell(const struct line *line, struct placed placed, double now_s, bool utf8,
	       char out[TOP_CELL_LEN]);

/* All cells in one line, without spaces at its end. */
void line_text(const struct line *line, const struct layout *layout, double now_s, bool utf8,
	       char out[TOP_LINE_LEN]);

#endif
