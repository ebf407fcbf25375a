// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/top_screen.h"
#include "report/line.h"
#include "report/top_json.h"

#define PLAIN_LINES   20  /* where there is no screen to fill */
#define PLAIN_COLUMNS 132 /* where there is no terminal to ask */
#define SCREEN_BUDGET_NS                                                                                     \
	(20 * NS_PER_MS) /* for what memory there is and what is huge, per refresh: not felt */
#define PLAIN_BUDGET_NS (200 * NS_PER_MS) /* there may be no later refresh to make up for it */

void show_release(struct show *show)
{
	opened_clear(&show->opened);
}

static struct view current_view(const struct show *show, const struct model *model)
{
	return (struct view){
		.by = show->ui.by,
		.sort = show->ui.sort,
		.reverse = show->ui.reverse,
		.lately = show->screen,
		.in_cgroup = model->facts.cgroup != NULL,
		.filter = show->ui.filter,
		.pids = model->options->pids,
		.n_pids = model->options->n_pids,
	};
}

static int show_json(const struct show *show, struct model *model)
{
	const struct snapshot *live = &model->live;
	struct view view = current_view(show, model);
	struct top_window window = {.window_s = live->summary.window_s, .end_ns = live->ended_ns};
	char *line;

	view.sort = COLUMN_RANK;
	model_prepare(model, &view);
	if (view.by == TABLE_BY_SERVICE) {
		window.services = &live->services;
		window.table = &live->table;
		window.lines = model->lines;
		window.n_lines = model_lines(model, &view, NULL);
		model_ask_cgroups(model, window.lines, window.n_lines);
	}
	window.rows = model->rows;
	window.n_rows = table_view(&live->table, &view, model->rows);
	model_name(model, model->rows, window.n_rows);
	line = top_json(&window);
	if (!line)
		return -ENOMEM;
	puts(line);
	free(line);
	fflush(stdout);
	return 0;
}

static void show_plain(const struct show *show, struct model *model)
{
	struct view view = current_view(show, model);
	struct layout layout = columns_fit(view.by, cli_columns(PLAIN_COLUMNS), view.sort);
	char line[TOP_LINE_LEN];
	size_t n;

	model_prepare(model, &view);
	n = model_lines(model, &view, NULL);
	n = n < PLAIN_LINES ? n : PLAIN_LINES;
	model_complete(model, model->lines, n, PLAIN_BUDGET_NS);
	top_summary_line(&model->live.summary, NULL, cli_columns(PLAIN_COLUMNS), line);
	puts(line);
	top_heading(&layout, &view, show->utf8, line);
	puts(line);
	for (size_t i = 0; i < n; i++) {
		line_text(&model->lines[i], &layout, model->live.table.now_s, show->utf8, line);
		puts(line);
	}
	putchar('\n');
	fflush(stdout);
}

/* ---- what is selected ---- */

static void select_line(struct show *show, const struct line *lines, size_t at)
{
	show->ui.selected = at;
	show->selected_key = lines[at].service->key;
	show->selected_id = lines[at].row->ranked.id;
	show->selected_kind = lines[at].kind;
}

/* Where it is now; what is gone has left its service, and where that is gone too, its place. */
static void find_selected(struct show *show, const struct line *lines, size_t n)
{
	size_t found = show->ui.selected;

	if (!show->ui.any || !n)
		return;
	for (size_t i = 0; i < n; i++) {
		if (lines[i].service->key != show->selected_key)
			continue;
		if (lines[i].kind == LINE_SERVICE)
			found = i;
		if (lines[i].kind != show->selected_kind ||
		    process_id_cmp(lines[i].row->ranked.id, show->selected_id))
			continue;
		found = i;
		break;
	}
	select_line(show, lines, found < n ? found : n - 1);
}

/* From a process of it too; then the service is selected. Where memory is short it stays as it is. */
static void open_or_close(struct show *show)
{
	if (opened_toggle(&show->opened, show->selected_key))
		return;
	show->selected_kind = LINE_SERVICE;
}

void show_screen(struct show *show, struct model *model, const char *failure)
{
	const struct snapshot *shown = model_shown(model);
	struct view view = current_view(show, model);
	size_t page = screen_page(), n, seen;

	model_prepare(model, &view);
	n = model_lines(model, &view, &show->opened);
	find_selected(show, model->lines, n);
	top_clamp_scroll(&show->ui, n, page);
	seen = n - show->ui.scroll < page ? n - show->ui.scroll : page;
	model_complete(model, model->lines + show->ui.scroll, seen, SCREEN_BUDGET_NS);
	screen_draw(&(struct picture){
		.ui = &show->ui,
		.view = &view,
		.failure = failure,
		.summary = shown->any ? &shown->summary : NULL,
		.lines = model->lines,
		.n = n,
		.now_s = shown->table.now_s,
		.utf8 = show->utf8,
	});
}

int show_window(struct show *show, struct model *model)
{
	if (model->options->json)
		return show_json(show, model);
	if (show->screen)
		show_screen(show, model, NULL);
	else
		show_plain(show, model);
	return 0;
}

enum top_effect show_key(struct show *show, struct model *model, int key)
{
	struct view view = current_view(show, model);
	size_t n = model_lines(model, &view, &show->opened);
	enum top_effect effect;

	find_selected(show, model->lines, n);
	effect = top_key(&show->ui, key, n, screen_page());
	if (show->ui.any)
		select_line(show, model->lines, show->ui.selected);
	if (model_pause(model, show->ui.paused))
		show->ui.paused = model->paused;
	if (effect == EFFECT_REDRAW)
		screen_redraw();
	else if (effect == EFFECT_OPEN)
		open_or_close(show);
	else if (effect == EFFECT_OPEN_ALL)
		opened_toggle_all(&show->opened);
	return effect;
}
