// SPDX-License-Identifier: GPL-2.0
#include "decide/executor.h"

#include "decide/reason.h"

/*
 * The best first, by what was measured side by side (make bench-vm, doc/measurements.md): madvise has islands and a hot set
 * that moved, and nothing cold; damos holds at the first islands that it meets.
 */
static const enum executor_kind by_merit[] = {EXECUTOR_MADVISE, EXECUTOR_DAMOS};

#define MERITS (sizeof(by_merit) / sizeof(by_merit[0]))

static const char *const names[EXECUTORS] = {"auto", "damos", "madvise", "none", "dry-run"};

/* What each has that it can be used. */
static const char *const means[EXECUTORS] = {
	[EXECUTOR_DAMOS] = "the kernel has a collapse scheme",
	[EXECUTOR_MADVISE] = "process_madvise can collapse, which did best of all that was measured",
};

/* And what it lacks if not. */
static const char *const lacks[EXECUTORS] = {
	[EXECUTOR_DAMOS] = "no collapse scheme (7.2)",
	[EXECUTOR_MADVISE] = "hotdamon cannot collapse here (6.7, see hotdamon check)",
};

const char *executor_name(enum executor_kind executor)
{
	return (unsigned int)executor < EXECUTORS ? names[executor] : "unknown";
}

bool executor_can(enum executor_kind executor, const struct executor_abilities *can)
{
	switch (executor) {
	case EXECUTOR_DAMOS:
		return can->damos;
	case EXECUTOR_MADVISE:
		return can->madvise;
	case EXECUTOR_NONE:
		return can->watch;
	default:
		return true;
	}
}

enum executor_kind executor_choose(const struct executor_abilities *can, char *reason)
{
	const char *first = lacks[by_merit[0]], *second = lacks[by_merit[1]];

	for (size_t i = 0; i < MERITS; i++) {
		enum executor_kind executor = by_merit[i];

		if (!executor_can(executor, can))
			continue;
		reason_write(reason, "%s%s%s", i > 0 ? first : "", i > 0 ? "; " : "", means[executor]);
		return executor;
	}
	if (can->watch)
		reason_write(reason, "%s, %s", first, second);
	else
		reason_write(reason,
			     "DAMON cannot watch processes here, or there are no huge pages of 2 MiB");
	return EXECUTOR_NONE;
}
