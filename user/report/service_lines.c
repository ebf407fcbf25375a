// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/service_table.h"

void opened_clear(struct opened *opened)
{
	free(opened->keys);
	*opened = (struct opened){0};
}

/* Where @key is listed; opened->n: it is not. People open few. */
static size_t position(const struct opened *opened, uint64_t key)
{
	size_t at = 0;

	while (at < opened->n && opened->keys[at] != key)
		at++;
	return at;
}

static bool opened_has(const struct opened *opened, uint64_t key)
{
	return (position(opened, key) < opened->n) != opened->all;
}

int opened_toggle(struct opened *opened, uint64_t key)
{
	size_t at = position(opened, key);
	int err;

	if (at < opened->n) {
		opened->keys[at] = opened->keys[--opened->n];
		return 0;
	}
	err = array_reserve(&opened->keys, &opened->room, opened->n + 1, sizeof(*opened->keys));
	if (!err)
		opened->keys[opened->n++] = key;
	return err;
}

void opened_toggle_all(struct opened *opened)
{
	opened->all = !opened->all;
	opened->n = 0;
}

static int cmp_services(const void *a, const void *b, void *data)
{
	const struct service_row *left = ((const struct line *)a)->service;
	const struct service_row *right = ((const struct line *)b)->service;
	const struct view *view = data;
	size_t left_living = service_row_living(left), right_living = service_row_living(right);

	if (view->sort == COLUMN_PROCESSES && left_living != right_living)
		return ((left_living > right_living) == !view->reverse) ? -1 : 1;
	return view_cmp_rows(view, &left->sum, &right->sum);
}

static struct row *member(const struct service_table *services, const struct table *table,
			  const struct service_row *service, size_t i)
{
	return &table->rows[services->members[service->first + i]];
}

/* Its name or user is as the filter has it, or one of its processes is. */
static bool filter_lets(const struct service_table *services, const struct table *table,
			const struct view *view, const struct service_row *service)
{
	if (view_matches(view, service_row_name(service), &service->sum.facts.whose))
		return true;
	for (size_t i = 0; i < service->n; i++)
		if (view_has_row(view, member(services, table, service, i), table->now_s))
			return true;
	return false;
}

static bool in_view(const struct service_table *services, const struct table *table, const struct view *view,
		    const struct service_row *service)
{
	if (!row_ran(&service->sum) && !(view->n_pids && service->n) &&
	    !(view->lately && trend_ran(&service->sum.trend, table->now_s)))
		return false;
	return filter_lets(services, table, view, service);
}

/* What lives of @service, and a line for all that ended, to @out. Returns how many lines. */
static size_t lines_below(const struct service_table *services, const struct table *table,
			  const struct view *view, struct service_row *service, struct row **scratch,
			  struct line *out)
{
	size_t n_rows = 0, n = 0;

	for (size_t i = 0; i < service->n; i++) {
		struct row *row = member(services, table, service, i);

		if (!row->ranked.ended && view_has_row(view, row, table->now_s))
			scratch[n_rows++] = row;
	}
	view_sort(view, scratch, n_rows);
	for (; n < n_rows; n++)
		out[n] = (struct line){LINE_PROCESS, BRANCH_MIDDLE, service, scratch[n]};
	if (service->n_ended)
		out[n++] = (struct line){LINE_ENDED, BRANCH_MIDDLE, service, &service->ended};
	if (n)
		out[n - 1].branch = BRANCH_LAST;
	return n;
}

size_t service_lines_room(const struct service_table *services)
{
	return 2 * services->n + services->n_members;
}

size_t service_lines(const struct service_table *services, const struct table *table, const struct view *view,
		     const struct opened *opened, struct row **scratch, struct line *out)
{
	struct line *heads =
		out + services->n_members + services->n; /* behind: they are spread to the front */
	size_t n_heads = 0, n = 0;

	for (size_t i = 0; i < services->n; i++) {
		struct service_row *service = &services->rows[i];

		if (in_view(services, table, view, service))
			heads[n_heads++] = (struct line){LINE_SERVICE, BRANCH_NONE, service, &service->sum};
	}
	if (n_heads)
		qsort_r(heads, n_heads, sizeof(*heads), cmp_services, (void *)view);
	for (size_t i = 0; i < n_heads; i++) {
		struct line head = heads[i];
		bool open = opened && opened_has(opened, head.service->key);

		head.branch = !opened ? BRANCH_NONE : open ? BRANCH_OPEN : BRANCH_CLOSED;
		out[n++] = head;
		if (open)
			n += lines_below(services, table, view, head.service, scratch, out + n);
	}
	return n;
}
