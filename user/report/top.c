// SPDX-License-Identifier: GPL-2.0
#include "report/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "report/text.h"

/* Six columns: one digit behind the point while there is room. */
static void percent_text(double pct, char *out, size_t size)
{
	snprintf(out, size, "%.*f", pct < 9999.95 ? 1 : 0, pct);
}

static void trend_cell(const struct row *row, unsigned int width, double now_s, bool utf8, char *out)
{
	size_t bars = width >= TREND_WIDE ? TREND_WIDE : TREND_NARROW;
	double pct[TREND_CELLS];

	trend_pct(&row->trend, now_s, bars, pct);
	trend_text(pct, bars, utf8, out);
}

void top_command(const struct row *row, char *out, size_t size)
{
	const char *arguments = row->ranked.ended ? NULL : strchr(row->facts.whose.command, ' ');

	snprintf(out, size, "%s%s", row->ranked.comm, arguments ? arguments : "");
}

static void command_cell(const struct row *row, unsigned int width, char *out, size_t size)
{
	const char *mark = width >= 20 ? " (ended)" : " (end)";
	unsigned int mark_width = row->ranked.ended ? (unsigned int)strlen(mark) : 0, text_width;
	char text[COMM_LEN + COMMAND_LEN];

	top_command(row, text, sizeof(text));
	text_width = text_columns(text);
	if (width < 10) {
		mark = "!";
		mark_width = row->ranked.ended && width;
	}
	if (text_width > width - mark_width)
		text_width = width - mark_width;
	text_fit(text, text_width, TEXT_LEFT, out, size);
	if (mark_width)
		snprintf(out + strlen(out), size - strlen(out), "%s", mark);
}

static void huge_cell(const struct row_facts *facts, char *out, size_t size)
{
	double all = (double)facts->anon_bytes + (facts->huge_of_both ? (double)facts->shared_bytes : 0);
	double share = all > 0 ? (double)facts->huge_bytes / all : 0;

	if (facts->huge_known && facts->anon_known)
		snprintf(out, size, "%.0f%%", 100 * (share > 1 ? 1 : share)); /* read at two times */
	else
		snprintf(out, size, "-");
}

static void bytes_cell(bool known, uint64_t bytes, char *out)
{
	if (known)
		text_bytes(bytes, out);
	else
		strcpy(out, "-");
}

/* 0: not known, of a process that never ran in our sight. */
static void count_cell(uint32_t count, char out[TOP_CELL_LEN])
{
	if (count)
		snprintf(out, TOP_CELL_LEN, "%" PRIu32, count);
	else
		strcpy(out, "-");
}

/* The value, before it is fitted into its column. */
static void cell_text(const struct row *row, struct placed placed, char out[TOP_CELL_LEN])
{
	const struct ranked *ranked = &row->ranked;
	const struct row_facts *facts = &row->facts;

	switch (placed.column) {
	case COLUMN_RANK:
		return count_cell(ranked->rank, out);
	case COLUMN_PID:
		snprintf(out, TOP_CELL_LEN, "%" PRIu32, ranked->id.tgid);
		return;
	case COLUMN_USER:
		snprintf(out, TOP_CELL_LEN, "%s", *facts->whose.user ? facts->whose.user : "-");
		return;
	case COLUMN_UNIT:
		snprintf(out, TOP_CELL_LEN, "%.*s", TOP_CELL_LEN - 1,
			 *facts->whose.service.name ? facts->whose.service.name : "-");
		return;
	case COLUMN_THREADS:
		return count_cell(ranked->threads, out);
	case COLUMN_CPU:
		return percent_text(ranked->window_user_pct + ranked->window_system_pct, out, TOP_CELL_LEN);
	case COLUMN_USER_PCT:
		return percent_text(ranked->window_user_pct, out, TOP_CELL_LEN);
	case COLUMN_SYSTEM_PCT:
		return percent_text(ranked->window_system_pct, out, TOP_CELL_LEN);
	case COLUMN_ANON:
		return bytes_cell(facts->anon_known, facts->anon_bytes, out);
	case COLUMN_SHARED:
		return bytes_cell(facts->shared_known, facts->shared_bytes, out);
	case COLUMN_HUGE:
		return huge_cell(facts, out, TOP_CELL_LEN);
	default:
		return command_cell(row, placed.width, out, TOP_CELL_LEN);
	}
}

void top_cell(const struct row *row, struct placed placed, double now_s, bool utf8, char out[TOP_CELL_LEN])
{
	char text[TOP_CELL_LEN];

	if (placed.column == COLUMN_TREND)
		return trend_cell(row, placed.width, now_s, utf8, out);
	cell_text(row, placed, text);
	text_fit(text, placed.width, column_align(placed.column), out, TOP_CELL_LEN);
}

/* Pids and ranks begin with the smallest. */
static const char *marker(const struct view *view, bool utf8)
{
	bool down = (view->sort != COLUMN_PID && view->sort != COLUMN_RANK) != view->reverse;

	if (utf8)
		return down ? "▼" : "▲";
	return down ? "v" : "^";
}

void top_title(struct placed placed, const struct view *view, bool utf8, char out[TOP_CELL_LEN])
{
	char title[TOP_CELL_LEN];

	snprintf(title, sizeof(title), "%s%s", column_title(placed.column),
		 placed.column == view->sort ? marker(view, utf8) : "");
	text_fit(title, placed.width, column_align(placed.column), out, TOP_CELL_LEN);
}

void top_end_line(char *line)
{
	size_t len = strlen(line);

	while (len && line[len - 1] == ' ')
		line[--len] = '\0';
}

void top_heading(const struct layout *layout, const struct view *view, bool utf8, char line[TOP_LINE_LEN])
{
	char cell[TOP_CELL_LEN], *end = line;

	*line = '\0';
	for (size_t i = 0; i < layout->n; i++) {
		top_title(layout->at[i], view, utf8, cell);
		end = stpcpy(stpcpy(end, i ? " " : ""), cell);
	}
	top_end_line(line);
}

static bool ran(const struct ranked *ranked)
{
	return ranked->user_ns || ranked->system_ns;
}

void top_sum(const struct ranked *ranked, size_t n, double window_s, struct top_summary *summary)
{
	double user_ns = 0, system_ns = 0;

	summary->window_s = window_s;
	summary->ran = summary->ended = 0;
	for (size_t i = 0; i < n; i++) {
		summary->ran += ran(&ranked[i]);
		summary->ended += ranked[i].ended;
		user_ns += (double)ranked[i].user_ns;
		system_ns += (double)ranked[i].system_ns;
	}
	summary->user_cpus = user_ns / (window_s * (double)NS_PER_S);
	summary->system_cpus = system_ns / (window_s * (double)NS_PER_S);
}

/* Adds @part behind two spaces if it fits. */
static bool add_part(char line[TOP_SUMMARY_LEN], unsigned int columns, const char *part)
{
	size_t len = strlen(line), need = strlen(part) + (len ? 2 : 0);

	if (len + need > columns || len + need >= TOP_SUMMARY_LEN)
		return false;
	snprintf(line + len, TOP_SUMMARY_LEN - len, "%s%s", len ? "  " : "", part);
	return true;
}

static void add_processes(const struct top_summary *summary, char line[TOP_SUMMARY_LEN], unsigned int columns)
{
	char ended[32] = "", part[96];

	if (summary->ended)
		snprintf(ended, sizeof(ended), ", %zu ended", summary->ended);
	snprintf(part, sizeof(part), "%zu processes ran in %.2f s%s", summary->ran, summary->window_s, ended);
	if (add_part(line, columns, part))
		return;
	snprintf(part, sizeof(part), "%zu ran in %.2f s%s", summary->ran, summary->window_s, ended);
	if (add_part(line, columns, part))
		return;
	snprintf(part, sizeof(part), "%zu ran", summary->ran);
	add_part(line, columns, part);
}

void top_summary_line(const struct top_summary *summary, const char *title, unsigned int columns,
		      char line[TOP_SUMMARY_LEN])
{
	char part[64], uptime[TEXT_UPTIME_LEN];

	line[0] = '\0';
	if (title)
		add_part(line, columns, title);
	snprintf(part, sizeof(part), "%.2f of %u CPUs busy", summary->user_cpus + summary->system_cpus,
		 summary->cpus);
	add_part(line, columns, part);
	add_processes(summary, line, columns);
	text_uptime(summary->uptime_s, uptime);
	snprintf(part, sizeof(part), "up %s", uptime);
	add_part(line, columns, part);
	add_part(line, columns, summary->clock);
}
