/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tree of plain files in place of DAMON's sysfs. What is written to it is traced in order by inotify, as
 * "path=value" lines; each file is emptied before, for a plain file keeps what is longer than a new value.
 */
#ifndef HOTDAMON_TESTS_DAMON_WORLD_H
#define HOTDAMON_TESTS_DAMON_WORLD_H

#include <sys/inotify.h>
#include <sys/syscall.h>

#include "damon_usual.h"
#include "tree.h"

#define MAX_DIRS 256

struct world {
	char root[64];
	int notify;
	char dirs[MAX_DIRS][PATH_MAX]; /* by watch descriptor, below root */
	char trace[16384];
	struct damon *damon;
	struct act_error error;
};

static struct world *now;	  /* nftw() hands nothing through */
static const char *ends_at_write; /* a state: the kdamond ends by itself just before the next write() to it */

/* The C library's, but for the race of a kdamond that ends between a look at it and `off`: EPERM then. */
ssize_t write(int fd, const void *data, size_t size)
{
	const char *path = ends_at_write;

	if (!path)
		return syscall(SYS_write, fd, data, size);
	ends_at_write = NULL;
	tree_put(now->root, path, "off\n");
	errno = EPERM;
	return -1;
}

static inline int empty_or_watch(const char *path, const struct stat *stat_buf, int type, struct FTW *ftw)
{
	int wd;

	(void)stat_buf;
	(void)ftw;
	if (type == FTW_F && truncate(path, 0))
		return -1;
	if (type != FTW_DP)
		return 0;
	wd = inotify_add_watch(now->notify, path, IN_MODIFY);
	assert_in_range(wd, 1, MAX_DIRS - 1);
	path += strlen(now->root);
	snprintf(now->dirs[wd], PATH_MAX, "%s", *path ? path + 1 : "");
	return 0;
}

/* From here on writes are traced. Empties all files. */
static inline void trace_begin(struct world *world)
{
	int notify = world->notify;

	now = world;
	world->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	assert_true(world->notify >= 0);
	if (notify >= 0)
		close(notify);
	/* Post-order: a directory is watched when its files are empty. */
	assert_int_equal(nftw(world->root, empty_or_watch, 16, FTW_PHYS | FTW_DEPTH), 0);
	world->trace[0] = '\0';
}

static inline int empty_only(const char *path, const struct stat *stat_buf, int type, struct FTW *ftw)
{
	(void)stat_buf;
	(void)ftw;
	return type == FTW_F ? truncate(path, 0) : 0;
}

static inline void trace_add(struct world *world, const struct inotify_event *event)
{
	const char *dir = world->dirs[event->wd];
	size_t used = strlen(world->trace);
	char path[PATH_MAX], value[64];

	snprintf(path, sizeof(path), "%.200s%s%.60s", dir, *dir ? "/" : "", event->name);
	tree_get(world->root, path, value, sizeof(value));
	value[strcspn(value, "\n")] = '\0';
	snprintf(world->trace + used, sizeof(world->trace) - used, "%s=%s\n", path, value);
}

/* What was written since trace_begin(): each file with the last that it got, in the order of writes. */
static inline const char *trace_end(struct world *world)
{
	char buffer[16384] __attribute__((aligned(8)));
	ssize_t got;

	while ((got = read(world->notify, buffer, sizeof(buffer))) > 0)
		for (char *next = buffer; next < buffer + got;) {
			const struct inotify_event *event = (void *)next;

			trace_add(world, event);
			next += sizeof(*event) + event->len;
		}
	close(world->notify);
	world->notify = -1;
	return world->trace;
}

static inline void assert_trace(struct world *world, const char *want)
{
	const char *have = trace_end(world);

	if (strcmp(have, want))
		fail_msg("written:\n%s--- not:\n%s", have, want);
}

/* The same of the last ones only. */
static inline void assert_trace_ends(struct world *world, const char *want)
{
	const char *have = trace_end(world);
	size_t have_len = strlen(have), want_len = strlen(want);

	if (have_len < want_len || strcmp(have + have_len - want_len, want))
		fail_msg("written:\n%s--- does not end with:\n%s", have, want);
}

/* All files that a seat of any settings writes to or reads. */
static const char *const seat_files[] = {
	"state",
	"pid",
	"contexts/nr_contexts",
	"contexts/0/operations",
	"contexts/0/monitoring_attrs/intervals/sample_us",
	"contexts/0/monitoring_attrs/intervals/aggr_us",
	"contexts/0/monitoring_attrs/intervals/update_us",
	"contexts/0/monitoring_attrs/nr_regions/min",
	"contexts/0/monitoring_attrs/nr_regions/max",
	"contexts/0/targets/nr_targets",
	"contexts/0/targets/0/pid_target",
	"contexts/0/schemes/nr_schemes",
};

static const char *const scheme_files[] = {
	"action",
	"apply_interval_us",
	"access_pattern/sz/min",
	"access_pattern/sz/max",
	"access_pattern/nr_accesses/min",
	"access_pattern/nr_accesses/max",
	"access_pattern/age/min",
	"access_pattern/age/max",
	"quotas/ms",
	"quotas/bytes",
	"quotas/reset_interval_ms",
	"quotas/effective_bytes",
	"quotas/weights/sz_permil",
	"quotas/weights/nr_accesses_permil",
	"quotas/weights/age_permil",
	"ops_filters/nr_filters",
	"ops_filters/0/type",
	"ops_filters/0/matching",
	"ops_filters/0/allow",
	"ops_filters/0/min",
	"ops_filters/0/max",
	"stats/nr_tried",
	"stats/sz_tried",
	"stats/nr_applied",
	"stats/sz_applied",
	"stats/sz_ops_filter_passed",
	"stats/qt_exceeds",
	"stats/nr_snapshots",
};

static inline void put_seat(const struct world *world, unsigned int seat)
{
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(seat_files); i++) {
		snprintf(path, sizeof(path), "%u/%s", seat, seat_files[i]);
		tree_put(world->root, path, "");
	}
	for (size_t i = 0; i < 2 * ARRAY_SIZE(scheme_files); i++) {
		snprintf(path, sizeof(path), "%u/contexts/0/schemes/%zu/%s", seat, i % 2,
			 scheme_files[i / 2]);
		tree_put(world->root, path, "");
	}
	snprintf(path, sizeof(path), "%u/contexts/nr_contexts", seat);
	tree_put(world->root, path, "0\n");
	snprintf(path, sizeof(path), "%u/state", seat);
	tree_put(world->root, path, "off\n");
}

static inline int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	world->notify = -1;
	snprintf(world->root, sizeof(world->root), "/tmp/hotdamon-damon-XXXXXX");
	if (!mkdtemp(world->root))
		return -1;
	put_seat(world, 0);
	put_seat(world, 1);
	tree_put(world->root, "nr_kdamonds", "2\n");
	return 0;
}

static inline int teardown(void **state)
{
	struct world *world = *state;

	damon_free(world->damon);
	tree_remove(world->root);
	free(world);
	return 0;
}

static inline void open_seats(struct world *world, const struct damon_settings *settings, unsigned int n)
{
	assert_int_equal(damon_open(world->root, settings, n, &world->damon, &world->error), 0);
	now = world;
	assert_int_equal(nftw(world->root, empty_only, 16, FTW_PHYS), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
