/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a process is watched or not, and what becomes of its memory: the whole way of the decision, in its order, each step
 * with its numbers. Values in, text or JSON out.
 */
#ifndef HOTDAMON_REPORT_EXPLAIN_H
#define HOTDAMON_REPORT_EXPLAIN_H

#include <stdio.h>

#include "decide/ranking.h"
#include "decide/room.h"
#include "decide/rules.h"
#include "decide/service.h"
#include "report/told.h"

/* Of what the numbers are that the daemon goes by; without one, those that run would. */
struct explain_settings {
	unsigned int top;
	bool by_service; /* top counts services */
	double min_cpu_pct;
	uint64_t min_mem_bytes;
	enum rank_by rank_by;
};

struct explain_rank {
	const char *unknown; /* why it is not known; NULL: it is */
	bool ranked;	     /* it ran in the window */
	unsigned int rank;   /* 0: not known */
	size_t processes;    /* that ran */
	double cpu_pct, window_s;
	bool of_service;	   /* the same of its service is known: the next three */
	unsigned int service_rank; /* 0: not known, as above */
	size_t services;
	double service_pct;
};

/* What of its slots is there, by the page tables. */
struct explain_pages {
	const char *unknown;	  /* why they were not read; NULL: they were */
	size_t slots;		  /* with memory, */
	size_t left_out;	  /* and such that were not looked at, as they are too many */
	size_t huge;		  /* of those with memory */
	size_t ready;		  /* small, and full enough to be collapsed if they pay */
	uint64_t ready_bytes;	  /* what that would add */
	struct room_left left;	  /* those that would be left alone, whatever their heat */
	uint64_t unaligned_bytes; /* shared mappings in which nothing can become huge, of address space */
};

struct explain_memory {
	uint64_t anon_bytes, shared_bytes, file_bytes, swapped_bytes, hugetlb_bytes;
	uint64_t aligned_bytes;	     /* of the shared */
	const char *aligned_unknown; /* why that is not known, and 0; NULL: it is */
};

/* Where the numbers are from, without a daemon. */
enum explain_files {
	EXPLAIN_NO_FILES, /* there are no files: defaults */
	EXPLAIN_FILES,
	EXPLAIN_WRONG_FILES, /* of which something is wrong, or cannot be read */
};

enum explain_answer {
	EXPLAIN_UNKNOWN,
	EXPLAIN_WATCHED, /* by the daemon, as is the next one */
	EXPLAIN_SKIPPED,
	EXPLAIN_WOULD_WATCH, /* it would be, by what was seen just now */
	EXPLAIN_WOULD_SKIP,
	EXPLAIN_ANSWERS,
};

struct explain {
	const char *comm;
	struct process_id id;
	const struct whose *whose;
	const char *cgroup;   /* its path; "": not known */
	size_t members;	      /* processes of its service that were meant */
	uint64_t their_bytes; /* of memory, all of them */

	enum explain_answer answer;
	char reason[REASON_LEN]; /* for it */

	struct explain_settings settings;
	enum explain_files files;
	struct explain_rank rank;
	struct rules_verdict rules;
	const char *barred; /* why nothing can be collapsed in it; NULL: it can, for all that is known */
	bool opted_out;
	struct explain_memory memory;
	int shared_pct;		    /* of a sample; negative: too little to tell, or not known */
	const char *shared_unknown; /* why the sample could not be read; NULL: it was */
	struct room_limit limit;
	uint64_t growth_bytes; /* that it may grow by in all */
	struct explain_pages pages;

	const struct told *told; /* by the daemon that runs; NULL: there is none */
};

/* Lines for people. */
void explain_print(const struct explain *explain, FILE *file);

/* One JSON object with a line end, malloced; NULL: no memory. What the daemon says of the process is in it as it stands. */
char *explain_to_json(const struct explain *explain);

#endif
