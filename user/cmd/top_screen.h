/* SPDX-License-Identifier: GPL-2.0 */
/* The terminal of `hotdamon top`: ncurses is known here and in the keys only. */
#ifndef HOTDAMON_CMD_TOP_SCREEN_H
#define HOTDAMON_CMD_TOP_SCREEN_H

#include "cmd/top_keys.h"
#include "report/service_table.h"
#include "report/top.h"

/*
 * Takes the terminal of stdin and stdout. -ENOTSUP: it cannot move its cursor (dumb, or unknown here);
 * nothing was changed then.
 */
int screen_open(void);
void screen_close(void); /* gives it back as it was; without screen_open() nothing */

/* To be called after SIGWINCH. */
void screen_resize(void);
void screen_redraw(void); /* all of it, at the next screen_draw() */

/* The next key, or -1. */
int screen_key(void);

/* How many lines of the table there is room for. */
size_t screen_page(void);

struct picture {
	const struct top_ui *ui;
	const struct view *view;
	const char *failure;		   /* of the last window; NULL: it is shown */
	const struct top_summary *summary; /* NULL before the first window */
	const struct line *lines;	   /* of the view */
	size_t n;
	double now_s;
	bool utf8;
};

void screen_draw(const struct picture *picture);

#endif
