/* SPDX-License-Identifier: GPL-2.0 */
/* A window of `hotdamon top` as JSON. */
#ifndef HOTDAMON_REPORT_TOP_JSON_H
#define HOTDAMON_REPORT_TOP_JSON_H

#include "report/service_table.h"

struct top_window {
	double window_s;
	uint64_t end_ns;	 /* boot clock */
	struct row *const *rows; /* processes, in order; those that did not run are left out */
	size_t n_rows;
	const struct service_table *services; /* NULL: only processes; else of @table */
	const struct table *table;
	const struct line *lines; /* services, in order */
	size_t n_lines;
};

/* One line of JSON, malloced. NULL when out of memory. */
char *top_json(const struct top_window *window);

#endif
