// SPDX-License-Identifier: GPL-2.0
#include "service_world.h"

#define BY_RANK                                                                                              \
	(struct view)                                                                                        \
	{                                                                                                    \
		.by = TABLE_BY_SERVICE, .sort = COLUMN_RANK                                                  \
	}

/* The lines as text: "nginx.service [100 101] build.scope [203 +3]", brackets where it is open. */
static const char *lines_of(struct world *world, struct view view, bool can_open)
{
	static char text[512];
	size_t n = service_lines(&world->services, &world->table, &view, can_open ? &world->opened : NULL,
				 world->scratch, world->lines);
	char *end = text;

	*text = '\0';
	assert_true(n <= service_lines_room(&world->services));
	for (size_t i = 0; i < n; i++) {
		const struct line *line = &world->lines[i];

		end = stpcpy(end, line->branch == BRANCH_MIDDLE || line->branch == BRANCH_LAST ? ""
				  : i							       ? " "
											       : "");
		if (line->kind == LINE_SERVICE)
			end += sprintf(end, "%s%s", service_row_name(line->service),
				       line->branch == BRANCH_OPEN ? " [" : "");
		else if (line->kind == LINE_PROCESS)
			end += sprintf(end, "%u", line->row->ranked.id.tgid);
		else
			end += sprintf(end, "+%zu", line->service->n_ended);
		end = stpcpy(end, line->branch == BRANCH_MIDDLE ? " "
				  : line->branch == BRANCH_LAST ? "]"
								: "");
	}
	return text;
}

static void test_sums(void **state)
{
	struct world world = {0};
	const struct service_row *web, *build, *shell;

	(void)state;
	world_fill(&world);
	assert_int_equal(world.services.n, 3);
	web = world_service(&world, WEB);
	build = world_service(&world, BUILD);
	shell = world_service(&world, SHELL);
	assert_int_equal(web->sum.ranked.rank, 1);
	assert_int_equal(web->sum.ranked.user_ns, 600 * MS);
	assert_near(web->sum.ranked.window_user_pct, 60);
	assert_near(web->sum.ranked.cpu_pct, 60);
	assert_int_equal(service_row_living(web), 2);
	assert_int_equal(web->n_ended, 0);
	assert_true(web->users_differ);
	assert_int_equal(build->sum.ranked.rank, 2);
	assert_int_equal(build->sum.ranked.user_ns, 510 * MS); /* with those that ended */
	assert_int_equal(service_row_living(build), 1);
	assert_int_equal(build->n_ended, 3);
	assert_int_equal(build->ended.ranked.user_ns, 490 * MS);
	assert_string_equal(build->ended_names, "cc1, as"); /* each once, the hottest first */
	assert_false(build->users_differ);
	assert_int_equal(shell->sum.ranked.rank, 3);
	assert_string_equal(service_row_name(shell), "bash"); /* no service of its own: the program is */
	assert_string_equal(service_row_name(web), "nginx.service");
	world_clear(&world);
}

/* As many names as there is room for, whole ones. */
static void test_many_names(void **state)
{
	struct ranked ranked[30];
	uint64_t keys[30];
	struct world world = {0};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(ranked); i++) {
		ranked[i] = world_process(i + 1, 0, i % 2 ? "sh" : "", 5, true);
		if (i % 3)
			snprintf(ranked[i].comm, COMM_LEN, "program-%07u", i);
		keys[i] = 1;
	}
	world_window(&world, ranked, keys, ARRAY_SIZE(ranked));
	assert_string_equal(world_service(&world, 1)->ended_names,
			    "program-0000001, program-0000002, sh, program-0000004");
	world_clear(&world);
}

static void test_lines(void **state)
{
	struct world world = {0};

	(void)state;
	world_fill(&world);
	assert_string_equal(lines_of(&world, BY_RANK, false), "nginx.service build.scope bash");
	assert_int_equal(world.lines[0].branch, BRANCH_NONE);
	assert_string_equal(lines_of(&world, BY_RANK, true), "nginx.service build.scope bash");
	assert_int_equal(world.lines[0].branch, BRANCH_CLOSED);
	assert_int_equal(opened_toggle(&world.opened, BUILD), 0);
	assert_string_equal(lines_of(&world, BY_RANK, true), "nginx.service build.scope [203 +3] bash");
	opened_toggle_all(&world.opened); /* all, whatever was open */
	assert_string_equal(lines_of(&world, BY_RANK, true),
			    "nginx.service [100 101] build.scope [203 +3] bash [300]");
	assert_int_equal(opened_toggle(&world.opened, WEB), 0); /* but this one */
	assert_string_equal(lines_of(&world, BY_RANK, true), "nginx.service build.scope [203 +3] bash [300]");
	assert_int_equal(opened_toggle(&world.opened, WEB), 0);
	assert_string_equal(lines_of(&world, BY_RANK, true),
			    "nginx.service [100 101] build.scope [203 +3] bash [300]");
	opened_toggle_all(&world.opened);
	assert_string_equal(lines_of(&world, BY_RANK, true), "nginx.service build.scope bash");
	world_clear(&world);
}

/* Services are in the order of their sums, and the processes of each in that of their own numbers. */
static void test_order(void **state)
{
	static const struct {
		struct view view;
		const char *lines;
	} cases[] = {
		{{.sort = COLUMN_USER_PCT}, "nginx.service [100 101] build.scope [203 +3] bash [300]"},
		{{.sort = COLUMN_USER_PCT, .reverse = true},
		 "bash [300] build.scope [203 +3] nginx.service [101 100]"},
		{{.sort = COLUMN_PROCESSES}, "nginx.service [100 101] build.scope [203 +3] bash [300]"},
		{{.sort = COLUMN_PROCESSES, .reverse = true},
		 "build.scope [203 +3] bash [300] nginx.service [100 101]"},
		{{.sort = COLUMN_ANON}, "bash [300] build.scope [203 +3] nginx.service [101 100]"},
	};
	struct world world = {0};

	(void)state;
	world_fill(&world);
	for (size_t i = 0; i < world.table.n; i++) {
		struct row_facts *facts = &world.table.rows[i].facts;

		facts->anon_known = true;
		facts->anon_read_ns = 1;
		facts->anon_bytes = world.table.rows[i].ranked.id.tgid;
	}
	for (size_t i = 0; i < world.services.n; i++)
		service_row_sum_memory(&world.services, &world.table, &world.services.rows[i]);
	opened_toggle_all(&world.opened);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct view view = cases[i].view;

		view.by = TABLE_BY_SERVICE;
		assert_string_equal(lines_of(&world, view, true), cases[i].lines);
	}
	world_clear(&world);
}

/* By the name or the user of the service, or what is known of one of its processes; these alone are below it. */
static void test_filter(void **state)
{
	static const char *const cases[][2] = {
		{"NGINX", "nginx.service [100 101]"},
		{"build", "build.scope [203 +3]"}, /* no process is called so */
		{"www", "nginx.service [100]"},
		{"101", "nginx.service [101]"},
		{"make", "build.scope [203 +3]"},
		{"bas", "bash [300]"},
		{"cc1", "build.scope [+3]"}, /* only one that ended is called so */
		{"nobody", ""},
	};
	struct world world = {0};

	(void)state;
	world_fill(&world);
	opened_toggle_all(&world.opened);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct view view = BY_RANK;

		view.filter = cases[i][0];
		assert_string_equal(lines_of(&world, view, true), cases[i][1]);
	}
	world_clear(&world);
}

/* Of a service whose processes are gone, its last minute stays, and then it goes. It keeps its name. */
static void test_gone(void **state)
{
	static const uint64_t key = SHELL;
	struct ranked bash = world_process(300, 0, "bash", 100, false);
	struct view lately = BY_RANK;
	struct world world = {0};

	(void)state;
	lately.lately = true;
	world_fill(&world);
	for (int s = 1; s < 55; s++)
		world_window(&world, &bash, &key, 1);
	assert_string_equal(lines_of(&world, BY_RANK, false), "bash");
	assert_string_equal(lines_of(&world, lately, false), "bash nginx.service build.scope");
	assert_int_equal(world_service(&world, BUILD)->n_ended, 0);
	assert_int_equal(world_service(&world, BUILD)->sum.ranked.rank, 0);
	assert_near((double)world_service(&world, WEB)->sum.ranked.user_ns, 0);
	assert_string_equal(world_service(&world, WEB)->sum.facts.whose.user, "www-data");
	for (int s = 0; s < 10; s++)
		world_window(&world, &bash, &key, 1);
	assert_int_equal(world.services.n, 1);
	world_clear(&world);
}

/* The trends go on from window to window, of the sum and of what ended. */
static void test_trend(void **state)
{
	static const uint64_t keys[] = {BUILD, BUILD};
	struct ranked ranked[] = {world_process(1, 0, "make", 600, false),
				  world_process(2, 0, "cc1", 300, true)};
	double pct[TREND_CELLS];
	struct world world = {0};

	(void)state;
	for (int s = 0; s < 6; s++) {
		ranked[1].id.tgid++;
		world_window(&world, ranked, keys, 2);
	}
	trend_pct(&world_service(&world, BUILD)->sum.trend, world.table.now_s, TREND_WIDE, pct);
	assert_in_range((int)pct[TREND_WIDE - 1], 89, 90);
	assert_in_range((int)pct[TREND_WIDE - 2], 89, 90);
	trend_pct(&world_service(&world, BUILD)->ended.trend, world.table.now_s, TREND_WIDE, pct);
	assert_in_range((int)pct[TREND_WIDE - 2], 29, 30);
	world_clear(&world);
}

static void give_memory(struct row *row, uint64_t anon_bytes, uint64_t huge_bytes)
{
	row->facts.anon_known = row->facts.huge_known = true;
	row->facts.anon_read_ns = row->facts.huge_read_ns = 1;
	row->facts.anon_bytes = anon_bytes;
	row->facts.huge_bytes = huge_bytes;
}

static void test_memory(void **state)
{
	struct world world = {0};
	struct service_row *web, *build;

	(void)state;
	world_fill(&world);
	web = world_service(&world, WEB);
	build = world_service(&world, BUILD);
	give_memory(world_row(&world, 100), 800, 600);
	service_row_sum_memory(&world.services, &world.table, web);
	assert_false(web->sum.facts.anon_known); /* the other was not asked yet */
	assert_false(web->sum.facts.huge_known);
	world_row(&world, 101)->facts.anon_read_ns = 1; /* it was gone when it was asked */
	service_row_sum_memory(&world.services, &world.table, web);
	assert_true(web->sum.facts.anon_known);
	assert_int_equal(web->sum.facts.anon_bytes, 800);
	assert_true(web->sum.facts.huge_known);
	give_memory(world_row(&world, 101), 200, 0);
	world_row(&world, 101)->facts.huge_read_ns = 0;
	service_row_sum_memory(&world.services, &world.table, web);
	assert_int_equal(web->sum.facts.anon_bytes, 1000);
	assert_false(web->sum.facts.huge_known);
	give_memory(world_row(&world, 101), 200, 0);
	service_row_sum_memory(&world.services, &world.table, web);
	assert_true(web->sum.facts.huge_known);
	assert_int_equal(web->sum.facts.huge_bytes, 600);
	world_row(&world, 101)->facts.huge_known =
		false; /* it cannot be told: the share of the others stands */
	service_row_sum_memory(&world.services, &world.table, web);
	assert_int_equal(web->sum.facts.huge_bytes, 750);
	give_memory(world_row(&world, 203), 0, 0);
	service_row_sum_memory(&world.services, &world.table, build); /* of what ended nothing is asked */
	assert_true(build->sum.facts.anon_known && build->sum.facts.huge_known);
	assert_int_equal(build->sum.facts.anon_bytes, 0);
	world_clear(&world);
}

/* What a cgroup told is not summed up, and holds from window to window; a sum is made anew. */
static void test_told_memory(void **state)
{
	static const uint64_t keys[] = {WEB, SHELL};
	struct ranked ranked[] = {world_process(100, 33, "nginx", 400, false),
				  world_process(300, 0, "bash", 100, false)};
	struct world world = {0};
	const struct row_facts *web, *shell;

	(void)state;
	world_fill(&world);
	tell_memory(world_service(&world, WEB), 1000, 3000, 2000);
	give_memory(world_row(&world, 300), 800, 600);
	service_row_sum_memory(&world.services, &world.table, world_service(&world, SHELL));
	world_window(&world, ranked, keys, 2);
	service_row_sum_memory(&world.services, &world.table, world_service(&world, WEB));
	web = &world_service(&world, WEB)->sum.facts;
	shell = &world_service(&world, SHELL)->sum.facts;
	assert_true(web->anon_known && web->shared_known && web->huge_known && web->huge_of_both);
	assert_int_equal(web->anon_bytes, 1000);
	assert_int_equal(web->shared_bytes, 3000);
	assert_int_equal(web->anon_read_ns, 7);
	assert_false(shell->anon_known || shell->shared_known);
	service_row_sum_memory(&world.services, &world.table, world_service(&world, SHELL));
	assert_int_equal(shell->anon_bytes, 800);
	assert_false(shell->shared_known);
	world_clear(&world);
}

/* A copy has rows of its own, and goes with a copy of the table. */
static void test_copy(void **state)
{
	static const uint64_t key = SHELL;
	struct ranked bash = world_process(300, 0, "bash", 100, false);
	struct world world = {0}, frozen = {0};

	(void)state;
	world_fill(&world);
	assert_int_equal(table_copy(&world.table, &frozen.table), 0);
	assert_int_equal(service_table_copy(&world.services, &frozen.services), 0);
	world_window(&world, &bash, &key, 1);
	opened_toggle_all(&frozen.opened);
	assert_string_equal(lines_of(&frozen, BY_RANK, true),
			    "nginx.service [100 101] build.scope [203 +3] bash [300]");
	world_clear(&world);
	world_clear(&frozen);
	assert_int_equal(service_table_copy(&world.services, &frozen.services), 0); /* of nothing */
	assert_int_equal(frozen.services.n, 0);
	world_clear(&frozen);
}

/* Processes that were asked for are there, whether they ran or not; so is their service. */
static void test_pids(void **state)
{
	static const uint32_t pids[] = {7};
	static const uint64_t key = WEB;
	struct ranked idle = world_process(7, 0, "idle", 0, false);
	struct view view = BY_RANK;
	struct world world = {0};

	(void)state;
	view.pids = pids;
	view.n_pids = 1;
	world_window(&world, &idle, &key, 1);
	opened_toggle_all(&world.opened);
	assert_string_equal(lines_of(&world, view, true), "idle [7]");
	assert_string_equal(lines_of(&world, BY_RANK, true), "");
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),	    cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_lines),	    cmocka_unit_test(test_order),
		cmocka_unit_test(test_filter),	    cmocka_unit_test(test_gone),
		cmocka_unit_test(test_trend),	    cmocka_unit_test(test_memory),
		cmocka_unit_test(test_copy),	    cmocka_unit_test(test_pids),
		cmocka_unit_test(test_told_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
