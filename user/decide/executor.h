/* SPDX-License-Identifier: GPL-2.0 */
/* Executor: who makes hot memory huge, and which of them `auto` takes. */
#ifndef HOTDAMON_DECIDE_EXECUTOR_H
#define HOTDAMON_DECIDE_EXECUTOR_H

#include "decide/process.h"

enum executor_kind {
	EXECUTOR_AUTO,
	EXECUTOR_DAMOS,	  /* the kernel's collapse scheme (7.2+) */
	EXECUTOR_MADVISE, /* kdamonds watch, hotdamon collapses slot by slot (6.7+) */
	EXECUTOR_NONE,	  /* kdamonds that only watch */
	EXECUTOR_DRY_RUN, /* not even a kdamond */
};

#define EXECUTORS 5

/* What the kernel, and this hotdamon, can do here. */
struct executor_abilities {
	bool damos;   /* the scheme `collapse` works on processes */
	bool madvise; /* process_madvise(MADV_COLLAPSE), and a kdamond that watches */
	bool watch; /* a kdamond can watch a process, and there are huge pages: neither of the two can without */
};

const char *
executor_name(enum executor_kind executor); /* as the command line has it: "damos", ... "dry-run" */

/* Whether @executor can be used; auto and dry-run always can, as far as this goes. */
bool executor_can(enum executor_kind executor, const struct executor_abilities *can);

/*
 * What `auto` takes: the first in the order of merit that can be used; EXECUTOR_NONE when nothing here can make
 * memory huge. @reason (REASON_LEN) says why, in words.
 */
enum executor_kind executor_choose(const struct executor_abilities *can, char *reason);

#endif
