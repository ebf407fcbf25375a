/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a process as a picture: a cell for each slot of 2 MiB, or for some of them, in rows, a block for each mapping;
 * its colour is how often it is accessed, its height what is there. Values in; a terminal's text, or SVG, out.
 */
#ifndef HOTDAMON_REPORT_MAP_H
#define HOTDAMON_REPORT_MAP_H

#include <stdio.h>

#include "decide/process.h"
#include "report/map_file.h"

#define MAP_NAME_LEN 64 /* of a mapping, cut */

struct map_slot {
	uint64_t start;
	uint16_t present, shared, swapped; /* pages */
	bool huge;
	double rate_per_s;  /* accesses to it, as the daemon tells; 0: none that it is sure of */
	enum map_mark mark; /* what the daemon says of it */
};

struct map_mapping {
	uint64_t start, end;
	bool shared;		 /* memory that is meant to be shared */
	char name[MAP_NAME_LEN]; /* "[heap]", a file; "" */
	size_t first, n;	 /* slots of it, that have memory */
};

struct map {
	const char *name;	      /* of the process, and whose it is */
	const struct map_slot *slots; /* that have memory, ascending */
	size_t n_slots;
	size_t left_out;		    /* that were not looked at */
	const struct map_mapping *mappings; /* ascending */
	size_t n_mappings;
	bool heat_known;    /* a daemon told the rates, the next ones too */
	double age_s;	    /* of that */
	double least_per_s; /* from which on a slot pays */
	size_t untold;	    /* slots that are accessed, less than those whose rate was told */
};

#define MAP_LEVELS 8 /* of heat: none, below 10 accesses a second, below 100, ... a million and more */

unsigned int map_level(double rate_per_s);

/* What a terminal can show; all "" without colours. */
struct map_look {
	unsigned int width;			 /* columns, > 0 */
	bool blocks;				 /* Unicode's, in UTF-8, where there are colours */
	const char *colours[MAP_LEVELS], *plain; /* what turns a colour on, and what turns it off again */
};

/* For a terminal, or for whatever reads lines. -ENOMEM: nothing was printed. */
int map_print(const struct map *map, const struct map_look *look, FILE *file);

/* For a report. -ENOMEM likewise. */
int map_print_svg(const struct map *map, FILE *file);

#endif
