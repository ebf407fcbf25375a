/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was made huge in processes that are watched no more, but live on: it counts for the cap of all until they end or
 * are watched again.
 */
#ifndef HOTDAMON_DECIDE_DEPARTED_H
#define HOTDAMON_DECIDE_DEPARTED_H

#include "decide/room.h"

#define DEPARTED_MAX 256 /* processes; of more, what was made huge in the least is forgotten */

struct departed_process {
	struct process_id id;
	uint32_t execs; /* of the program whose memory it is */
	uint64_t bytes; /* made huge */
	struct room_growth grown;
};

/* Starts as {0}. */
struct departed {
	struct departed_process processes[DEPARTED_MAX]; /* in no order */
	size_t n;
};

/* @process leaves; nothing is kept of one without bytes. It must not be among them. */
void departed_put(struct departed *departed, const struct departed_process *process);

/*
 * The process @id ended, or is watched again: forgets it. Returns what is known of it; {0}: nothing, or it has called exec
 * since (@execs is another number), and its huge memory went with the old program.
 */
struct departed_process departed_take(struct departed *departed, struct process_id id, uint32_t execs);

/* The sum over all of them. */
uint64_t departed_bytes(const struct departed *departed);

#endif
