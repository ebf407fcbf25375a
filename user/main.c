// SPDX-License-Identifier: GPL-2.0
/* From argv to a subcommand. */
#include <stdio.h>
#include <string.h>

#include "base/aside.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"

static const struct command {
	const char *name;
	char *full_name; /* the argv[0] of the subcommand */
	int (*run)(int argc, char **argv);
	const char *does;
} commands[] = {
	{"run", "hotdamon run", cmd_run, "find the hot services and give their hot memory huge pages"},
	{"top", "hotdamon top", cmd_top,
	 "live table of the busiest services, and their processes; changes nothing"},
	{"status", "hotdamon status", cmd_status, "what a running daemon watches, and why"},
	{"explain", "hotdamon explain", cmd_explain,
	 "why a process or service is watched or not, step by step"},
	{"map", "hotdamon map", cmd_map, "the memory of a process as a picture: where it is hot, and huge"},
	{"check", "hotdamon check", cmd_check,
	 "what this kernel and host offer, and how to mend what is missing"},
	{"config", "hotdamon config", cmd_config, "what `run` would do, and where each setting comes from"},
	{"cleanup", "hotdamon cleanup", cmd_cleanup, "undo what a killed daemon left"},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *file)
{
	fprintf(file, "Usage: hotdamon COMMAND [OPTION...]\n"
		      "Finds the services that burn CPU, and gives just their hot memory huge pages.\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(file, "  %-8s %s\n", commands[i].name, commands[i].does);
	fprintf(file,
		"\nhotdamon COMMAND --help tells a command's options; hotdamon --version the version.\n");
}

/* Nothing that a command does to other processes may keep it from ending. */
static int run(const struct command *command, int argc, char **argv)
{
	int status;

	aside_begin();
	status = command->run(argc, argv);
	aside_end();
	return status;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		print_help(stdout);
		return cli_end("hotdamon", EXIT_DONE);
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("hotdamon %s\n", HOTDAMON_VERSION);
		return cli_end("hotdamon", EXIT_DONE);
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(word, commands[i].name)) {
			argv[1] = commands[i].full_name;
			return cli_end(argv[1], run(&commands[i], argc - 1, argv + 1));
		}
	}
	if (*word)
		fprintf(stderr, "hotdamon: '%s' is no command; see hotdamon --help\n", word);
	else
		print_help(stderr);
	return EXIT_USAGE;
}
