// SPDX-License-Identifier: GPL-2.0
#include "report/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

void table_clear(struct table *table)
{
	free(table->rows);
	*table = (struct table){0};
}

static int row_cmp(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	return process_id_cmp(left->ranked.id, right->ranked.id);
}

/* Both are sorted by identity. */
static void carry_over(const struct table *old, struct row *rows, size_t n)
{
	size_t o = 0;

	for (size_t i = 0; i < n; i++) {
		while (o < old->n && row_cmp(&old->rows[o], &rows[i]) < 0)
			o++;
		if (o < old->n && !row_cmp(&old->rows[o], &rows[i])) {
			rows[i].trend = old->rows[o].trend;
			rows[i].facts = old->rows[o].facts;
		}
	}
}

int table_update(struct table *table, const struct ranked *ranked, size_t n, double window_s)
{
	struct row *rows = calloc(n + 1, sizeof(*rows)); /* one more: never NULL for none */

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		rows[i].ranked = ranked[i];
	qsort(rows, n, sizeof(*rows), row_cmp);
	carry_over(table, rows, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t cpu_ns = rows[i].ranked.user_ns + rows[i].ranked.system_ns;

		trend_add(&rows[i].trend, table->now_s, table->now_s + window_s, ns_to_s(cpu_ns));
	}
	free(table->rows);
	table->rows = rows;
	table->n = n;
	table->now_s += window_s;
	return 0;
}

int table_copy(const struct table *table, struct table *copy)
{
	struct row *rows = malloc((table->n + 1) * sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	if (table->n)
		memcpy(rows, table->rows, table->n * sizeof(*rows));
	*copy = (struct table){.rows = rows, .n = table->n, .now_s = table->now_s};
	return 0;
}

void table_by_rank(const struct table *table, size_t *out)
{
	size_t behind = table->n;

	for (size_t i = table->n; i-- > 0;) {
		unsigned int rank = table->rows[i].ranked.rank;

		out[rank ? rank - 1 : --behind] = i;
	}
}

bool row_ran(const struct row *row)
{
	return row->ranked.user_ns || row->ranked.system_ns;
}

bool view_needs_command(const struct view *view)
{
	return view->filter && *view->filter;
}

bool view_needs_owner(const struct view *view)
{
	return view->in_cgroup || view_needs_command(view);
}

bool view_needs_memory(const struct view *view)
{
	return view->sort == COLUMN_ANON;
}

bool view_has_pid(const struct view *view, uint32_t pid)
{
	for (size_t i = 0; i < view->n_pids; i++)
		if (view->pids[i] == pid)
			return true;
	return !view->n_pids;
}

bool view_matches(const struct view *view, const char *name, const struct whose *whose)
{
	const char *filter = view->filter;

	return !filter || !*filter || strcasestr(name, filter) || strcasestr(whose->command, filter) ||
	       strcasestr(whose->user, filter) || strcasestr(whose->service.name, filter) ||
	       strcasestr(whose->service.pod, filter);
}

static bool pid_matches(const struct view *view, uint32_t tgid)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%u", tgid);
	return strstr(pid, view->filter);
}

bool view_has_row(const struct view *view, const struct row *row, double now_s)
{
	if (!view_has_pid(view, row->ranked.id.tgid) || (view->in_cgroup && !row->facts.in_cgroup))
		return false;
	if (!view->n_pids && !row_ran(row) && !(view->lately && trend_ran(&row->trend, now_s)))
		return false;
	return view_matches(view, row->ranked.comm, &row->facts.whose) ||
	       pid_matches(view, row->ranked.id.tgid);
}

/* From 0; the last one for those without a rank. */
static unsigned int place(const struct row *row)
{
	return row->ranked.rank - 1U;
}

/* What the rows are ordered by, the larger the earlier. */
static double sort_value(const struct row *row, enum column sort)
{
	const struct ranked *ranked = &row->ranked;

	switch (sort) {
	case COLUMN_PID:
		return -(double)ranked->id.tgid;
	case COLUMN_THREADS:
		return ranked->threads;
	case COLUMN_CPU:
		return (double)(ranked->user_ns + ranked->system_ns);
	case COLUMN_USER_PCT:
		return (double)ranked->user_ns;
	case COLUMN_SYSTEM_PCT:
		return (double)ranked->system_ns;
	case COLUMN_PROCESSES: /* a process is one */
		return 0;
	case COLUMN_ANON:
		return row->facts.anon_known ? (double)row->facts.anon_bytes : -1;
	default:
		return -(double)place(row);
	}
}

int view_cmp_rows(const struct view *view, const struct row *left, const struct row *right)
{
	double left_value = sort_value(left, view->sort), right_value = sort_value(right, view->sort);

	if (left_value != right_value)
		return ((left_value > right_value) == !view->reverse) ? -1 : 1;
	if (place(left) != place(right))
		return place(left) < place(right) ? -1 : 1;
	return row_cmp(left, right);
}

static int view_cmp(const void *a, const void *b, void *view)
{
	return view_cmp_rows(view, *(struct row *const *)a, *(struct row *const *)b);
}

void view_sort(const struct view *view, struct row **rows, size_t n)
{
	if (n)
		qsort_r(rows, n, sizeof(*rows), view_cmp, (void *)view);
}

size_t table_view(const struct table *table, const struct view *view, struct row **out)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++)
		if (view_has_row(view, &table->rows[i], table->now_s))
			out[n++] = &table->rows[i];
	view_sort(view, out, n);
	return n;
}
