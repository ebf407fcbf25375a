/* SPDX-License-Identifier: GPL-2.0 */
/* How `hotdamon top` shows what it knows: a line of JSON, plain lines, or a screen. */
#ifndef HOTDAMON_CMD_TOP_SHOW_H
#define HOTDAMON_CMD_TOP_SHOW_H

#include "cmd/top_keys.h"
#include "cmd/top_model.h"

struct show {
	bool screen, utf8;
	struct top_ui ui;
	struct opened opened;
	/* What is selected, if ui.any: lines come and go. */
	uint64_t selected_key;
	struct process_id selected_id;
	enum line_kind selected_kind;
};

void show_release(struct show *show);

/* -ENOMEM: it could not be shown. */
int show_window(struct show *show, struct model *model);

/* The screen alone. @failure: of the last window, in words; NULL: it is shown. */
void show_screen(struct show *show, struct model *model, const char *failure);

/* A key, which may begin or end a pause. */
enum top_effect show_key(struct show *show, struct model *model, int key);

#endif
