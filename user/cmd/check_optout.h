/* SPDX-License-Identifier: GPL-2.0 */
/* Of hotdamon check: big processes that opted out of huge pages, and how their owner can change that. */
#ifndef HOTDAMON_CMD_CHECK_OPTOUT_H
#define HOTDAMON_CMD_CHECK_OPTOUT_H

#include <stddef.h>

struct json;
struct process_facts;

/* Starts as {0}. */
struct check_optouts {
	struct process_facts *at;
	size_t n, room;
};

/* Reads /proc. What ends meanwhile is left out. -ENOMEM or another negative errno; check_optout_free() is fine then, too. */
int check_optout_read(struct check_optouts *optouts);
void check_optout_free(struct check_optouts *optouts);

/* Nothing is said where there are none. */
void check_optout_print(const struct check_optouts *optouts);

/* An array "opted_out" in the object that is open. */
void check_optout_add(struct json *json, const struct check_optouts *optouts);

#endif
