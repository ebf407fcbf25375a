// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ncurses.h>

#include "report/line.h"
#include "report/text.h"

#define ROOMY_LINES 8 /* from here on a second line of header and one of keys are worth their place */
#define ESC_WAIT_MS 25
#define METER_WIDTH 50U

/* Pairs of colours; monochrome terminals do with bold, dim and reverse. */
enum {
	PAIR_HEADING = 1,
	PAIR_SORTED,
	PAIR_GREEN,
	PAIR_RED,
	PAIR_CYAN,
	PAIR_YELLOW,
};

static SCREEN *screen;

static void open_colours(void)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: set and not empty */

	if ((no_color && *no_color) || !has_colors() || start_color() == ERR)
		return;
	use_default_colors();
	init_pair(PAIR_HEADING, COLOR_BLACK, COLOR_GREEN);
	init_pair(PAIR_SORTED, COLOR_BLACK, COLOR_CYAN);
	init_pair(PAIR_GREEN, COLOR_GREEN, -1);
	init_pair(PAIR_RED, COLOR_RED, -1);
	init_pair(PAIR_CYAN, COLOR_CYAN, -1);
	init_pair(PAIR_YELLOW, COLOR_YELLOW, -1);
}

/* Pairs that were never made show as the terminal's own colours: fine for NO_COLOR, but not for a heading. */
static attr_t colour(short pair)
{
	short front, back;

	if (pair_content(pair, &front, &back) == OK && front != back)
		return (attr_t)COLOR_PAIR(pair);
	return pair == PAIR_HEADING ? A_REVERSE : pair == PAIR_SORTED ? A_REVERSE | A_BOLD : A_NORMAL;
}

int screen_open(void)
{
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return -ENOTSUP;
	if (!tigetstr("cup")) { /* it cannot move its cursor */
		screen_close();
		return -ENOTSUP;
	}
	open_colours();
	set_escdelay(ESC_WAIT_MS);
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, true);
	nodelay(stdscr, true);
	return 0;
}

void screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void screen_resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, true);
}

void screen_redraw(void)
{
	clearok(stdscr, true);
}

int screen_key(void)
{
	int key = getch();

	return key == ERR ? -1 : key;
}

static bool roomy(void)
{
	return LINES >= ROOMY_LINES;
}

static int heading_line(void)
{
	return roomy() ? 2 : LINES > 2 ? 1 : 0;
}

static int last_table_line(void)
{
	return LINES - (roomy() ? 2 : 1);
}

size_t screen_page(void)
{
	int page = last_table_line() - heading_line();

	return page > 0 ? (size_t)page : 0;
}

static void put(int line, int column, attr_t attributes, const char *text)
{
	if (line < 0 || line >= LINES || column >= COLS)
		return;
	attrset((int)attributes);
	mvaddstr(line, column, text);
	attrset(A_NORMAL);
}

/* @text over the rest of the line, cleaned and cut. */
static void put_to_end(int line, int column, attr_t attributes, const char *text)
{
	char fitted[1024];

	if (column >= COLS)
		return;
	text_fit(text, (unsigned int)(COLS - column), TEXT_LEFT, fitted, sizeof(fitted));
	put(line, column, attributes, fitted);
}

/* "CPU[|||||      81.0%]": user time green, system time red, as htop has it. */
static void draw_meter(const struct top_summary *summary, int line, unsigned int width)
{
	double all = summary->cpus, user = summary->user_cpus / all, sum = user + summary->system_cpus / all;
	int inner = (int)width - 5;
	char text[16];

	if (inner < 8)
		return;
	snprintf(text, sizeof(text), "%.1f%%", 100 * sum);
	put(line, 0, colour(PAIR_CYAN), "CPU");
	put(line, 3, A_BOLD, "[");
	for (int i = 0; i < inner - (int)strlen(text); i++) {
		double at = (i + 0.5) / inner;

		if (at < sum)
			put(line, 4 + i, colour(at < user ? PAIR_GREEN : PAIR_RED), "|");
	}
	put(line, 4 + inner - (int)strlen(text), A_DIM, text);
	put(line, 4 + inner, A_BOLD, "]");
}

static void draw_settings(const struct picture *picture, int line, int column)
{
	char text[128];

	snprintf(text, sizeof(text), "every %g s, by %s%s", picture->ui->delay_s,
		 column_title(picture->view->sort), picture->view->reverse ? ", reversed" : "");
	if ((int)strlen(text) <= COLS - column)
		put(line, column, A_NORMAL, text);
}

static void draw_header(const struct picture *picture)
{
	unsigned int columns = (unsigned int)COLS, meter = columns < METER_WIDTH ? columns : METER_WIDTH;
	const char *title = roomy() && columns >= 60 ? "hotdamon top" : NULL;
	const char *paused = columns < 40 ? "P" : "PAUSED";
	char line[TOP_SUMMARY_LEN];

	if (!heading_line())
		return;
	if (picture->ui->paused)
		columns -= (unsigned int)strlen(paused) + 1;
	if (picture->failure) {
		snprintf(line, sizeof(line), "the last window failed: %s", picture->failure);
		put_to_end(0, 0, colour(PAIR_RED) | A_BOLD, line);
	} else if (picture->summary) {
		top_summary_line(picture->summary, title, columns, line);
		put_to_end(0, 0, A_NORMAL, line);
		if (roomy())
			draw_meter(picture->summary, 1, meter);
	} else {
		put_to_end(0, 0, A_NORMAL, "hotdamon top: measuring");
	}
	if (title && !picture->failure)
		put(0, 0, A_BOLD, title);
	if (roomy())
		draw_settings(picture, 1, (int)meter + 2);
	if (picture->ui->paused)
		put(0, COLS - (int)strlen(paused), colour(PAIR_YELLOW) | A_BOLD | A_REVERSE, paused);
}

static void draw_heading(const struct picture *picture, const struct layout *layout)
{
	int line = heading_line(), column = 0;
	char cell[TOP_CELL_LEN];

	put_to_end(line, 0, colour(PAIR_HEADING), "");
	for (size_t i = 0; i < layout->n; i++) {
		bool sorted = layout->at[i].column == picture->view->sort;

		top_title(layout->at[i], picture->view, picture->utf8, cell);
		put(line, column, colour(sorted ? PAIR_SORTED : PAIR_HEADING), cell);
		column += (int)layout->at[i].width + 1;
	}
}

static attr_t percent_attributes(double pct, short hot_pair)
{
	if (pct < 0.05)
		return A_DIM;
	return pct < 50 ? A_NORMAL : colour(hot_pair) | A_BOLD;
}

static attr_t cell_attributes(const struct line *line, enum column column)
{
	const struct row *row = line->row;
	const struct ranked *ranked = &row->ranked;

	if (ranked->ended)
		return A_DIM;
	switch (column) {
	case COLUMN_SERVICE:
		return line->kind != LINE_SERVICE ? A_NORMAL
		       : row_ran(row)		  ? colour(PAIR_CYAN) | A_BOLD
						  : colour(PAIR_CYAN);
	case COLUMN_RANK:
		return A_DIM;
	case COLUMN_UNIT:
		return colour(PAIR_CYAN);
	case COLUMN_CPU:
		return percent_attributes(ranked->window_user_pct + ranked->window_system_pct, PAIR_GREEN);
	case COLUMN_USER_PCT:
		return percent_attributes(ranked->window_user_pct, PAIR_GREEN);
	case COLUMN_SYSTEM_PCT:
		return percent_attributes(ranked->window_system_pct, PAIR_RED);
	case COLUMN_TREND:
		return colour(PAIR_GREEN);
	case COLUMN_HUGE:
		return row->facts.huge_known && row->facts.huge_bytes ? colour(PAIR_YELLOW) : A_DIM;
	case COLUMN_COMMAND:
		return row_ran(row) ? A_BOLD : A_NORMAL;
	default:
		return A_NORMAL;
	}
}

static void draw_line(const struct picture *picture, const struct layout *layout, size_t at, int y)
{
	const struct line *line = &picture->lines[at];
	bool selected = picture->ui->any && at == picture->ui->selected;
	char cell[TOP_CELL_LEN];
	int x = 0;

	if (selected)
		put_to_end(y, 0, A_REVERSE, "");
	for (size_t i = 0; i < layout->n; i++) {
		line_cell(line, layout->at[i], picture->now_s, picture->utf8, cell);
		put(y, x, selected ? A_REVERSE : cell_attributes(line, layout->at[i].column), cell);
		x += (int)layout->at[i].width + 1;
	}
}

static const char *why_empty(const struct picture *picture)
{
	bool services = picture->view->by == TABLE_BY_SERVICE;

	if (*picture->ui->filter)
		return services ? "no service matches the filter" : "no process matches the filter";
	return "no process ran";
}

static void draw_table(const struct picture *picture)
{
	struct layout layout = columns_fit(picture->view->by, (unsigned int)COLS, picture->view->sort);
	size_t page = screen_page();
	int y = heading_line() + 1;

	draw_heading(picture, &layout);
	for (size_t i = 0; i < page && picture->ui->scroll + i < picture->n; i++)
		draw_line(picture, &layout, picture->ui->scroll + i, y + (int)i);
	if (!picture->n && picture->summary)
		put_to_end(y, 0, A_DIM, why_empty(picture));
}

static void draw_prompt(const struct picture *picture)
{
	const char *ask = picture->ui->prompt == PROMPT_FILTER ? "filter: " : "delay in seconds: ";
	char text[TOP_INPUT_LEN + 32];

	snprintf(text, sizeof(text), "%s%s_", ask, picture->ui->input);
	put_to_end(LINES - 1, 0, A_BOLD, text);
}

static const char *const service_keys[][2] = {{"?", "help"},	  {"Enter", "open"},  {"t", "all"},
					      {"v", "processes"}, {"/", "filter"},    {"cusmn", "sort"},
					      {"r", "reverse"},	  {"space", "pause"}, {"+-", "delay"},
					      {"q", "quit"},	  {NULL, NULL}};
static const char *const process_keys[][2] = {{"?", "help"},	{"/", "filter"},    {"cusmtp", "sort"},
					      {"r", "reverse"}, {"space", "pause"}, {"v", "services"},
					      {"+-", "delay"},	{"q", "quit"},	    {NULL, NULL}};

/* Each key in bold before its word, as many as fit in @columns. */
static void draw_keys(const struct picture *picture, int line, int columns)
{
	int column = 0;

	for (const char *const(*key)[2] = picture->view->by == TABLE_BY_SERVICE ? service_keys : process_keys;
	     (*key)[0]; key++) {
		int key_len = (int)strlen((*key)[0]), len = key_len + 1 + (int)strlen((*key)[1]);

		if (column + len > columns)
			return;
		put(line, column, colour(PAIR_CYAN) | A_BOLD, (*key)[0]);
		put(line, column + key_len + 1, A_NORMAL, (*key)[1]);
		column += len + 2;
	}
}

static void draw_footer(const struct picture *picture)
{
	size_t first = picture->ui->scroll + 1, last = picture->ui->scroll + screen_page();
	char text[TOP_INPUT_LEN + 32];
	int column;

	if (!roomy())
		return;
	last = last < picture->n ? last : picture->n;
	snprintf(text, sizeof(text), "%zu-%zu of %zu", last ? first : 0, last, picture->n);
	column = COLS - (int)strlen(text);
	put(LINES - 1, column > 0 ? column : 0, A_DIM, text);
	if (!*picture->ui->filter)
		return draw_keys(picture, LINES - 1, column - 2);
	snprintf(text, sizeof(text), "filter: %s  (Esc clears)", picture->ui->filter);
	text[column > 2 && strlen(text) > (size_t)column - 2 ? column - 2 : (int)strlen(text)] = '\0';
	put(LINES - 1, 0, colour(PAIR_YELLOW) | A_BOLD, text);
}

#define HELP_WIDTH 51

static const char *const help_lines[] = {
	"hotdamon top: who burns CPU, by BPF alone",
	"",
	"v       services, or processes",
	"arrows  select, scroll; PgUp PgDn Home End",
	"Enter   open or close a service; t all of them",
	"c u s   sort by CPU, user, system time",
	"m n     by memory, number of processes",
	"t p     of processes: by threads, pid",
	"r       reverse the order",
	"/       filter: command, user, unit, pid",
	"Esc     clear the filter, select nothing",
	"+ - d   longer, shorter, any delay",
	"space   pause",
	"q       quit",
	"",
	"PROCS   that ran lately + that ended just now",
	"TREND   of CPU; full: its peak, at least 25 %",
	"ANON    anonymous memory: of a service's cgroup,",
	"        or if that does not tell the sum",
	"SHM     shared memory, HUGE the share in huge",
	"        pages: of both, of a sum of ANON",
};

static void draw_help(void)
{
	int n = (int)(sizeof(help_lines) / sizeof(help_lines[0]));
	int height = n + 2 < LINES ? n + 2 : LINES, width = HELP_WIDTH < COLS ? HELP_WIDTH : COLS;
	WINDOW *box_window = newwin(height, width, (LINES - height) / 2, (COLS - width) / 2);

	if (!box_window)
		return;
	for (int i = 0; i < n && i < height - 2; i++) {
		wattrset(box_window, i ? A_NORMAL : A_BOLD);
		mvwaddnstr(box_window, i + 1, 2, help_lines[i], width > 4 ? width - 4 : 0);
	}
	wattrset(box_window, A_NORMAL);
	box(box_window, 0, 0);
	wnoutrefresh(stdscr);
	wnoutrefresh(box_window);
	delwin(box_window);
}

void screen_draw(const struct picture *picture)
{
	erase();
	draw_header(picture);
	draw_table(picture);
	if (picture->ui->prompt != PROMPT_NONE)
		draw_prompt(picture);
	else
		draw_footer(picture);
	if (picture->ui->help)
		draw_help();
	else
		wnoutrefresh(stdscr);
	doupdate();
}
