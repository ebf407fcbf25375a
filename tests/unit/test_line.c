// SPDX-License-Identifier: GPL-2.0
#include "service_world.h"

#include <locale.h>

#include "report/line.h"

static const struct view by_rank = {.by = TABLE_BY_SERVICE, .sort = COLUMN_RANK};

static size_t open_all(struct world *world)
{
	world_fill(world);
	opened_toggle_all(&world->opened);
	return service_lines(&world->services, &world->table, &by_rank, &world->opened, world->scratch,
			     world->lines);
}

static const char *text_of(const struct line *line, unsigned int columns, bool utf8)
{
	static char text[TOP_LINE_LEN];
	struct layout layout = columns_fit(TABLE_BY_SERVICE, columns, COLUMN_USER_PCT);

	line_text(line, &layout, 1, utf8, text);
	return text;
}

/* Below its service a process has no rank and no number; what ended has neither a user nor memory. */
static void test_texts(void **state)
{
	static const char *const lines[] = {
		"   1 - nginx.service        www-data       2   60.0   60.0          #     -    -",
		"     | 100 nginx            www-data           40.0   40.0          #     -    -",
		"     ` 101 nginx            root               20.0   20.0          +     -    -",
		"   2 - build.scope          root         1+3   51.0   51.0          #     -    -",
		"     | 203 make             root                2.0    2.0          .     -    -",
		"     ` 3 ended: cc1, as                        49.0   49.0          #",
		"   3 - bash                 alice          1   10.0   10.0          :     -    -",
		"     ` 300 bash             -                  10.0   10.0          :     -    -",
	};
	struct world world = {0};

	(void)state;
	assert_int_equal(open_all(&world), ARRAY_SIZE(lines));
	world_service(&world, WEB)->users_differ = false;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_string_equal(text_of(&world.lines[i], 80, false), lines[i]);
	assert_contains(text_of(&world.lines[0], 80, true), " ▾ nginx.service ");
	assert_contains(text_of(&world.lines[1], 80, true), " ├ 100 nginx ");
	assert_contains(text_of(&world.lines[2], 80, true), " └ 101 nginx ");
	world.lines[0].branch = BRANCH_CLOSED;
	assert_contains(text_of(&world.lines[0], 80, true), " ▸ nginx.service ");
	assert_contains(text_of(&world.lines[0], 80, false), " + nginx.service ");
	world.lines[0].branch = BRANCH_NONE;
	assert_contains(text_of(&world.lines[0], 80, false), "   1 nginx.service ");
	world_clear(&world);
}

static void test_numbers(void **state)
{
	static const struct {
		size_t n, n_ended;
		const char *text;
	} cases[] = {{1, 0, "      1 "},       {10000, 0, "  10000 "},	   {999, 999, "  0+999 "},
		     {1100, 1000, " 100+1k "}, {99999, 99900, " 99+99k "}, {500000, 123456, "+ 376544+ "}};
	struct world world = {0};

	(void)state;
	open_all(&world);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		world.lines[0].service->n = cases[i].n;
		world.lines[0].service->n_ended = cases[i].n_ended;
		assert_contains(text_of(&world.lines[0], 80, false), cases[i].text);
	}
	world_clear(&world);
}

static void test_users(void **state)
{
	struct world world = {0};

	(void)state;
	open_all(&world);
	assert_contains(text_of(&world.lines[0], 80, false), " www-dat+ "); /* and others */
	strcpy(world.lines[0].service->sum.facts.whose.user, "web");
	assert_contains(text_of(&world.lines[0], 80, false), " web+ ");
	world.lines[0].service->users_differ = false;
	assert_contains(text_of(&world.lines[0], 80, false), " web  ");
	world_clear(&world);
}

/* Of a cgroup that tells, the huge share is that of both kinds. */
static void test_memory(void **state)
{
	struct world world = {0};

	(void)state;
	open_all(&world);
	tell_memory(world.lines[0].service, 1 << 20, 3 << 20, 2 << 20);
	assert_contains(text_of(&world.lines[0], 100, false), " 1.0M  3.0M  50%");
	world.lines[1].row->facts.anon_known = world.lines[1].row->facts.shared_known = true;
	world.lines[1].row->facts.huge_known = true;
	world.lines[1].row->facts.anon_bytes = world.lines[1].row->facts.shared_bytes = 8 << 20;
	world.lines[1].row->facts.huge_bytes = 2 << 20;
	assert_contains(text_of(&world.lines[1], 100, false), " 8.0M  8.0M  25%");
	world_clear(&world);
}

/* Every cell is as wide as its column, whatever stands in it; a terminal must not obey what others chose. */
static void test_cells_are_exact(void **state)
{
	struct world world = {0};
	char cell[TOP_CELL_LEN];
	size_t n;

	(void)state;
	n = open_all(&world);
	memset(world.lines[0].service->sum.facts.whose.service.name, '\x1b', SERVICE_NAME_LEN - 1);
	memset(world.lines[1].row->ranked.comm, '\n', COMM_LEN - 1);
	memset(world_service(&world, BUILD)->ended_names, '\x9b', ENDED_NAMES_LEN - 1);
	for (size_t at = 0; at < n; at++) {
		for (unsigned int columns = 1; columns <= 300; columns++) {
			struct layout layout = columns_fit(TABLE_BY_SERVICE, columns, COLUMN_USER_PCT);

			for (size_t i = 0; i < layout.n; i++) {
				line_cell(&world.lines[at], layout.at[i], 1, false, cell);
				assert_int_equal(strlen(cell), layout.at[i].width);
				for (const char *c = cell; *c; c++)
					assert_in_range((unsigned char)*c, ' ', '~');
			}
		}
	}
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_users),		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_cells_are_exact),
	};

	return setlocale(LC_CTYPE, "C.UTF-8") ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
