/* SPDX-License-Identifier: GPL-2.0 */
/* What stands in the files of one seat: it is written, or compared with what is there. For damon.c. */
#ifndef HOTDAMON_ACT_DAMON_SEAT_H
#define HOTDAMON_ACT_DAMON_SEAT_H

#include <limits.h>

#include "act/damon.h"
#include "act/damon_ranges.h"

enum damon_scheme { SCHEME_COLLAPSE, SCHEME_HEAT, N_SCHEMES };

struct damon {
	char root[256];
	struct damon_settings settings;
	unsigned int n_seats;
	ino_t inode; /* of seat 0's directory */
	bool by_ranges;
	struct {
		struct damon_ranges ranges; /* that its files hold */
		bool to_end;   /* a start that failed may have begun it, and it could not be turned off */
		pid_t kdamond; /* that we started there last; 0: none yet */
	} seats[];	       /* [n_seats] */
};

struct damon_path {
	char text[PATH_MAX];
};

struct damon_path damon_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct damon_path damon_scheme_path(const struct damon *damon, unsigned int seat, enum damon_scheme scheme);

/* All that is the same for every target. It wipes the seat first. Negative errno with @error, as all that follow. */
int damon_seat_write(struct damon *damon, unsigned int seat, struct act_error *error);

/* The rest, but the target. It counts from the next `on` or `commit`. */
int damon_level_write(struct damon *damon, unsigned int seat, const struct plan_level *level,
		      struct act_error *error);

/* Both, with @tid as the target. */
int damon_seat_write_all(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
			 struct act_error *error);

/* Whether that is what is there: -EUCLEAN with the first difference in @error, -ENOENT if a part of it is not there. */
int damon_seat_compare(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		       struct act_error *error);

/* What runs in a seat of ours has our two schemes first, unless somebody set the seat up while it was idle. */
int damon_seat_is_ours(const char *root, unsigned int seat, bool *is, struct act_error *error);

#endif
