// SPDX-License-Identifier: GPL-2.0
#include "act/damon.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "act/damon_command.h"
#include "act/damon_ranges.h"
#include "decide/process.h"

/* Every maximum of an access pattern is 0 until it is written, which would match nothing. */
#define NO_LIMIT_U32  "4294967295"
#define NO_LIMIT_LONG "18446744073709551615"

enum { SCHEME_COLLAPSE, SCHEME_HEAT, N_SCHEMES };

struct damon {
	char root[256];
	struct damon_settings settings;
	unsigned int n_seats;
	ino_t inode; /* of seat 0's directory */
	bool by_ranges;
	struct own_seat {
		struct damon_ranges ranges;
		bool to_end; /* a start that failed may have begun it, and it could not be turned off */
	} seats[];	     /* [n_seats] */
};

/* A row of a table of settings: a path below a scheme or context, and what to write there. */
struct setting {
	const char *path;
	const char *text; /* or NULL, then number counts */
	uint64_t number;
};

struct place {
	char path[PATH_MAX];
};

static struct place place(const char *format, ...) __attribute__((format(printf, 1, 2)));

static struct place place(const char *format, ...)
{
	struct place place;
	va_list args;

	va_start(args, format);
	vsnprintf(place.path, sizeof(place.path), format, args);
	va_end(args);
	return place;
}

static struct place scheme_place(const struct damon *damon, unsigned int seat, unsigned int scheme)
{
	return place("%s/%u/contexts/0/schemes/%u", damon->root, seat, scheme);
}

static int write_settings(const char *below, const struct setting *settings, size_t n,
			  struct act_error *error)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		struct place at = place("%s/%s", below, settings[i].path);

		err = settings[i].text ? knob_write(at.path, settings[i].text, error)
				       : knob_write_number(at.path, settings[i].number, error);
	}
	return err;
}

/* The first that is written: it wipes the seat. What DAMON's operations are is told by a context only. */
static int make_context(struct damon *damon, unsigned int seat, struct act_error *error)
{
	struct place nr_contexts = place("%s/%u/contexts/nr_contexts", damon->root, seat);
	int err = knob_write_number(nr_contexts.path, 1, error);

	damon->seats[seat].ranges = (struct damon_ranges){0};
	return err ? err : damon_ranges_are_known(damon->root, seat, &damon->by_ranges, error);
}

static int write_context(const struct damon *damon, unsigned int seat, struct act_error *error)
{
	const struct damon_settings *s = &damon->settings;
	struct place seat_dir = place("%s/%u", damon->root, seat);
	const struct setting settings[] = {
		{"contexts/0/operations", damon->by_ranges ? "fvaddr" : "vaddr", 0},
		{"contexts/0/monitoring_attrs/intervals/sample_us", NULL, s->sample_us},
		{"contexts/0/monitoring_attrs/intervals/aggr_us", NULL, s->aggr_us},
		{"contexts/0/monitoring_attrs/intervals/update_us", NULL, s->update_us},
		{"contexts/0/targets/nr_targets", NULL, 1},
		{"contexts/0/schemes/nr_schemes", NULL, N_SCHEMES},
	};

	return write_settings(seat_dir.path, settings, sizeof(settings) / sizeof(settings[0]), error);
}

/*
 * A region of less than a huge page holds none: to try it is to report a success that is none, and
 * drains all LRU lists.
 */
static int write_collapse_scheme(const struct damon *damon, unsigned int seat, struct act_error *error)
{
	const struct damon_settings *s = &damon->settings;
	struct place scheme = scheme_place(damon, seat, SCHEME_COLLAPSE);
	const struct setting settings[] = {
		{"action", s->collapses ? "collapse" : "stat", 0},
		{"access_pattern/sz/min", NULL, PMD_SIZE_BYTES},
		{"access_pattern/sz/max", NO_LIMIT_LONG, 0},
		{"access_pattern/nr_accesses/max", NO_LIMIT_U32, 0},
		{"access_pattern/age/max", NO_LIMIT_U32, 0},
		{"quotas/bytes", NULL, s->quota_bytes},
		/* hot memory first, as far as a kernel heeds it for this action */
		{"quotas/weights/sz_permil", NULL, 0},
		{"quotas/weights/nr_accesses_permil", NULL, 1000},
		{"quotas/weights/age_permil", NULL, 0},
	};

	return write_settings(scheme.path, settings, sizeof(settings) / sizeof(settings[0]), error);
}

static int write_heat_scheme(const struct damon *damon, unsigned int seat, struct act_error *error)
{
	struct place scheme = scheme_place(damon, seat, SCHEME_HEAT);
	const struct setting settings[] = {
		{"action", "stat", 0},
		{"apply_interval_us", NULL, damon->settings.heat_apply_us},
		{"access_pattern/sz/max", NO_LIMIT_LONG, 0},
		{"access_pattern/nr_accesses/max", NO_LIMIT_U32, 0},
		{"access_pattern/age/max", NO_LIMIT_U32, 0},
	};
	const struct setting huge_filter[] = {
		{"ops_filters/nr_filters", NULL, 1},	     {"ops_filters/0/type", "hugepage_size", 0},
		{"ops_filters/0/matching", "Y", 0},	     {"ops_filters/0/allow", "Y", 0},
		{"ops_filters/0/min", NULL, PMD_SIZE_BYTES}, {"ops_filters/0/max", NO_LIMIT_LONG, 0},
	};
	int err = write_settings(scheme.path, settings, sizeof(settings) / sizeof(settings[0]), error);

	if (err || !damon->settings.tells_huge)
		return err;
	return write_settings(scheme.path, huge_filter, sizeof(huge_filter) / sizeof(huge_filter[0]), error);
}

static int write_seat(struct damon *damon, unsigned int seat, struct act_error *error)
{
	int err = make_context(damon, seat, error);

	if (!err)
		err = write_context(damon, seat, error);
	if (!err)
		err = write_collapse_scheme(damon, seat, error);
	if (!err)
		err = write_heat_scheme(damon, seat, error);
	return err;
}

int damon_empty_seats(const char *root, unsigned int *n_seats, struct act_error *error)
{
	struct place nr_kdamonds = place("%s/nr_kdamonds", root);
	int64_t present, contexts;
	int err = knob_read_number(nr_kdamonds.path, &present, error);

	for (int64_t seat = 0; seat < present && !err; seat++) {
		struct place nr_contexts = place("%s/%" PRId64 "/contexts/nr_contexts", root, seat);

		err = knob_read_number(nr_contexts.path, &contexts, error);
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
	struct place nr_kdamonds = place("%s/nr_kdamonds", root);
	struct damon *damon = calloc(1, sizeof(*damon) + n_seats * sizeof(damon->seats[0]));
	unsigned int n_before;
	int err;

	if (!damon)
		return act_fail(error, ENOMEM, "DAMON seats");
	snprintf(damon->root, sizeof(damon->root), "%s", root);
	damon->settings = *settings;
	err = damon_empty_seats(root, &n_before, error);
	if (!err)
		err = knob_write_number(nr_kdamonds.path, n_seats, error);
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
		err = write_seat(damon, seat, error);
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
	struct place first = place("%s/0", root);
	struct stat stat_buf = {0};

	if (stat(first.path, &stat_buf) && errno != ENOENT && errno != ENOTDIR)
		return act_fail(error, errno, "look at %s", first.path);
	*inode = stat_buf.st_ino;
	return 0;
}

/* What runs in a seat of ours has our two schemes, unless somebody set the seat up while it was idle. */
static int is_set_up_by_us(const char *root, unsigned int seat, bool *is, struct act_error *error)
{
	struct place schemes = place("%s/%u/contexts/0/schemes", root, seat);
	struct place nr_schemes = place("%s/nr_schemes", schemes.path);
	struct place least = place("%s/%u/access_pattern/sz/min", schemes.path, SCHEME_COLLAPSE);
	struct place action = place("%s/%u/action", schemes.path, SCHEME_HEAT);
	int64_t number, least_bytes = 0;
	char text[32] = "";
	int err = knob_read_number(nr_schemes.path, &number, error);

	if (!err && number == N_SCHEMES)
		err = knob_read_number(least.path, &least_bytes, error);
	if (!err && least_bytes == (int64_t)PMD_SIZE_BYTES)
		err = knob_read(action.path, text, sizeof(text), error);
	*is = !err && !strcmp(text, "stat");
	return err == -ENOENT ? 0 : err; /* it has no schemes, or no context */
}

static int turn_ours_off(const char *root, unsigned int seat, struct act_error *error)
{
	bool on, ours;
	int err = damon_seat_is_on(root, seat, &on, error);

	if (err || !on)
		return err;
	err = is_set_up_by_us(root, seat, &ours, error);
	if (err)
		return err;
	if (!ours)
		return act_fail(error, EBUSY, "%s/%u is used by somebody else, and left alone", root, seat);
	return damon_turn_off(root, seat, error);
}

int damon_remove_seats(const char *root, unsigned int n_seats, unsigned int n_before, struct act_error *error)
{
	struct place nr_kdamonds = place("%s/nr_kdamonds", root);
	struct act_error later;
	int err = 0, first_err = 0;

	for (unsigned int seat = 0; seat < n_seats; seat++) {
		err = turn_ours_off(root, seat, first_err ? &later : error);
		if (!first_err)
			first_err = err;
	}
	if (first_err == -ETIME) /* one is on, and the kernel would refuse */
		return first_err;
	err = knob_write_number(nr_kdamonds.path, n_before,
				first_err ? &later : error); /* refused while one is on */
	return first_err ? first_err : err;
}

/* Heat is not counted within an aggregation. */
static uint64_t heat_apply_us(const struct damon_settings *settings, const struct plan_level *level)
{
	return settings->heat_apply_us > level->aggr_us ? settings->heat_apply_us : level->aggr_us;
}

static int write_intervals(const struct damon *damon, unsigned int seat, const struct plan_level *level,
			   struct act_error *error)
{
	uint64_t apply_us = heat_apply_us(&damon->settings, level);
	struct place context = place("%s/%u/contexts/0", damon->root, seat);
	const struct setting settings[] = {
		{"monitoring_attrs/intervals/sample_us", NULL, level->sample_us},
		{"monitoring_attrs/intervals/aggr_us", NULL, level->aggr_us},
		{"monitoring_attrs/intervals/update_us", NULL, level->update_us},
		{"schemes/1/apply_interval_us", NULL, apply_us},
	};

	if (!level->sample_us)
		return 0;
	return write_settings(context.path, settings, sizeof(settings) / sizeof(settings[0]), error);
}

/*
 * A parked scheme matches nothing, rather than becoming a `stat`: that would be charged to its quota at
 * no time at all, and the quota would think collapsing to be that quick.
 */
static int write_level(struct damon *damon, unsigned int seat, const struct plan_level *level,
		       struct act_error *error)
{
	struct place collapse = scheme_place(damon, seat, SCHEME_COLLAPSE);
	struct place heat = scheme_place(damon, seat, SCHEME_HEAT);
	const struct setting collapse_level[] = {
		{"access_pattern/nr_accesses/min", level->acting ? NULL : NO_LIMIT_U32, level->min_accesses},
		{"quotas/ms", NULL, level->quota_ms},
		{"quotas/reset_interval_ms", NULL, level->quota_reset_ms},
	};
	const struct setting least_heat = {"access_pattern/nr_accesses/min",
					   damon->settings.watches_only ? NO_LIMIT_U32 : NULL,
					   level->min_accesses};
	const struct setting regions[] = {
		{"min", NULL, level->min_regions},
		{"max", NULL, level->max_regions},
	};
	struct place nr_regions = place("%s/%u/contexts/0/monitoring_attrs/nr_regions", damon->root, seat);
	int err = write_intervals(damon, seat, level, error);

	if (!err && damon->by_ranges)
		err = damon_ranges_write(&damon->seats[seat].ranges, damon->root, seat, level, error);
	if (!err)
		err = write_settings(nr_regions.path, regions, 2, error);
	if (!err)
		err = write_settings(collapse.path, collapse_level, 3, error);
	return err ? err : write_settings(heat.path, &least_heat, 1, error);
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
	struct place target = place("%s/%u/contexts/0/targets/0/pid_target", damon->root, seat);
	struct place pid = place("%s/%u/pid", damon->root, seat);
	int64_t number = -1;
	int err = check_free(damon, seat, error);

	if (!err)
		err = write_seat(damon, seat,
				 error); /* whoever used it while it was idle left nothing in it */
	if (!err)
		err = knob_write_number(target.path, (uint64_t)tid, error);
	if (!err)
		err = write_level(damon, seat, level, error);
	if (err)
		return err;
	err = damon_command(damon->root, seat, "on", error);
	if (!err)
		err = knob_read_number(pid.path, &number, error);
	if (!err && number <= 0)
		err = act_fail(error, ESRCH, "kdamond of seat %u ended at once", seat);
	if (err) /* it may be on even if `on` failed: the answer may be lost */
		damon->seats[seat].to_end = damon_turn_off(damon->root, seat, NULL);
	else
		*kdamond_pid = (pid_t)number;
	return err;
}

int damon_commit(struct damon *damon, unsigned int seat, const struct plan_level *level,
		 struct act_error *error)
{
	int err = still_ours(damon, error);

	if (!err)
		err = write_level(damon, seat, level, error);
	return err ? err : damon_command(damon->root, seat, "commit", error);
}

int damon_stop(struct damon *damon, unsigned int seat, struct act_error *error)
{
	int err = still_ours(damon, error);

	return err ? err : damon_turn_off(damon->root, seat, error);
}

int damon_is_on(struct damon *damon, unsigned int seat, bool *on, struct act_error *error)
{
	int err = still_ours(damon, error);

	return err ? err : damon_seat_is_on(damon->root, seat, on, error);
}

static int read_stat(const char *scheme, const char *name, uint64_t *value, struct act_error *error)
{
	struct place at = place("%s/stats/%s", scheme, name);
	int64_t number;
	int err = knob_read_number(at.path, &number, error);

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
	struct place collapse = scheme_place(damon, seat, SCHEME_COLLAPSE);
	struct place heat = scheme_place(damon, seat, SCHEME_HEAT);
	bool there;
	int err = read_stat(collapse.path, "qt_exceeds", &stats->quota_exceeds, error);

	if (!err)
		err = read_stat(heat.path, "sz_tried", &stats->heat_bytes, error);
	if (err)
		return err;
	err = read_younger_stat(collapse.path, "nr_snapshots", &stats->applies, &stats->counts_applies,
				error);
	if (!err)
		err = read_younger_stat(heat.path, "nr_snapshots", &stats->heat_applies, &there, error);
	if (!err && damon->settings.tells_huge)
		err = read_younger_stat(heat.path, "sz_ops_filter_passed", &stats->heat_huge_bytes, &there,
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
	struct place scheme = scheme_place(damon, seat, SCHEME_COLLAPSE);
	struct place effective = place("%s/quotas/effective_bytes", scheme.path);
	int64_t number;
	int err = still_ours(damon, error);

	if (!err)
		err = damon_command(damon->root, seat, "update_schemes_effective_quotas", error);
	if (!err)
		err = knob_read_number(effective.path, &number, error);
	if (!err)
		*bytes = (uint64_t)number;
	return err;
}
