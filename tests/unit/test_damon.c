// SPDX-License-Identifier: GPL-2.0
/* Seats are made, set up and removed. */
#include "damon_world.h"

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

static void test_seats_inode(void **state)
{
	struct world *world = *state;
	struct stat stat_buf;
	ino_t inode;

	assert_int_equal(stat(tree_at(world->root, "0"), &stat_buf), 0);
	assert_int_equal(damon_seats_inode(world->root, &inode, &world->error), 0);
	assert_int_equal(inode, stat_buf.st_ino);
	assert_int_equal(damon_seats_inode("/nonexistent", &inode, &world->error), 0);
	assert_int_equal(inode, 0);
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
	/* A tool that was broken off left a scheme of its own in ours. */
	tree_put(world->root, "1/contexts/0/schemes/nr_schemes", "3\n");
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
	const struct CMUnitTest tests[] = {
		TEST(test_open),	 TEST(test_open_refuses_a_configured_seat),
		TEST(test_open_refused), TEST(test_empty_seats),
		TEST(test_set_up),	 TEST(test_set_up_refused),
		TEST(test_seats_inode),	 TEST(test_remove_seats_of_somebody),
		TEST(test_remove_seats), TEST(test_remove_seats_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
