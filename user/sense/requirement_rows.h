/* SPDX-License-Identifier: GPL-2.0 */
/* The list of requirements as data. Of requirement.c alone. */
#ifndef HOTDAMON_SENSE_REQUIREMENT_ROWS_H
#define HOTDAMON_SENSE_REQUIREMENT_ROWS_H

#include "sense/requirement.h"

/* Whether an answer of NO bars the executors that need it from auto's choice. */
enum requirement_bars {
	BARS_NONE,	    /* it stands in the way of all, or just now */
	BARS,		    /* the kernel cannot */
	BARS_IF_PRIVILEGED, /* for want of capabilities, of one who has others */
};

struct requirement_row {
	const char *name;
	enum host_need needed_for;
	enum requirement_bars bars;
	const char *since; /* NULL: no matter of the kernel's version */
	/* The answer: a field of struct host_facts by its offset, or a function where it takes more than one. */
	size_t fact;
	enum host_answer (*answer)(const struct host_facts *facts);
	/* The words. */
	const char *found[HOST_YES + 1]; /* by the answer */
	const char *consequence;	 /* of NO */
	const char *remedy;		 /* for NO */
	const char *to_know;		 /* the remedy for UNKNOWN */
	/* Where numbers and names belong in them: writes what is its own, over the rest. */
	void (*tell)(const struct host_facts *facts, struct host_requirement *r);
};

extern const struct requirement_row requirement_rows[];
extern const size_t n_requirement_rows;

/* requirement_words.c: the answers that take more than one fact, and what tells numbers and names. */
enum host_answer requirement_may_bpf(const struct host_facts *facts);
enum host_answer requirement_may_damon(const struct host_facts *facts);
enum host_answer requirement_may_collapse(const struct host_facts *facts);
enum host_answer requirement_bpf_loads(const struct host_facts *facts);
enum host_answer requirement_kdamonds_are_free(const struct host_facts *facts);
enum host_answer requirement_pmd_size_is_ours(const struct host_facts *facts);
enum host_answer requirement_madvise_collapses(const struct host_facts *facts);
enum host_answer requirement_names_results(const struct host_facts *facts);
enum host_answer requirement_tells_mode(const struct host_facts *facts);
enum host_answer requirement_filter_works(const struct host_facts *facts);
enum host_answer requirement_is_quiet(const struct host_facts *facts);

void requirement_tell_bpf_privilege(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_damon_privilege(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_bpf_loading(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_vaddr(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_module(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_kdamonds(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_pmd_size(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_madvise(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_results(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_mode(const struct host_facts *facts, struct host_requirement *r);
void requirement_tell_quiet(const struct host_facts *facts, struct host_requirement *r);

#endif
