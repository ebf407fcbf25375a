// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/units.h"

#define REMEMBER_NS    (60 * NS_PER_S)	/* of an idle process: what its trend shows */
#define SORT_BUDGET_NS (20 * NS_PER_MS) /* for the memory that services are ordered by, per refresh */
#define PROC_ROOT      "/proc"

struct snapshot *model_shown(struct model *model)
{
	return model->paused ? &model->frozen : &model->live;
}

static size_t lines_room(const struct snapshot *snapshot)
{
	size_t of_services = service_lines_room(&snapshot->services), of_rows = snapshot->table.n;

	return of_rows > of_services ? of_rows : of_services;
}

/* Room for all that is live, of which @n rows are to come; a pause only ever shows what was live. */
static int make_room(struct model *model, size_t n)
{
	size_t lines = lines_room(&model->live), frozen_lines = lines_room(&model->frozen);
	int err;

	n = n > model->frozen.table.n ? n : model->frozen.table.n;
	lines = lines > frozen_lines ? lines : frozen_lines;
	lines = lines > n ? lines : n;
	err = array_reserve(&model->rows, &model->rows_room, n + 1, sizeof(*model->rows));
	if (!err)
		err = array_reserve(&model->lines, &model->lines_room, lines + 1, sizeof(*model->lines));
	return err;
}

#define THIS_WINDOW 0.001 /* ticks: of those before nothing is shown */

int model_init(struct model *model, const struct top_options *options, bool services)
{
	*model = (struct model){
		.options = options,
		.facts = {.proc_root = PROC_ROOT,
			  .services = services_new(PROC_ROOT, NULL),
			  .cgroup = options->cgroup},
		.ranking = ranking_new(options->rank_by, THIS_WINDOW, REMEMBER_NS),
		.service_ranking = services ? service_ranking_new(options->rank_by, THIS_WINDOW) : NULL,
	};
	if (!model->ranking || !model->facts.services || (services && !model->service_ranking))
		return -ENOMEM;
	return make_room(model, 0);
}

int model_load(struct model *model)
{
	model->began_ns = clock_boot_ns();
	return hotness_open(model->began_ns, model->options->max_processes, &model->hotness);
}

static void snapshot_clear(struct snapshot *snapshot)
{
	table_clear(&snapshot->table);
	service_table_clear(&snapshot->services);
	*snapshot = (struct snapshot){0};
}

void model_release(struct model *model)
{
	hotness_close(model->hotness);
	ranking_free(model->ranking);
	service_ranking_free(model->service_ranking);
	services_free(model->facts.services);
	snapshot_clear(&model->live);
	snapshot_clear(&model->frozen);
	free(model->rows);
	free(model->lines);
}

static void sum_up(struct top_summary *summary, const struct ranked *ranked, size_t n, double window_s,
		   uint64_t now_ns)
{
	time_t now = clock_wall_s();
	struct tm local;

	top_sum(ranked, n, window_s, summary);
	summary->cpus = cpus_online();
	summary->uptime_s = now_ns / NS_PER_S;
	if (localtime_r(&now, &local))
		strftime(summary->clock, sizeof(summary->clock), "%H:%M:%S", &local);
}

/* The ranking and the idle ones behind it, to the live table. */
static int take_ranking(struct model *model, const struct ranked *ranked, size_t n, double window_s)
{
	const struct top_options *options = model->options;
	struct ranked *all = calloc(n + options->n_pids + 1, sizeof(*all));
	size_t n_all = n;
	int err = all ? 0 : -ENOMEM;

	if (err)
		return err;
	if (n)
		memcpy(all, ranked, n * sizeof(*all));
	for (size_t i = 0; i < options->n_pids; i++)
		n_all += facts_idle_row(&model->facts, options->pids[i], all, n_all, &all[n_all]);
	err = make_room(model, n_all);
	if (!err)
		err = table_update(&model->live.table, all, n_all, window_s);
	free(all);
	return err;
}

/* The processes of a window by which services are ranked: those that were asked for. */
struct scope {
	struct ranked *ranked;
	uint64_t *keys;
	size_t *rows; /* of the table */
	size_t n;
};

static int scope_alloc(struct scope *scope, size_t n)
{
	scope->ranked = calloc(n + 1, sizeof(*scope->ranked));
	scope->keys = calloc(n + 1, sizeof(*scope->keys));
	scope->rows = calloc(n + 1, sizeof(*scope->rows));
	return scope->ranked && scope->keys && scope->rows ? 0 : -ENOMEM;
}

static void scope_free(struct scope *scope)
{
	free(scope->ranked);
	free(scope->keys);
	free(scope->rows);
}

/* Those of the live table in order of rank, the idle ones behind; @scope has room for all. */
static void scope_fill(struct model *model, struct scope *scope, uint64_t now_ns)
{
	struct table *table = &model->live.table;
	const struct view view = {.pids = model->options->pids, .n_pids = model->options->n_pids};
	size_t *by_rank = scope->rows; /* read before it is written, at each place */

	table_by_rank(table, by_rank);
	for (size_t i = 0; i < table->n; i++) {
		struct row *row = &table->rows[by_rank[i]];

		if (!view_has_pid(&view, row->ranked.id.tgid))
			continue;
		if (model->facts.cgroup) {
			facts_read_owner(&model->facts, row, now_ns);
			if (!row->facts.in_cgroup)
				continue;
		}
		scope->ranked[scope->n] = row->ranked;
		scope->keys[scope->n] = facts_service_key(&model->facts, &row->ranked, now_ns);
		scope->rows[scope->n++] = by_rank[i];
	}
}

/* The services of the window that the live table just took. Their owners are those of the hottest of each. */
static int take_services(struct model *model, double window_s)
{
	struct snapshot *live = &model->live;
	uint64_t now_ns = clock_boot_ns();
	const struct ranked_service *ranked;
	struct scope scope = {0};
	size_t n = 0;
	int err = scope_alloc(&scope, live->table.n);

	if (!err) {
		scope_fill(model, &scope, now_ns);
		err = service_ranking_update(model->service_ranking, scope.ranked, scope.keys, scope.n,
					     window_s, now_ns, &ranked, &n);
	}
	for (size_t i = 0; !err && i < n; i++)
		facts_read_owner(&model->facts, &live->table.rows[scope.rows[ranked[i].members[0]]], now_ns);
	if (!err)
		err = service_table_update(&live->services, &live->table, ranked, n, scope.rows, window_s);
	if (!err)
		err = make_room(model, live->table.n);
	if (err)
		service_table_clear(&live->services); /* it is of another table */
	scope_free(&scope);
	return err;
}

int model_window(struct model *model)
{
	const struct ranked *ranked;
	const struct usage *usage;
	struct hotness_span span;
	double window_s;
	size_t n;
	int err = hotness_window(model->hotness, &usage, &n, &span);

	if (err)
		return err;
	window_s = ns_to_s(span.ended_ns - span.began_ns);
	err = ranking_update(model->ranking, usage, n, span.ended_ns - span.began_ns, cpus_online(), &ranked,
			     &n);
	if (!err)
		err = take_ranking(model, ranked, n, window_s);
	if (!err && model->service_ranking)
		err = take_services(model, window_s);
	if (err)
		return err;
	model->began_ns = model->live.ended_ns = span.ended_ns;
	sum_up(&model->live.summary, ranked, n, window_s, span.ended_ns);
	model->live.any = true;
	return 0;
}

static int snapshot_copy(const struct snapshot *snapshot, struct snapshot *copy)
{
	*copy = *snapshot;
	copy->table = (struct table){0};
	copy->services = (struct service_table){0};
	if (!table_copy(&snapshot->table, &copy->table) &&
	    !service_table_copy(&snapshot->services, &copy->services))
		return 0;
	snapshot_clear(copy);
	return -ENOMEM;
}

int model_pause(struct model *model, bool paused)
{
	if (paused == model->paused)
		return 0;
	snapshot_clear(&model->frozen);
	if (paused && snapshot_copy(&model->live, &model->frozen))
		return -ENOMEM;
	model->paused = paused;
	return 0;
}

/* Whether the cgroup of @service told its memory. */
static bool ask_cgroup(struct model *model, struct service_row *service)
{
	const struct snapshot *shown = model_shown(model);

	return service->n &&
	       facts_read_service_memory(&model->facts, service,
					 &shown->table.rows[shown->services.members[service->first]],
					 clock_boot_ns());
}

/* The processes of @service to model->rows, behind the first @n there; returns how many these are then. */
static size_t add_members(struct model *model, const struct service_row *service, size_t n)
{
	const struct snapshot *shown = model_shown(model);

	for (size_t i = 0; i < service->n; i++)
		model->rows[n++] = &shown->table.rows[shown->services.members[service->first + i]];
	return n;
}

/* Of each service, as far as it can be had in a moment; the rest in the next ones. */
static void read_all_memory(struct model *model)
{
	struct service_table *services = &model_shown(model)->services;
	size_t n = 0;

	for (size_t i = 0; i < services->n; i++)
		if (!ask_cgroup(model, &services->rows[i]))
			n = add_members(model, &services->rows[i], n);
	facts_read_memory_of(&model->facts, model->rows, n, SORT_BUDGET_NS);
	for (size_t i = 0; i < services->n; i++)
		service_row_sum_memory(services, &model_shown(model)->table, &services->rows[i]);
}

void model_prepare(struct model *model, const struct view *view)
{
	struct snapshot *shown = model_shown(model);
	uint64_t now_ns = clock_boot_ns();

	for (size_t i = 0; i < shown->table.n; i++) {
		struct row *row = &shown->table.rows[i];

		if (!view_has_pid(view, row->ranked.id.tgid) ||
		    (!row_ran(row) && !row->facts.owner_known && !view->n_pids))
			continue;
		if (view_needs_owner(view))
			facts_read_owner(&model->facts, row, now_ns);
		if (view_needs_command(view))
			facts_read_command(&model->facts, row, now_ns);
		if (view_needs_memory(view) && view->by == TABLE_BY_PROCESS)
			facts_read_memory(&model->facts, row, shown->ended_ns, now_ns);
	}
	if (view_needs_memory(view) && view->by == TABLE_BY_SERVICE)
		read_all_memory(model);
}

size_t model_lines(struct model *model, const struct view *view, const struct opened *opened)
{
	struct snapshot *shown = model_shown(model);
	size_t n;

	if (view->by == TABLE_BY_SERVICE)
		return service_lines(&shown->services, &shown->table, view, opened, model->rows,
				     model->lines);
	n = table_view(&shown->table, view, model->rows);
	for (size_t i = 0; i < n; i++)
		model->lines[i] = (struct line){.kind = LINE_PROCESS, .row = model->rows[i]};
	return n;
}

void model_name(struct model *model, struct row *const *rows, size_t n)
{
	uint64_t now_ns = clock_boot_ns();

	for (size_t i = 0; i < n; i++) {
		facts_read_owner(&model->facts, rows[i], now_ns);
		facts_read_command(&model->facts, rows[i], now_ns);
	}
}

void model_ask_cgroups(struct model *model, const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lines[i].kind == LINE_SERVICE)
			ask_cgroup(model, lines[i].service);
}

/* The processes that the lines show or have to sum up, each once, to model->rows. */
static size_t collect_rows(struct model *model, const struct line *lines, size_t n_lines)
{
	const struct service_row *all_of = NULL;
	size_t n = 0;

	for (size_t i = 0; i < n_lines; i++) {
		const struct service_row *service = lines[i].service;

		if (lines[i].kind == LINE_PROCESS && (!service || service != all_of))
			model->rows[n++] = lines[i].row;
		if (lines[i].kind != LINE_SERVICE || ask_cgroup(model, lines[i].service))
			continue;
		all_of = service;
		n = add_members(model, service, n);
	}
	return n;
}

void model_complete(struct model *model, const struct line *lines, size_t n_lines, uint64_t budget_ns)
{
	struct snapshot *shown = model_shown(model);
	uint64_t now_ns = clock_boot_ns();
	size_t n;

	for (size_t i = 0; i < n_lines; i++) {
		if (lines[i].kind != LINE_PROCESS)
			continue;
		facts_read_owner(&model->facts, lines[i].row, now_ns);
		facts_renew_command(&model->facts, lines[i].row, now_ns);
		facts_read_memory(&model->facts, lines[i].row, shown->ended_ns, now_ns);
	}
	n = collect_rows(model, lines, n_lines);
	facts_read_memory_of(&model->facts, model->rows, n, budget_ns);
	facts_read_huge(&model->facts, model->rows, n, budget_ns);
	for (size_t i = 0; i < n_lines; i++)
		if (lines[i].kind == LINE_SERVICE)
			service_row_sum_memory(&shown->services, &shown->table, lines[i].service);
}
