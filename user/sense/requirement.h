/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What follows from the facts of the host: the list of requirements that `check` prints, and that `run` and
 * `top` go by. Judges, reads nothing.
 */
#ifndef HOTDAMON_SENSE_REQUIREMENT_H
#define HOTDAMON_SENSE_REQUIREMENT_H

#include "decide/executor.h"
#include "sense/host.h"

#define HOST_MAX_REQUIREMENTS 32

/*
 * What a requirement is needed for: bits, each on its own. `run` with an executor that collapses needs HOST_FOR_ALL,
 * and what that executor needs.
 */
enum host_need {
	HOST_FOR_INFORMATION = 0,
	HOST_FOR_HOTNESS = 1,	 /* ranking the processes: top, run */
	HOST_FOR_WATCHING = 2,	 /* kdamonds of our own: run, but not its --dry-run */
	HOST_FOR_COLLAPSING = 4, /* any executor that collapses */
	HOST_FOR_PINNING = 128,	 /* run, with --dry-run too */
	HOST_FOR_ALL = HOST_FOR_HOTNESS | HOST_FOR_WATCHING | HOST_FOR_COLLAPSING | HOST_FOR_PINNING,
	HOST_FOR_DAMOS = 8,    /* executor damos */
	HOST_FOR_MADVISE = 16, /* executor madvise */
};

struct host_requirement {
	const char *name; /* stable, snake_case */
	enum host_need needed_for;
	enum host_answer answer;
	const char
		*since; /* kernel version and options which bring it; "" when it is no matter of the kernel */
	char found[256];
	char consequence[256]; /* "" unless the answer is NO */
	char remedy[512];      /* likewise; for UNKNOWN how to get to know */
};

/* Writes every requirement, in the order in which they build on each other, and returns their number. */
size_t host_requirements(const struct host_facts *facts, struct host_requirement list[HOST_MAX_REQUIREMENTS]);

/*
 * Only those whose answer is NO and that are needed for one of @needs (bits of enum host_need); 0 means
 * go. A caller that mends one itself says so in @facts before: run --stop-damon-stat sets
 * modules[HOST_DAMON_STAT].enabled to HOST_NO.
 */
size_t host_missing(const struct host_facts *facts, unsigned int needs,
		    struct host_requirement list[HOST_MAX_REQUIREMENTS]);

/* What `run` needs with @executor: bits of enum host_need. With auto, which found none: what the humblest wants. */
unsigned int host_needs_of(enum executor executor);

const char *host_need_name(enum host_need need);

#endif
