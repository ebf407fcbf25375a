/* SPDX-License-Identifier: GPL-2.0 */
/* The life of `hotdamon top`: windows, keys and signals, until it is told to end. */
#ifndef HOTDAMON_CMD_TOP_WATCH_H
#define HOTDAMON_CMD_TOP_WATCH_H

#include "cmd/top_facts.h"
#include "cmd/top_keys.h"
#include "decide/ranking.h"

struct top_options {
	uint64_t count; /* refreshes to show, in plain lines; 0: no end */
	double delay_s;
	bool json, batch;
	enum rank_by rank_by;
	const uint32_t *pids; /* only these; 0 of them: all */
	size_t n_pids;
	uint32_t max_processes; /* of the map of processes; 0: by pid_max */
	const char *cgroup;	/* only what is in it; NULL: all */
};

/*
 * Shows a table on the terminal, or lines on stdout, until its end. Says on stderr what failed. Returns
 * the exit status of the program.
 */
int top_watch(const struct top_options *options);

#endif
