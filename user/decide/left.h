/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was made huge in processes that are watched no more, but live on: it counts for the cap of all until they end or
 * are watched again.
 */
#ifndef HOTDAMON_DECIDE_LEFT_H
#define HOTDAMON_DECIDE_LEFT_H

#include "decide/process.h"

#define LEFT_MAX 256 /* processes; of more, what was made huge in the least is forgotten */

struct left_process {
	struct process_id id;
	uint32_t execs; /* of the program whose memory it is */
	uint64_t bytes; /* made huge */
};

/* Starts as {0}. */
struct left {
	struct left_process processes[LEFT_MAX]; /* in no order */
	size_t n;
};

/* @process leaves; nothing is kept of one without bytes. It must not be among them. */
void left_put(struct left *left, const struct left_process *process);

/*
 * The process @id ended, or is watched again: forgets it. Returns its bytes; 0: it is not known, or has called exec since
 * (@execs is another number), and its huge memory went with the old program.
 */
uint64_t left_take(struct left *left, struct process_id id, uint32_t execs);

/* The sum over all of them. */
uint64_t left_bytes(const struct left *left);

#endif
