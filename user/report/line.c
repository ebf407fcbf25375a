// SPDX-License-Identifier: GPL-2.0
#include "report/line.h"

#include <stdio.h>
#include <string.h>

#define MANY 1000

static const char *branch_mark(enum branch branch, bool utf8)
{
	static const char *const marks[][2] = {
		[BRANCH_NONE] = {"", ""},	[BRANCH_CLOSED] = {"+ ", "▸ "}, [BRANCH_OPEN] = {"- ", "▾ "},
		[BRANCH_MIDDLE] = {"| ", "├ "}, [BRANCH_LAST] = {"` ", "└ "},
	};

	return marks[branch][utf8];
}

static void service_cell(const struct line *line, bool utf8, char out[TOP_CELL_LEN])
{
	const char *mark = branch_mark(line->branch, utf8);
	char command[COMM_LEN + COMMAND_LEN];

	switch (line->kind) {
	case LINE_SERVICE:
		snprintf(out, TOP_CELL_LEN, "%s%.*s", mark, TOP_CELL_LEN - 8,
			 service_row_name(line->service));
		return;
	case LINE_ENDED:
		snprintf(out, TOP_CELL_LEN, "%s%zu ended: %s", mark, line->service->n_ended,
			 line->service->ended_names);
		return;
	default:
		top_command(line->row, command, sizeof(command));
		snprintf(out, TOP_CELL_LEN, "%s%u %.*s", mark, line->row->ranked.id.tgid, TOP_CELL_LEN - 24,
			 command);
	}
}

/* "24", or with those that ended "4+52", "4+3k". */
static void count_cell(const struct service_row *service, char out[TOP_CELL_LEN])
{
	size_t living = service_row_living(service), ended = service->n_ended;

	if (!ended)
		snprintf(out, TOP_CELL_LEN, "%zu", living);
	else if (ended < MANY)
		snprintf(out, TOP_CELL_LEN, "%zu+%zu", living, ended);
	else
		snprintf(out, TOP_CELL_LEN, "%zu+%zuk", living, ended / MANY);
}

static void user_cell(const struct service_row *service, char out[TOP_CELL_LEN])
{
	const char *user = service->sum.facts.whose.user;

	snprintf(out, TOP_CELL_LEN, "%s%s", *user ? user : "-", service->users_differ ? "+" : "");
}

/* What such a line has not: the ranks of processes are not those of services, and what ended has no memory. */
static bool is_blank(const struct line *line, enum column column)
{
	if (line->kind == LINE_SERVICE)
		return false;
	if (column == COLUMN_RANK || column == COLUMN_PROCESSES)
		return true;
	return line->kind == LINE_ENDED && (column == COLUMN_USER || column == COLUMN_ANON ||
					    column == COLUMN_SHARED || column == COLUMN_HUGE);
}

void line_cell(const struct line *line, struct placed placed, double now_s, bool utf8, char out[TOP_CELL_LEN])
{
	char text[TOP_CELL_LEN] = "";

	if (!line->service)
		return top_cell(line->row, placed, now_s, utf8, out);
	if (placed.column == COLUMN_SERVICE)
		service_cell(line, utf8, text);
	else if (placed.column == COLUMN_PROCESSES && line->kind == LINE_SERVICE)
		count_cell(line->service, text);
	else if (placed.column == COLUMN_USER && line->kind == LINE_SERVICE)
		user_cell(line->service, text);
	else if (!is_blank(line, placed.column))
		return top_cell(line->row, placed, now_s, utf8, out);
	text_fit(text, placed.width, column_align(placed.column), out, TOP_CELL_LEN);
}

void line_text(const struct line *line, const struct layout *layout, double now_s, bool utf8,
	       char out[TOP_LINE_LEN])
{
	char cell[TOP_CELL_LEN], *end = out;

	*out = '\0';
	for (size_t i = 0; i < layout->n; i++) {
		line_cell(line, layout->at[i], now_s, utf8, cell);
		end = stpcpy(stpcpy(end, i ? " " : ""), cell);
	}
	top_end_line(out);
}
