// SPDX-License-Identifier: GPL-2.0
/* `hotdamon map`: the memory of a process as a picture, beside a daemon or without one. Changes nothing. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "base/clock.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"
#include "cmd/living.h"
#include "cmd/memory_look.h"
#include "cmd/subject.h"
#include "report/map.h"

#define NAME	      "hotdamon map"
#define PLAIN_WIDTH   80  /* where nothing tells */
#define COLOUR_LEN    32  /* of what turns one on */
#define COLOURS_LEAST 256 /* of a terminal: with eight heat is no scale */

struct map_options {
	const char *state_dir, *svg, *word;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct map_options *options = state->input;

	switch (key) {
	case 'o':
		options->svg = arg;
		return 0;
	case 's':
		options->state_dir = arg;
		return 0;
	case ARGP_KEY_ARG:
		options->word = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		cli_fail(state, "say of whom: a unit, container, cgroup, name of a process, or a PID");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- what is there ---- */

static void take_slot(const struct memory_look *look, size_t i, struct map_slot *slot)
{
	const struct slot_pages *pages = &look->pages[i];

	*slot = (struct map_slot){
		.start = look->starts[i],
		.present = pages->present,
		.shared = pages->shared,
		.swapped = pages->swapped,
		.huge = pages->huge,
	};
}

static void take_mapping(const struct vma_range *range, const struct map_slot *slots, size_t n, size_t *next,
			 struct map_mapping *mapping)
{
	*mapping = (struct map_mapping){.start = range->start,
					.end = range->end,
					.shared = range->kind == VMA_SHARED,
					.first = *next};
	while (*next < n && slots[*next].start < range->end) {
		(*next)++;
		mapping->n++;
	}
}

/* Without them it is a picture all the same. */
static void take_names(const struct memory_look *look, uint32_t tid, struct map_mapping *mappings)
{
	char(*names)[VMA_NAME_LEN];

	if (vma_names_read("/proc", tid, look->mappings.ranges, look->mappings.n, &names))
		return;
	for (size_t i = 0; i < look->mappings.n; i++)
		snprintf(mappings[i].name, MAP_NAME_LEN, "%s", names[i]);
	free(names);
}

/* ---- what the daemon says ---- */

/* Both ascend. What is accessed and has no memory by now is not shown. */
static void add_heat(const struct map_file_target *told, struct map_slot *slots, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		while (at < told->n && told->slots[at].start < slots[i].start)
			at++;
		if (at == told->n || told->slots[at].start != slots[i].start)
			continue;
		slots[i].rate_per_s = (double)told->slots[at].rate_per_s;
		slots[i].mark = told->slots[at].mark;
	}
}

static void take_heat(struct map *map, struct map_slot *slots, struct process_id id, const char *state_dir)
{
	char *text = living_read(state_dir, MAP_FILE);
	struct map_file_target told;
	uint64_t at_ns, now_ns = clock_boot_ns();

	if (text && !map_file_read(text, id, PROC_TICK_NS, &told, &at_ns)) {
		map->heat_known = true;
		map->age_s = now_ns > at_ns ? ns_to_s(now_ns - at_ns) : 0;
		map->least_per_s = told.least_per_s;
		map->untold = told.left_out;
		add_heat(&told, slots, map->n_slots);
		map_file_free(&told);
	}
	free(text);
}

/* ---- the terminal ---- */

static bool wants_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

/* Of the 256: none, and from violet by red to yellow. */
static void set_colours(struct map_look *look, char room[MAP_LEVELS + 1][COLOUR_LEN])
{
	static const int numbers[MAP_LEVELS] = {244, 55, 91, 127, 161, 202, 214, 229};

	for (size_t i = 0; i < MAP_LEVELS; i++) {
		snprintf(room[i], COLOUR_LEN, "%s", tiparm(set_a_foreground, numbers[i]));
		look->colours[i] = room[i];
	}
	snprintf(room[MAP_LEVELS], COLOUR_LEN, "%s", exit_attribute_mode);
	look->plain = room[MAP_LEVELS];
}

static void set_look(struct map_look *look, char room[MAP_LEVELS + 1][COLOUR_LEN])
{
	int err;

	*look = (struct map_look){.width = cli_columns(PLAIN_WIDTH), .plain = ""};
	for (size_t i = 0; i < MAP_LEVELS; i++)
		look->colours[i] = "";
	if (!wants_colours() || setupterm(NULL, STDOUT_FILENO, &err) != OK || max_colors < COLOURS_LEAST ||
	    !set_a_foreground || !exit_attribute_mode)
		return;
	look->blocks = !strcmp(nl_langinfo(CODESET), "UTF-8");
	set_colours(look, room);
}

/* ---- out ---- */

static int fail(const char *what, int err)
{
	fprintf(stderr, NAME ": %s%s%s\n", what, *what ? ": " : "", memory_look_why(err));
	return EXIT_FAILED;
}

static int print_svg(const struct map *map, const char *path)
{
	FILE *file = fopen(path, "we");
	int err;

	if (!file)
		return fail(path, -errno);
	err = map_print_svg(map, file);
	if (!err && (fflush(file) || ferror(file)))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	return err ? fail(path, err) : EXIT_DONE;
}

static int print_text(const struct map *map)
{
	char room[MAP_LEVELS + 1][COLOUR_LEN];
	struct map_look look;
	int err;

	set_look(&look, room);
	err = map_print(map, &look, stdout);
	return err ? fail("", err) : EXIT_DONE;
}

static int draw(const struct subject_process *process, const struct memory_look *look, struct map_slot *slots,
		struct map_mapping *mappings, const struct map_options *options)
{
	char name[WHOSE_NAME_LEN];
	struct map map = {
		.name = name,
		.slots = slots,
		.n_slots = look->n,
		.left_out = look->left_out,
		.mappings = mappings,
		.n_mappings = look->mappings.n,
	};
	size_t next = 0;

	for (size_t i = 0; i < look->n; i++)
		take_slot(look, i, &slots[i]);
	for (size_t i = 0; i < look->mappings.n; i++)
		take_mapping(&look->mappings.ranges[i], slots, look->n, &next, &mappings[i]);
	take_names(look, process->facts.live_tid, mappings);
	whose_name(process->facts.comm, process->id.tgid, &process->whose, name);
	take_heat(&map, slots, process->id, options->state_dir);
	return options->svg ? print_svg(&map, options->svg) : print_text(&map);
}

static int map_process(const struct subject_process *process, const struct map_options *options)
{
	struct memory_look look = {0};
	struct map_mapping *mappings;
	struct map_slot *slots;
	int err = memory_look(&look, process->facts.live_tid), status = EXIT_FAILED;

	slots = calloc(look.n + 1, sizeof(*slots));
	mappings = calloc(look.mappings.n + 1, sizeof(*mappings));
	if (err)
		status = fail("its memory cannot be looked at", err);
	else if (!slots || !mappings)
		status = fail("", -ENOMEM);
	else
		status = draw(process, &look, slots, mappings, options);
	free(slots);
	free(mappings);
	memory_look_free(&look);
	return status;
}

static int find_and_map(const struct map_options *options)
{
	struct services *services = services_new("/proc", NULL);
	struct subject subject = {0};
	int status = EXIT_FAILED;

	if (!services)
		fail("", -ENOMEM);
	else
		status = subject_find(NAME, options->word, services, &subject);
	if (status == EXIT_DONE)
		status = map_process(subject.at, options);
	subject_free(&subject);
	services_free(services);
	return status;
}

int cmd_map(int argc, char **argv)
{
	static const struct argp_option options_help[] = {
		{"svg", 'o', "FILE", 0, "Write the picture to FILE as SVG, for a report", 0},
		{"state-dir", 's', "DIR", 0,
		 "Where the daemon keeps its state (default " DEFAULT_STATE_DIR ")", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options_help,
		.parser = parse_option,
		.args_doc = "SERVICE|PID",
		.doc = "The memory of a process as a picture: what is there, what is huge, and, where a "
		       "daemon watches "
		       "it, how hot each part is and what becomes of it. SERVICE is as of explain; of "
		       "several "
		       "processes it is the largest. It changes nothing.\vNO_COLOR in the environment turns "
		       "colours off.",
	};
	struct map_options options = {.state_dir = DEFAULT_STATE_DIR};

	cli_parse(&argp, argc, argv, &options);
	setlocale(LC_CTYPE, "");
	return find_and_map(&options);
}
