/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `run` is to do, put together from its defaults, from files and from its command line, the later the stronger; and
 * where each value comes from.
 *
 * Files: /etc/hotdamon/hotdamon.conf, or --config FILE; and the files *.conf of the directory of that name with .d behind
 * it, by their names. Rules and pids add up; but pids of the command line are instead of those of files.
 */
#ifndef HOTDAMON_CONFIG_SETTINGS_H
#define HOTDAMON_CONFIG_SETTINGS_H

#include <stdio.h>

#include "config/option.h"

#define SETTINGS_FILE	   "/etc/hotdamon/hotdamon.conf"
#define SETTINGS_FILE_MAX  (1UL << 20) /* bytes of a file */
#define SETTINGS_NOTES_MAX 50	       /* of more it is said how many there are */

#define ORIGIN_TEXT_LEN 4400 /* a path and a line */

enum origin_kind { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_COMMAND_LINE };

struct origin {
	enum origin_kind kind;
	const char *file; /* of ORIGIN_FILE, as is the line */
	unsigned int line;
};

/* What is to be said of the files: a whole line, with the file and the line that it is about. */
struct settings_note {
	bool mistake; /* else a warning */
	char *text;
};

enum policy_limit { POLICY_HUGE, POLICY_GROWTH_PCT, POLICY_GROWTH, N_POLICY_LIMITS };

/* A [rule NAME]. */
struct policy {
	const char *name;
	struct origin origin; /* of its first line */
	struct origin watch;  /* ORIGIN_DEFAULT: it does not say */
	enum rule_effect effect;
	struct rule_limits limits;
	struct origin limit_origins[N_POLICY_LIMITS];
	unsigned int n_matches;
};

/* A word of the command line. */
struct settings_word {
	const struct run_option *option;
	const char *text;
};

/* To be read. Texts belong to it but those of words, which are argv's. */
struct settings {
	struct run_options values;
	struct origin *origins; /* [n_run_table]; of those that are themselves */
	struct origin rule_origins[RULES_MAX];
	struct settings_note *notes;
	size_t n_notes, notes_room;
	size_t n_mistakes, n_untold; /* mistakes that found no room among the notes */

	const struct run_options *runs; /* while it is read anew: what is in force. Borrowed */
	const char *file;		/* of --config; NULL: SETTINGS_FILE. Borrowed */
	size_t n_files;			/* that were read */
	struct settings_word *words;
	size_t n_words, words_room;
	struct policy *policies;
	size_t n_policies, policies_room;
	char **texts;
	size_t n_texts, texts_room;
	int err; /* why it is not whole: for a reason that passes, so that it is no mistake of the files */
};

/* The defaults. NULL: no memory. */
struct settings *settings_new(void);
void settings_free(struct settings *settings); /* NULL is fine */

/*
 * A word of the command line, in their order; borrowed. False: it is wrong, @wrong says so behind the name of the option;
 * or there is no memory.
 */
bool settings_give(struct settings *settings, const struct run_option *option, const char *text,
		   char wrong[OPTION_WRONG_LEN]);

/*
 * Reads the files, and takes the words once more. 0; -EINVAL: there are mistakes, all of them among the notes; -ENOMEM;
 * or another negative errno that passes (base/passing.h), for which a file could not be read: the notes say which.
 * Call it once.
 */
int settings_load(struct settings *settings);

/* From the same words and the same file, as it is now, in *@anew. As settings_load(); there is none for -ENOMEM only. */
int settings_load_anew(const struct settings *settings, struct settings **anew);

/* Where a value comes from: "FILE:LINE", "command line" or "default". */
const char *origin_text(const struct origin *origin, char *text, size_t size);

/* For those that read files. @format: what is said behind "FILE:LINE: "; with line 0, behind "FILE: ". */
void settings_note(struct settings *settings, bool mistake, const struct origin *origin, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

/* A copy of @text that lives as long as @settings; NULL: no memory, and settings->err is set. */
const char *settings_keep(struct settings *settings, const char *text);

/* One setting of section [run]. */
void settings_take(struct settings *settings, const struct origin *origin, const char *name,
		   const char *value);

/* Their files. Negative errno as settings_load(), but for mistakes, which are noted. */
int settings_read_files(struct settings *settings);

/* A rule that was taken just now comes from @origin. */
void settings_rule_taken(struct settings *settings, const struct origin *origin);

/* A [rule NAME] begins, or goes on; one setting of it; and the end of all. */
void policy_begin(struct settings *settings, const struct origin *origin, const char *name);
void policy_take(struct settings *settings, const struct origin *origin, const char *rule, const char *name,
		 const char *value);
void policies_end(struct settings *settings);

/* The one called so; NULL. */
const struct policy *policy_find(const struct settings *settings, const char *name);

/* "yes", "no", ... of its `watch`; NULL: it has none. */
const char *policy_effect_word(enum rule_effect effect);

#endif
