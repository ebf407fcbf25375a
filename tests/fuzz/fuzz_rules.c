// SPDX-License-Identifier: GPL-2.0
/*
 * A rule, and what it is asked of: the rule is the first line, and the second one is the name of a unit, of a program, ... as
 * somebody who is not the operator chose it.
 */
#include <locale.h>

#include "decide/reason.h"
#include "decide/rules.h"
#include "fuzz.h"

static struct rules_subject subject_of(const char *text)
{
	return (struct rules_subject){
		.unit = text, .cgroup = text, .comm = text, .exe = text, .user = text, .uid = text};
}

static bool is_out(const struct rule *rule, const char *text)
{
	const struct rules rules = {.rules = {*rule}, .n = 1};
	const struct rules_subject subject = subject_of(text);
	struct rules_verdict verdict = rules_judge(&rules, &subject);
	char reason[REASON_LEN];

	/* The daemon and `explain`, which speaks the language of the terminal, say the same. */
	fuzz_speak_utf8();
	fuzz_check(rules_judge(&rules, &subject).out == verdict.out);
	fuzz_check(setlocale(LC_CTYPE, "C"));
	rules_explain(&verdict, reason);
	fuzz_check(strlen(reason) < REASON_LEN && verdict.out == (*reason != '\0'));
	return verdict.out;
}

/* What an --exclude names, or * of its kind, nothing gets around. */
static void check_excludes(const struct rule *rule, const char *text)
{
	static const char *const all[] = {"unit=*", "cgroup=/", "comm=*", "exe=*", "user=*"};
	struct rule every;

	fuzz_check(!rule_parse(all[rule->kind], RULE_EXCLUDES, &every));
	fuzz_check(is_out(&every, text) == (*text != '\0'));
	if (!strpbrk(rule->glob, "*?["))
		fuzz_check(is_out(rule, rule->glob));
	is_out(rule, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line = strchr(text, '\n');
	struct rule rule;

	if (line)
		*line++ = '\0';
	if (!rule_parse(text, RULE_EXCLUDES, &rule)) {
		fuzz_check(rule.text == text && rule.glob > text && *rule.glob && rule.glob[-1] == '=');
		check_excludes(&rule, line ? line : "");
	}
	free(text);
	return 0;
}
