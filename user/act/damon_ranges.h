/* SPDX-License-Identifier: GPL-2.0 */
/* Where a kdamond looks: the ranges of its target in DAMON's sysfs (operations fvaddr). For damon.c. */
#ifndef HOTDAMON_ACT_DAMON_RANGES_H
#define HOTDAMON_ACT_DAMON_RANGES_H

#include "act/file.h"
#include "decide/plan.h"

/* What the files of a seat hold; {0} when its target was just made. */
struct damon_ranges {
	uint64_t version; /* of plan_level */
	size_t n;	  /* directories that there are */
};

/* Whether the kernel of the seat below @root, which has a context, knows fvaddr. Negative errno with @error. */
int damon_ranges_are_known(const char *root, unsigned int seat, bool *known, struct act_error *error);

/*
 * Writes the ranges of @level, if they are others than @have, which is set to what is there now. They count from the next
 * `on` or `commit`. DAMON wants them ascending and apart, and keeps the old ones where a commit has none. Negative errno
 * with @error; the next call writes all of them again.
 */
int damon_ranges_write(struct damon_ranges *have, const char *root, unsigned int seat,
		       const struct plan_level *level, struct act_error *error);

#endif
