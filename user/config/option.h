/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of `hotdamon run`, as one table. By it the command line is read, --help is printed, configuration files are
 * read, `hotdamon config` prints, and a reload knows what may change.
 *
 * To add one: a field in struct run_options, its default in run_options_init(), a row in option.c, and its lines in
 * man/hotdamon.8; tests/usage/run takes a row of wrong values. Nothing else: no case of a switch, no code that parses, unless
 * no kind below fits. `.reloads` is for those of which daemon/reload.c makes the daemon heed the new value; others keep the
 * old one on a reload, which says so.
 */
#ifndef HOTDAMON_CONFIG_OPTION_H
#define HOTDAMON_CONFIG_OPTION_H

#include "config/options.h"

enum option_kind {
	OPTION_HEADING,	 /* no option: `help` stands above those that follow, in --help */
	OPTION_NUMBER,	 /* whole, in `unit`s: the field has number * unit; unsigned, of 4 or 8 bytes */
	OPTION_REST,	 /* of 100: the field has 100 less the number */
	OPTION_FRACTION, /* double */
	OPTION_WORD,	 /* one of `words`; bool, or an enum of 4 bytes */
	OPTION_FLAG,	 /* bool; --name, or yes and no */
	OPTION_TEXT, /* char[], at most RUN_TEXT_LEN; "": nobody said anything. `check` says what it must be */
	OPTION_PIDS, /* of run_options.pids; each time adds some */
	OPTION_RULE, /* of run_options.rules; each time adds one */
};

struct option_word {
	const char *word; /* NULL ends them */
	unsigned int value;
};

struct run_option {
	const char *name;
	const char *value; /* what stands for its value in --help */
	const char *help;
	const char *alias_of; /* another name of that option; NULL: it is one itself */
	enum option_kind kind;
	size_t offset, size; /* of the field of struct run_options */
	uint64_t min, max, unit;
	bool or_zero;	/* 0 is fine besides */
	uint64_t unset; /* the value of the field, with `unset_words`, that cannot be written */
	double min_fraction, max_fraction;
	const struct option_word *words;
	const char *(*check)(const char *text); /* NULL, or what is wanted instead; NULL: anything will do */
	enum rule_effect effect;		/* of OPTION_RULE */
	bool reloads;
	const char *unset_words; /* for what is so then, for `hotdamon config`; NULL: all can be written */
};

/* All of them, headings too. */
extern const struct run_option run_table[];
extern const size_t n_run_table;

/* NULL: none is called so. */
const struct run_option *option_find(const char *name);

/* An alias is stored where the other is. */
const struct run_option *option_itself(const struct run_option *option);

/* The name that is most like @name, if any is like it; NULL. */
const char *option_nearest(const char *name);

#define OPTION_WRONG_LEN 512 /* of what is wrong with a value, whatever the value */

/*
 * Sets the field of @option by @text, which is borrowed for as long as the rules of @values are used. False: it is wrong,
 * and @wrong says so behind the name of the option: "wants a whole number from 1 to 256, not 'x'"; @values are untouched.
 */
bool option_set(const struct run_option *option, struct run_options *values, const char *text,
		char wrong[OPTION_WRONG_LEN]);

/* Whether the fields of @option, no alias, are the same. */
bool option_is_same(const struct run_option *option, const struct run_options *a,
		    const struct run_options *b);

/* Copies the field of @option, no alias and no rule. */
void option_copy(const struct run_option *option, struct run_options *to, const struct run_options *from);

/* The field of @option, of one value, as it would be written; "" if that cannot be, or it is a list that is empty. */
void option_print(const struct run_option *option, const struct run_options *values, char *text, size_t size);

#endif
