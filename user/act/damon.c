// SPDX-License-Identifier: GPL-2.0
#include "act/damon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/damon_command.h"
#include "act/damon_seat.h"
#include "base/units.h"

/* What a stand-in looks at. */
static char own_page[4096] __attribute__((aligned(4096)));

int damon_empty_seats(const char *root, unsigned int *n_seats, struct act_error *error)
{
	struct damon_path nr_kdamonds = damon_path("%s/nr_kdamonds", root);
	int64_t present, contexts;
	int err = knob_read_number(nr_kdamonds.text, &present, error);

	for (int64_t seat = 0; seat < present && !err; seat++) {
		struct damon_path nr_contexts = damon_path("%s/%" PRId64 "/contexts/nr_contexts", root, seat);

		err = knob_read_number(nr_contexts.text, &contexts, error);
		if (!err && contexts)
			err = act_fail(error, EBUSY, "%s/%" PRId64 " is set up by somebody else", root, seat);
	}
	if (!err)
		*n_seats = (unsigned int)present;
	return err;
}

int damon_open(const char *root, const struct damon_settings *settings, unsigned int n_seats,
	       struct damon **out, struct act_error *error)
{
	struct damon_path nr_kdamonds = damon_path("%s/nr_kdamonds", root);
	struct damon *damon = calloc(1, sizeof(*damon) + n_seats * sizeof(damon->seats[0]));
	unsigned int n_before;
	int err;

	if (!damon)
		return act_fail(error, ENOMEM, "DAMON seats");
	snprintf(damon->root, sizeof(damon->root), "%s", root);
	damon->settings = *settings;
	err = damon_empty_seats(root, &n_before, error);
	if (!err)
		err = knob_write_number(nr_kdamonds.text, n_seats, error);
	if (err) {
		free(damon);
		return err;
	}
	damon_seats_inode(root, &damon->inode,
			  NULL); /* or damon_set_up() asks: nothing fails after they are made */
	damon->n_seats = n_seats;
	*out = damon;
	return 0;
}

/* While none of our kdamonds runs, anybody may make the seats anew; what has their names then is not ours to touch. */
static int still_ours(const struct damon *damon, struct act_error *error)
{
	ino_t inode;
	int err = damon_seats_inode(damon->root, &inode, error);

	if (err || inode == damon->inode)
		return err;
	return act_fail(error, ESTALE, "%s: somebody else made the seats anew", damon->root);
}

int damon_set_up(struct damon *damon, struct act_error *error)
{
	int err = damon->inode ? 0 : damon_seats_inode(damon->root, &damon->inode, error);

	for (unsigned int seat = 0; seat < damon->n_seats && !err; seat++)
		err = damon_seat_write(damon, seat, error);
	return err;
}

void damon_free(struct damon *damon)
{
	free(damon);
}

bool damon_looks_at_ranges(const struct damon *damon)
{
	return damon->by_ranges;
}

int damon_seats_inode(const char *root, ino_t *inode, struct act_error *error)
{
	struct damon_path first = damon_path("%s/0", root);
	struct stat stat_buf = {0};

	if (stat(first.text, &stat_buf) && errno != ENOENT && errno != ENOTDIR)
		return act_fail(error, errno, "look at %s", first.text);
	*inode = stat_buf.st_ino;
	return 0;
}

static int turn_ours_off(const char *root, unsigned int seat, struct act_error *error)
{
	bool on, ours;
	int err = damon_seat_is_on(root, seat, &on, error);

	if (err || !on)
		return err;
	err = damon_seat_is_ours(root, seat, &ours, error);
	if (err)
		return err;
	if (!ours)
		return act_fail(error, EBUSY, "%s/%u is used by somebody else, and left alone", root, seat);
	return damon_turn_off(root, seat, error);
}

int damon_remove_seats(const char *root, unsigned int n_seats, unsigned int n_before, struct act_error *error)
{
	struct damon_path nr_kdamonds = damon_path("%s/nr_kdamonds", root);
	struct act_error later;
	int err = 0, first_err = 0;

	for (unsigned int seat = 0; seat < n_seats; seat++) {
		err = turn_ours_off(root, seat, first_err ? &later : error);
		if (!first_err)
			first_err = err;
	}
	if (first_err == -ETIME) /* one is on, and the kernel would refuse */
		return first_err;
	err = knob_write_number(nr_kdamonds.text, n_before,
				first_err ? &later : error); /* refused while one is on */
	return first_err ? first_err : err;
}

static int read_kdamond(const struct damon *damon, unsigned int seat, int64_t *pid, struct act_error *error)
{
	struct damon_path path = damon_path("%s/%u/pid", damon->root, seat);

	return knob_read_number(path.text, pid, error);
}

/* A seat that runs before we start it was started by somebody else, unless we failed to turn it off. */
static int check_free(struct damon *damon, unsigned int seat, struct act_error *error)
{
	bool on = false;
	int err = still_ours(damon, error);

	if (!err && damon->seats[seat].to_end)
		err = turn_ours_off(damon->root, seat, error);
	damon->seats[seat].to_end &= err != 0;
	if (!err)
		err = damon_seat_is_on(damon->root, seat, &on, error);
	if (!err && on)
		err = act_fail(error, EBUSY, "%s/%u was started by somebody else", damon->root, seat);
	return err;
}

int damon_start(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		pid_t *kdamond_pid, struct act_error *error)
{
	int64_t number = -1;
	int err = check_free(damon, seat, error);

	if (!err) /* whoever used it while it was idle left nothing in it */
		err = damon_seat_write_all(damon, seat, tid, level, error);
	if (err)
		return err;
	err = damon_command(damon->root, seat, "on", error);
	if (!err)
		err = read_kdamond(damon, seat, &number, error);
	if (!err && number <= 0)
		err = act_fail(error, ESRCH, "kdamond of seat %u ended at once", seat);
	if (err) /* it may be on even if `on` failed: the answer may be lost */
		damon->seats[seat].to_end = damon_turn_off(damon->root, seat, NULL);
	else
		*kdamond_pid = damon->seats[seat].kdamond = (pid_t)number;
	return err;
}

int damon_stand_in(struct damon *damon, unsigned int seat, struct act_error *error)
{
	const uint64_t start = (uint64_t)(uintptr_t)own_page;
	const struct address_range page = {start, start + sizeof(own_page)};
	const uint64_t sample_us = plan_stand_in_us(damon->n_seats);
	const struct plan_level level = {
		.min_accesses = PLAN_NEVER,
		.min_regions = 3, /* DAMON takes no less */
		.max_regions = 3,
		.sample_us = sample_us,
		.aggr_us = sample_us,
		.update_us = 60 * US_PER_S,
		.ranges = &page,
		.n_ranges = 1,
		.ranges_version = UINT64_MAX,
	};
	pid_t kdamond;

	return damon_start(damon, seat, getpid(), &level, &kdamond, error);
}

int damon_commit(struct damon *damon, unsigned int seat, const struct plan_level *level,
		 struct act_error *error)
{
	int err = still_ours(damon, error);

	if (!err)
		err = damon_level_write(damon, seat, level, error);
	return err ? err : damon_command(damon->root, seat, "commit", error);
}

int damon_is_as_set(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		    struct act_error *error)
{
	int err = still_ours(damon, error);

	return err ? err : damon_seat_compare(damon, seat, tid, level, error);
}

int damon_set_again(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		    struct act_error *error)
{
	int err = still_ours(damon, error);

	if (!err)
		err = damon_seat_write_all(damon, seat, tid, level, error);
	return err ? err : damon_command(damon->root, seat, "commit", error);
}

int damon_is_on(struct damon *damon, unsigned int seat, bool *on, struct act_error *error)
{
	int64_t kdamond;
	bool runs;
	int err = still_ours(damon, error);

	if (!err)
		err = damon_seat_is_on(damon->root, seat, &runs, error);
	if (!err && runs)
		err = read_kdamond(damon, seat, &kdamond, error);
	if (!err)
		*on = runs && kdamond == damon->seats[seat].kdamond;
	return err;
}

int damon_stop(struct damon *damon, unsigned int seat, struct act_error *error)
{
	bool on;
	int err = damon_is_on(damon, seat, &on, error);

	return err || !on ? err : damon_turn_off(damon->root, seat, error);
}

static int read_stat(const char *scheme, const char *name, uint64_t *value, struct act_error *error)
{
	struct damon_path at = damon_path("%s/stats/%s", scheme, name);
	int64_t number;
	int err = knob_read_number(at.text, &number, error);

	if (!err)
		*value = (uint64_t)number;
	return err;
}

/* Of a file that is younger than DAMON's sysfs: missing is no failure. */
static int read_younger_stat(const char *scheme, const char *name, uint64_t *value, bool *there,
			     struct act_error *error)
{
	int err = read_stat(scheme, name, value, error);

	*there = !err;
	return err == -ENOENT ? 0 : err;
}

static int read_stats(const struct damon *damon, unsigned int seat, struct damon_stats *stats,
		      struct act_error *error)
{
	struct damon_path collapse = damon_scheme_path(damon, seat, SCHEME_COLLAPSE);
	struct damon_path heat = damon_scheme_path(damon, seat, SCHEME_HEAT);
	bool there;
	int err = read_stat(collapse.text, "qt_exceeds", &stats->quota_exceeds, error);

	if (!err)
		err = read_stat(heat.text, "sz_tried", &stats->heat_bytes, error);
	if (err)
		return err;
	err = read_younger_stat(collapse.text, "nr_snapshots", &stats->applies, &stats->counts_applies,
				error);
	if (!err)
		err = read_younger_stat(heat.text, "nr_snapshots", &stats->heat_applies, &there, error);
	if (!err && damon->settings.tells_huge)
		err = read_younger_stat(heat.text, "sz_ops_filter_passed", &stats->heat_huge_bytes, &there,
					error);
	return err;
}

int damon_stats(struct damon *damon, unsigned int seat, struct damon_stats *stats, struct act_error *error)
{
	struct damon_stats fresh = {0};
	int err = still_ours(damon, error);

	if (!err)
		err = damon_command(damon->root, seat, "update_schemes_stats", error);
	if (!err)
		err = read_stats(damon, seat, &fresh, error);
	if (!err)
		*stats = fresh;
	return err;
}

int damon_effective_bytes(struct damon *damon, unsigned int seat, uint64_t *bytes, struct act_error *error)
{
	struct damon_path scheme = damon_scheme_path(damon, seat, SCHEME_COLLAPSE);
	struct damon_path effective = damon_path("%s/quotas/effective_bytes", scheme.text);
	int64_t number;
	int err = still_ours(damon, error);

	if (!err)
		err = damon_command(damon->root, seat, "update_schemes_effective_quotas", error);
	if (!err)
		err = knob_read_number(effective.text, &number, error);
	if (!err)
		*bytes = (uint64_t)number;
	return err;
}
