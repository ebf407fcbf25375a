// SPDX-License-Identifier: GPL-2.0
/* A configuration file: what is wrong is said, so that a terminal can show it; and what is printed of a value is that value. */
#include <errno.h>

#include "config/settings.h"
#include "fuzz.h"

static void check_option(const struct run_option *option, const struct run_options *values)
{
	struct run_options again = *values;
	char text[4096], wrong[OPTION_WRONG_LEN];

	option_print(option, values, text, sizeof(text));
	if (!*text)
		return;
	again.n_pids = 0;
	fuzz_check(option_set(option, &again, text, wrong));
	fuzz_check(option_is_same(option, &again, values));
}

static void check_rule(const struct rule *rule)
{
	struct rule again;

	fuzz_check(!rule_parse(rule->text, rule->effect, &again));
	fuzz_check(again.kind == rule->kind && !strcmp(again.glob, rule->glob));
}

static void check_values(const struct run_options *values)
{
	for (size_t i = 0; i < n_run_table; i++)
		if (run_table[i].name && !run_table[i].alias_of)
			check_option(&run_table[i], values);
	fuzz_check(values->rules.n <= RULES_MAX && values->n_pids <= RUN_MAX_SEATS);
	for (unsigned int i = 0; i < values->rules.n; i++)
		check_rule(&values->rules.rules[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *settings = settings_new();
	char path[4096];
	int err;

	fuzz_check(settings);
	fuzz_put("hotdamon.conf", data, size);
	snprintf(path, sizeof(path), "%s", fuzz_path("hotdamon.conf"));
	settings->file = path;
	err = settings_load(settings);
	fuzz_check(err == (settings->n_mistakes ? -EINVAL : 0));
	fuzz_check(settings->n_files == 1 && settings->n_notes <= SETTINGS_NOTES_MAX);
	for (size_t i = 0; i < settings->n_notes; i++)
		fuzz_check(fuzz_is_shown(settings->notes[i].text) && !strchr(settings->notes[i].text, '\n'));
	if (!err)
		check_values(&settings->values);
	settings_free(settings);
	return 0;
}
