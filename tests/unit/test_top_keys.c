// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <ncurses.h>

#include "cmd/top_keys.h"

#define ESC  27
#define ROWS 50
#define PAGE 20

static struct top_ui fresh(void)
{
	return (struct top_ui){
		.by = TABLE_BY_PROCESS, .sort = COLUMN_USER_PCT, .usual_sort = COLUMN_USER_PCT, .delay_s = 2};
}

static struct top_ui services(void)
{
	struct top_ui ui = fresh();

	ui.by = TABLE_BY_SERVICE;
	return ui;
}

static enum top_effect press(struct top_ui *ui, int key)
{
	return top_key(ui, key, ROWS, PAGE);
}

static void type(struct top_ui *ui, const char *text)
{
	for (; *text; text++)
		press(ui, (unsigned char)*text);
}

static void test_sort(void **state)
{
	static const struct {
		int key;
		enum column sort;
	} cases[] = {{'c', COLUMN_CPU},	 {'u', COLUMN_USER_PCT}, {'s', COLUMN_SYSTEM_PCT},
		     {'m', COLUMN_ANON}, {'t', COLUMN_THREADS},	 {'p', COLUMN_PID},
		     {'P', COLUMN_CPU},	 {'M', COLUMN_ANON},	 {'N', COLUMN_PID}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct top_ui ui = fresh();

		ui.scroll = 9;
		press(&ui, 'r');
		assert_true(ui.reverse);
		ui.scroll = 9;
		press(&ui, cases[i].key);
		assert_int_equal(ui.sort, cases[i].sort);
		assert_false(ui.reverse);
		assert_int_equal(ui.scroll, 0);
	}
}

static void test_scroll(void **state)
{
	static const struct {
		int key;
		size_t scroll;
	} steps[] = {{KEY_UP, 0},     {KEY_DOWN, 1},   {KEY_DOWN, 2},  {KEY_UP, 1},
		     {KEY_NPAGE, 20}, {KEY_NPAGE, 30}, {KEY_DOWN, 30}, {KEY_PPAGE, 11},
		     {KEY_PPAGE, 0},  {KEY_END, 30},   {KEY_HOME, 0}};
	struct top_ui ui = fresh();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		press(&ui, steps[i].key);
		assert_int_equal(ui.scroll, steps[i].scroll);
	}
	top_key(&ui, KEY_END, 5, PAGE); /* fewer rows than lines */
	assert_int_equal(ui.scroll, 0);
	top_key(&ui, KEY_NPAGE, 5, 0); /* no line at all */
	top_key(&ui, KEY_END, 0, 0);
	assert_int_equal(ui.scroll, 0);
	ui.scroll = 40;
	top_clamp_scroll(&ui, 30, 20);
	assert_int_equal(ui.scroll, 10);
}

/* Of services one line is selected, by the first key on; the table follows it. */
static void test_select(void **state)
{
	static const struct {
		int key;
		size_t selected, scroll;
	} steps[] = {{KEY_DOWN, 3, 3},	  {KEY_DOWN, 4, 3},    {KEY_UP, 3, 3},	  {KEY_UP, 2, 2},
		     {KEY_NPAGE, 21, 2},  {KEY_DOWN, 22, 3},   {KEY_END, 49, 30}, {KEY_DOWN, 49, 30},
		     {KEY_PPAGE, 30, 30}, {KEY_PPAGE, 11, 11}, {KEY_HOME, 0, 0},  {KEY_UP, 0, 0}};
	struct top_ui ui = services();

	(void)state;
	ui.scroll = 3;
	assert_false(ui.any);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		assert_int_equal(press(&ui, steps[i].key), EFFECT_NONE);
		assert_true(ui.any);
		assert_int_equal(ui.selected, steps[i].selected);
		assert_int_equal(ui.scroll, steps[i].scroll);
	}
	press(&ui, ESC);
	assert_false(ui.any);
	top_key(&ui, KEY_DOWN, 0, PAGE); /* there is no line */
	assert_false(ui.any);
	top_key(&ui, KEY_DOWN, 5, 0); /* no room for any */
	assert_true(ui.any);
	ui.selected = 40;
	top_clamp_scroll(&ui, 30, PAGE); /* lines went */
	assert_int_equal(ui.selected, 29);
	assert_int_equal(ui.scroll, 10);
}

static void test_open(void **state)
{
	static const int keys[] = {'\n', '\r', KEY_ENTER};
	struct top_ui ui = services();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		ui.any = false;
		ui.scroll = 7;
		assert_int_equal(press(&ui, keys[i]), EFFECT_OPEN);
		assert_true(ui.any); /* the first on the screen */
		assert_int_equal(ui.selected, 7);
	}
	press(&ui, KEY_DOWN);
	assert_int_equal(press(&ui, '\n'), EFFECT_OPEN);
	assert_int_equal(ui.selected, 8);
	assert_int_equal(press(&ui, 't'), EFFECT_OPEN_ALL);
	assert_int_equal(top_key(&ui, '\n', 0, PAGE), EFFECT_NONE);
	ui = fresh(); /* of processes nothing opens */
	assert_int_equal(press(&ui, '\n'), EFFECT_NONE);
	assert_false(ui.any);
}

/* A key for a column that the other table has alone does nothing; its order gives way to the usual one. */
static void test_switch(void **state)
{
	struct top_ui ui = services();

	(void)state;
	press(&ui, 'p');
	assert_int_equal(ui.sort, COLUMN_USER_PCT);
	press(&ui, 'n');
	assert_int_equal(ui.sort, COLUMN_PROCESSES);
	press(&ui, 'r');
	press(&ui, KEY_DOWN);
	press(&ui, 'v');
	assert_int_equal(ui.by, TABLE_BY_PROCESS);
	assert_int_equal(ui.sort, COLUMN_USER_PCT);
	assert_false(ui.reverse);
	assert_false(ui.any);
	press(&ui, 'n');
	assert_int_equal(ui.sort, COLUMN_USER_PCT);
	press(&ui, 't');
	assert_int_equal(ui.sort, COLUMN_THREADS);
	press(&ui, 'm');
	press(&ui, 'r');
	press(&ui, 'v');
	assert_int_equal(ui.by, TABLE_BY_SERVICE);
	assert_int_equal(ui.sort, COLUMN_ANON); /* both have it */
	assert_true(ui.reverse);
}

static void test_filter(void **state)
{
	struct top_ui ui = fresh();

	(void)state;
	ui.scroll = 7;
	press(&ui, '/');
	assert_int_equal(ui.prompt, PROMPT_FILTER);
	type(&ui, "qc1"); /* none of them is a command now */
	assert_string_equal(ui.filter, "qc1");
	assert_int_equal(ui.scroll, 0);
	assert_false(ui.quit);
	press(&ui, KEY_BACKSPACE);
	type(&ui, "ö");
	assert_string_equal(ui.filter, "qcö");
	press(&ui, 127); /* the whole character goes */
	assert_string_equal(ui.filter, "qc");
	press(&ui, '\n');
	assert_int_equal(ui.prompt, PROMPT_NONE);
	assert_string_equal(ui.filter, "qc");
	press(&ui, '/'); /* what there is can be changed */
	assert_string_equal(ui.input, "qc");
	press(&ui, ESC);
	assert_string_equal(ui.filter, "");
	assert_int_equal(ui.prompt, PROMPT_NONE);
	type(&ui, "/x\r");
	press(&ui, ESC);
	assert_string_equal(ui.filter, "");
}

static void test_long_input(void **state)
{
	struct top_ui ui = fresh();

	(void)state;
	press(&ui, '/');
	for (int i = 0; i < 100; i++)
		press(&ui, 'a');
	press(&ui, KEY_RIGHT);
	press(&ui, 1);
	assert_int_equal(strlen(ui.filter), TOP_INPUT_LEN - 1);
	for (int i = 0; i < 100; i++)
		press(&ui, 8);
	assert_string_equal(ui.filter, "");
}

static void test_delay(void **state)
{
	static const struct {
		const char *typed;
		double delay_s;
		enum top_effect effect;
	} cases[] = {{"0.5", 0.5, EFFECT_DELAY}, {"3600", 3600, EFFECT_DELAY}, {"", 2, EFFECT_NONE},
		     {"0", 2, EFFECT_NONE},	 {"0.01", 2, EFFECT_NONE},     {"4000", 2, EFFECT_NONE},
		     {"1.2.3", 2, EFFECT_NONE},	 {".", 2, EFFECT_NONE},	       {"x7", 7, EFFECT_DELAY}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct top_ui ui = fresh();

		press(&ui, 'd');
		assert_int_equal(ui.prompt, PROMPT_DELAY);
		type(&ui, cases[i].typed);
		assert_int_equal(press(&ui, '\n'), cases[i].effect);
		assert_near(ui.delay_s, cases[i].delay_s);
		assert_string_equal(ui.filter, "");
	}
}

static void test_delay_steps(void **state)
{
	struct top_ui ui = fresh();

	(void)state;
	assert_int_equal(press(&ui, '+'), EFFECT_DELAY);
	assert_near(ui.delay_s, 3);
	press(&ui, '-');
	press(&ui, '-');
	assert_near(ui.delay_s, 1);
	ui.delay_s = 4;
	press(&ui, '-');
	assert_near(ui.delay_s, 3);
	for (int i = 0; i < 20; i++)
		press(&ui, '-');
	assert_near(ui.delay_s, TOP_MIN_DELAY_S);
	for (int i = 0; i < 20; i++)
		press(&ui, '=');
	assert_near(ui.delay_s, 60);
	ui.delay_s = 100; /* there is no longer step */
	press(&ui, '+');
	assert_near(ui.delay_s, 100);
}

static void test_others(void **state)
{
	struct top_ui ui = fresh();

	(void)state;
	press(&ui, ' ');
	assert_true(ui.paused);
	press(&ui, ' ');
	assert_false(ui.paused);
	press(&ui, '?');
	assert_true(ui.help);
	press(&ui, KEY_RESIZE); /* not pressed by anybody */
	assert_true(ui.help);
	press(&ui, 'q'); /* closes the help, and only that */
	assert_false(ui.help);
	assert_false(ui.quit);
	assert_int_equal(press(&ui, 12), EFFECT_REDRAW);
	assert_int_equal(press(&ui, 'z'), EFFECT_NONE);
	press(&ui, 'q');
	assert_true(ui.quit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),   cmocka_unit_test(test_scroll),
		cmocka_unit_test(test_filter), cmocka_unit_test(test_long_input),
		cmocka_unit_test(test_delay),  cmocka_unit_test(test_delay_steps),
		cmocka_unit_test(test_others), cmocka_unit_test(test_select),
		cmocka_unit_test(test_open),   cmocka_unit_test(test_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
