// SPDX-License-Identifier: GPL-2.0
#include "config/settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/printable.h"

struct settings *settings_new(void)
{
	struct settings *settings = calloc(1, sizeof(*settings));

	if (!settings)
		return NULL;
	run_options_init(&settings->values);
	settings->origins = calloc(n_run_table, sizeof(*settings->origins));
	if (settings->origins)
		return settings;
	free(settings);
	return NULL;
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	for (size_t i = 0; i < settings->n_notes; i++)
		free(settings->notes[i].text);
	for (size_t i = 0; i < settings->n_texts; i++)
		free(settings->texts[i]);
	free(settings->origins);
	free(settings->notes);
	free(settings->words);
	free(settings->policies);
	free(settings->texts);
	free(settings);
}

const char *settings_keep(struct settings *settings, const char *text)
{
	char *copy = strdup(text);

	if (!copy || array_reserve(&settings->texts, &settings->texts_room, settings->n_texts + 1,
				   sizeof(*settings->texts))) {
		free(copy);
		settings->err = -ENOMEM;
		return NULL;
	}
	settings->texts[settings->n_texts++] = copy;
	return copy;
}

const char *origin_text(const struct origin *origin, char *text, size_t size)
{
	if (origin->kind == ORIGIN_FILE && origin->line)
		snprintf(text, size, "%s:%u", origin->file, origin->line);
	else
		snprintf(text, size, "%s",
			 origin->kind == ORIGIN_FILE	  ? origin->file
			 : origin->kind == ORIGIN_DEFAULT ? "default"
							  : "command line");
	return text;
}

/* What stands in a file may be anything, and a terminal must not obey it. Malloced; NULL: no memory. */
static char *note_text(const struct origin *origin, const char *what)
{
	char where[ORIGIN_TEXT_LEN], *text, *shown;

	origin_text(origin, where, sizeof(where));
	if (asprintf(&text, origin->kind == ORIGIN_FILE ? "%s: %s" : "%.0s%s", where, what) < 0)
		return NULL;
	shown = malloc(strlen(text) + 1);
	if (shown)
		printable_text(text, shown, strlen(text) + 1);
	free(text);
	return shown;
}

void settings_note(struct settings *settings, bool mistake, const struct origin *origin, const char *format,
		   ...)
{
	char *what = NULL, *text = NULL;
	va_list args;

	settings->n_mistakes += mistake;
	if (settings->n_notes == SETTINGS_NOTES_MAX) {
		settings->n_untold += mistake;
		return;
	}
	if (array_reserve(&settings->notes, &settings->notes_room, settings->n_notes + 1,
			  sizeof(*settings->notes)))
		goto no_memory;
	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);
	if (what)
		text = note_text(origin, what);
	if (!text)
		goto no_memory;
	free(what);
	settings->notes[settings->n_notes++] = (struct settings_note){mistake, text};
	return;
no_memory:
	free(what);
	settings->err = -ENOMEM;
}

/* Where the value of @option comes from. */
static struct origin *origin_of(const struct settings *settings, const struct run_option *option)
{
	return &settings->origins[option_itself(option) - run_table];
}

void settings_rule_taken(struct settings *settings, const struct origin *origin)
{
	settings->rule_origins[settings->values.rules.n - 1] = *origin;
}

static bool is_list(const struct run_option *option)
{
	return option->kind == OPTION_RULE || option->kind == OPTION_PIDS;
}

bool settings_give(struct settings *settings, const struct run_option *option, const char *text,
		   char wrong[OPTION_WRONG_LEN])
{
	if (!option_set(option, &settings->values, text, wrong))
		return false;
	if (array_reserve(&settings->words, &settings->words_room, settings->n_words + 1,
			  sizeof(*settings->words))) {
		snprintf(wrong, OPTION_WRONG_LEN, "lacks memory");
		return false;
	}
	settings->words[settings->n_words++] = (struct settings_word){option, text};
	return true;
}

/* In one file the same twice is hardly meant; another file is there to say otherwise. */
static void note_twice(struct settings *settings, const struct run_option *option,
		       const struct origin *before, const struct origin *origin)
{
	if (before->kind == ORIGIN_FILE && before->file == origin->file && !is_list(option))
		settings_note(settings, false, origin, "%s stands in line %u already, which does not count",
			      option_itself(option)->name, before->line);
}

static void note_unknown(struct settings *settings, const struct origin *origin, const char *name)
{
	const char *nearest = option_nearest(name);
	char shown[64];

	printable_text(name, shown, sizeof(shown));
	settings_note(settings, true, origin,
		      nearest ? "'%s' is no option; is %s meant?" : "'%s' is no option", shown, nearest);
}

void settings_take(struct settings *settings, const struct origin *origin, const char *name,
		   const char *value)
{
	const struct run_option *option = option_find(name);
	char wrong[OPTION_WRONG_LEN];
	const char *kept;

	if (!option) {
		note_unknown(settings, origin, name);
		return;
	}
	kept = option->kind == OPTION_RULE ? settings_keep(settings, value) : value;
	if (!kept)
		return;
	if (!option_set(option, &settings->values, kept, wrong)) {
		settings_note(settings, true, origin, "%s %s", name, wrong);
		return;
	}
	note_twice(settings, option, origin_of(settings, option), origin);
	if (option->kind == OPTION_RULE)
		settings_rule_taken(settings, origin);
	*origin_of(settings, option) = *origin;
}

/* The words were right when they were given; what files add may leave no room for a rule. */
static void take_words(struct settings *settings)
{
	const struct origin origin = {.kind = ORIGIN_COMMAND_LINE};
	char wrong[OPTION_WRONG_LEN];
	bool has_pids = false;

	for (size_t i = 0; i < settings->n_words; i++) {
		const struct settings_word *word = &settings->words[i];

		if (word->option->kind == OPTION_PIDS && !has_pids) {
			settings->values.n_pids = 0;
			has_pids = true;
		}
		if (!option_set(word->option, &settings->values, word->text, wrong))
			settings_note(settings, true, &origin, "--%s %s", word->option->name, wrong);
		else if (word->option->kind == OPTION_RULE)
			settings_rule_taken(settings, &origin);
		*origin_of(settings, word->option) = origin;
	}
}

/* An option and its value as they were given: "--top 3", "top 3". */
static const char *named(const struct settings *settings, const struct run_option *option, char *text,
			 size_t size)
{
	char value[64];

	option_print(option, &settings->values, value, sizeof(value));
	snprintf(text, size, "%s%s %s", origin_of(settings, option)->kind == ORIGIN_FILE ? "" : "--",
		 option->name, value);
	return text;
}

/* @low may not be above @high. It is about the line of one of them, if one is of a file. */
static void check_pair(struct settings *settings, bool is_wrong, const char *low, const char *high,
		       const char *because)
{
	const struct run_option *below = option_find(low), *above = option_find(high);
	const struct origin *origin = origin_of(settings, below);
	char one[128], other[128];

	if (!is_wrong)
		return;
	if (origin->kind != ORIGIN_FILE && origin_of(settings, above)->kind != ORIGIN_DEFAULT)
		origin = origin_of(settings, above);
	settings_note(settings, true, origin, "%s is above %s%s", named(settings, below, one, sizeof(one)),
		      named(settings, above, other, sizeof(other)), because);
}

static void check_together(struct settings *settings)
{
	const struct run_options *o = &settings->values;

	check_pair(settings, o->sample_us > o->aggr_us, "sample-us", "aggr-us", "");
	check_pair(settings, o->aggr_us > o->update_us, "aggr-us", "update-us", "");
	check_pair(settings, o->max_regions && o->min_regions > o->max_regions, "min-regions", "max-regions",
		   "");
	check_pair(settings, o->quota_ms > o->quota_reset_ms, "quota-ms", "quota-reset-ms", "");
	check_pair(settings, o->duration_s > 0 && o->duration_s < o->interval_s, "interval", "duration",
		   ": no tick would be");
}

/* What was made at the start, or was not, a reload leaves so. */
static bool is_unheld(const struct settings *settings)
{
	if (settings->runs)
		return settings->runs->unheld;
	return settings->values.dry_run &&
	       origin_of(settings, option_find("state-dir"))->kind == ORIGIN_DEFAULT;
}

/* A dry run may go on beside the service, of which the files are: what tells others is that one's. */
static void leave_to_service(struct settings *settings)
{
	static const char *const tells[] = {"metrics", "metrics-file", "on-event"};
	struct run_options defaults;

	run_options_init(&defaults);
	for (size_t i = 0; i < sizeof(tells) / sizeof(tells[0]); i++) {
		const struct run_option *option = option_find(tells[i]);

		if (origin_of(settings, option)->kind != ORIGIN_FILE)
			continue;
		option_copy(option, &settings->values, &defaults);
		*origin_of(settings, option) = (struct origin){.kind = ORIGIN_DEFAULT};
	}
}

int settings_load(struct settings *settings)
{
	int err;

	run_options_init(&settings->values);
	err = settings_read_files(settings);
	if (err)
		return err;
	policies_end(settings);
	take_words(settings);
	settings->values.unheld = is_unheld(settings);
	if (settings->values.unheld)
		leave_to_service(settings);
	check_together(settings);
	if (settings->err)
		return settings->err;
	return settings->n_mistakes ? -EINVAL : 0;
}

int settings_load_anew(const struct settings *settings, struct settings **anew)
{
	struct settings *made = settings_new();
	char wrong[OPTION_WRONG_LEN];
	int err = made ? 0 : -ENOMEM;

	for (size_t i = 0; i < settings->n_words && !err; i++)
		if (!settings_give(made, settings->words[i].option, settings->words[i].text, wrong))
			err = -ENOMEM;
	if (!err) {
		made->file = settings->file;
		made->runs = &settings->values;
		err = settings_load(made);
		made->runs = NULL;
	}
	if (err == -ENOMEM)
		settings_free(made);
	else
		*anew = made;
	return err;
}
