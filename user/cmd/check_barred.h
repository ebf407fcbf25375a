/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Of hotdamon check: big processes in which nothing can be made huge, as they opted out or are out of reach, and what their
 * owner can do.
 */
#ifndef HOTDAMON_CMD_CHECK_BARRED_H
#define HOTDAMON_CMD_CHECK_BARRED_H

#include <stddef.h>

#include "sense/proc.h"

struct json;

struct check_barred {
	struct process_facts facts;
	const char *reason;
	double barred_s; /* for how long a daemon that runs has known it; negative: not known */
};

/* Starts as {0}. */
struct check_barred_list {
	struct check_barred *at;
	size_t n, room;
};

/* Reads /proc. What ends meanwhile is left out. -ENOMEM or another negative errno; check_barred_free() is fine then, too. */
int check_barred_read(struct check_barred_list *barred);
void check_barred_free(struct check_barred_list *barred);

/* Nothing is said where there are none. */
void check_barred_print(const struct check_barred_list *barred);

/* Two arrays in the object that is open: "barred", and "opted_out" of those of them that did. */
void check_barred_add(struct json *json, const struct check_barred_list *barred);

#endif
