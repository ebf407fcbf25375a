/* SPDX-License-Identifier: GPL-2.0 */
/* Of hotdamon check: big processes that opted out of huge pages, and how their owner can change that. */
#ifndef HOTDAMON_CMD_CHECK_OPTOUT_H
#define HOTDAMON_CMD_CHECK_OPTOUT_H

struct json;

/* Reads /proc. Nothing is said where there are none. */
void check_optout_print(void);

/* An array "opted_out" in the object that is open. */
void check_optout_add(struct json *json);

#endif
