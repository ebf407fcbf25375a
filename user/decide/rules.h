/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules: whom the operator wants watched or left out (--only, --exclude, [rule NAME]), and what the owner of a cgroup wrote on it (the
 * xattr user.hotdamon). The last rule that matches decides; where none does, the owner's word; where there is none, a
 * process is in unless some rule is an --only.
 */
#ifndef HOTDAMON_DECIDE_RULES_H
#define HOTDAMON_DECIDE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define RULES_MAX 64 /* more than anybody writes on a command line */

enum rule_kind { RULE_UNIT, RULE_CGROUP, RULE_COMM, RULE_EXE, RULE_USER };

enum rule_effect {
	RULE_IS_ONLY,  /* lets in, and whom no rule matches is out: --only */
	RULE_EXCLUDES, /* --exclude */
	RULE_WATCHES,  /* lets in, and says nothing of others */
	RULE_PREFERS,  /* the same, before all that are not preferred */
	RULE_LIMITS,   /* says nothing of who is in */
};

/* What holds for whom a rule matches, instead of the options of the same names. */
struct rule_limits {
	bool has_huge, has_growth_pct, has_growth;
	uint64_t max_huge_bytes;     /* --max-target-huge-mib; 0: no cap */
	unsigned int max_growth_pct; /* --max-growth-pct */
	uint64_t max_growth_bytes;   /* --max-growth-mib */
};

struct rule {
	const char *text; /* "KIND=GLOB", as it was given; borrowed */
	const char *glob; /* in it */
	enum rule_kind kind;
	enum rule_effect effect;
	struct rule_limits limits;
	const char *name; /* of the [rule NAME] that it is of; borrowed. NULL: --only or --exclude */
};

struct rules {
	struct rule rules[RULES_MAX]; /* in the order in which they were given */
	unsigned int n;
};

/* From the weakest to the strongest wish; each but the first is a word of the xattr. */
enum owner_word { OWNER_SILENT, OWNER_OMIT, OWNER_WATCH, OWNER_PREFER };

/* What is known of one process; NULL or "": not known, and no rule of that kind matches. Borrowed. */
struct rules_subject {
	const char *unit;   /* or container; see service_of_cgroup() */
	const char *cgroup; /* the path */
	const char *comm, *exe;
	const char *user, *uid; /* the name, and the number in decimal */
	enum owner_word word;
	/* A bit 1 << kind each: could not be read. An --exclude of that kind is taken to match, an --only not to. */
	unsigned int unread;
};

/* {0}: in, as nobody said anything. */
struct rules_verdict {
	bool out;
	bool preferred;	       /* by a rule or its owner, and in */
	const struct rule *by; /* the rule that decided, of the rules that were asked; NULL: none matches */
	enum owner_word word;  /* that decided; OWNER_SILENT: `by`, or nobody did */
	bool unread;	       /* what `by` asks for could not be read */
	bool advised;	       /* out, as it wants huge pages just where it advises them */
	struct rule_limits limits; /* of all rules that match; of two that say one, the last */
};

/* "only", "exclude", "watch", ... in the status. */
const char *rule_effect_name(enum rule_effect effect);

/* @text as a rule. NULL, or what was expected instead of it, for "wants ..."; then *@rule is untouched. */
const char *rule_parse(const char *text, enum rule_effect effect, struct rule *rule);

/* Whether any rule is of this @kind: what no rule asks for need not be read. */
bool rules_ask_for(const struct rules *rules, enum rule_kind kind);

/*
 * Whether nobody said anything. Only then what the process asked for itself counts: rules_take_advised(), where it wants
 * huge pages just where it advises them, leaves it out.
 */
bool rules_are_silent(const struct rules_verdict *verdict);
void rules_take_advised(struct rules_verdict *verdict);

struct rules_verdict rules_judge(const struct rules *rules, const struct rules_subject *subject);

/* A word of the xattr. False: it is none; then *@word is untouched. */
bool owner_word_parse(const char *text, enum owner_word *word);

/* Why a process is out, or is in by somebody's word, into @reason, of REASON_LEN bytes; "" if nobody said anything. */
void rules_explain(const struct rules_verdict *verdict, char *reason);

#endif
