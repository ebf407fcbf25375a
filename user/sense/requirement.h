/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What follows from the facts of the host: one list of requirements, for `check` to print, and for `run` and `top` to
 * go by, so that they cannot disagree. Judges, reads nothing.
 */
#ifndef HOTDAMON_SENSE_REQUIREMENT_H
#define HOTDAMON_SENSE_REQUIREMENT_H

#include "decide/executor.h"
#include "decide/reason.h"
#include "sense/host.h"

#define HOST_MAX_REQUIREMENTS 40

/* What a requirement is needed for: bits, each on its own. host_needs_of() says which of them `run` needs. */
enum host_need {
	HOST_FOR_INFORMATION = 0,
	HOST_FOR_HOTNESS = 1,  /* ranking the processes: top, run */
	HOST_FOR_PINNING = 2,  /* run, but not a --dry-run without --state-dir */
	HOST_FOR_WATCHING = 4, /* kdamonds of our own, and memory in huge pages: run, but not its --dry-run */
	HOST_FOR_COLLAPSING = 8, /* any executor that collapses */
	HOST_FOR_DAMOS = 16,	 /* executor damos */
	HOST_FOR_MADVISE = 32,	 /* executor madvise */
	HOST_FOR_ALL = HOST_FOR_HOTNESS | HOST_FOR_PINNING | HOST_FOR_WATCHING | HOST_FOR_COLLAPSING,
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

/* Only those whose answer is NO and that are needed for one of @needs (bits of enum host_need); 0 means go. */
size_t host_missing(const struct host_facts *facts, unsigned int needs,
		    struct host_requirement list[HOST_MAX_REQUIREMENTS]);

/* What `run` needs with @executor: bits of enum host_need. With auto, which found none: what the best one wants. */
unsigned int host_needs_of(enum executor_kind executor);

const char *host_need_name(enum host_need need);

/*
 * Which executors the kernel could run, whatever stands in their way just now (root, DAMON_STAT, someone's kdamonds,
 * BPF refused). What is not known counts as there: trying tells.
 */
struct executor_abilities host_abilities(const struct host_facts *facts);

/* What `run` does on this host. */
struct host_verdict {
	enum executor_kind executor; /* EXECUTOR_AUTO: it is to choose, and there is none to choose */
	char reason[REASON_LEN];     /* of auto's choice; "" if it had none to make */
	struct host_requirement missing[HOST_MAX_REQUIREMENTS];
	size_t n_missing; /* 0: ready. Else it ends with EXIT_HOST before it changes anything */
};

/*
 * @asked is --executor (EXECUTOR_AUTO by default) or EXECUTOR_DRY_RUN. A caller that mends one itself says so in @facts
 * before: run --stop-damon-stat sets modules[HOST_DAMON_STAT].off to HOST_YES.
 */
void host_judge(const struct host_facts *facts, enum executor_kind asked, struct host_verdict *verdict);

/*
 * The exit status of a set-up that failed with @err (negative errno): EXIT_HOST if the host lacks something, so that it
 * is of no use to try again, or EXIT_FAILED. What loads BPF programs fails for want of something unless it was for
 * a while (EMFILE, ENOMEM, ...); of all else, only what says so counts (ENOENT, EPERM, ...).
 */
int host_status_of_load(int err);
int host_status_of(int err);

/* What to say after "load OBJECT" when that failed with @err: "", or how to see the verifier's words, where it was it. */
const char *host_load_hint(int err);

#endif
