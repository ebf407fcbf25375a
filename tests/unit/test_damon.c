/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tree of plain files in place of DAMON's sysfs. What is written to it is traced in order by inotify, as
 * "path=value" lines; each file is emptied before, for a plain file keeps what is longer than a new value.
 */
#include <sys/inotify.h>
#include <sys/syscall.h>

#include "act/damon.h"
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

static int empty_or_watch(const char *path, const struct stat *stat_buf, int type, struct FTW *ftw)
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
static void trace_begin(struct world *world)
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

static int empty_only(const char *path, const struct stat *stat_buf, int type, struct FTW *ftw)
{
	(void)stat_buf;
	(void)ftw;
	return type == FTW_F ? truncate(path, 0) : 0;
}

static void trace_add(struct world *world, const struct inotify_event *event)
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
static const char *trace_end(struct world *world)
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

static void assert_trace(struct world *world, const char *want)
{
	const char *have = trace_end(world);

	if (strcmp(have, want))
		fail_msg("written:\n%s--- not:\n%s", have, want);
}

/* The same of the last ones only. */
static void assert_trace_ends(struct world *world, const char *want)
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

static void put_seat(const struct world *world, unsigned int seat)
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

static int setup(void **state)
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

static int teardown(void **state)
{
	struct world *world = *state;

	damon_free(world->damon);
	tree_remove(world->root);
	free(world);
	return 0;
}

static const struct damon_settings usual = {
	.sample_us = 5000,
	.aggr_us = 100000,
	.update_us = 1000000,
	.quota_bytes = 0,
	.heat_apply_us = 1500000,
	.collapses = true,
	.tells_huge = true,
};

static void open_seats(struct world *world, const struct damon_settings *settings, unsigned int n)
{
	assert_int_equal(damon_open(world->root, settings, n, &world->damon, &world->error), 0);
	now = world;
	assert_int_equal(nftw(world->root, empty_only, 16, FTW_PHYS), 0);
}

static void test_open(void **state)
{
	struct world *world = *state;

	tree_put(world->root, "nr_kdamonds", "0\n");
	assert_int_equal(damon_open(world->root, &usual, 7, &world->damon, &world->error), 0);
	assert_tree_holds(world->root, "nr_kdamonds", "7");
	assert_tree_holds(world->root, "0/contexts/nr_contexts", "0"); /* that is damon_set_up()'s */
}

/* One that is set up is somebody's, running or not: making seats anew would wipe it. */
static void test_open_refuses_a_configured_seat(void **state)
{
	struct world *world = *state;
	char want[256];

	tree_put(world->root, "1/contexts/nr_contexts", "1\n");
	assert_int_equal(damon_open(world->root, &usual, 3, &world->damon, &world->error), -EBUSY);
	assert_null(world->damon);
	snprintf(want, sizeof(want), "%s/1 is set up by somebody else: %s", world->root, strerror(EBUSY));
	assert_string_equal(world->error.text, want);
	assert_tree_holds(world->root, "nr_kdamonds", "2");
}

static void test_open_refused(void **state)
{
	struct world *world = *state;
	char want[256];

	tree_put(world->root, "nr_kdamonds", "none\n");
	assert_int_equal(damon_open(world->root, &usual, 3, &world->damon, &world->error), -EINVAL);
	assert_contains(world->error.text, "nr_kdamonds: 'none' is no number");
	tree_drop(world->root, "nr_kdamonds");
	assert_int_equal(damon_open(world->root, &usual, 3, &world->damon, &world->error), -ENOENT);
	snprintf(want, sizeof(want), "read %s/nr_kdamonds: %s", world->root, strerror(ENOENT));
	assert_string_equal(world->error.text, want);
	assert_null(world->damon);
}

static void test_empty_seats(void **state)
{
	struct world *world = *state;
	unsigned int n = 77;

	assert_int_equal(damon_empty_seats(world->root, &n, &world->error), 0);
	assert_int_equal(n, 2);
	tree_put(world->root, "0/state", "on\n"); /* nothing can run without a context */
	assert_int_equal(damon_empty_seats(world->root, &n, &world->error), 0);
	tree_put(world->root, "nr_kdamonds", "0\n");
	tree_put(world->root, "0/contexts/nr_contexts", "1\n"); /* beyond the last seat: not looked at */
	assert_int_equal(damon_empty_seats(world->root, &n, &world->error), 0);
	assert_int_equal(n, 0);
	tree_put(world->root, "nr_kdamonds", "2\n");
	n = 77;
	assert_int_equal(damon_empty_seats(world->root, &n, &world->error), -EBUSY);
	assert_int_equal(n, 77);
	tree_drop(world->root, "0/contexts/nr_contexts");
	assert_int_equal(damon_empty_seats(world->root, &n, &world->error), -ENOENT);
	assert_contains(world->error.text, "/0/contexts/nr_contexts: ");
	assert_int_equal(n, 77);
}

/* N is the seat; see expect_seat(). */
#define CONTEXT                                                                                              \
	"N/contexts/nr_contexts=1\n"                                                                         \
	"N/contexts/0/operations=vaddr\n"                                                                    \
	"N/contexts/0/monitoring_attrs/intervals/sample_us=5000\n"                                           \
	"N/contexts/0/monitoring_attrs/intervals/aggr_us=100000\n"                                           \
	"N/contexts/0/monitoring_attrs/intervals/update_us=1000000\n"                                        \
	"N/contexts/0/targets/nr_targets=1\n"                                                                \
	"N/contexts/0/schemes/nr_schemes=2\n"
#define COLLAPSE(action, bytes)                                                                              \
	"N/contexts/0/schemes/0/action=" action "\n"                                                         \
	"N/contexts/0/schemes/0/access_pattern/sz/min=2097152\n"                                             \
	"N/contexts/0/schemes/0/access_pattern/sz/max=18446744073709551615\n"                                \
	"N/contexts/0/schemes/0/access_pattern/nr_accesses/max=4294967295\n"                                 \
	"N/contexts/0/schemes/0/access_pattern/age/max=4294967295\n"                                         \
	"N/contexts/0/schemes/0/quotas/bytes=" bytes "\n"                                                    \
	"N/contexts/0/schemes/0/quotas/weights/sz_permil=0\n"                                                \
	"N/contexts/0/schemes/0/quotas/weights/nr_accesses_permil=1000\n"                                    \
	"N/contexts/0/schemes/0/quotas/weights/age_permil=0\n"
#define HEAT                                                                                                 \
	"N/contexts/0/schemes/1/action=stat\n"                                                               \
	"N/contexts/0/schemes/1/apply_interval_us=1500000\n"                                                 \
	"N/contexts/0/schemes/1/access_pattern/sz/max=18446744073709551615\n"                                \
	"N/contexts/0/schemes/1/access_pattern/nr_accesses/max=4294967295\n"                                 \
	"N/contexts/0/schemes/1/access_pattern/age/max=4294967295\n"
#define HUGE_FILTER                                                                                          \
	"N/contexts/0/schemes/1/ops_filters/nr_filters=1\n"                                                  \
	"N/contexts/0/schemes/1/ops_filters/0/type=hugepage_size\n"                                          \
	"N/contexts/0/schemes/1/ops_filters/0/matching=Y\n"                                                  \
	"N/contexts/0/schemes/1/ops_filters/0/allow=Y\n"                                                     \
	"N/contexts/0/schemes/1/ops_filters/0/min=2097152\n"                                                 \
	"N/contexts/0/schemes/1/ops_filters/0/max=18446744073709551615\n"

/* Appends @lines with the seat's number for each N at a line's begin. */
static void expect_seat(char *want, size_t size, const char *lines, char seat)
{
	size_t used = strlen(want);

	snprintf(want + used, size - used, "%s", lines);
	for (char *line = want + used; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line == 'N')
			*line = seat;
	}
}

static void test_set_up(void **state)
{
	static const struct {
		bool collapses, tells_huge;
		uint64_t quota_bytes;
		const char *want;
	} cases[] = {
		{true, true, 0, CONTEXT COLLAPSE("collapse", "0") HEAT HUGE_FILTER},
		{true, false, 64 << 20, CONTEXT COLLAPSE("collapse", "67108864") HEAT},
		{false, true, 0, CONTEXT COLLAPSE("stat", "0") HEAT HUGE_FILTER},
		{false, false, 0, CONTEXT COLLAPSE("stat", "0") HEAT},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct damon_settings settings = usual;
		char want[8192] = "";

		settings.collapses = cases[i].collapses;
		settings.tells_huge = cases[i].tells_huge;
		settings.quota_bytes = cases[i].quota_bytes;
		tree_put(world->root, "nr_kdamonds", "0");
		open_seats(world, &settings, 2);
		settings.sample_us = 1; /* the settings were copied */
		trace_begin(world);
		assert_int_equal(damon_set_up(world->damon, &world->error), 0);
		expect_seat(want, sizeof(want), cases[i].want, '0');
		expect_seat(want, sizeof(want), cases[i].want, '1');
		assert_trace(world, want);
		damon_free(world->damon);
		world->damon = NULL;
	}
}

/* The first failure ends it, and says which knob it was. */
static void test_set_up_refused(void **state)
{
	static const char *const knobs[] = {
		"1/contexts/0/monitoring_attrs/intervals/update_us",
		"1/contexts/0/schemes/0/quotas/bytes",
		"0/contexts/0/schemes/1/apply_interval_us",
		"0/contexts/0/schemes/1/ops_filters/0/min",
	};
	static const char *const values[] = {"1000000", "0", "1500000", "2097152"};
	struct world *world = *state;
	char want[512];

	open_seats(world, &usual, 2);
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		tree_refuse(world->root, knobs[i]);
		assert_int_equal(damon_set_up(world->damon, &world->error), -ENOSPC);
		snprintf(want, sizeof(want), "write '%s' to %s/%s: %s", values[i], world->root, knobs[i],
			 strerror(ENOSPC));
		assert_string_equal(world->error.text, want);
		tree_drop(world->root, knobs[i]);
		tree_put(world->root, knobs[i], "");
	}
}

#define LEVEL(seat, min_regions, max_regions, collapse_min, heat_min, ms, reset_ms)                          \
	seat "/contexts/0/monitoring_attrs/nr_regions/min=" min_regions "\n" seat                            \
	     "/contexts/0/monitoring_attrs/nr_regions/max=" max_regions "\n" seat                            \
	     "/contexts/0/schemes/0/access_pattern/nr_accesses/min=" collapse_min "\n" seat                  \
	     "/contexts/0/schemes/0/quotas/ms=" ms "\n" seat                                                 \
	     "/contexts/0/schemes/0/quotas/reset_interval_ms=" reset_ms "\n" seat                            \
	     "/contexts/0/schemes/1/access_pattern/nr_accesses/min=" heat_min "\n"

static const struct plan_level acting = {.min_accesses = 18,
					 .acting = true,
					 .quota_ms = 10,
					 .quota_reset_ms = 1000,
					 .min_regions = 10,
					 .max_regions = 500};
static const struct plan_level parked = {
	.min_accesses = 16, .quota_ms = 0, .quota_reset_ms = 33000, .min_regions = 200, .max_regions = 1000};

static void test_commit(void **state)
{
	struct world *world = *state;

	open_seats(world, &usual, 2);
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), 0);
	assert_trace(world, LEVEL("1", "10", "500", "18", "18", "10", "1000") "1/state=commit\n");
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 0, &parked, &world->error), 0);
	/* Parked, it matches nothing; the heat is still measured at the level. */
	assert_trace(world, LEVEL("0", "200", "1000", "4294967295", "16", "0", "33000") "0/state=commit\n");
}

/* Neither scheme matches anything, whatever the level is. */
static void test_watches_only(void **state)
{
	struct damon_settings watches = usual;
	struct world *world = *state;

	watches.watches_only = true;
	open_seats(world, &watches, 1);
	trace_begin(world);
	assert_int_equal(damon_commit(world->damon, 0, &parked, &world->error), 0);
	assert_trace(world,
		     LEVEL("0", "200", "1000", "4294967295", "4294967295", "0", "33000") "0/state=commit\n");
}

/* Intervals go with the level; heat is counted once an aggregation at most. */
static void test_commit_intervals(void **state)
{
	static const struct {
		uint64_t sample_us, aggr_us;
		const char *trace;
	} cases[] = {
		{20000, 400000,
		 "sample_us=20000\n0/contexts/0/monitoring_attrs/intervals/aggr_us=400000\n"
		 "0/contexts/0/monitoring_attrs/intervals/update_us=9000000\n"
		 "0/contexts/0/schemes/1/apply_interval_us=1500000\n"},
		{100000, 2000000,
		 "sample_us=100000\n0/contexts/0/monitoring_attrs/intervals/aggr_us=2000000\n"
		 "0/contexts/0/monitoring_attrs/intervals/update_us=9000000\n"
		 "0/contexts/0/schemes/1/apply_interval_us=2000000\n"},
	};
	struct world *world = *state;
	char want[1024];

	open_seats(world, &usual, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan_level level = acting;

		level.sample_us = cases[i].sample_us;
		level.aggr_us = cases[i].aggr_us;
		level.update_us = 9000000;
		trace_begin(world);
		assert_int_equal(damon_commit(world->damon, 0, &level, &world->error), 0);
		snprintf(want, sizeof(want), "0/contexts/0/monitoring_attrs/intervals/%s%s0/state=commit\n",
			 cases[i].trace, LEVEL("0", "10", "500", "18", "18", "10", "1000"));
		assert_trace(world, want);
	}
}

static void test_commit_refused(void **state)
{
	struct world *world = *state;
	char want[256];

	open_seats(world, &usual, 2);
	tree_refuse(world->root, "0/state");
	assert_int_equal(damon_commit(world->damon, 0, &acting, &world->error), -ENOSPC);
	snprintf(want, sizeof(want), "write 'commit' to %s/0/state: %s", world->root, strerror(ENOSPC));
	assert_string_equal(world->error.text, want);
	/* Half a level is not committed. */
	tree_refuse(world->root, "1/contexts/0/schemes/1/access_pattern/nr_accesses/min");
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), -ENOSPC);
	assert_contains(world->error.text, "write '18' to ");
	assert_tree_holds(world->root, "1/state", "");
}

static void test_start(void **state)
{
	struct world *world = *state;
	pid_t kdamond_pid = 0;

	open_seats(world, &usual, 2);
	tree_put(world->root, "1/pid", "4711\n");
	assert_int_equal(damon_start(world->damon, 1, 4242, &parked, &kdamond_pid, &world->error), 0);
	assert_int_equal(kdamond_pid, 4711);
	assert_tree_holds(world->root, "1/state", "on");
	assert_tree_holds(world->root, "1/contexts/0/targets/0/pid_target", "4242");
	assert_tree_holds(world->root, "1/contexts/0/schemes/0/access_pattern/nr_accesses/min", "4294967295");
	assert_tree_holds(world->root, "1/contexts/0/schemes/1/access_pattern/nr_accesses/min", "16");
	assert_tree_holds(world->root, "1/contexts/0/schemes/0/quotas/reset_interval_ms", "33000");
	assert_tree_holds(world->root, "0/state", "");
}

/* Target and level come before "on"; a kdamond that is gone at once has no pid. */
static void test_start_ended_at_once(void **state)
{
	struct world *world = *state;
	pid_t kdamond_pid = 77;
	char want[64];

	open_seats(world, &usual, 1);
	trace_begin(world);
	/* An empty pid is no number: the order up to there is what is looked at. */
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -EINVAL);
	assert_int_equal(kdamond_pid, 77);
	/* "on" last, then "off" in its place, as the start failed. */
	/* Before that the settings, anew: whoever used the seat while it was idle left nothing in it. */
	assert_trace_ends(world, "0/contexts/0/targets/0/pid_target=4242\n" LEVEL(
					 "0", "10", "500", "18", "18", "10", "1000") "0/state=off\n");
	assert_contains(world->trace, "0/contexts/nr_contexts=1\n");
	tree_put(world->root, "0/pid", "-1\n");
	tree_put(world->root, "0/state", "");
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -ESRCH);
	snprintf(want, sizeof(want), "kdamond of seat 0 ended at once: %s", strerror(ESRCH));
	assert_string_equal(world->error.text, want);
	assert_int_equal(kdamond_pid, 77);
	assert_tree_holds(world->root, "0/state", "off");
}

static void test_start_refused(void **state)
{
	static const char *const knobs[] = {"0/contexts/0/schemes/0/quotas/ms",
					    "0/contexts/0/targets/0/pid_target"};
	static const char *const values[] = {"10", "4242"};
	struct world *world = *state;
	pid_t kdamond_pid = 77;
	char want[256];

	open_seats(world, &usual, 1);
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		tree_refuse(world->root, knobs[i]);
		tree_put(world->root, "0/state", "off\n");
		tree_put(world->root, "0/pid", "5\n");
		assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error),
				 -ENOSPC);
		snprintf(want, sizeof(want), "write '%s' to %s/%s: %s", values[i], world->root, knobs[i],
			 strerror(ENOSPC));
		assert_string_equal(world->error.text, want);
		assert_tree_holds(world->root, "0/state", "off");
		assert_int_equal(kdamond_pid, 77);
		tree_drop(world->root, knobs[i]);
		tree_put(world->root, knobs[i], "");
	}
	tree_refuse(world->root, "0/state");
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -ENOSPC);
}

static void test_stop(void **state)
{
	struct world *world = *state;
	bool on = false;

	open_seats(world, &usual, 2);
	tree_put(world->root, "0/state", "on\n");
	tree_put(world->root, "1/state", "on\n");
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), 0);
	assert_true(on);
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_tree_holds(world->root, "0/state", "off");
	assert_tree_holds(world->root, "1/state", "on");
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), 0);
	assert_false(on);
}

/* "off" to one that is off is an error of some kernels: it is not written. */
static void test_stop_what_is_off(void **state)
{
	struct world *world = *state;
	bool on = true;

	open_seats(world, &usual, 1);
	tree_put(world->root, "0/state", "off\n");
	assert_int_equal(chmod(tree_at(world->root, "0/state"), 0400), 0);
	world->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	inotify_add_watch(world->notify, tree_at(world->root, "0"), IN_MODIFY);
	snprintf(world->dirs[1], PATH_MAX, "0");
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_trace(world, "");
	tree_drop(world->root, "0/state");
	assert_int_equal(damon_stop(world->damon, 0, &world->error), -ENOENT);
	assert_contains(world->error.text, "/0/state: ");
	assert_int_equal(damon_is_on(world->damon, 0, &on, &world->error), -ENOENT);
	assert_true(on);
}

static void test_stop_while_it_ends(void **state)
{
	struct world *world = *state;

	open_seats(world, &usual, 1);
	tree_put(world->root, "0/state", "on\n");
	ends_at_write = "0/state";
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
	assert_null(ends_at_write);
	tree_refuse(world->root, "0/state"); /* reads as nothing: not on */
	assert_int_equal(damon_stop(world->damon, 0, &world->error), 0);
}

/* Somebody else's now: nothing of it is written, and each act says so. */
static void test_seats_made_anew(void **state)
{
	struct world *world = *state;
	struct damon_stats stats;
	pid_t kdamond_pid;
	char old[PATH_MAX];
	uint64_t bytes;
	bool on;

	open_seats(world, &usual, 2);
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), 0);
	snprintf(old, sizeof(old), "%s", tree_at(world->root, "old"));
	assert_int_equal(rename(tree_at(world->root, "0"), old), 0);
	put_seat(world, 0);
	trace_begin(world);
	assert_int_equal(damon_start(world->damon, 1, 1, &acting, &kdamond_pid, &world->error), -ESTALE);
	assert_contains(world->error.text, world->root);
	assert_contains(world->error.text, ": somebody else made the seats anew: ");
	assert_int_equal(damon_commit(world->damon, 1, &acting, &world->error), -ESTALE);
	assert_int_equal(damon_stop(world->damon, 1, &world->error), -ESTALE);
	assert_int_equal(damon_is_on(world->damon, 1, &on, &world->error), -ESTALE);
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), -ESTALE);
	assert_int_equal(damon_effective_bytes(world->damon, 1, &bytes, &world->error), -ESTALE);
	assert_trace(world, "");
}

/* It runs before we start it: then somebody else did. */
static void test_start_of_one_that_runs(void **state)
{
	struct world *world = *state;
	pid_t kdamond_pid = 77;
	char want[256];

	open_seats(world, &usual, 1);
	tree_put(world->root, "0/state", "on\n");
	assert_int_equal(damon_start(world->damon, 0, 4242, &acting, &kdamond_pid, &world->error), -EBUSY);
	snprintf(want, sizeof(want), "%s/0 was started by somebody else: %s", world->root, strerror(EBUSY));
	assert_string_equal(world->error.text, want);
	assert_tree_holds(world->root, "0/state", "on");
	assert_tree_holds(world->root, "0/contexts/0/targets/0/pid_target", "");
	assert_int_equal(kdamond_pid, 77);
}

static void put_stats(const struct world *world, bool young)
{
	tree_put(world->root, "1/contexts/0/schemes/0/stats/sz_tried", "11\n");
	tree_put(world->root, "1/contexts/0/schemes/0/stats/sz_applied", "12\n");
	tree_put(world->root, "1/contexts/0/schemes/0/stats/qt_exceeds", "13\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/sz_tried", "9000000000\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/sz_applied", "66\n");
	if (!young)
		return;
	tree_put(world->root, "1/contexts/0/schemes/0/stats/nr_snapshots", "15\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/nr_snapshots", "16\n");
	tree_put(world->root, "1/contexts/0/schemes/0/stats/sz_ops_filter_passed", "67\n");
	tree_put(world->root, "1/contexts/0/schemes/1/stats/sz_ops_filter_passed", "17\n");
}

static void assert_stats(const struct damon_stats *stats, uint64_t applies, uint64_t heat_applies,
			 uint64_t huge)
{
	assert_int_equal(stats->quota_exceeds, 13);
	assert_int_equal(stats->heat_bytes, 9000000000);
	assert_int_equal(stats->applies, applies);
	assert_int_equal(stats->counts_applies, applies > 0);
	assert_int_equal(stats->heat_applies, heat_applies);
	assert_int_equal(stats->heat_huge_bytes, huge);
}

static void test_stats(void **state)
{
	struct world *world = *state;
	struct damon_stats stats;

	open_seats(world, &usual, 2);
	put_stats(world, true);
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), 0);
	assert_stats(&stats, 15, 16, 17);
	assert_tree_holds(world->root, "1/state", "update_schemes_stats");
	assert_tree_holds(world->root, "0/state", "");
}

/* The filter's bytes mean nothing where no filter was set. */
static void test_stats_without_huge(void **state)
{
	struct damon_settings settings = usual;
	struct world *world = *state;
	struct damon_stats stats;

	settings.tells_huge = false;
	open_seats(world, &settings, 2);
	put_stats(world, true);
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), 0);
	assert_stats(&stats, 15, 16, 0);
}

static void test_stats_of_an_old_kernel(void **state)
{
	static const char *const missing[] = {"nr_snapshots", "sz_ops_filter_passed"};
	struct world *world = *state;
	struct damon_stats stats;
	char path[128];

	open_seats(world, &usual, 2);
	put_stats(world, false);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(missing); i++) {
		snprintf(path, sizeof(path), "1/contexts/0/schemes/%zu/stats/%s", i % 2, missing[i / 2]);
		tree_drop(world->root, path);
	}
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), 0);
	assert_stats(&stats, 0, 0, 0);
}

static void test_stats_refused(void **state)
{
	static const char *const files[] = {"1/contexts/0/schemes/0/stats/qt_exceeds",
					    "1/contexts/0/schemes/1/stats/sz_tried"};
	struct world *world = *state;
	struct damon_stats stats = {.applies = 7};
	char want[256];

	open_seats(world, &usual, 2);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		put_stats(world, true);
		tree_put(world->root, files[i], "many\n");
		assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), -EINVAL);
		snprintf(want, sizeof(want), "read %s/%s: 'many' is no number: %s", world->root, files[i],
			 strerror(EINVAL));
		assert_string_equal(world->error.text, want);
	}
	put_stats(world, true);
	tree_refuse(world->root, "1/state");
	assert_int_equal(damon_stats(world->damon, 1, &stats, &world->error), -ENOSPC);
	assert_contains(world->error.text, "write 'update_schemes_stats' to ");
	assert_int_equal(stats.applies, 7);
	assert_int_equal(stats.quota_exceeds, 0);
}

static void test_effective_bytes(void **state)
{
	struct world *world = *state;
	uint64_t bytes = 7;

	open_seats(world, &usual, 2);
	tree_put(world->root, "1/contexts/0/schemes/0/quotas/effective_bytes", "8388608\n");
	assert_int_equal(damon_effective_bytes(world->damon, 1, &bytes, &world->error), 0);
	assert_int_equal(bytes, 8388608);
	assert_tree_holds(world->root, "1/state", "update_schemes_effective_quotas");
	tree_refuse(world->root, "1/state");
	assert_int_equal(damon_effective_bytes(world->damon, 1, &bytes, &world->error), -ENOSPC);
	assert_int_equal(bytes, 8388608);
}

static void test_seats_inode(void **state)
{
	struct world *world = *state;
	struct stat stat_buf;

	assert_int_equal(stat(tree_at(world->root, "0"), &stat_buf), 0);
	assert_int_equal(damon_seats_inode(world->root), stat_buf.st_ino);
	assert_int_equal(damon_seats_inode("/nonexistent"), 0);
}

/* As damon_set_up() leaves it, and on. */
static void put_ours(struct world *world, const char *schemes, const char *state_path)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/nr_schemes", schemes);
	tree_put(world->root, path, "2\n");
	snprintf(path, sizeof(path), "%s/0/access_pattern/sz/min", schemes);
	tree_put(world->root, path, "2097152\n");
	snprintf(path, sizeof(path), "%s/1/action", schemes);
	tree_put(world->root, path, "stat\n");
	tree_put(world->root, state_path, "on\n");
}

/* Set up by somebody while it was idle: neither stopped nor wiped; ours beside it is. */
static void test_remove_seats_of_somebody(void **state)
{
	static const char *const others[][2] = {
		{"0/contexts/0/schemes/nr_schemes", "1\n"},
		{"0/contexts/0/schemes/0/access_pattern/sz/min", "0\n"},
		{"0/contexts/0/schemes/1/action", "pageout\n"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		put_ours(world, "0/contexts/0/schemes", "0/state");
		put_ours(world, "1/contexts/0/schemes", "1/state");
		tree_put(world->root, others[i][0], others[i][1]);
		assert_int_equal(damon_remove_seats(world->root, 2, 1, &world->error), -EBUSY);
		assert_contains(world->error.text, "/0 is used by somebody else");
		assert_tree_holds(world->root, "0/state", "on");
		assert_tree_holds(world->root, "1/state", "off");
	}
}

static void test_remove_seats(void **state)
{
	struct world *world = *state;

	put_ours(world, "0/contexts/0/schemes", "0/state");
	put_ours(world, "1/contexts/0/schemes", "1/state");
	assert_int_equal(damon_remove_seats(world->root, 2, 1, &world->error), 0);
	assert_tree_holds(world->root, "0/state", "off");
	assert_tree_holds(world->root, "1/state", "off");
	assert_tree_holds(world->root, "nr_kdamonds", "1");
}

/* One that cannot be stopped keeps the others from nothing; the first failure is told. */
static void test_remove_seats_refused(void **state)
{
	struct world *world = *state;

	tree_drop(world->root, "0/state");
	put_ours(world, "1/contexts/0/schemes", "1/state");
	assert_int_equal(damon_remove_seats(world->root, 2, 0, &world->error), -ENOENT);
	assert_contains(world->error.text, "/0/state: ");
	assert_tree_holds(world->root, "1/state", "off");
	assert_tree_holds(world->root, "nr_kdamonds", "0");
	tree_drop(world->root, "1/state"); /* now both fail */
	assert_int_equal(damon_remove_seats(world->root, 2, 0, &world->error), -ENOENT);
	assert_contains(world->error.text, "/0/state: ");
	tree_put(world->root, "0/state", "off\n");
	tree_put(world->root, "1/state", "off\n");
	tree_refuse(world->root, "nr_kdamonds");
	assert_int_equal(damon_remove_seats(world->root, 2, 0, &world->error), -ENOSPC);
	assert_contains(world->error.text, "write '0' to ");
	assert_contains(world->error.text, "/nr_kdamonds: ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_open_refuses_a_configured_seat),
		TEST(test_open_refused),
		TEST(test_empty_seats),
		TEST(test_set_up),
		TEST(test_set_up_refused),
		TEST(test_commit),
		TEST(test_watches_only),
		TEST(test_commit_intervals),
		TEST(test_commit_refused),
		TEST(test_start),
		TEST(test_start_ended_at_once),
		TEST(test_start_refused),
		TEST(test_stop),
		TEST(test_stop_what_is_off),
		TEST(test_stop_while_it_ends),
		TEST(test_seats_made_anew),
		TEST(test_start_of_one_that_runs),
		TEST(test_stats),
		TEST(test_stats_without_huge),
		TEST(test_stats_of_an_old_kernel),
		TEST(test_stats_refused),
		TEST(test_effective_bytes),
		TEST(test_seats_inode),
		TEST(test_remove_seats_of_somebody),
		TEST(test_remove_seats),
		TEST(test_remove_seats_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
