// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <locale.h>

#include "map_world.h"
#include "report/map.h"

static const struct map_look plain = {.width = 80, .colours = {"", "", "", "", "", "", "", ""}, .plain = ""};

static char *picture(const struct map *map, const struct map_look *look)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(map_print(map, look, file), 0);
	fclose(file);
	return text;
}

static void test_characters(void **state)
{
	struct map_world world;
	char *text;

	(void)state;
	map_world_make(&world);
	text = picture(&world.map, &plain);
	assert_string_equal(
		text, "redis-server (135) of redis.service\n"
		      "56 MiB in slots with memory, 20 of them huge\n"
		      "30 MiB pay for huge pages, by 67 accesses a second to 2 MiB and more; 10 of them "
		      "are huge (heat as of 2 s ago)\n"
		      "\n"
		      "anonymous [heap]: 48 MiB with memory, 16 of them huge\n"
		      "  55d000000000  oABCDEFG.0123456>x-sg                ...\n"
		      "\n"
		      "shared memory /dev/shm/a<b>&?[2J: 8 MiB with memory, 4 of them huge\n"
		      "  7f0000200000  oo..\n"
		      "\n"
		      "a cell: 2 MiB\n"
		      ". in small pages   o huge\n"
		      "0 1 2 ... 6 in small pages, and accessed 1, 10, 100 ... 1M times a second "
		      "and more; A B C ... G the "
		      "same, and huge\n"
		      "> to be collapsed next\n"
		      "x refused by the kernel, tried again later\n"
		      "- pays, and too little of it is there\n"
		      "s shared with other processes\n"
		      "g pays, and there is no room for it to grow\n");
	free(text);
}

/* The height is what is there, and each colour is turned on where it begins. */
static void test_blocks(void **state)
{
	struct map_look look = {.width = 80,
				.blocks = true,
				.colours = {"0", "1", "2", "3", "4", "5", "6", "7"},
				.plain = "!"};
	struct map_world world;
	char *text;

	(void)state;
	map_world_make(&world);
	text = picture(&world.map, &look);
	assert_contains(text,
			"  55d000000000  0█1█2█3█4█5█6█7█0▄1▄2▄3▄4▄5▄6▄7▄3>x-sg                0▁▂▃!\n");
	assert_contains(
		text,
		"\nheat:  0█! not accessed  1█! <10  2█! <100  3█! <1k  4█! <10k  5█! <100k  6█! <1M  7█! "
		"1M and more a second\n");
	free(text);
}

/* Without a daemon: what is there, and what is shared by the page tables. */
static void test_no_heat(void **state)
{
	struct map_world world;
	char *text;

	(void)state;
	map_world_make(&world);
	for (unsigned int i = 0; i < HEAP_SLOTS; i++) {
		world.slots[i].rate_per_s = 0;
		world.slots[i].mark = MAP_PLAIN;
	}
	world.slots[10].shared = 300;
	world.map.heat_known = false;
	world.map.left_out = 4;
	text = picture(&world.map, &plain);
	assert_contains(text, "\n56 MiB in slots with memory (8 more were not looked at), 20 of them huge\n"
			      "how hot it is is "
			      "not known, as no daemon watches it\n");
	assert_contains(text, "  55d000000000  oooooooo..s..........                ...\n");
	assert_null(strstr(text, "0 1 2"));
	assert_null(strstr(text, "refused"));
	free(text);
}

/* What found no room in the daemon's file is no cold memory: it is not known. */
static void test_untold(void **state)
{
	struct map_world world;
	char *text;

	(void)state;
	map_world_make(&world);
	world.map.untold = 5;
	text = picture(&world.map, &plain);
	assert_contains(text,
			"10 of them are huge (heat as of 2 s ago; of 10 MiB that are accessed less it is "
			"not told)\n");
	free(text);
}

static void test_levels(void **state)
{
	static const double rates[] = {0, 0.5, 10, 100, 1e3, 1e4, 1e5, 1e6};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++)
		assert_int_equal(map_level(rates[i]), i);
	assert_int_equal(map_level(9.9), 1);
	assert_int_equal(map_level(1e30), 7);
	assert_int_equal(map_level(-1), 0);
}

/* A process that has nothing, and a terminal that has no room. */
static void test_least(void **state)
{
	struct map_look narrow = plain;
	struct map_world world;
	struct map empty = {.name = "sh (1)"};
	char *text = picture(&empty, &plain);

	(void)state;
	assert_contains(text, "sh (1)\n0 MiB in slots with memory, 0 of them huge\nhow hot");
	free(text);
	map_world_make(&world);
	narrow.width = 1;
	text = picture(&world.map, &narrow);
	assert_contains(text, "  55d000000000  oABCDEFG\n  55d001000000  .0123456\n  55d002000000  >x-sg\n"
			      "                (26M without memory)\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters), cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_no_heat),	   cmocka_unit_test(test_levels),
		cmocka_unit_test(test_least),	   cmocka_unit_test(test_untold),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
