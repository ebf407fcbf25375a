// SPDX-License-Identifier: GPL-2.0
/* `hotdamon config`: what is in force, and where it comes from; in the form of a configuration file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "base/units.h"
#include "cmd/cmd.h"
#include "cmd/run_options.h"

#define VALUE_LEN 4096 /* all pids of the most there can be are shorter */

static void print_line(const char *name, const char *value, const struct origin *origin)
{
	char where[ORIGIN_TEXT_LEN], shown[ORIGIN_TEXT_LEN], line[VALUE_LEN + 64];

	snprintf(line, sizeof(line), "%s = %s", name, value);
	printable_text(origin_text(origin, where, sizeof(where)), shown, sizeof(shown));
	printf("%-32s ; %s\n", line, shown);
}

/* What cannot be written is a comment, with what is so then. */
static void print_option(const struct settings *settings, const struct run_option *option)
{
	const struct origin *origin = &settings->origins[option - run_table];
	char value[VALUE_LEN], name[64];

	option_print(option, &settings->values, value, sizeof(value));
	if (*value) {
		print_line(option->name, value, origin);
	} else if (option->unset_words) {
		snprintf(name, sizeof(name), "# %s", option->name);
		print_line(name, option->unset_words, origin);
	}
}

static void print_run(const struct settings *settings)
{
	puts("[run]");
	for (size_t i = 0; i < n_run_table; i++)
		if (run_table[i].name && !run_table[i].alias_of && run_table[i].kind != OPTION_RULE)
			print_option(settings, &run_table[i]);
}

static void print_limit(bool has, const char *name, uint64_t value, const struct origin *origin)
{
	char text[32];

	if (!has)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, value);
	print_line(name, text, origin);
}

/* Once, with the first of its matches. */
static void print_policy(const struct policy *policy)
{
	const struct rule_limits *limits = &policy->limits;
	const struct origin *at = policy->limit_origins;

	if (policy_effect_word(policy->effect))
		print_line("watch", policy_effect_word(policy->effect), &policy->watch);
	print_limit(limits->has_huge, "max-target-huge-mib", bytes_to_mib(limits->max_huge_bytes),
		    &at[POLICY_HUGE]);
	print_limit(limits->has_growth_pct, "max-growth-pct", limits->max_growth_pct, &at[POLICY_GROWTH_PCT]);
	print_limit(limits->has_growth, "max-growth-mib", bytes_to_mib(limits->max_growth_bytes),
		    &at[POLICY_GROWTH]);
}

static bool is_first_match(const struct rules *rules, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (rules->rules[i].name == rules->rules[at].name)
			return false;
	return true;
}

/* The head of the section of a rule that follows one of another. */
static void print_section(const struct settings *settings, unsigned int at)
{
	const struct rules *rules = &settings->values.rules;
	const char *name = rules->rules[at].name;
	const struct policy *policy = name ? policy_find(settings, name) : NULL;

	if (!policy) {
		puts("\n[run]");
		return;
	}
	printf("\n[rule %s]\n", name);
	if (is_first_match(rules, at))
		print_policy(policy);
}

/* In their order, as the last that matches counts. */
static void print_rules(const struct settings *settings)
{
	const struct rules *rules = &settings->values.rules;
	const char *section = NULL;

	for (unsigned int i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->rules[i];
		const char *name = rule->effect == RULE_EXCLUDES ? "exclude" : "only";

		if (rule->name != section)
			print_section(settings, i);
		section = rule->name;
		print_line(section ? "match" : name, rule->text, &settings->rule_origins[i]);
	}
}

static error_t parse_quiet(int key, char *arg, struct argp_state *state)
{
	bool *quiet = state->input;

	(void)arg;
	if (key != 'q')
		return ARGP_ERR_UNKNOWN;
	*quiet = true;
	return 0;
}

int cmd_config(int argc, char **argv)
{
	static const struct argp_option rows[] = {
		{"quiet", 'q', NULL, 0, "Say only what is wrong", 0},
		{0},
	};
	static const struct argp more = {.options = rows, .parser = parse_quiet};
	bool quiet = false;
	const struct run_command command = {
		.doc = "Prints what `hotdamon run` would do with the same options: each value, and where it "
		       "comes "
		       "from. What is wrong with the files is told, all of it, with exit status 2. Nothing "
		       "is "
		       "changed.",
		.more = &more,
		.input = &quiet,
	};
	struct settings *settings;
	int status = run_options_parse(argc, argv, &command, &settings);

	if (status == EXIT_DONE && !quiet) {
		print_run(settings);
		print_rules(settings);
	}
	settings_free(settings);
	return status;
}
