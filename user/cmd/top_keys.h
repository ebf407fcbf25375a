/* SPDX-License-Identifier: GPL-2.0 */
/* The keys of `hotdamon top`: a key in, what the screen is to show out. No screen, no clock. */
#ifndef HOTDAMON_CMD_TOP_KEYS_H
#define HOTDAMON_CMD_TOP_KEYS_H

#include "report/table.h"

#define TOP_INPUT_LEN 32

#define TOP_MIN_DELAY_S 0.1
#define TOP_MAX_DELAY_S 3600.0

enum top_prompt {
	PROMPT_NONE,
	PROMPT_FILTER,
	PROMPT_DELAY,
};

struct top_ui {
	enum table_by by;
	enum column sort, usual_sort; /* the usual one: that each table has */
	bool reverse;
	char filter[TOP_INPUT_LEN];
	size_t scroll;	 /* lines above the screen */
	bool any;	 /* one of the services' lines is selected */
	size_t selected; /* of the view's lines */
	double delay_s;
	bool paused, help, quit;
	enum top_prompt prompt;
	char input[TOP_INPUT_LEN]; /* typed so far */
};

/* What the last key changed beyond what is shown. */
enum top_effect {
	EFFECT_NONE,
	EFFECT_DELAY,  /* delay_s is another */
	EFFECT_REDRAW, /* the whole screen is to be drawn anew */
	EFFECT_OPEN,   /* the service of the selected line opens, or closes */
	EFFECT_OPEN_ALL,
};

/* @key is one of ncurses' getch(). @n lines are in the view, @page of them fit the screen. */
enum top_effect top_key(struct top_ui *ui, int key, size_t n, size_t page);

/* Keeps the last line on the screen, when there are lines enough; and the selected one. */
void top_clamp_scroll(struct top_ui *ui, size_t n, size_t page);

#endif
