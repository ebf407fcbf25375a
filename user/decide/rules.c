// SPDX-License-Identifier: GPL-2.0
#include "decide/rules.h"

#include <fnmatch.h>
#include <locale.h>
#include <string.h>

#include "decide/reason.h"

#define PATH_ROOM 4096 /* PATH_MAX, which bounds what the kernel tells */

static const char *const kind_names[] = {
	[RULE_UNIT] = "unit", [RULE_CGROUP] = "cgroup", [RULE_COMM] = "comm",
	[RULE_EXE] = "exe",   [RULE_USER] = "user",
};

static const char *const words[] = {
	[OWNER_OMIT] = "omit",
	[OWNER_WATCH] = "watch",
	[OWNER_PREFER] = "prefer",
};

const char *rule_effect_name(enum rule_effect effect)
{
	switch (effect) {
	case RULE_IS_ONLY:
		return "only";
	case RULE_EXCLUDES:
		return "exclude";
	case RULE_WATCHES:
		return "watch";
	case RULE_PREFERS:
		return "prefer";
	default:
		return "limits";
	}
}

static bool is_plain(const char *glob)
{
	return !strpbrk(glob, "*?[");
}

static bool may_begin_path(const char *glob)
{
	return strchr("/*?[", *glob);
}

/* What can never match is a mistake, and leaves in what was to be left out. */
static const char *never_matches(enum rule_kind kind, const char *glob)
{
	size_t len = strlen(glob);

	if (kind == RULE_COMM && is_plain(glob) && len >= COMM_LEN)
		return "a name of at most 15 characters behind comm=, as the kernel keeps no more";
	if (kind == RULE_CGROUP && len > 1 && glob[len - 1] == '/')
		return "a path without a slash at its end behind cgroup=; what is below it is meant too";
	if (kind == RULE_CGROUP && !may_begin_path(glob))
		return "a path that begins with a slash behind cgroup=, as /system.slice/nginx.service";
	if (kind == RULE_EXE && strchr(glob, '/') && !may_begin_path(glob))
		return "a whole path, or the name of a file without a slash, behind exe=";
	return NULL;
}

const char *rule_parse(const char *text, enum rule_effect effect, struct rule *rule)
{
	const char *equals = strchr(text, '='), *wrong;
	size_t len = equals ? (size_t)(equals - text) : 0;

	for (unsigned int kind = 0; len && kind < sizeof(kind_names) / sizeof(kind_names[0]); kind++) {
		if (strlen(kind_names[kind]) != len || memcmp(kind_names[kind], text, len))
			continue;
		if (!equals[1])
			break;
		wrong = never_matches(kind, equals + 1);
		if (!wrong)
			*rule = (struct rule){
				.text = text, .glob = equals + 1, .kind = kind, .effect = effect};
		return wrong;
	}
	return "KIND=GLOB, with a KIND of unit, cgroup, comm, exe or user";
}

bool rules_ask_for(const struct rules *rules, enum rule_kind kind)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->rules[i].kind == kind)
			return true;
	return false;
}

/*
 * A backslash is itself: systemd's names have it. A slash is matched by * too. By bytes, in whatever language the command
 * speaks to its terminal: what the daemon does, `explain` must say.
 */
static bool matches(const char *glob, const char *text)
{
	locale_t bytes, spoken;
	bool is;

	if (!text || !*text)
		return false;
	bytes = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* the C library's own: nothing is allocated */
	spoken = uselocale(bytes);
	is = !fnmatch(glob, text, FNM_NOESCAPE);
	uselocale(spoken);
	freelocale(bytes);
	return is;
}

/* "nginx" is nginx.service, as systemctl has it. */
static bool unit_matches(const char *glob, const char *unit)
{
	static const char suffix[] = ".service";
	char name[PATH_ROOM];
	size_t len;

	if (!unit || matches(glob, unit))
		return unit != NULL;
	snprintf(name, sizeof(name), "%s", unit);
	len = strlen(name);
	if (len < sizeof(suffix) || strcmp(name + len - strlen(suffix), suffix))
		return false;
	name[len - strlen(suffix)] = '\0';
	return matches(glob, name);
}

/* A cgroup and all below it. */
static bool cgroup_matches(const char *glob, const char *cgroup)
{
	char path[PATH_ROOM];
	char *slash;

	snprintf(path, sizeof(path), "%s", cgroup ? cgroup : "");
	while (*path) {
		if (matches(glob, path))
			return true;
		slash = strrchr(path, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	return cgroup && *cgroup && matches(glob, "/");
}

/* A glob without a slash is one of the file's name. Only a memfd's can end in a slash, and have none: then of all of it. */
static bool exe_matches(const char *glob, const char *exe)
{
	const char *name = exe ? strrchr(exe, '/') : NULL;

	return matches(glob, name && name[1] && !strchr(glob, '/') ? name + 1 : exe);
}

static bool rule_matches(const struct rule *rule, const struct rules_subject *subject)
{
	switch (rule->kind) {
	case RULE_UNIT:
		return unit_matches(rule->glob, subject->unit);
	case RULE_CGROUP:
		return cgroup_matches(rule->glob, subject->cgroup);
	case RULE_COMM:
		return matches(rule->glob, subject->comm);
	case RULE_EXE:
		return exe_matches(rule->glob, subject->exe);
	case RULE_USER:
		return matches(rule->glob, subject->user) || matches(rule->glob, subject->uid);
	}
	return false;
}

static bool has_only(const struct rules *rules)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->rules[i].effect == RULE_IS_ONLY)
			return true;
	return false;
}

static void take_limits(struct rule_limits *limits, const struct rule_limits *more)
{
	if (more->has_huge)
		limits->max_huge_bytes = more->max_huge_bytes;
	if (more->has_growth_pct)
		limits->max_growth_pct = more->max_growth_pct;
	if (more->has_growth)
		limits->max_growth_bytes = more->max_growth_bytes;
	limits->has_huge |= more->has_huge;
	limits->has_growth_pct |= more->has_growth_pct;
	limits->has_growth |= more->has_growth;
}

struct rules_verdict rules_judge(const struct rules *rules, const struct rules_subject *subject)
{
	struct rules_verdict verdict = {0};

	for (unsigned int i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->rules[i];
		bool unread = subject->unread & (1U << rule->kind);

		if (unread ? rule->effect != RULE_EXCLUDES : !rule_matches(rule, subject))
			continue;
		take_limits(&verdict.limits, &rule->limits);
		if (rule->effect == RULE_LIMITS)
			continue;
		verdict.by = rule;
		verdict.unread = unread;
	}
	if (verdict.by) {
		verdict.out = verdict.by->effect == RULE_EXCLUDES;
	} else {
		verdict.word = subject->word;
		verdict.out =
			subject->word == OWNER_OMIT || (subject->word == OWNER_SILENT && has_only(rules));
	}
	verdict.preferred = !verdict.out && (subject->word == OWNER_PREFER ||
					     (verdict.by && verdict.by->effect == RULE_PREFERS));
	return verdict;
}

bool rules_are_silent(const struct rules_verdict *verdict)
{
	return !verdict->by && verdict->word == OWNER_SILENT && !verdict->out;
}

void rules_take_advised(struct rules_verdict *verdict)
{
	verdict->out = verdict->advised = true;
}

bool owner_word_parse(const char *text, enum owner_word *word)
{
	for (unsigned int i = OWNER_OMIT; i <= OWNER_PREFER; i++) {
		if (strcmp(text, words[i]))
			continue;
		*word = i;
		return true;
	}
	return false;
}

static const char *preference(const struct rules_verdict *verdict)
{
	if (!verdict->preferred)
		return "";
	return verdict->by->effect == RULE_PREFERS ? ", and preferred by it" : ", and preferred by its owner";
}

/* "--exclude comm=x", "rule db (unit=x)" */
static void say_rule(const struct rule *rule, char *reason)
{
	if (rule->name)
		reason_write(reason, "rule %s (%s)", rule->name, rule->text);
	else
		reason_write(reason, "--%s %s", rule->effect == RULE_EXCLUDES ? "exclude" : "only",
			     rule->text);
}

void rules_explain(const struct rules_verdict *verdict, char *reason)
{
	const char *what = verdict->out ? "left out" : "let in";
	char rule[REASON_LEN] = "";

	*reason = '\0';
	if (verdict->by)
		say_rule(verdict->by, rule);
	if (verdict->unread)
		reason_write(reason, "left out by %s, as its %s could not be read", rule,
			     kind_names[verdict->by->kind]);
	else if (verdict->by)
		reason_write(reason, "%s by %s%s", what, rule, preference(verdict));
	else if (verdict->word != OWNER_SILENT)
		reason_write(reason, "%s by its owner: `%s` in user.hotdamon of its cgroup or one above",
			     what, words[verdict->word]);
	else if (verdict->advised)
		reason_write(
			reason,
			"left out: it wants huge pages only where it advises them "
			"(PR_THP_DISABLE_EXCEPT_ADVISED; systemd: MemoryTHP=madvise); an --only lets it in");
	else if (verdict->out)
		reason_write(reason, "left out: no --only matches it");
}
