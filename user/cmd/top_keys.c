// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_keys.h"

#include <stdlib.h>
#include <string.h>

#include <ncurses.h>

#define KEY_ESC	      27
#define KEY_CTRL_L    12
#define KEY_CTRL_H    8
#define KEY_DELETE    127
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const double delays_s[] = {0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 60};

/* To the next of delays_s above, or the last one below. */
static enum top_effect step_delay(struct top_ui *ui, bool up)
{
	double next_s = ui->delay_s;

	for (size_t i = 0; i < ARRAY_SIZE(delays_s); i++) {
		double delay_s = delays_s[up ? i : ARRAY_SIZE(delays_s) - 1 - i];

		if (up ? delay_s > ui->delay_s + 1e-9 : delay_s < ui->delay_s - 1e-9) {
			next_s = delay_s;
			break;
		}
	}
	ui->delay_s = next_s;
	return EFFECT_DELAY;
}

void top_clamp_scroll(struct top_ui *ui, size_t n, size_t page)
{
	size_t most = n > page ? n - page : 0;

	ui->any = ui->any && n;
	if (ui->selected >= n)
		ui->selected = n ? n - 1 : 0;
	if (ui->any && ui->scroll > ui->selected)
		ui->scroll = ui->selected;
	if (ui->any && page && ui->selected - ui->scroll >= page)
		ui->scroll = ui->selected - page + 1;
	if (ui->scroll > most)
		ui->scroll = most;
}

/* Where @at of the lines goes by @key; false: it is no key for that. */
static bool move_by(size_t *at, int key, size_t n, size_t page)
{
	size_t step = page > 1 ? page - 1 : 1; /* one line stays, for the eye */

	switch (key) {
	case KEY_DOWN:
		++*at;
		break;
	case KEY_UP:
		*at -= *at > 0;
		break;
	case KEY_NPAGE:
		*at += step;
		break;
	case KEY_PPAGE:
		*at -= *at < step ? *at : step;
		break;
	case KEY_HOME:
		*at = 0;
		break;
	case KEY_END:
		*at = n;
		break;
	default:
		return false;
	}
	return true;
}

/* Of processes the table moves; of services what is selected does, and the table with it. The first key selects. */
static bool move_key(struct top_ui *ui, int key, size_t n, size_t page)
{
	size_t from = ui->any ? ui->selected : ui->scroll;

	if (ui->by == TABLE_BY_PROCESS) {
		if (!move_by(&ui->scroll, key, n, page))
			return false;
	} else {
		if (!move_by(&from, key, n, page))
			return false;
		ui->selected = ui->any || key != KEY_DOWN ? from : ui->scroll;
		ui->any = true;
	}
	top_clamp_scroll(ui, n, page);
	return true;
}

/* What is new begins at its top. */
static void to_top(struct top_ui *ui)
{
	ui->scroll = 0;
	ui->any = false;
}

/* A new order begins at its top, the same key again reverses nothing: r does. */
static bool sort_key(struct top_ui *ui, int key)
{
	static const struct {
		int key;
		enum column sort;
	} sorts[] = {
		{'c', COLUMN_CPU},  {'P', COLUMN_CPU},	     {'u', COLUMN_USER_PCT}, {'s', COLUMN_SYSTEM_PCT},
		{'m', COLUMN_ANON}, {'M', COLUMN_ANON},	     {'t', COLUMN_THREADS},  {'p', COLUMN_PID},
		{'N', COLUMN_PID},  {'n', COLUMN_PROCESSES},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++) {
		if (sorts[i].key != key || !columns_have(ui->by, sorts[i].sort))
			continue;
		ui->sort = sorts[i].sort;
		ui->reverse = false;
		to_top(ui);
		return true;
	}
	return false;
}

static void switch_table(struct top_ui *ui)
{
	ui->by = ui->by == TABLE_BY_SERVICE ? TABLE_BY_PROCESS : TABLE_BY_SERVICE;
	if (!columns_have(ui->by, ui->sort)) {
		ui->sort = ui->usual_sort;
		ui->reverse = false;
	}
	to_top(ui);
}

/* Without one that is selected it is the first on the screen. */
static enum top_effect open_key(struct top_ui *ui, int key, size_t n)
{
	if (ui->by != TABLE_BY_SERVICE || !n)
		return EFFECT_NONE;
	if (key == 't')
		return EFFECT_OPEN_ALL;
	if (!ui->any)
		ui->selected = ui->scroll;
	ui->any = true;
	return EFFECT_OPEN;
}

static void begin_prompt(struct top_ui *ui, enum top_prompt prompt)
{
	ui->prompt = prompt;
	strcpy(ui->input, prompt == PROMPT_FILTER ? ui->filter : "");
}

static enum top_effect command_key(struct top_ui *ui, int key, size_t n)
{
	switch (key) {
	case 'r':
	case 'R':
		ui->reverse = !ui->reverse;
		to_top(ui);
		break;
	case 'v':
	case 'V':
		switch_table(ui);
		break;
	case '\n':
	case '\r':
	case KEY_ENTER:
	case 't':
		return open_key(ui, key, n);
	case '/':
		begin_prompt(ui, PROMPT_FILTER);
		break;
	case 'd':
		begin_prompt(ui, PROMPT_DELAY);
		break;
	case KEY_ESC:
		ui->filter[0] = '\0';
		ui->any = false;
		break;
	case '?':
	case 'h':
	case KEY_F(1):
		ui->help = true;
		break;
	case ' ':
		ui->paused = !ui->paused;
		break;
	case '+':
	case '=':
	case '-':
		return step_delay(ui, key != '-');
	case KEY_CTRL_L:
		return EFFECT_REDRAW;
	case 'q':
	case 'Q':
	case KEY_F(10):
		ui->quit = true;
		break;
	}
	return EFFECT_NONE;
}

/* Takes the last character away, all its bytes. */
static void erase_last(char *input)
{
	size_t len = strlen(input);

	while (len && ((unsigned char)input[--len] & 0xC0) == 0x80)
		;
	input[len] = '\0';
}

static void edit(char input[TOP_INPUT_LEN], int key, const char *allowed)
{
	size_t len = strlen(input);

	if (key == KEY_BACKSPACE || key == KEY_DELETE || key == KEY_CTRL_H)
		erase_last(input);
	else if (key >= ' ' && key <= 0xFF && len + 1 < TOP_INPUT_LEN && (!allowed || strchr(allowed, key))) {
		input[len] = (char)key;
		input[len + 1] = '\0';
	}
}

static bool take_delay(struct top_ui *ui)
{
	char *end;
	double delay_s = strtod(ui->input, &end);

	if (!*ui->input || *end || !(delay_s >= TOP_MIN_DELAY_S && delay_s <= TOP_MAX_DELAY_S))
		return false;
	ui->delay_s = delay_s;
	return true;
}

/* The filter works while it is typed; Esc gives it up. */
static enum top_effect prompt_key(struct top_ui *ui, int key)
{
	bool filter = ui->prompt == PROMPT_FILTER, done = key == '\n' || key == '\r' || key == KEY_ENTER;

	if (key == KEY_ESC)
		ui->input[0] = '\0';
	else if (!done)
		edit(ui->input, key, filter ? NULL : "0123456789.");
	if (filter) {
		strcpy(ui->filter, ui->input);
		to_top(ui);
	}
	if (done || key == KEY_ESC)
		ui->prompt = PROMPT_NONE;
	return done && !filter && take_delay(ui) ? EFFECT_DELAY : EFFECT_NONE;
}

enum top_effect top_key(struct top_ui *ui, int key, size_t n, size_t page)
{
	if (key == KEY_RESIZE)
		return EFFECT_NONE;
	if (ui->help) { /* any key closes it */
		ui->help = false;
		return EFFECT_NONE;
	}
	if (ui->prompt != PROMPT_NONE)
		return prompt_key(ui, key);
	if (move_key(ui, key, n, page) || sort_key(ui, key))
		return EFFECT_NONE;
	return command_key(ui, key, n);
}
