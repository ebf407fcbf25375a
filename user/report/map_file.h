/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon's map of the heat, as it is written beside the status at each tick, for `hotdamon map`: of each process that is
 * watched, which slots are accessed, how often, and what becomes of them.
 *
 * {"version": 1, "pid": of the daemon, "at_ns": boot clock, "targets": [{"pid", "start_time_ns", "least_per_s",
 *  "left_out_slots", "runs": [{"start": address, "rate": "k7..c", "mark": "h>.."}]}]}
 *
 * A run is of slots of 2 MiB that are neighbours, with a character each in both texts: "." is nothing; else the rate is told in
 * quarters of a decade, "0" below 1.8 accesses a second, "1" below 3.2, "2" below 5.6, "3" below 10, ... "a" (10) below 560,
 * "z" (35) all above; and the mark is that of map_mark_char().
 */
#ifndef HOTDAMON_REPORT_MAP_FILE_H
#define HOTDAMON_REPORT_MAP_FILE_H

#include <sys/types.h>

#include "decide/process.h"
#include "decide/worklist.h"

#define MAP_FILE "map.json" /* in the state directory */

/* So many slots of all processes together: 64 GiB that are in use, some 100 kB. The hottest of each are told. */
#define MAP_FILE_SLOTS 32768

enum map_mark {
	MAP_PLAIN,
	MAP_HUGE,    /* it is, as far as the daemon knows */
	MAP_NEXT,    /* to be collapsed next */
	MAP_WAITS,   /* it pays, and the kernel refused it lately */
	MAP_SPARSE,  /* it pays, and is left alone: too little of it is there, */
	MAP_SHARED,  /* others have it too, */
	MAP_NO_ROOM, /* or there is no room for what it would add */
	MAP_MARKS,
};

char map_mark_char(enum map_mark mark); /* '.', 'h', '>', 'x', '-', 's', 'g' */

/* Of a slot that pays. */
enum map_mark map_mark_of(const struct work_judged *judged);

struct map_file_slot {
	uint64_t start;
	float rate_per_s;
	enum map_mark mark;
};

struct map_file_target {
	struct process_id id;
	double least_per_s;	     /* from which on a slot pays */
	size_t left_out;	     /* slots that are accessed less than those that are told */
	struct map_file_slot *slots; /* ascending; owned. Starts as NULL */
	size_t n, room;
};

/* The text, malloced; NULL: no memory. */
char *map_file_write(pid_t daemon, uint64_t at_ns, const struct map_file_target *targets, size_t n);

/*
 * What @text tells of the process @id, whose start time is told in units of @unit_ns, rounded down. 0, and *@target is for
 * map_file_free(), rates are of the middle of their step; -ENOENT: it tells nothing of it; -EINVAL: it is no such text; -ENOMEM.
 */
int map_file_read(const char *text, struct process_id id, uint64_t unit_ns, struct map_file_target *target,
		  uint64_t *at_ns);
void map_file_free(struct map_file_target *target); /* leaves {0} */

#endif
