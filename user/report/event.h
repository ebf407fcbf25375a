/* SPDX-License-Identifier: GPL-2.0 */
/* What happens that others may wait for: in the journal, and for --on-event. Names and ids are for good. */
#ifndef HOTDAMON_REPORT_EVENT_H
#define HOTDAMON_REPORT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/service.h"

enum event {
	EVENT_NONE,	 /* a line like others */
	EVENT_READY,	 /* hotdamon runs */
	EVENT_IN,	 /* a process is watched from now on, */
	EVENT_OUT,	 /* or is not any more */
	EVENT_SKIPPED,	 /* it is hot, and is not watched */
	EVENT_SATISFIED, /* nothing that is hot, or pays, is left small */
	EVENT_GAINS,	 /* it gains by its huge pages, */
	EVENT_NOTHING,	 /* or it gained nothing in its trial */
	EVENT_CAPPED,	 /* the most memory that may be made huge is */
	EVENT_STUCK,	 /* it holds the lock of its memory */
	EVENTS,
};

const char *event_name(enum event event); /* "gains" */

/* 32 hexadecimal digits, by which the journal's catalog (dist/hotdamon.catalog) finds the words; NULL of EVENT_NONE. */
const char *event_message_id(enum event event);

/* Whether --on-event is for it: a verdict, or what wants a hand. */
bool event_is_for_hook(enum event event);

/* What a line of the log is about; what is borrowed lives for the call. */
struct log_about {
	enum event event;
	uint32_t pid; /* 0: no process */
	const char *comm;
	const struct whose *whose;
	bool brief; /* only who listens is told, and no line is written */
};

#endif
