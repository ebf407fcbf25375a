/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line says, and how the load dies. */
#ifndef WORKLOAD_OPTIONS_H
#define WORKLOAD_OPTIONS_H

#include "layout.h"

#include <stdbool.h>

#define MAX_THREADS 1024
#define MAX_PHASES  64

struct phase {
	double seconds;
	bool hot;
};

struct options {
	const char *name;
	const char *report_file;
	const char *shared; /* NULL: the heap is anonymous */
	struct layout_spec layout;
	bool hog;
	uint64_t misalign;
	uint64_t reserve_gib;
	uint64_t beside;
	double fill_s;
	uint64_t threads;
	uint64_t duty;
	uint64_t warm;
	uint64_t warm_at;
	uint64_t warm_pct;
	double pass_s;
	uint64_t fork_storm;
	double snapshot_s, snapshot_lasts_s;
	bool thp_disable, thp_advised;
	bool nohugepage;
	bool hugepage;
	bool guard_by_madvise;
	double move_s;
	double leader_exits_s;
	double exec_after_s;
	int exec_option; /* where --exec-after is in argv */
	int exec_words;
	double exit_after_s;
	double report_s;
	struct phase phases[MAX_PHASES];
	size_t nr_phases;
};

/* Written by options_parse() only; it dies with 2 on what is wrong. */
extern struct options opt;
void options_parse(int argc, char **argv);

_Noreturn void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
