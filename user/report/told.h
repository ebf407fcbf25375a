/* SPDX-License-Identifier: GPL-2.0 */
/* What the status file of a daemon tells of one process, and by which numbers that daemon goes; for explain and map. */
#ifndef HOTDAMON_REPORT_TOLD_H
#define HOTDAMON_REPORT_TOLD_H

#include <stdio.h>
#include <sys/types.h>

#include "base/json.h"
#include "decide/ranking.h"
#include "decide/room.h"
#include "decide/rules.h"

enum told_place { TOLD_NOTHING, TOLD_WATCHED, TOLD_SKIPPED };

/* Of the process that was asked for. Texts are borrowed from the JSON. */
struct told {
	struct json_object *json;    /* the whole status; owned */
	struct json_object *process; /* what stands there of the process; NULL: nothing */
	enum told_place place;
	pid_t daemon;
	const char *executor;
	uint64_t tick;
	double interval_s, window_s;
	double cpu_pct;	 /* of the process; smoothed */
	bool of_service; /* it is part of a service, which uses so much: */
	double service_pct;
	const char *reason;

	bool settings_known; /* the next ones */
	unsigned int top;
	bool by_service;
	unsigned int members, max_seats, user_share_pct;
	enum rank_by rank_by;
	double min_cpu_pct;
	uint64_t min_mem_bytes;
	struct room_config room;
	struct rules rules;
};

/*
 * Of the process @id, whose start time is told in units of @unit_ns, rounded down, by the text of a status file. 0, -EINVAL if
 * it is none, or -ENOMEM; then *@told is {0}.
 */
int told_of(const char *json_text, struct process_id id, uint64_t unit_ns, struct told *told);
void told_free(struct told *told); /* {0} is fine */

#endif
