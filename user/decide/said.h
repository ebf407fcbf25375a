/* SPDX-License-Identifier: GPL-2.0 */
/* What was said of processes that are not watched, to say it once, and since when one is barred. */
#ifndef HOTDAMON_DECIDE_SAID_H
#define HOTDAMON_DECIDE_SAID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/process.h"

#define SAID_PROCESSES 4096 /* that are remembered, the last ones */

struct said_process {
	struct process_id id;
	bool said, said_barred;
	bool barred;
	uint64_t barred_ns; /* boot clock: since when it is */
};

/* Starts as {0}. */
struct said {
	struct said_process processes[SAID_PROCESSES]; /* a ring */
	size_t n;
};

/*
 * Whether @id is barred at @now_ns; if nobody @asked, what was known holds. Returns for how many seconds it is, as far as is
 * known; 0 at first sight, if it is not, and if nobody asked.
 */
double said_see(struct said *said, struct process_id id, bool asked, bool barred, uint64_t now_ns);

/* It is said now why @id is not watched. False: it was before. That it is barred is news, whatever was said. */
bool said_once(struct said *said, struct process_id id, bool barred);

#endif
