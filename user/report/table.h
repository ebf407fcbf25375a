/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table behind `hotdamon top`: a row per process that lives from window to window, and the view of
 * it: scope, filter, order. Pure; who fills the facts of a row reads /proc elsewhere.
 */
#ifndef HOTDAMON_REPORT_TABLE_H
#define HOTDAMON_REPORT_TABLE_H

#include "decide/ranking.h"
#include "decide/service.h"
#include "report/columns.h"
#include "report/trend.h"

/* What is known of a process beside its time, as far as it was asked. Times are the boot clock's; 0: not read yet. */
struct row_facts {
	struct whose whose;
	bool owner_known; /* whose it is */
	bool in_cgroup;	  /* below the cgroup that was asked for */
	bool anon_known, shared_known, huge_known;
	bool huge_of_both;	  /* huge_bytes counts what is shared too */
	uint64_t command_read_ns; /* or tried to be */
	uint32_t command_execs;	  /* of the process, when its command line was read */
	uint64_t anon_bytes, anon_read_ns;
	uint64_t
		shared_bytes; /* known with anon_bytes; not of a service that is summed up: nobody knows who shares what */
	uint64_t huge_bytes, huge_read_ns, huge_cost_ns; /* the cost: how long that read took */
};

struct row {
	struct ranked ranked;
	struct trend trend; /* of user and system time together */
	struct row_facts facts;
};

struct table {
	struct row *rows; /* by identity */
	size_t n;
	double now_s; /* the end of the last window, in seconds since top began */
};

/* All zeros is an empty table. */
void table_clear(struct table *table);

/*
 * Takes one window, @window_s long, of the ranking: rows of processes that are still there keep trend
 * and facts. -ENOMEM; then nothing has changed.
 */
int table_update(struct table *table, const struct ranked *ranked, size_t n, double window_s);

/* 0 and a copy in *@copy for table_clear(), or -ENOMEM. */
int table_copy(const struct table *table, struct table *copy);

/* The rows in order of rank, those without one behind, to @out (room for table->n), as their places. */
void table_by_rank(const struct table *table, size_t *out);

/* Whether the process ran in the last window. */
bool row_ran(const struct row *row);

struct view {
	enum table_by by;
	enum column sort;
	bool reverse;	/* otherwise the largest first, but pids and ranks from 1 */
	bool lately;	/* with those that ran in the last minute, not in the last window alone */
	bool in_cgroup; /* only those whose facts say so */
	const char *
		filter; /* part of command, user, unit, container, pod or pid, in any case; "" or NULL: all */
	const uint32_t *pids;
	size_t n_pids; /* only these, whether they ran or not; 0: all */
};

/* Whether the order, or the filter, needs facts of every row; otherwise those of the visible ones do. */
bool view_needs_owner(const struct view *view);
bool view_needs_command(const struct view *view);
bool view_needs_memory(const struct view *view);

bool view_has_pid(const struct view *view, uint32_t pid);

/* Whether @row is in the view; how two rows stand in it, as for qsort(); and @rows put in its order. */
bool view_has_row(const struct view *view, const struct row *row, double now_s);
int view_cmp_rows(const struct view *view, const struct row *left, const struct row *right);
void view_sort(const struct view *view, struct row **rows, size_t n);

/* Whether the filter, if there is one, is part of any of these. */
bool view_matches(const struct view *view, const char *name, const struct whose *whose);

/* The rows of the view, in order, in @out (room for table->n). Equals go by rank. Returns how many. */
size_t table_view(const struct table *table, const struct view *view, struct row **out);

#endif
