// SPDX-License-Identifier: GPL-2.0
#include "act/damon_seat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

/* Every maximum of an access pattern is 0 until it is written, which would match nothing. */
#define NO_LIMIT_U32  "4294967295"
#define NO_LIMIT_LONG "18446744073709551615"

/* A row of a table of settings: a path below a scheme or context, and what is to stand there. */
struct setting {
	const char *path;
	const char *text; /* or NULL, then number counts */
	uint64_t number;
};

/* What is done to the files of a seat. */
struct work {
	struct damon *damon;
	unsigned int seat;
	const struct plan_level *level; /* NULL: none yet */
	int (*take)(const char *path, const char *text, struct act_error *error);
	struct act_error *error;
};

struct damon_path damon_path(const char *format, ...)
{
	struct damon_path path;
	va_list args;

	va_start(args, format);
	vsnprintf(path.text, sizeof(path.text), format, args);
	va_end(args);
	return path;
}

struct damon_path damon_scheme_path(const struct damon *damon, unsigned int seat, enum damon_scheme scheme)
{
	return damon_path("%s/%u/contexts/0/schemes/%u", damon->root, seat, (unsigned int)scheme);
}

static int compare(const char *path, const char *text, struct act_error *error)
{
	char now[64];
	int err = knob_read(path, now, sizeof(now), error);

	if (err || !strcmp(now, text))
		return err;
	if (error)
		snprintf(error->text, sizeof(error->text), "%s is '%s', not '%s'", path, now, text);
	return -EUCLEAN;
}

static int take_settings(const struct work *work, const char *below, const struct setting *settings, size_t n)
{
	char number[24];
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		struct damon_path at = damon_path("%s/%s", below, settings[i].path);

		snprintf(number, sizeof(number), "%" PRIu64, settings[i].number);
		err = work->take(at.text, settings[i].text ? settings[i].text : number, work->error);
	}
	return err;
}

/* Heat is not counted within an aggregation. */
static uint64_t heat_apply_us(const struct work *work)
{
	const struct damon_settings *settings = &work->damon->settings;

	return work->level && work->level->sample_us && work->level->aggr_us > settings->heat_apply_us
		       ? work->level->aggr_us
		       : settings->heat_apply_us;
}

static int take_context(const struct work *work)
{
	const struct damon_settings *s = &work->damon->settings;
	const struct plan_level *level = work->level && work->level->sample_us ? work->level : NULL;
	struct damon_path seat_dir = damon_path("%s/%u", work->damon->root, work->seat);
	const struct setting settings[] = {
		{"contexts/0/operations", work->damon->by_ranges ? "fvaddr" : "vaddr", 0},
		{"contexts/0/monitoring_attrs/intervals/sample_us", NULL,
		 level ? level->sample_us : s->sample_us},
		{"contexts/0/monitoring_attrs/intervals/aggr_us", NULL, level ? level->aggr_us : s->aggr_us},
		{"contexts/0/monitoring_attrs/intervals/update_us", NULL,
		 level ? level->update_us : s->update_us},
		{"contexts/0/targets/nr_targets", NULL, 1},
		{"contexts/0/schemes/nr_schemes", NULL, N_SCHEMES},
	};

	return take_settings(work, seat_dir.text, settings, sizeof(settings) / sizeof(settings[0]));
}

/*
 * A region of less than a huge page holds none: to try it is to report a success that is none, and
 * drains all LRU lists.
 */
static int take_collapse_scheme(const struct work *work)
{
	const struct damon_settings *s = &work->damon->settings;
	struct damon_path scheme = damon_scheme_path(work->damon, work->seat, SCHEME_COLLAPSE);
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

	return take_settings(work, scheme.text, settings, sizeof(settings) / sizeof(settings[0]));
}

static int take_heat_scheme(const struct work *work)
{
	struct damon_path scheme = damon_scheme_path(work->damon, work->seat, SCHEME_HEAT);
	const struct setting settings[] = {
		{"action", "stat", 0},
		{"apply_interval_us", NULL, heat_apply_us(work)},
		{"access_pattern/sz/max", NO_LIMIT_LONG, 0},
		{"access_pattern/nr_accesses/max", NO_LIMIT_U32, 0},
		{"access_pattern/age/max", NO_LIMIT_U32, 0},
	};
	const struct setting huge_filter[] = {
		{"ops_filters/nr_filters", NULL, 1},	     {"ops_filters/0/type", "hugepage_size", 0},
		{"ops_filters/0/matching", "Y", 0},	     {"ops_filters/0/allow", "Y", 0},
		{"ops_filters/0/min", NULL, PMD_SIZE_BYTES}, {"ops_filters/0/max", NO_LIMIT_LONG, 0},
	};
	int err = take_settings(work, scheme.text, settings, sizeof(settings) / sizeof(settings[0]));

	if (err || !work->damon->settings.tells_huge)
		return err;
	return take_settings(work, scheme.text, huge_filter, sizeof(huge_filter) / sizeof(huge_filter[0]));
}

static int take_seat(const struct work *work)
{
	int err = take_context(work);

	if (!err)
		err = take_collapse_scheme(work);
	return err ? err : take_heat_scheme(work);
}

static int take_intervals(const struct work *work)
{
	const struct plan_level *level = work->level;
	struct damon_path context = damon_path("%s/%u/contexts/0", work->damon->root, work->seat);
	const struct setting settings[] = {
		{"monitoring_attrs/intervals/sample_us", NULL, level->sample_us},
		{"monitoring_attrs/intervals/aggr_us", NULL, level->aggr_us},
		{"monitoring_attrs/intervals/update_us", NULL, level->update_us},
		{"schemes/1/apply_interval_us", NULL, heat_apply_us(work)},
	};

	if (!level->sample_us)
		return 0;
	return take_settings(work, context.text, settings, sizeof(settings) / sizeof(settings[0]));
}

/*
 * A parked scheme matches nothing, rather than becoming a `stat`: that would be charged to its quota at
 * no time at all, and the quota would think collapsing to be that quick.
 */
static int take_level(const struct work *work)
{
	const struct plan_level *level = work->level;
	struct damon_path context = damon_path("%s/%u/contexts/0", work->damon->root, work->seat);
	const struct setting settings[] = {
		{"monitoring_attrs/nr_regions/min", NULL, level->min_regions},
		{"monitoring_attrs/nr_regions/max", NULL, level->max_regions},
		{"schemes/0/access_pattern/nr_accesses/min", level->acting ? NULL : NO_LIMIT_U32,
		 level->min_accesses},
		{"schemes/0/quotas/ms", NULL, level->quota_ms},
		{"schemes/0/quotas/reset_interval_ms", NULL, level->quota_reset_ms},
		{"schemes/1/access_pattern/nr_accesses/min",
		 work->damon->settings.watches_only ? NO_LIMIT_U32 : NULL, level->min_accesses},
	};

	return take_settings(work, context.text, settings, sizeof(settings) / sizeof(settings[0]));
}

/* The first that is written: it wipes the seat. What DAMON's operations are is told by a context only. */
static int make_context(struct damon *damon, unsigned int seat, struct act_error *error)
{
	struct damon_path nr_contexts = damon_path("%s/%u/contexts/nr_contexts", damon->root, seat);
	int err = knob_write_number(nr_contexts.text, 1, error);

	damon->seats[seat].ranges = (struct damon_ranges){0};
	return err ? err : damon_ranges_are_known(damon->root, seat, &damon->by_ranges, error);
}

int damon_seat_write(struct damon *damon, unsigned int seat, struct act_error *error)
{
	const struct work work = {.damon = damon, .seat = seat, .take = knob_write, .error = error};
	int err = make_context(damon, seat, error);

	return err ? err : take_seat(&work);
}

int damon_level_write(struct damon *damon, unsigned int seat, const struct plan_level *level,
		      struct act_error *error)
{
	const struct work work = {damon, seat, level, knob_write, error};
	int err = take_intervals(&work);

	if (!err && damon->by_ranges)
		err = damon_ranges_write(&damon->seats[seat].ranges, damon->root, seat, level, error);
	return err ? err : take_level(&work);
}

int damon_seat_write_all(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
			 struct act_error *error)
{
	struct damon_path target = damon_path("%s/%u/contexts/0/targets/0/pid_target", damon->root, seat);
	int err = damon_seat_write(damon, seat, error);

	if (!err)
		err = knob_write_number(target.text, (uint64_t)tid, error);
	return err ? err : damon_level_write(damon, seat, level, error);
}

/* Of the ranges how many there are, where the first begins and the last ends: there may be thousands. */
static int compare_target(const struct work *work, pid_t tid)
{
	const struct plan_level *level = work->level;
	struct damon_path target = damon_path("%s/%u/contexts/0/targets/0", work->damon->root, work->seat);
	char last[48];
	const struct setting settings[] = {
		{"pid_target", NULL, (uint64_t)tid},
		{"regions/nr_regions", NULL, level->n_ranges},
		{"regions/0/start", NULL, level->n_ranges ? level->ranges[0].start : 0},
		{last, NULL, level->n_ranges ? level->ranges[level->n_ranges - 1].end : 0},
	};
	bool has_ranges = work->damon->by_ranges && level->n_ranges;

	snprintf(last, sizeof(last), "regions/%zu/end", level->n_ranges - 1);
	return take_settings(work, target.text, settings, has_ranges ? 4 : 1);
}

int damon_seat_compare(struct damon *damon, unsigned int seat, pid_t tid, const struct plan_level *level,
		       struct act_error *error)
{
	const struct work work = {damon, seat, level, compare, error};
	struct damon_path nr_contexts = damon_path("%s/%u/contexts/nr_contexts", damon->root, seat);
	int err = compare(nr_contexts.text, "1", error);

	if (!err)
		err = take_seat(&work);
	if (!err)
		err = take_level(&work);
	return err ? err : compare_target(&work, tid);
}

/* A tool may have added a scheme of its own, to look at what ours watches. */
int damon_seat_is_ours(const char *root, unsigned int seat, bool *is, struct act_error *error)
{
	struct damon_path schemes = damon_path("%s/%u/contexts/0/schemes", root, seat);
	struct damon_path nr_schemes = damon_path("%s/nr_schemes", schemes.text);
	struct damon_path least = damon_path("%s/%u/access_pattern/sz/min", schemes.text, SCHEME_COLLAPSE);
	struct damon_path action = damon_path("%s/%u/action", schemes.text, SCHEME_HEAT);
	int64_t number, least_bytes = 0;
	char text[32] = "";
	int err = knob_read_number(nr_schemes.text, &number, error);

	if (!err && number >= N_SCHEMES)
		err = knob_read_number(least.text, &least_bytes, error);
	if (!err && least_bytes == (int64_t)PMD_SIZE_BYTES)
		err = knob_read(action.text, text, sizeof(text), error);
	*is = !err && !strcmp(text, "stat");
	return err == -ENOENT ? 0 : err; /* it has no schemes, or no context */
}
