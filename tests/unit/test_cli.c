// SPDX-License-Identifier: GPL-2.0
/* Wrong usage ends the program, so each parse is a child's; what it printed and its status come back. */
#include "cm.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/cmd.h"

#define NAME "hotdamon test"

struct options {
	uint64_t count;
	double delay_s;
	bool json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		options->count = cli_number(state, "count", arg, 2, 4194304);
		return 0;
	case 'u':
		options->count = cli_number(state, "huge", arg, 0, UINT64_MAX);
		return 0;
	case 'd':
		options->delay_s = cli_fraction(state, "delay", arg, 0.5, 3600);
		return 0;
	case 'z':
		options->delay_s = cli_fraction(state, "zero", arg, 0, 1);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_END:
		if (options->json && options->count == 13)
			cli_fail(state, "--json and --count %d do not go together", 13);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options_help[] = {
	{"count", 'n', "COUNT", 0, "End after COUNT", 0},
	{"huge", 'u', "N", 0, "Any number", 0},
	{"delay", 'd', "SEC", 0, "Each SEC", 0},
	{"zero", 'z', "SEC", 0, "None is fine", 0},
	{"json", 'j', NULL, 0, "JSON", 0},
	{0},
};

static const struct argp argp = {.options = options_help, .parser = parse_option, .doc = "Tests."};

struct outcome {
	int status; /* of the child; 77: it went on, and said on stdout what it got */
	char out[4096], err[4096];
};

static void read_to(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;

	while ((got = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(fd);
}

static const char *stdout_is; /* NULL: a pipe to us */

static void child(char **argv, const int *out, const int *err)
{
	struct options options = {0};
	int argc = 0;

	dup2(stdout_is ? open(stdout_is, O_WRONLY | O_CLOEXEC) : out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
	for (int i = 0; i < 2; i++) {
		close(out[i]);
		close(err[i]);
	}
	while (argv[argc])
		argc++;
	cli_parse(&argp, argc, argv, &options);
	printf("%" PRIu64 " %.6f %d", options.count, options.delay_s, options.json);
	fflush(stdout);
	_exit(77);
}

/* Parses up to four words. */
static struct outcome parse(const char *const *words)
{
	char name[] = NAME, *argv[6] = {name};
	struct outcome outcome;
	int out[2], err[2], status;
	pid_t pid;

	for (int i = 0; i < 4 && words[i]; i++)
		argv[i + 1] = (char *)words[i];
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(argv, out, err);
	close(out[1]);
	close(err[1]);
	read_to(out[0], outcome.out, sizeof(outcome.out));
	read_to(err[0], outcome.err, sizeof(outcome.err));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	outcome.status = WEXITSTATUS(status);
	return outcome;
}

/* A disk that is full, or a reader that has gone: what was asked for did not arrive. */
static void test_output_lost(void **state)
{
	static const char *const words[] = {"--help", NULL};
	struct outcome outcome;

	(void)state;
	stdout_is = "/dev/full";
	outcome = parse(words);
	stdout_is = NULL;
	assert_int_equal(outcome.status, EXIT_FAILED);
	assert_string_equal(outcome.err, NAME ": output: No space left on device\n");
}

static void test_good(void **state)
{
	static const struct {
		const char *words[5], *got;
	} cases[] = {
		{{NULL}, "0 0.000000 0"},
		{{"-n", "2"}, "2 0.000000 0"},
		{{"-n4194304"}, "4194304 0.000000 0"},
		{{"--count=2", "--json"}, "2 0.000000 1"},
		{{"--count", "0100"}, "100 0.000000 0"}, /* decimal, not octal */
		{{"--cou", "3"}, "3 0.000000 0"},
		{{"-u", "18446744073709551615"}, "18446744073709551615 0.000000 0"},
		{{"-u", "0"}, "0 0.000000 0"},
		{{"-d", "0.5"}, "0 0.500000 0"},
		{{"-d", "3600"}, "0 3600.000000 0"},
		{{"-d", "1."}, "0 1.000000 0"},
		{{"-d", ".75", "-j"}, "0 0.750000 1"},
		{{"-jn", "5"}, "5 0.000000 1"},
		{{"-n", "5", "-n", "6"}, "6 0.000000 0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome outcome = parse(cases[i].words);

		assert_string_equal(outcome.err, "");
		assert_string_equal(outcome.out, cases[i].got);
		assert_int_equal(outcome.status, 77);
	}
}

static void assert_usage(const char *const *words, const char *want)
{
	struct outcome outcome = parse(words);

	if (outcome.status != EXIT_USAGE)
		fail_msg("%s: status %d", words[0], outcome.status);
	assert_string_equal(outcome.out, "");
	assert_memory_equal(outcome.err, NAME ": ", strlen(NAME ": "));
	/* one line, and a whole one */
	assert_ptr_equal(strchr(outcome.err, '\n'), outcome.err + strlen(outcome.err) - 1);
	assert_contains(outcome.err, want);
}

static void test_bad_numbers(void **state)
{
	static const char *const texts[] = {"",
					    "1",
					    "4194305",
					    "-5",
					    "+5",
					    "x",
					    "5x",
					    "5 ",
					    " 5",
					    "0x10",
					    "5.0",
					    "5e1",
					    "18446744073709551616",
					    "99999999999999999999999",
					    "five",
					    "-"};
	char want[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *words[] = {"-n", texts[i], NULL};

		snprintf(want, sizeof(want),
			 NAME ": --count wants a whole number from 2 to 4194304, not '%s'\n", texts[i]);
		assert_usage(words, want);
	}
	/* What strtoull() would take for its maximum. */
	assert_usage((const char *[]){"-u", "18446744073709551616", NULL}, "not '18446744073709551616'");
	assert_usage((const char *[]){"-u", "-1", NULL}, "not '-1'");
	assert_usage((const char *[]){"-u", "", NULL}, "not ''"); /* nothing is not 0 */
}

static void test_bad_fractions(void **state)
{
	static const char *const texts[] = {"",	   "0.49", "3600.01", "-1", "+1",   "1e1", "inf", "nan",
					    "0x1", "1,5",  "1.2.3",   ".",  "1.5s", " 1",  "1 ",  "infinity"};
	char want[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *words[] = {"--delay", texts[i], NULL};

		snprintf(want, sizeof(want), NAME ": --delay wants a number from 0.5 to 3600, not '%s'\n",
			 texts[i]);
		assert_usage(words, want);
	}
	assert_usage((const char *[]){"-z", "", NULL}, "not ''");
	assert_usage((const char *[]){"-z", ".", NULL}, "not '.'");
}

static void test_bad_words(void **state)
{
	static const struct {
		const char *words[5], *want;
	} cases[] = {
		{{"stray"}, NAME ": 'stray' is one word too many; see " NAME " --help\n"},
		{{"-j", "stray", "-n", "5"}, "'stray' is one word too many"},
		{{"--", "-j"}, "'-j' is one word too many"},
		{{"--no-such"}, "--no-such"},
		{{"-x"}, "x"},
		{{"--count"}, "--count"},
		{{"-n"}, "n"},
		{{"--json=yes"}, "--json"},
		{{"-j", "-n", "13"}, NAME ": --json and --count 13 do not go together\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_usage(cases[i].words, cases[i].want);
}

static void test_help(void **state)
{
	static const char *const ways[][5] = {{"--help"}, {"-h"}, {"-n", "5", "--help"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct outcome outcome = parse(ways[i]);

		assert_int_equal(outcome.status, EXIT_DONE);
		assert_string_equal(outcome.err, "");
		assert_contains(outcome.out, "Usage: " NAME);
		assert_contains(outcome.out, "--count=COUNT");
		assert_contains(outcome.out, "Tests.");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	      cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_bad_fractions), cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_help),	      cmocka_unit_test(test_output_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
