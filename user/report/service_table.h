/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services of `hotdamon top`: a row for each that lives from window to window, and the lines that a view of them has,
 * with the processes of those that are open below them. Pure.
 */
#ifndef HOTDAMON_REPORT_SERVICE_TABLE_H
#define HOTDAMON_REPORT_SERVICE_TABLE_H

#include "decide/service_rank.h"
#include "report/table.h"

#define ENDED_NAMES_LEN 64

struct service_row {
	uint64_t key;
	struct row sum;	  /* of all its processes; its comm and owner are those of the hottest one */
	struct row ended; /* of those that ended in the last window */
	size_t first, n;  /* its processes: services->members[first] .. */
	size_t n_ended;	  /* of them */
	bool memory_told; /* by its cgroup, to sum.facts; else it is to be summed up */
	bool users_differ;
	char ended_names
		[ENDED_NAMES_LEN]; /* "cc1, as, gcc": what ended, the hottest first, as many as there is room for */
};

struct service_table {
	struct service_row *rows; /* by key */
	size_t n;
	size_t *members; /* [n_members] rows of the table of processes, those of a service together, the hottest first */
	size_t n_members;
};

/* All zeros is an empty one. */
void service_table_clear(struct service_table *services);

/*
 * Takes the same window as @table just did. @ranked: the services of it; their members are places in @rows, which has a row
 * of @table for each. A service that is gone stays while its trend shows something. -ENOMEM; then nothing has changed.
 */
int service_table_update(struct service_table *services, const struct table *table,
			 const struct ranked_service *ranked, size_t n, const size_t *rows, double window_s);

/* 0 and a copy in *@copy for service_table_clear(), or -ENOMEM. It goes with a copy of the table. */
int service_table_copy(const struct service_table *services, struct service_table *copy);

/* "nginx.service", "docker:0123456789ab", or where each program is a service the program's name. */
const char *service_row_name(const struct service_row *service);

/* How many of its processes live. */
size_t service_row_living(const struct service_row *service);

/* Sums up what is known of the memory of its processes, unless it was told. It is known once each that lives was asked for it. */
void service_row_sum_memory(const struct service_table *services, const struct table *table,
			    struct service_row *service);

/* The services that are open: those listed, or with @all those that are not. All zeros: none is. */
struct opened {
	uint64_t *keys;
	size_t n, room;
	bool all;
};

void opened_clear(struct opened *opened);		/* leaves {0} */
int opened_toggle(struct opened *opened, uint64_t key); /* -ENOMEM: nothing has changed */
void opened_toggle_all(
	struct opened *opened); /* opens all, or if that was done closes all, which are one by one too */

enum line_kind {
	LINE_SERVICE,
	LINE_PROCESS,
	LINE_ENDED, /* of a service: all that ended in the window */
};

/* How a line hangs on others. */
enum branch {
	BRANCH_NONE,
	BRANCH_CLOSED,
	BRANCH_OPEN,
	BRANCH_MIDDLE,
	BRANCH_LAST,
};

struct line {
	enum line_kind kind;
	enum branch branch;
	struct service_row *service; /* NULL: of a table by process */
	struct row *row;
};

/* The most lines that a view of them can have. */
size_t service_lines_room(const struct service_table *services);

/*
 * The lines of the view to @out, which has room for them. @opened: NULL: as where nothing can be opened. @scratch: room for
 * table->n. Returns how many.
 */
size_t service_lines(const struct service_table *services, const struct table *table, const struct view *view,
		     const struct opened *opened, struct row **scratch, struct line *out);

#endif
