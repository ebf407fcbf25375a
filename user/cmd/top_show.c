// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/top_screen.h"

#define PLAIN_ROWS     20		 /* where there is no screen to fill */
#define PLAIN_COLUMNS  132		 /* where there is no terminal to ask */
#define HUGE_SCREEN_NS (20 * NS_PER_MS)	 /* for what is huge, per refresh: not felt */
#define HUGE_PLAIN_NS  (200 * NS_PER_MS) /* there may be no later refresh to make up for it */

static struct view current_view(const struct show *show, const struct model *model)
{
	return (struct view){
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
	struct view view = current_view(show, model);
	size_t n;
	char *line;

	view.sort = COLUMN_RANK;
	n = model_rows(model, &view);
	model_name(model, model->rows, n);
	line = top_json(model->rows, n, model->live.summary.window_s, model->live.ended_ns);
	if (!line)
		return -ENOMEM;
	puts(line);
	free(line);
	fflush(stdout);
	return 0;
}

static unsigned int plain_columns(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return PLAIN_COLUMNS;
}

static void show_plain(const struct show *show, struct model *model)
{
	struct view view = current_view(show, model);
	struct layout layout = columns_fit(plain_columns(), view.sort);
	size_t n = model_rows(model, &view);
	char line[TOP_LINE_LEN];

	n = n < PLAIN_ROWS ? n : PLAIN_ROWS;
	model_complete(model, model->rows, n, HUGE_PLAIN_NS);
	top_summary_line(&model->live.summary, NULL, plain_columns(), line);
	puts(line);
	top_heading(&layout, &view, show->utf8, line);
	puts(line);
	for (size_t i = 0; i < n; i++) {
		top_row(model->rows[i], &layout, model->live.table.now_s, show->utf8, line);
		puts(line);
	}
	putchar('\n');
	fflush(stdout);
}

void show_screen(struct show *show, struct model *model, const char *failure)
{
	const struct snapshot *shown = model_shown(model);
	struct view view = current_view(show, model);
	size_t n = model_rows(model, &view), page = screen_page(), seen;

	top_clamp_scroll(&show->ui, n, page);
	seen = n - show->ui.scroll < page ? n - show->ui.scroll : page;
	model_complete(model, model->rows + show->ui.scroll, seen, HUGE_SCREEN_NS);
	screen_draw(&(struct picture){
		.ui = &show->ui,
		.view = &view,
		.failure = failure,
		.summary = shown->any ? &shown->summary : NULL,
		.rows = model->rows,
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
	size_t n = table_view(&model_shown(model)->table, &view, model->rows);
	enum top_effect effect = top_key(&show->ui, key, n, screen_page());

	if (model_pause(model, show->ui.paused))
		show->ui.paused = model->paused;
	if (effect == EFFECT_REDRAW)
		screen_redraw();
	return effect;
}
