// SPDX-License-Identifier: GPL-2.0
/* Values of options: from text, to text, compared and copied, each by its kind. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/distance.h"
#include "base/number.h"
#include "base/printable.h"
#include "config/option.h"

#define SHOWN_LEN 128	  /* of a wrong value */
#define PID_MAX	  4194304 /* pid_max can be no higher */

const struct run_option *option_find(const char *name)
{
	for (size_t i = 0; i < n_run_table; i++)
		if (run_table[i].name && !strcmp(run_table[i].name, name))
			return &run_table[i];
	return NULL;
}

const struct run_option *option_itself(const struct run_option *option)
{
	return option->alias_of ? option_find(option->alias_of) : option;
}

static bool fail(char *wrong, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "wants ..., not '@text'" */
static bool fail(char *wrong, const char *text, const char *format, ...)
{
	char wants[OPTION_WRONG_LEN - SHOWN_LEN - 32], shown[SHOWN_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(wants, sizeof(wants), format, args);
	va_end(args);
	printable_text(text, shown, sizeof(shown));
	snprintf(wrong, OPTION_WRONG_LEN, "wants %s, not '%s'", wants, shown);
	return false;
}

/* The field, which is as wide as the row says. */
static void put(const struct run_option *option, struct run_options *values, uint64_t value)
{
	void *field = (char *)values + option->offset;

	if (option->size == sizeof(uint64_t))
		*(uint64_t *)field = value;
	else if (option->size == sizeof(uint32_t))
		*(uint32_t *)field = (uint32_t)value;
	else
		*(bool *)field = value;
}

static uint64_t get(const struct run_option *option, const struct run_options *values)
{
	const void *field = (const char *)values + option->offset;

	if (option->size == sizeof(uint64_t))
		return *(const uint64_t *)field;
	if (option->size == sizeof(uint32_t))
		return *(const uint32_t *)field;
	return *(const bool *)field;
}

static bool set_number(const struct run_option *option, struct run_options *values, const char *text,
		       char *wrong)
{
	uint64_t number;

	if (!number_parse(text, option->min, option->max, &number) &&
	    !(option->or_zero && number_parse(text, 0, 0, &number)))
		return fail(wrong, text, "%sa whole number from %" PRIu64 " to %" PRIu64,
			    option->or_zero ? "0 or " : "", option->min, option->max);
	put(option, values, option->kind == OPTION_REST ? option->max - number : number * option->unit);
	return true;
}

static bool set_fraction(const struct run_option *option, struct run_options *values, const char *text,
			 char *wrong)
{
	double number;

	if (!number_parse_fraction(text, option->min_fraction, option->max_fraction, &number))
		return fail(wrong, text, "a number from %g to %g", option->min_fraction,
			    option->max_fraction);
	*(double *)((char *)values + option->offset) = number;
	return true;
}

static bool set_word(const struct run_option *option, const struct option_word *words,
		     struct run_options *values, const char *text, char *wrong)
{
	char all[128] = "";
	size_t used = 0;

	for (const struct option_word *word = words; word->word; word++) {
		if (!strcmp(text, word->word)) {
			put(option, values, word->value);
			return true;
		}
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
					 !used		? ""
					 : word[1].word ? ", "
							: " or ",
					 word->word);
	}
	return fail(wrong, text, "%s", all);
}

static bool set_text(const struct run_option *option, struct run_options *values, const char *text,
		     char *wrong)
{
	const char *wanted = option->check ? option->check(text) : NULL;

	if (wanted)
		return fail(wrong, text, "%s", wanted);
	if (strlen(text) >= option->size)
		return fail(wrong, text, "at most %zu bytes", option->size - 1);
	strcpy((char *)values + option->offset, text);
	return true;
}

/* The pid of so many characters. */
static bool parse_pid(const char *text, size_t len, uint64_t *pid)
{
	char word[16];

	if (len >= sizeof(word))
		return false; /* its beginning must not be taken for one */
	memcpy(word, text, len);
	word[len] = '\0';
	return number_parse(word, 1, PID_MAX, pid);
}

static bool has_pid(const struct run_options *values, unsigned int n, uint64_t pid)
{
	for (unsigned int i = 0; i < n; i++)
		if (values->pids[i] == pid)
			return true;
	return false;
}

static bool add_pids(struct run_options *values, const char *text, char *wrong)
{
	unsigned int n = values->n_pids;
	const char *at = text;

	for (;;) {
		size_t len = strcspn(at, ",");
		uint64_t pid;

		if (!parse_pid(at, len, &pid))
			return fail(wrong, text, "PID[,PID...]");
		if (!has_pid(values, n, pid)) {
			if (n == RUN_MAX_SEATS)
				return fail(wrong, text, "at most %d processes in all", RUN_MAX_SEATS);
			values->pids[n++] = (uint32_t)pid;
		}
		if (!at[len])
			break;
		at += len + 1;
	}
	values->n_pids = n;
	return true;
}

static bool set_rule(const struct run_option *option, struct run_options *values, const char *text,
		     char *wrong)
{
	struct rules *rules = &values->rules;
	const char *wanted;

	if (rules->n == RULES_MAX)
		return fail(wrong, text, "no more than %d rules in all", RULES_MAX);
	wanted = rule_parse(text, option->effect, &rules->rules[rules->n]);
	if (wanted)
		return fail(wrong, text, "%s", wanted);
	rules->n++;
	return true;
}

static const struct option_word flags[] = {{"yes", true}, {"no", false}, {0}};

bool option_set(const struct run_option *option, struct run_options *values, const char *text,
		char wrong[OPTION_WRONG_LEN])
{
	switch (option->kind) {
	case OPTION_NUMBER:
	case OPTION_REST:
		return set_number(option, values, text, wrong);
	case OPTION_FRACTION:
		return set_fraction(option, values, text, wrong);
	case OPTION_WORD:
		return set_word(option, option->words, values, text, wrong);
	case OPTION_FLAG:
		return set_word(option, flags, values, text, wrong);
	case OPTION_TEXT:
		return set_text(option, values, text, wrong);
	case OPTION_PIDS:
		return add_pids(values, text, wrong);
	case OPTION_RULE:
		return set_rule(option, values, text, wrong);
	case OPTION_HEADING:
		break;
	}
	return fail(wrong, text, "nothing");
}

bool option_is_same(const struct run_option *option, const struct run_options *a, const struct run_options *b)
{
	if (option->kind == OPTION_PIDS)
		return a->n_pids == b->n_pids && !memcmp(a->pids, b->pids, a->n_pids * sizeof(a->pids[0]));
	if (option->kind == OPTION_TEXT)
		return !strcmp((const char *)a + option->offset, (const char *)b + option->offset);
	return !memcmp((const char *)a + option->offset, (const char *)b + option->offset, option->size);
}

void option_copy(const struct run_option *option, struct run_options *to, const struct run_options *from)
{
	if (option->kind == OPTION_PIDS) {
		memcpy(to->pids, from->pids, sizeof(to->pids));
		to->n_pids = from->n_pids;
	}
	memcpy((char *)to + option->offset, (const char *)from + option->offset, option->size);
}

static void print_word(const struct option_word *words, uint64_t value, char *text, size_t size)
{
	for (const struct option_word *word = words; word->word; word++)
		if (word->value == value)
			snprintf(text, size, "%s", word->word);
}

static void print_pids(const struct run_options *values, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned int i = 0; i < values->n_pids && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%" PRIu32, i ? "," : "",
					 values->pids[i]);
}

/* As %g, but so that it is read as the same number again, and without an exponent. */
static void print_fraction(const struct run_option *option, const struct run_options *values, char *text,
			   size_t size)
{
	double value = *(const double *)((const char *)values + option->offset);
	int digits = 0;

	if (option->unset_words && value == (double)option->unset)
		return;
	do {
		snprintf(text, size, "%.*f", digits, value);
	} while (strtod(text, NULL) != value && ++digits < 18);
}

void option_print(const struct run_option *option, const struct run_options *values, char *text, size_t size)
{
	*text = '\0';
	switch (option->kind) {
	case OPTION_NUMBER:
		if (!option->unset_words || get(option, values) != option->unset)
			snprintf(text, size, "%" PRIu64, get(option, values) / option->unit);
		break;
	case OPTION_FRACTION:
		print_fraction(option, values, text, size);
		break;
	case OPTION_WORD:
		print_word(option->words, get(option, values), text, size);
		break;
	case OPTION_FLAG:
		print_word(flags, get(option, values), text, size);
		break;
	case OPTION_TEXT:
		snprintf(text, size, "%s", (const char *)values + option->offset);
		break;
	case OPTION_PIDS:
		print_pids(values, text, size);
		break;
	case OPTION_RULE:
	case OPTION_REST:
	case OPTION_HEADING:
		break;
	}
}

const char *option_nearest(const char *name)
{
	const char *nearest = NULL;

	for (size_t i = 0; i < n_run_table; i++)
		if (run_table[i].name)
			nearest = distance_nearer(name, nearest, run_table[i].name);
	return nearest;
}
