/* SPDX-License-Identifier: GPL-2.0 */
/* Of whom a command shall tell: a PID, or a service by its unit, container, cgroup, or the name of its processes. */
#ifndef HOTDAMON_CMD_SUBJECT_H
#define HOTDAMON_CMD_SUBJECT_H

#include "sense/proc.h"
#include "sense/services.h"

struct subject_process {
	struct process_facts facts;
	struct process_id id; /* its start time is /proc's, rounded down */
	struct whose whose;   /* without its command line, for which the lock of its memory is taken */
	enum service_match match;
	uint64_t key; /* of its service */
};

/* All processes of one service that were meant, at least one, the largest first. Starts as {0}. */
struct subject {
	struct subject_process *at; /* owned */
	size_t n, room;
};

/*
 * Finds who is meant by @word, among all processes. Nothing waits for any of them. EXIT_DONE; EXIT_FAILED: there is none, or
 * /proc cannot be read; EXIT_USAGE: several services are meant, which are listed. What is not EXIT_DONE was said on stderr
 * in the name of @command.
 */
int subject_find(const char *command, const char *word, struct services *services, struct subject *subject);
void subject_free(struct subject *subject);

/* What of its memory could become huge, but for what is not aligned. */
uint64_t subject_bytes(const struct subject_process *process);

#endif
