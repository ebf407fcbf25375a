// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "report/table.h"

#define MS 1000000ULL

static struct ranked process(uint32_t tgid, unsigned int rank, uint64_t user_ms, uint64_t system_ms)
{
	struct ranked ranked = {
		.id = {.tgid = tgid, .start_time_ns = 100},
		.rank = rank,
		.user_ns = user_ms * MS,
		.system_ns = system_ms * MS,
		.threads = 1,
	};

	snprintf(ranked.comm, sizeof(ranked.comm), "p%u", tgid);
	return ranked;
}

static struct row *find(const struct table *table, uint32_t tgid)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].ranked.id.tgid == tgid)
			return &table->rows[i];
	fail_msg("there is no row %u", tgid);
	return NULL;
}

/* The pids of the view, as text. */
static const char *pids_of(const struct table *table, const struct view *view)
{
	static char text[256];
	struct row *rows[32];
	size_t n = table_view(table, view, rows), used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", i ? " " : "",
					 rows[i]->ranked.id.tgid);
	return text;
}

/* Five processes, in the order of their rank: 30, 10, 50, 20, 40 (the last did not run). */
static void fill(struct table *table)
{
	struct ranked ranked[] = {process(30, 1, 900, 0), process(10, 2, 500, 100), process(50, 3, 400, 500),
				  process(20, 4, 0, 300), process(40, 5, 0, 0)};

	ranked[0].threads = 2;
	ranked[3].threads = 9;
	strcpy(ranked[0].comm, "redis-server");
	strcpy(ranked[1].comm, "Postgres");
	assert_int_equal(table_update(table, ranked, ARRAY_SIZE(ranked), 1), 0);
	for (size_t i = 0; i < table->n; i++)
		table->rows[i].facts.anon_known = true;
	find(table, 10)->facts.anon_bytes = 7000;
	find(table, 50)->facts.anon_bytes = 5000;
	find(table, 20)->facts.anon_bytes = 0;
	find(table, 30)->facts.anon_known = false;
	strcpy(find(table, 20)->facts.whose.user, "www-data");
	strcpy(find(table, 50)->facts.whose.service.name, "nginx.service");
	find(table, 50)->facts.in_cgroup = true;
}

static void test_sort(void **state)
{
	static const struct {
		enum column sort;
		const char *pids, *reversed;
	} cases[] = {
		{COLUMN_RANK, "30 10 50 20", "20 50 10 30"},
		{COLUMN_USER_PCT, "30 10 50 20", "20 50 10 30"},
		{COLUMN_SYSTEM_PCT, "50 20 10 30", "30 10 20 50"},
		{COLUMN_CPU, "30 50 10 20", "20 10 30 50"}, /* 30 and 50 used the same: by rank both times */
		{COLUMN_THREADS, "20 30 10 50", "10 50 30 20"},
		{COLUMN_PID, "10 20 30 50", "50 30 20 10"},
		{COLUMN_ANON, "10 50 20 30", "30 20 50 10"}, /* not known is less than nothing */
	};
	struct table table = {0};

	(void)state;
	fill(&table);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct view view = {.sort = cases[i].sort};

		assert_string_equal(pids_of(&table, &view), cases[i].pids);
		view.reverse = true;
		assert_string_equal(pids_of(&table, &view), cases[i].reversed);
	}
	table_clear(&table);
}

static void test_filter(void **state)
{
	static const char *const cases[][2] = {
		{"", "30 10 50 20"}, {"redis", "30"}, {"REDIS", "30"}, {"postgres", "10"},
		{"www", "20"},	     {"NGINX", "50"}, {"5", "50"},     {"0", "30 10 50 20"},
		{"p2", "20"},	     {"nobody", ""},  {"er", "30 50"}, /* server, service */
	};
	struct table table = {0};

	(void)state;
	fill(&table);
	assert_string_equal(pids_of(&table, &(struct view){.sort = COLUMN_RANK}), "30 10 50 20");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct view view = {.sort = COLUMN_RANK, .filter = cases[i][0]};

		assert_string_equal(pids_of(&table, &view), cases[i][1]);
	}
	table_clear(&table);
}

static void test_scope(void **state)
{
	static const uint32_t pids[] = {40, 30, 99};
	struct view cgroup = {.sort = COLUMN_RANK, .in_cgroup = true};
	struct view chosen = {.sort = COLUMN_RANK, .pids = pids, .n_pids = 3};
	struct table table = {0};

	(void)state;
	fill(&table);
	assert_string_equal(pids_of(&table, &cgroup), "50");
	assert_string_equal(pids_of(&table, &chosen), "30 40"); /* 40 was asked for, and so shown idle */
	chosen.filter = "redis";
	assert_string_equal(pids_of(&table, &chosen), "30");
	assert_true(view_has_pid(&chosen, 40));
	assert_false(view_has_pid(&chosen, 10));
	assert_true(view_has_pid(&cgroup, 10));
	table_clear(&table);
}

/* One that is asked for and never ran has no rank: last, not first. */
static void test_without_rank(void **state)
{
	static const uint32_t pids[] = {5, 6, 7};
	struct ranked ranked[] = {process(5, 0, 0, 0), process(6, 1, 900, 0), process(7, 2, 0, 0)};
	struct view view = {.sort = COLUMN_RANK, .pids = pids, .n_pids = 3};
	struct table table = {0};

	(void)state;
	assert_int_equal(table_update(&table, ranked, 3, 1), 0);
	assert_string_equal(pids_of(&table, &view), "6 7 5");
	view.sort = COLUMN_SYSTEM_PCT; /* all equal */
	assert_string_equal(pids_of(&table, &view), "6 7 5");
	table_clear(&table);
}

/* Who ran within the minute stays in sight where that is wanted, and leaves after it. */
static void test_lately(void **state)
{
	struct view now = {.sort = COLUMN_RANK}, lately = {.sort = COLUMN_RANK, .lately = true};
	struct ranked ranked[] = {process(1, 1, 500, 0), process(2, 2, 0, 0)};
	struct table table = {0};

	(void)state;
	assert_int_equal(table_update(&table, ranked, 2, 1), 0);
	assert_string_equal(pids_of(&table, &lately), "1");
	ranked[0].user_ns = 0;
	for (int s = 0; s < 50; s++)
		assert_int_equal(table_update(&table, ranked, 2, 1), 0);
	assert_string_equal(pids_of(&table, &now), "");
	assert_string_equal(pids_of(&table, &lately), "1");
	assert_int_equal(table_update(&table, ranked, 2, 20), 0);
	assert_string_equal(pids_of(&table, &lately), "");
	table_clear(&table);
}

/* Rows keep trend and facts as long as the process is there; one with its pid later has neither. */
static void test_carried_over(void **state)
{
	struct ranked first[] = {process(7, 1, 1000, 0), process(3, 2, 500, 0)};
	struct ranked second[] = {process(3, 1, 0, 500), process(5, 2, 1, 0), process(7, 3, 0, 0)};
	struct table table = {0};
	double pct[TREND_CELLS];

	(void)state;
	assert_int_equal(table_update(&table, first, 2, 1), 0);
	strcpy(find(&table, 7)->facts.whose.user, "seven");
	strcpy(find(&table, 3)->facts.whose.user, "three");
	second[2].id.start_time_ns = 101; /* the pid was used again */
	assert_int_equal(table_update(&table, second, 3, 1), 0);
	assert_int_equal(table.n, 3);
	assert_near(table.now_s, 2);
	assert_string_equal(find(&table, 3)->facts.whose.user, "three");
	assert_string_equal(find(&table, 5)->facts.whose.user, "");
	assert_string_equal(find(&table, 7)->facts.whose.user, "");
	trend_pct(&find(&table, 3)->trend, table.now_s, TREND_WIDE, pct);
	assert_near(pct[TREND_WIDE - 1], 50); /* user and system time */
	assert_false(trend_ran(&find(&table, 7)->trend, table.now_s));
	assert_int_equal(find(&table, 3)->ranked.rank, 1);
	table_clear(&table);
	assert_int_equal(table.n, 0);
}

/* A copy has its own rows. */
static void test_copy(void **state)
{
	struct table table = {0}, copy = {0};
	struct view view = {.sort = COLUMN_RANK};

	(void)state;
	assert_int_equal(table_copy(&table, &copy), 0);
	assert_int_equal(copy.n, 0);
	table_clear(&copy);
	fill(&table);
	assert_int_equal(table_copy(&table, &copy), 0);
	assert_int_equal(table_update(&table, NULL, 0, 1), 0);
	assert_string_equal(pids_of(&table, &view), "");
	assert_string_equal(pids_of(&copy, &view), "30 10 50 20");
	assert_near(copy.now_s, 1);
	table_clear(&table);
	table_clear(&copy);
}

/* Places in order of rank; those without one are last. */
static void test_by_rank(void **state)
{
	struct ranked ranked[] = {process(9, 0, 0, 0), process(7, 1, 3, 0), process(3, 0, 0, 0),
				  process(5, 2, 2, 0), process(1, 3, 1, 0)};
	struct table table = {0};
	size_t places[ARRAY_SIZE(ranked)];

	(void)state;
	assert_int_equal(table_update(&table, ranked, ARRAY_SIZE(ranked), 1), 0);
	table_by_rank(&table, places);
	assert_int_equal(table.rows[places[0]].ranked.id.tgid, 7);
	assert_int_equal(table.rows[places[1]].ranked.id.tgid, 5);
	assert_int_equal(table.rows[places[2]].ranked.id.tgid, 1);
	assert_int_equal(table.rows[places[3]].ranked.id.tgid, 3);
	assert_int_equal(table.rows[places[4]].ranked.id.tgid, 9);
	table_clear(&table);
}

static void test_needs(void **state)
{
	(void)state;
	assert_false(view_needs_owner(&(struct view){.sort = COLUMN_USER_PCT}));
	assert_false(view_needs_owner(&(struct view){.filter = ""}));
	assert_true(view_needs_owner(&(struct view){.filter = "x"}));
	assert_true(view_needs_owner(&(struct view){.in_cgroup = true}));
	assert_false(view_needs_memory(&(struct view){.sort = COLUMN_USER_PCT}));
	assert_true(view_needs_memory(&(struct view){.sort = COLUMN_ANON}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),	cmocka_unit_test(test_filter),
		cmocka_unit_test(test_scope),	cmocka_unit_test(test_without_rank),
		cmocka_unit_test(test_lately),	cmocka_unit_test(test_carried_over),
		cmocka_unit_test(test_copy),	cmocka_unit_test(test_needs),
		cmocka_unit_test(test_by_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
