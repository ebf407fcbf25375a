// SPDX-License-Identifier: GPL-2.0
/* Each kind of option: what it takes, what it says otherwise, and that what is printed is read as the same. */
#include "cm.h"

#include <stdlib.h>

#include "config/option.h"

static struct run_options values;
static char wrong[OPTION_WRONG_LEN];

static int set_up(void **state)
{
	(void)state;
	run_options_init(&values);
	return 0;
}

static bool set(const char *name, const char *text)
{
	const struct run_option *option = option_find(name);

	assert_non_null(option);
	return option_set(option, &values, text, wrong);
}

static void assert_same(const struct run_options *a, const struct run_options *b)
{
	assert_int_equal(a->rules.n, b->rules.n);
	for (size_t i = 0; i < n_run_table; i++)
		if (run_table[i].name && !option_is_same(&run_table[i], a, b))
			fail_msg("%s is another one", run_table[i].name);
}

static void assert_wrong(const char *name, const char *text, const char *want)
{
	struct run_options before = values;

	if (set(name, text))
		fail_msg("%s takes '%s'", name, text);
	assert_string_equal(wrong, want);
	assert_same(&values, &before);
}

static void assert_printed(const char *name, const char *want)
{
	char text[64];

	option_print(option_find(name), &values, text, sizeof(text));
	assert_string_equal(text, want);
}

static void test_taken(void **state)
{
	(void)state;
	assert_true(set("top", "256"));
	assert_int_equal(values.top, 256);
	assert_true(set("min-mem", "3"));
	assert_true(values.min_mem_bytes == 3ULL << 20);
	assert_true(set("min-anon", "4"));
	assert_true(values.min_mem_bytes == 4ULL << 20);
	assert_true(set("min-populated-pct", "90"));
	assert_int_equal(values.room.max_growth_pct, 10);
	assert_true(set("interval", "0.5"));
	assert_near(values.interval_s, 0.5);
	assert_true(set("rank", "cpu"));
	assert_int_equal(values.rank_by, RANK_BY_CPU);
	assert_true(set("executor", "none"));
	assert_true(set("descent", "progressive"));
	assert_true(values.progressive);
	assert_int_equal(run_executor(&values), EXECUTOR_NONE);
	assert_true(set("dry-run", "yes"));
	assert_int_equal(run_executor(&values), EXECUTOR_DRY_RUN);
	assert_true(set("dry-run", "no"));
	assert_int_equal(run_executor(&values), EXECUTOR_NONE);
	assert_true(set("state-dir", "/x/y"));
	assert_string_equal(values.state_dir, "/x/y");
	assert_true(set("max-huge-mib", "0"));
	assert_true(set("max-huge-mib", "2"));
	assert_true(values.max_huge_bytes == 2ULL << 20);
	assert_true(set("max-growth-mib", "0"));
	assert_true(values.room.max_growth_bytes == 0);
}

static void test_pids_add_up(void **state)
{
	(void)state;
	assert_true(set("pid", "7"));
	assert_true(set("pids", "8,7,9"));
	assert_int_equal(values.n_pids, 3);
	assert_int_equal(values.pids[2], 9);
	assert_printed("pid", "7,8,9");
}

static void test_rules_add_up(void **state)
{
	(void)state;
	assert_true(set("only", "comm=a"));
	assert_true(set("exclude", "unit=b"));
	assert_int_equal(values.rules.n, 2);
	assert_int_equal(values.rules.rules[0].effect, RULE_IS_ONLY);
	assert_int_equal(values.rules.rules[1].effect, RULE_EXCLUDES);
	while (values.rules.n < RULES_MAX)
		assert_true(set("exclude", "unit=b"));
	assert_wrong("only", "comm=c", "wants no more than 64 rules in all, not 'comm=c'");
}

static void test_wrong(void **state)
{
	static const struct {
		const char *name, *text, *wrong;
	} cases[] = {
		{"top", "0", "wants a whole number from 1 to 256, not '0'"},
		{"top", "", "wants a whole number from 1 to 256, not ''"},
		{"top", "a\x1b[2J\xff", "wants a whole number from 1 to 256, not 'a?[2J?'"},
		{"interval", "0.01", "wants a number from 0.1 to 3600, not '0.01'"},
		{"rank", "User", "wants user or cpu, not 'User'"},
		{"executor", "x", "wants auto, madvise, damos or none, not 'x'"},
		{"dry-run", "1", "wants yes or no, not '1'"},
		{"state-dir", "x", "wants an absolute path, not 'x'"},
		{"metrics-file", "/x.txt", "wants an absolute path that ends with .prom, not '/x.txt'"},
		{"max-huge-mib", "1", "wants 0 or a whole number from 2 to 17592186044415, not '1'"},
		{"quota-bytes", "1",
		 "wants 0 or a whole number from 2097152 to 9223372036854775807, not '1'"},
		{"pid", "1,,2", "wants PID[,PID...], not '1,,2'"},
		{"pid", "1,", "wants PID[,PID...], not '1,'"},
		{"pid", "1,00000000000000000000002", "wants PID[,PID...], not '1,00000000000000000000002'"},
		{"pid", "4194305", "wants PID[,PID...], not '4194305'"},
		{"only", "x", "wants KIND=GLOB, with a KIND of unit, cgroup, comm, exe or user, not 'x'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_wrong(cases[i].name, cases[i].text, cases[i].wrong);
}

/* However long a value is, the message ends, and says what was wanted. */
static void test_long_value(void **state)
{
	char text[2000], path[RUN_TEXT_LEN + 1];

	(void)state;
	memset(text, '7', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(set("top", text));
	assert_contains(wrong, "wants a whole number from 1 to 256, not '777");
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_false(set("state-dir", path));
	assert_contains(wrong, "wants at most 255 bytes");
	path[sizeof(path) - 2] = '\0';
	assert_true(set("state-dir", path));
}

/* What stands for "nobody said" cannot be written, and is not printed. */
static void test_unset(void **state)
{
	(void)state;
	assert_printed("max-regions", "");
	assert_printed("max-processes", "");
	assert_printed("miss-ns", "");
	assert_printed("max-growth-mib", "");
	assert_true(set("max-growth-mib", "0"));
	assert_printed("max-growth-mib", "0");
	assert_true(set("miss-ns", "1.1"));
	assert_printed("miss-ns", "1.1");
}

static void test_printed_is_read(void **state)
{
	(void)state;
	assert_true(set("interval", "0.30000000000000004") && set("trial", "1000000") &&
		    set("min-mem", "17"));
	for (size_t i = 0; i < n_run_table; i++) {
		const struct run_option *option = &run_table[i];
		struct run_options again;
		char text[RUN_TEXT_LEN];

		if (!option->name || option->alias_of || option->kind == OPTION_RULE)
			continue;
		option_print(option, &values, text, sizeof(text));
		run_options_init(&again);
		if (*text)
			assert_true(option_set(option, &again, text, wrong));
		assert_true(option_is_same(option, &again, &values));
	}
}

/* A row that is copied is as it was there, and no other is touched. */
static void test_copied(void **state)
{
	struct run_options other;

	(void)state;
	run_options_init(&other);
	assert_true(set("top", "9") && set("pid", "5") && set("state-dir", "/o") && set("interval", "9"));
	assert_false(option_is_same(option_find("pid"), &other, &values));
	option_copy(option_find("pid"), &other, &values);
	option_copy(option_find("state-dir"), &other, &values);
	assert_true(option_is_same(option_find("pid"), &other, &values));
	assert_true(option_is_same(option_find("state-dir"), &other, &values));
	assert_int_equal(other.top, 3);
	assert_int_equal(other.n_pids, 1);
}

/* Each name once, and each field and alias as its kind wants it. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_run_table; i++) {
		const struct run_option *option = &run_table[i];

		if (!option->name) {
			assert_int_equal(option->kind, OPTION_HEADING);
			assert_non_null(option->help);
			continue;
		}
		assert_ptr_equal(option_find(option->name), option);
		assert_non_null(option_itself(option));
		assert_null(option_itself(option)->alias_of);
		assert_true(option->offset + option->size <= sizeof(struct run_options));
		if (option->kind == OPTION_NUMBER)
			assert_true(option->unit && (option->size == 4 || option->size == 8));
		if (option->kind == OPTION_WORD)
			assert_true(option->words && (option->size == 4 || option->size == 1));
	}
}

static void test_nearest(void **state)
{
	(void)state;
	assert_string_equal(option_nearest("topp"), "top");
	assert_string_equal(option_nearest("min_cpu"), "min-cpu");
	assert_string_equal(option_nearest("stall-budget"), "stall-budget-us");
	assert_null(option_nearest("colour"));
	assert_null(option_nearest(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_taken, set_up),
		cmocka_unit_test_setup(test_pids_add_up, set_up),
		cmocka_unit_test_setup(test_rules_add_up, set_up),
		cmocka_unit_test_setup(test_wrong, set_up),
		cmocka_unit_test_setup(test_long_value, set_up),
		cmocka_unit_test_setup(test_unset, set_up),
		cmocka_unit_test_setup(test_printed_is_read, set_up),
		cmocka_unit_test_setup(test_copied, set_up),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
