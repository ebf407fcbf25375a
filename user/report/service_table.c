// SPDX-License-Identifier: GPL-2.0
#include "report/service_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

void service_table_clear(struct service_table *services)
{
	free(services->rows);
	free(services->members);
	*services = (struct service_table){0};
}

static int row_cmp(const void *a, const void *b)
{
	const struct service_row *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

static bool has_name(const char *names, const char *comm)
{
	size_t len = strlen(comm);

	for (const char *at = names; (at = strstr(at, comm)); at += len)
		if ((at == names || at[-1] == ' ') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* "as" behind "cc1", unless it is there already or there is no room for it. */
static void add_name(char names[ENDED_NAMES_LEN], const char *comm)
{
	size_t len = strlen(names);

	if (!*comm || has_name(names, comm) || len + strlen(comm) + 3 > ENDED_NAMES_LEN)
		return;
	stpcpy(stpcpy(names + len, len ? ", " : ""), comm);
}

static void add_time(struct ranked *sum, const struct ranked *process)
{
	sum->window_user_pct += process->window_user_pct;
	sum->window_system_pct += process->window_system_pct;
	sum->user_ns += process->user_ns;
	sum->system_ns += process->system_ns;
}

/* One window of one service, all but its trend. The id stands for nothing but an order. */
static void sum_up(struct service_row *service, const struct service_table *services,
		   const struct table *table)
{
	const struct row *hottest = &table->rows[services->members[service->first]];

	service->sum.ranked.id.start_time_ns = service->key;
	service->sum.ranked.owner = hottest->ranked.owner;
	memcpy(service->sum.ranked.comm, hottest->ranked.comm, COMM_LEN);
	service->sum.facts.whose = hottest->facts.whose;
	service->ended.ranked.ended = true;
	for (size_t i = 0; i < service->n; i++) {
		const struct ranked *process = &table->rows[services->members[service->first + i]].ranked;

		add_time(&service->sum.ranked, process);
		service->users_differ |= process->owner.uid != hottest->ranked.owner.uid;
		if (!process->ended)
			continue;
		service->n_ended++;
		add_time(&service->ended.ranked, process);
		add_name(service->ended_names, process->comm);
	}
}

static void add_trend(struct row *row, double now_s, double window_s)
{
	trend_add(&row->trend, now_s - window_s, now_s, ns_to_s(row->ranked.user_ns + row->ranked.system_ns));
}

/* What was told of its memory goes on until it is told anew. */
static void keep_memory(const struct service_row *old, struct service_row *service)
{
	struct row_facts *facts = &service->sum.facts;
	const struct row_facts *was = &old->sum.facts;

	facts->anon_read_ns = was->anon_read_ns;
	service->memory_told = old->memory_told;
	if (!old->memory_told)
		return;
	facts->anon_bytes = was->anon_bytes;
	facts->shared_bytes = was->shared_bytes;
	facts->huge_bytes = was->huge_bytes;
	facts->anon_known = facts->shared_known = facts->huge_known = facts->huge_of_both = true;
}

/* What stays of one of which no process is there. */
static void copy_gone(const struct service_row *old, struct service_row *service)
{
	*service = (struct service_row){.key = old->key, .users_differ = old->users_differ};
	service->sum.ranked.id = old->sum.ranked.id;
	memcpy(service->sum.ranked.comm, old->sum.ranked.comm, COMM_LEN);
	service->sum.facts.whose = old->sum.facts.whose;
	service->sum.trend = old->sum.trend;
	service->ended.trend = old->ended.trend;
}

/* Trends of the @old to the @fresh ones, both by key; those that are gone lately go behind them. */
static void carry_over(const struct service_table *old, struct service_table *fresh, double now_s)
{
	size_t n = fresh->n, f = 0;

	for (size_t i = 0; i < old->n; i++) {
		const struct service_row *row = &old->rows[i];

		while (f < n && fresh->rows[f].key < row->key)
			f++;
		if (f < n && fresh->rows[f].key == row->key) {
			fresh->rows[f].sum.trend = row->sum.trend;
			fresh->rows[f].ended.trend = row->ended.trend;
			keep_memory(row, &fresh->rows[f]);
		} else if (trend_ran(&row->sum.trend, now_s)) {
			copy_gone(row, &fresh->rows[fresh->n++]);
		}
	}
}

static int make_rows(struct service_table *fresh, size_t n_rows, const struct ranked_service *ranked,
		     size_t n)
{
	size_t n_members = 0;

	for (size_t i = 0; i < n; i++)
		n_members += ranked[i].n_members;
	fresh->rows = calloc(n_rows + 1, sizeof(*fresh->rows)); /* one more: never NULL for none */
	fresh->members = calloc(n_members + 1, sizeof(*fresh->members));
	if (fresh->rows && fresh->members)
		return 0;
	service_table_clear(fresh);
	return -ENOMEM;
}

int service_table_update(struct service_table *services, const struct table *table,
			 const struct ranked_service *ranked, size_t n, const size_t *rows, double window_s)
{
	struct service_table fresh = {.n = n};

	if (make_rows(&fresh, n + services->n, ranked, n))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct service_row *service = &fresh.rows[i];

		service->key = ranked[i].key;
		service->first = fresh.n_members;
		service->n = ranked[i].n_members;
		for (size_t k = 0; k < service->n; k++)
			fresh.members[fresh.n_members++] = rows[ranked[i].members[k]];
		service->sum.ranked.rank = ranked[i].rank;
		service->sum.ranked.cpu_pct = ranked[i].cpu_pct;
		sum_up(service, &fresh, table);
	}
	qsort(fresh.rows, n, sizeof(*fresh.rows), row_cmp);
	carry_over(services, &fresh, table->now_s);
	for (size_t i = 0; i < fresh.n; i++) {
		add_trend(&fresh.rows[i].sum, table->now_s, window_s);
		add_trend(&fresh.rows[i].ended, table->now_s, window_s);
	}
	qsort(fresh.rows, fresh.n, sizeof(*fresh.rows), row_cmp);
	service_table_clear(services);
	*services = fresh;
	return 0;
}

int service_table_copy(const struct service_table *services, struct service_table *copy)
{
	struct service_table made = {.n = services->n, .n_members = services->n_members};

	made.rows = malloc((made.n + 1) * sizeof(*made.rows));
	made.members = malloc((made.n_members + 1) * sizeof(*made.members));
	if (!made.rows || !made.members) {
		service_table_clear(&made);
		return -ENOMEM;
	}
	if (made.n)
		memcpy(made.rows, services->rows, made.n * sizeof(*made.rows));
	if (made.n_members)
		memcpy(made.members, services->members, made.n_members * sizeof(*made.members));
	*copy = made;
	return 0;
}

const char *service_row_name(const struct service_row *service)
{
	const struct service *of = &service->sum.facts.whose.service;

	return of->own ? of->name : service->sum.ranked.comm;
}

size_t service_row_living(const struct service_row *service)
{
	return service->n - service->n_ended;
}

/* The share of those of which it can be told stands for all. */
void service_row_sum_memory(const struct service_table *services, const struct table *table,
			    struct service_row *service)
{
	struct row_facts *sum = &service->sum.facts;
	double huge = 0, told = 0;
	bool all_asked = true;

	if (service->memory_told)
		return;
	sum->anon_bytes = 0;
	sum->anon_known = service_row_living(service) > 0;
	for (size_t i = 0; i < service->n; i++) {
		const struct row *row = &table->rows[services->members[service->first + i]];

		if (row->ranked.ended)
			continue;
		sum->anon_known &= row->facts.anon_read_ns > 0;
		all_asked &= !row->facts.anon_known || row->facts.huge_read_ns;
		if (row->facts.anon_known)
			sum->anon_bytes += row->facts.anon_bytes;
		if (row->facts.anon_known && row->facts.huge_known) {
			huge += (double)row->facts.huge_bytes;
			told += (double)row->facts.anon_bytes;
		}
	}
	sum->huge_known = sum->anon_known && all_asked && (told > 0 || !sum->anon_bytes);
	sum->huge_bytes = told > 0 ? (uint64_t)((double)sum->anon_bytes * (huge / told)) : 0;
}
