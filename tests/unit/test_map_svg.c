// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <locale.h>

#include "base/array.h"
#include "map_world.h"
#include "report/map.h"

static unsigned int reserves_left = ~0U; /* until memory runs out */

/* In the place of base/array.c. */
int array_reserve(void *items, size_t *room, size_t n, size_t item_bytes)
{
	void *grown;

	if (!reserves_left--)
		return -ENOMEM;
	if (n <= *room)
		return 0;
	grown = realloc(*(void **)items, 2 * n * item_bytes);
	assert_non_null(grown);
	*(void **)items = grown;
	*room = 2 * n;
	return 0;
}

static char *svg(const struct map *map)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(map_print_svg(map, file), 0);
	fclose(file);
	return text;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

static void test_squares(void **state)
{
	struct map_world world;
	char *text;

	(void)state;
	map_world_make(&world);
	text = svg(&world.map);
	assert_int_equal(count(text, "<svg "), 1);
	assert_int_equal(count(text, "</svg>\n"), 1);
	/* The page, the slots, and the legend of 3 kinds, 8 heats and 5 marks. */
	assert_int_equal(count(text, "<rect "), 1 + HEAP_SLOTS + SHMEM_SLOTS + 3 + 8 + 5);
	assert_int_equal(count(text, "class=\"next\""), 2);
	assert_int_equal(count(text, "class=\"waits\""), 2);
	assert_int_equal(count(text, "class=\"shared\""), 2);
	assert_int_equal(count(text, "class=\"sparse\""), 2);
	assert_int_equal(count(text, "class=\"room\""), 2);
	/* The first slot of the heap: huge, and cold; the first that is hot and small is smaller. */
	assert_contains(text, "<rect x=\"130\" y=\"118\" width=\"11\" height=\"11\" fill=\"#565a6e\"/>\n"
			      "<rect x=\"142\" y=\"118\" width=\"11\" height=\"11\" fill=\"#4b2a8c\"/>\n");
	assert_contains(text, "<rect x=\"240\" y=\"120\" width=\"7\" height=\"7\" fill=\"#4b2a8c\"/>\n");
	free(text);
}

/* Names are text and nothing else, whatever stands in them. */
static void test_hostile(void **state)
{
	struct map_world world;
	char *text;

	(void)state;
	map_world_make(&world);
	world.map.name = "</text><script>alert(1)</script>\n]]>";
	text = svg(&world.map);
	assert_null(strstr(text, "<script"));
	assert_contains(text, ">&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;?]]&gt;</text>");
	assert_contains(text, "shared memory /dev/shm/a&lt;b&gt;&amp;?[2J: ");
	free(text);
}

/* Wherever memory runs out, nothing is drawn, and nothing stays behind: the sanitizer looks. */
static void test_no_memory(void **state)
{
	struct map_world world;
	FILE *file = tmpfile();
	int err = -ENOMEM;

	(void)state;
	assert_non_null(file);
	map_world_make(&world);
	for (unsigned int i = 0; err; i++) {
		reserves_left = i;
		err = map_print_svg(&world.map, file);
		assert_true(!err || (err == -ENOMEM && !ftell(file)));
		assert_true(i < 100);
	}
	reserves_left = ~0U;
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_squares),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_no_memory),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
