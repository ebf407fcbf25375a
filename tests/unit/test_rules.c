// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <locale.h>

#include "decide/process.h"
#include "decide/rules.h"

#define KINDS "KIND=GLOB, with a KIND of unit, cgroup, comm, exe or user"

/* "+KIND=GLOB" is --only, "-KIND=GLOB" --exclude. */
static struct rules make_rules(const char *const *texts)
{
	struct rules rules = {.n = 0};

	for (; *texts; texts++)
		assert_null(rule_parse(*texts + 1, **texts == '-', &rules.rules[rules.n++]));
	return rules;
}

static const struct rules_subject postgres = {
	.unit = "postgresql@16-main.service",
	.cgroup = "/system.slice/system-postgresql.slice/postgresql@16-main.service",
	.comm = "postgres",
	.exe = "/usr/lib/postgresql/16/bin/postgres",
	.user = "postgres",
	.uid = "105",
};

static void test_parse(void **state)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{"unit=a", NULL},
		{"cgroup=/", NULL},
		{"cgroup=/a*/",
		 "a path without a slash at its end behind cgroup=; what is below it is meant too"},
		{"cgroup=system.slice",
		 "a path that begins with a slash behind cgroup=, as /system.slice/nginx.service"},
		{"cgroup=nginx*",
		 "a path that begins with a slash behind cgroup=, as /system.slice/nginx.service"},
		{"cgroup=*nginx*", NULL},
		{"cgroup=[/]a", NULL},
		{"exe=bin/postgres", "a whole path, or the name of a file without a slash, behind exe="},
		{"exe=bin/*", "a whole path, or the name of a file without a slash, behind exe="},
		{"exe=*bin/postgres", NULL},
		{"exe=?usr/bin/x", NULL},
		{"comm=123456789012345", NULL},
		{"comm=1234567890123456",
		 "a name of at most 15 characters behind comm=, as the kernel keeps no more"},
		{"comm=123456789012345*", NULL},
		{"exe=a=b", NULL},
		{"user=*", NULL},
		{"user=", KINDS},
		{"=x", KINDS},
		{"", KINDS},
		{"comm", KINDS},
		{"com=x", KINDS},
		{"comms=x", KINDS},
		{"Unit=x", KINDS},
		{" unit=x", KINDS},
		{"pid=7", KINDS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule rule = {.text = "untouched"};
		const char *wrong = rule_parse(cases[i].text, true, &rule);

		if (!cases[i].wrong) {
			assert_null(wrong);
			assert_string_equal(rule.text, cases[i].text);
			assert_string_equal(rule.glob, strchr(cases[i].text, '=') + 1);
			assert_int_equal(rule.effect, RULE_EXCLUDES);
			continue;
		}
		assert_non_null(wrong);
		assert_string_equal(wrong, cases[i].wrong);
		assert_string_equal(rule.text, "untouched");
	}
}

/* What one rule matches. */
static void test_match(void **state)
{
	static const struct {
		const char *rule;
		bool matches;
	} cases[] = {
		{"-unit=postgresql@16-main.service", true},
		{"-unit=postgresql@16-main", true},
		{"-unit=postgresql@*", true},
		{"-unit=postgresql", false},
		{"-unit=*.scope", false},
		{"-cgroup=/system.slice", true},
		{"-cgroup=/system.slice/*", true},
		{"-cgroup=/system.slice/system-postgresql.slice", true},
		{"-cgroup=/system", false},
		{"-cgroup=/", true},
		{"-cgroup=/user.slice*", false},
		{"-comm=postgres", true},
		{"-comm=post*", true},
		{"-comm=post", false},
		{"-comm=postgre?", true},
		{"-comm=[a-p]ostgres", true},
		{"-comm=Postgres", false},
		{"-exe=postgres", true},
		{"-exe=/usr/lib/postgresql/*/postgres", true},
		{"-exe=/usr/*", true},
		{"-exe=*bin/postgres", true},
		{"-exe=usr", false},
		{"-user=postgres", true},
		{"-user=105", true},
		{"-user=root", false},
		{"-user=0", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *texts[] = {cases[i].rule, NULL};
		struct rules rules = make_rules(texts);
		struct rules_verdict verdict = rules_judge(&rules, &postgres);

		if (verdict.out != cases[i].matches)
			fail_msg("%s: %s", cases[i].rule, verdict.out ? "matches" : "does not match");
	}
}

/* Several rules, and the owner's word. */
static void test_judge(void **state)
{
	static const struct {
		const char *rules[4];
		enum owner_word word;
		bool out, preferred;
		const char *reason;
	} cases[] = {
		{{NULL}, OWNER_SILENT, false, false, ""},
		{{"-comm=java"}, OWNER_SILENT, false, false, ""},
		{{"-comm=postgres"}, OWNER_SILENT, true, false, "left out by --exclude comm=postgres"},
		{{"+comm=java"}, OWNER_SILENT, true, false, "left out: no --only matches it"},
		{{"+comm=java", "-user=root"}, OWNER_SILENT, true, false, "left out: no --only matches it"},
		{{"+user=postgres"}, OWNER_SILENT, false, false, "let in by --only user=postgres"},
		/* the last match */
		{{"-user=*", "+comm=post*"}, OWNER_SILENT, false, false, "let in by --only comm=post*"},
		{{"+comm=post*", "-user=*"}, OWNER_SILENT, true, false, "left out by --exclude user=*"},
		{{"+comm=post*", "-user=*", "+unit=x"},
		 OWNER_SILENT,
		 true,
		 false,
		 "left out by --exclude user=*"},
		/* the owner, where no rule matches */
		{{NULL},
		 OWNER_OMIT,
		 true,
		 false,
		 "left out by its owner: `omit` in user.hotdamon of its cgroup or one above"},
		{{NULL},
		 OWNER_WATCH,
		 false,
		 false,
		 "let in by its owner: `watch` in user.hotdamon of its cgroup or one above"},
		{{NULL},
		 OWNER_PREFER,
		 false,
		 true,
		 "let in by its owner: `prefer` in user.hotdamon of its cgroup or one above"},
		{{"+comm=java"},
		 OWNER_WATCH,
		 false,
		 false,
		 "let in by its owner: `watch` in user.hotdamon of its cgroup or one above"},
		{{"+comm=java"},
		 OWNER_PREFER,
		 false,
		 true,
		 "let in by its owner: `prefer` in user.hotdamon of its cgroup or one above"},
		{{"+comm=java"},
		 OWNER_OMIT,
		 true,
		 false,
		 "left out by its owner: `omit` in user.hotdamon of its cgroup or one above"},
		/* the operator, where one does */
		{{"-comm=postgres"}, OWNER_WATCH, true, false, "left out by --exclude comm=postgres"},
		{{"-comm=postgres"}, OWNER_PREFER, true, false, "left out by --exclude comm=postgres"},
		{{"+comm=postgres"}, OWNER_OMIT, false, false, "let in by --only comm=postgres"},
		{{"+comm=postgres"},
		 OWNER_PREFER,
		 false,
		 true,
		 "let in by --only comm=postgres, and preferred by its owner"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rules rules = make_rules(cases[i].rules);
		struct rules_subject subject = postgres;
		struct rules_verdict verdict;
		char reason[REASON_LEN];

		subject.word = cases[i].word;
		verdict = rules_judge(&rules, &subject);
		rules_explain(&verdict, reason);
		assert_string_equal(reason, cases[i].reason);
		assert_int_equal(verdict.out, cases[i].out);
		assert_int_equal(verdict.preferred, cases[i].preferred);
	}
}

/* What is not known is matched by nothing, and a long path to its end or to what there is room for. */
static void test_unknown_and_long(void **state)
{
	static const char *const all[] = {"-unit=*", "-cgroup=*", "-exe=*", "-user=*", NULL};
	static const char *const long_ones[] = {"-cgroup=/aaaaaaaaa*/b/*", NULL};
	static const char *const top[] = {"-cgroup=/aaaaaaaaaa", NULL};
	struct rules rules = make_rules(all), by_glob = make_rules(long_ones), by_top = make_rules(top);
	struct rules_subject nobody = {.comm = "x", .unit = "", .cgroup = ""}, deep = {.comm = "x"};
	char path[4000] = "";

	(void)state;
	assert_false(rules_judge(&rules, &nobody).out);
	for (size_t len = 0; len + 20 < sizeof(path); len += strlen(path + len))
		strcpy(path + len, len % 3 ? "/b" : "/aaaaaaaaaa");
	deep.cgroup = path;
	assert_true(rules_judge(&by_glob, &deep).out);
	assert_true(rules_judge(&by_top, &deep).out);
}

/* What a process asked for itself counts where nobody else said anything. */
static void test_advised(void **state)
{
	static const char *const only[] = {"+comm=post*", NULL}, *const other[] = {"+comm=x", NULL};
	struct rules none = {.n = 0}, let_in = make_rules(only), left_out = make_rules(other);
	struct rules_subject watched = postgres;
	struct rules_verdict verdict = rules_judge(&none, &postgres);
	char reason[REASON_LEN];

	(void)state;
	assert_true(rules_are_silent(&verdict));
	rules_take_advised(&verdict);
	assert_true(verdict.out);
	assert_false(rules_are_silent(&verdict));
	rules_explain(&verdict, reason);
	assert_string_equal(
		reason, "left out: it wants huge pages only where it advises them "
			"(PR_THP_DISABLE_EXCEPT_ADVISED; systemd: MemoryTHP=madvise); an --only lets it in");
	watched.word = OWNER_WATCH;
	verdict = rules_judge(&none, &watched);
	assert_false(rules_are_silent(&verdict));
	verdict = rules_judge(&let_in, &postgres);
	assert_false(rules_are_silent(&verdict));
	verdict = rules_judge(&left_out, &postgres);
	assert_false(rules_are_silent(&verdict));
}

/* What could not be read leaves out where an --exclude asks for it, and lets nobody in. */
static void test_unread(void **state)
{
	static const struct {
		const char *rules[3];
		bool out;
		const char *reason;
	} cases[] = {
		{{"-exe=java"}, true, "left out by --exclude exe=java, as its exe could not be read"},
		{{"-comm=java", "-user=root"}, false, ""},
		{{"+exe=postgres"}, true, "left out: no --only matches it"},
		{{"-exe=java", "+comm=postgres"}, false, "let in by --only comm=postgres"},
		{{"+comm=postgres", "-exe=java"},
		 true,
		 "left out by --exclude exe=java, as its exe could not be read"},
	};
	struct rules_subject subject = postgres;

	(void)state;
	subject.exe = NULL;
	subject.unread = 1U << RULE_EXE;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rules rules = make_rules(cases[i].rules);
		struct rules_verdict verdict = rules_judge(&rules, &subject);
		char reason[REASON_LEN];

		rules_explain(&verdict, reason);
		assert_string_equal(reason, cases[i].reason);
		assert_int_equal(verdict.out, cases[i].out);
	}
}

static void test_asks_for(void **state)
{
	static const char *const texts[] = {"-unit=a", "+exe=b", NULL};
	struct rules rules = make_rules(texts);

	(void)state;
	assert_true(rules_ask_for(&rules, RULE_UNIT));
	assert_true(rules_ask_for(&rules, RULE_EXE));
	assert_false(rules_ask_for(&rules, RULE_COMM));
	assert_false(rules_ask_for(&rules, RULE_USER));
}

static void test_words(void **state)
{
	enum owner_word word = OWNER_SILENT;

	(void)state;
	assert_true(owner_word_parse("omit", &word));
	assert_int_equal(word, OWNER_OMIT);
	assert_true(owner_word_parse("watch", &word));
	assert_int_equal(word, OWNER_WATCH);
	assert_true(owner_word_parse("prefer", &word));
	assert_int_equal(word, OWNER_PREFER);
	assert_false(owner_word_parse("", &word));
	assert_false(owner_word_parse("Omit", &word));
	assert_false(owner_word_parse("omitted", &word));
	assert_int_equal(word, OWNER_PREFER);
}

/* A rule of a section says its name; one that only lets in says nothing of those that it does not match. */
static void test_named(void **state)
{
	static const struct {
		enum rule_effect effect;
		bool out, others_out, preferred;
		const char *reason;
	} cases[] = {
		{RULE_IS_ONLY, false, true, false, "let in by rule db (comm=postgres)"},
		{RULE_EXCLUDES, true, false, false, "left out by rule db (comm=postgres)"},
		{RULE_WATCHES, false, false, false, "let in by rule db (comm=postgres)"},
		{RULE_PREFERS, false, false, true, "let in by rule db (comm=postgres), and preferred by it"},
	};
	const struct rules_subject other = {.comm = "other"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rules rules = {.n = 1};
		struct rules_verdict verdict;
		char reason[REASON_LEN];

		assert_null(rule_parse("comm=postgres", cases[i].effect, &rules.rules[0]));
		rules.rules[0].name = "db";
		verdict = rules_judge(&rules, &postgres);
		rules_explain(&verdict, reason);
		assert_string_equal(reason, cases[i].reason);
		assert_int_equal(verdict.out, cases[i].out);
		assert_int_equal(verdict.preferred, cases[i].preferred);
		assert_int_equal(rules_judge(&rules, &other).out, cases[i].others_out);
	}
}

/* The last that matches decides, whatever each is: a broad one first, then what is not so. */
static void test_named_order(void **state)
{
	struct rules rules = {.n = 2};
	const struct rules_subject other = {.comm = "other"};

	(void)state;
	assert_null(rule_parse("comm=*", RULE_EXCLUDES, &rules.rules[0]));
	assert_null(rule_parse("comm=postgres", RULE_WATCHES, &rules.rules[1]));
	assert_false(rules_judge(&rules, &postgres).out);
	assert_true(rules_judge(&rules, &other).out);
}

/* Limits are of all rules that match, whoever decides; of two that say one, the last. */
static void test_limits(void **state)
{
	struct rules rules = {.n = 3};
	const struct rules_subject other = {.comm = "other"};
	struct rules_verdict verdict;

	(void)state;
	assert_null(rule_parse("comm=*", RULE_LIMITS, &rules.rules[0]));
	rules.rules[0].limits =
		(struct rule_limits){.has_huge = true, .max_huge_bytes = 7, .has_growth_pct = true};
	assert_null(rule_parse("comm=postgres", RULE_WATCHES, &rules.rules[1]));
	rules.rules[1].limits = (struct rule_limits){.has_huge = true, .max_huge_bytes = 9};
	assert_null(rule_parse("comm=postgres", RULE_LIMITS, &rules.rules[2]));
	verdict = rules_judge(&rules, &postgres);
	assert_ptr_equal(verdict.by, &rules.rules[1]);
	assert_true(verdict.limits.has_huge && verdict.limits.max_huge_bytes == 9);
	assert_true(verdict.limits.has_growth_pct && !verdict.limits.has_growth);
	verdict = rules_judge(&rules, &other);
	assert_true(rules_are_silent(&verdict));
	assert_true(verdict.limits.max_huge_bytes == 7);
}

/* A memfd is called as whoever made it likes: that does not get it around a rule. */
static void test_no_name(void **state)
{
	const char *texts[] = {"-exe=*", NULL};
	const struct rules rules = make_rules(texts);
	const struct rules_subject memfd = {.exe = "/memfd:a/"};

	(void)state;
	assert_true(rules_judge(&rules, &memfd).out);
}

/* The daemon matches bytes; `explain`, which speaks UTF-8, says the same. */
static void test_by_bytes(void **state)
{
	const char *texts[] = {"-comm=k?hl", NULL}, *more[] = {"-comm=k??hl", NULL},
		   *any[] = {"-comm=*", NULL};
	const struct rules rules = make_rules(texts), both = make_rules(more), all = make_rules(any);
	const struct rules_subject cool = {.comm = "k\303\274hl"}, no_utf8 = {.comm = "\377\303"};
	static const char *const locales[] = {"C", "C.UTF-8"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(locales); i++) {
		assert_non_null(setlocale(LC_CTYPE, locales[i]));
		assert_false(rules_judge(&rules, &cool).out);
		assert_true(rules_judge(&both, &cool).out);
		assert_true(rules_judge(&all, &no_utf8).out);
	}
	setlocale(LC_CTYPE, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	cmocka_unit_test(test_match),
		cmocka_unit_test(test_judge),	cmocka_unit_test(test_unknown_and_long),
		cmocka_unit_test(test_unread),	cmocka_unit_test(test_asks_for),
		cmocka_unit_test(test_advised), cmocka_unit_test(test_words),
		cmocka_unit_test(test_named),	cmocka_unit_test(test_named_order),
		cmocka_unit_test(test_limits),	cmocka_unit_test(test_by_bytes),
		cmocka_unit_test(test_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
