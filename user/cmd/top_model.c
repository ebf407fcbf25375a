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

#define REMEMBER_NS (60 * NS_PER_S) /* of an idle process: what its trend shows */
#define PROC_ROOT   "/proc"

struct snapshot *model_shown(struct model *model)
{
	return model->paused ? &model->frozen : &model->live;
}

/* Room for every row of the live table; a pause only ever shows a table that was the live one. */
static int make_room(struct model *model, size_t n)
{
	if (n < model->frozen.table.n)
		n = model->frozen.table.n;
	return array_reserve(&model->rows, &model->rows_room, n + 1, sizeof(*model->rows));
}

int model_init(struct model *model, const struct top_options *options)
{
	*model = (struct model){
		.options = options,
		.facts = {.proc_root = PROC_ROOT,
			  .services = services_new(PROC_ROOT, NULL),
			  .cgroup = options->cgroup},
		.ranking = ranking_new(options->rank_by, 0.001, /* of this window, not of those before */
				       REMEMBER_NS),
	};
	return model->ranking && model->facts.services ? make_room(model, 0) : -ENOMEM;
}

int model_load(struct model *model)
{
	model->began_ns = clock_boot_ns();
	return hotness_open(model->began_ns, model->options->max_processes, &model->hotness);
}

static void snapshot_clear(struct snapshot *snapshot)
{
	table_clear(&snapshot->table);
	*snapshot = (struct snapshot){0};
}

void model_release(struct model *model)
{
	hotness_close(model->hotness);
	ranking_free(model->ranking);
	services_free(model->facts.services);
	snapshot_clear(&model->live);
	snapshot_clear(&model->frozen);
	free(model->rows);
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
	if (err)
		return err;
	model->began_ns = model->live.ended_ns = span.ended_ns;
	sum_up(&model->live.summary, ranked, n, window_s, span.ended_ns);
	model->live.any = true;
	return 0;
}

int model_pause(struct model *model, bool paused)
{
	struct snapshot frozen = model->live;

	if (paused == model->paused)
		return 0;
	if (paused && table_copy(&model->live.table, &frozen.table))
		return -ENOMEM;
	snapshot_clear(&model->frozen);
	if (paused)
		model->frozen = frozen;
	model->paused = paused;
	return 0;
}

size_t model_rows(struct model *model, const struct view *view)
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
			facts_read_command(&model->facts, row);
		if (view_needs_memory(view))
			facts_read_memory(&model->facts, row, shown->ended_ns, now_ns);
	}
	return table_view(&shown->table, view, model->rows);
}

void model_name(struct model *model, struct row *const *rows, size_t n)
{
	uint64_t now_ns = clock_boot_ns();

	for (size_t i = 0; i < n; i++) {
		facts_read_owner(&model->facts, rows[i], now_ns);
		facts_read_command(&model->facts, rows[i]);
	}
}

void model_complete(struct model *model, struct row *const *rows, size_t n, uint64_t huge_budget_ns)
{
	uint64_t now_ns = clock_boot_ns();

	model_name(model, rows, n);
	for (size_t i = 0; i < n; i++)
		facts_read_memory(&model->facts, rows[i], model_shown(model)->ended_ns, now_ns);
	facts_read_huge(&model->facts, rows, n, huge_budget_ns);
}
