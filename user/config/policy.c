// SPDX-License-Identifier: GPL-2.0
/* [rule NAME]: whom the operator wants watched, and how. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/distance.h"
#include "base/printable.h"
#include "config/settings.h"

static const struct {
	const char *word;
	enum rule_effect effect;
} effects[] = {
	{"yes", RULE_WATCHES},
	{"no", RULE_EXCLUDES},
	{"only", RULE_IS_ONLY},
	{"prefer", RULE_PREFERS},
};

#define N_EFFECTS (sizeof(effects) / sizeof(effects[0]))

static struct policy *policy_of(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->n_policies; i++)
		if (!strcmp(settings->policies[i].name, name))
			return &settings->policies[i];
	return NULL;
}

const struct policy *policy_find(const struct settings *settings, const char *name)
{
	return policy_of(settings, name);
}

const char *policy_effect_word(enum rule_effect effect)
{
	for (size_t i = 0; i < N_EFFECTS; i++)
		if (effects[i].effect == effect)
			return effects[i].word;
	return NULL;
}

void policy_begin(struct settings *settings, const struct origin *origin, const char *name)
{
	const char *kept;

	if (policy_of(settings, name))
		return;
	kept = settings_keep(settings, name);
	if (!kept || array_reserve(&settings->policies, &settings->policies_room, settings->n_policies + 1,
				   sizeof(*settings->policies))) {
		settings->err = -ENOMEM;
		return;
	}
	settings->policies[settings->n_policies++] = (struct policy){.name = kept, .origin = *origin};
}

/* As a rule of the command line; what it does is told by the end. */
static void take_match(struct settings *settings, const struct origin *origin, struct policy *policy,
		       const char *value)
{
	static const struct run_option match = {.name = "match", .kind = OPTION_RULE};
	struct rules *rules = &settings->values.rules;
	const char *kept = settings_keep(settings, value);
	char wrong[OPTION_WRONG_LEN];

	policy->n_matches++; /* a wrong one is enough to say */
	if (!kept)
		return;
	if (!option_set(&match, &settings->values, kept, wrong)) {
		settings_note(settings, true, origin, "match %s", wrong);
		return;
	}
	rules->rules[rules->n - 1].name = policy->name;
	settings_rule_taken(settings, origin);
}

/* *@place is where it stood before, and becomes @origin. */
static void note_place(struct settings *settings, const char *name, const struct origin *origin,
		       struct origin *place)
{
	if (place->kind == ORIGIN_FILE && place->file == origin->file)
		settings_note(settings, false, origin, "%s stands in line %u already, which does not count",
			      name, place->line);
	*place = *origin;
}

static void take_watch(struct settings *settings, const struct origin *origin, struct policy *policy,
		       const char *value)
{
	char shown[64];

	note_place(settings, "watch", origin, &policy->watch);
	for (size_t i = 0; i < N_EFFECTS; i++) {
		if (strcmp(value, effects[i].word))
			continue;
		policy->effect = effects[i].effect;
		return;
	}
	printable_text(value, shown, sizeof(shown));
	settings_note(settings, true, origin, "watch wants yes, no, only or prefer, not '%s'", shown);
}

static const char *const policy_names[] = {"match", "watch", "max-target-huge-mib", "max-growth-pct",
					   "max-growth-mib"};

static int limit_named(const char *name)
{
	static const char *const names[] = {[POLICY_HUGE] = "max-target-huge-mib",
					    [POLICY_GROWTH_PCT] = "max-growth-pct",
					    [POLICY_GROWTH] = "max-growth-mib"};

	for (int i = 0; i < N_POLICY_LIMITS; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

/* By the options of the same names. False: it is none of them. */
static bool take_limit(struct settings *settings, const struct origin *origin, struct policy *policy,
		       const char *name, const char *value)
{
	struct run_options values = {.top = 0};
	struct rule_limits *limits = &policy->limits;
	int which = limit_named(name);
	char wrong[OPTION_WRONG_LEN];

	if (which < 0)
		return false;
	note_place(settings, name, origin, &policy->limit_origins[which]);
	if (!option_set(option_find(name), &values, value, wrong)) {
		settings_note(settings, true, origin, "%s %s", name, wrong);
	} else if (which == POLICY_HUGE) {
		limits->has_huge = true;
		limits->max_huge_bytes = values.max_target_huge_bytes;
	} else if (which == POLICY_GROWTH_PCT) {
		limits->has_growth_pct = true;
		limits->max_growth_pct = values.room.max_growth_pct;
	} else {
		limits->has_growth = true;
		limits->max_growth_bytes = values.room.max_growth_bytes;
	}
	return true;
}

static void note_unknown(struct settings *settings, const struct origin *origin, const char *name)
{
	const char *nearest = NULL;
	char shown[64];

	for (size_t i = 0; i < sizeof(policy_names) / sizeof(policy_names[0]); i++)
		nearest = distance_nearer(name, nearest, policy_names[i]);

	printable_text(name, shown, sizeof(shown));
	if (option_find(name))
		settings_note(settings, true, origin, "'%s' is no setting of a rule: it belongs to [run]",
			      shown);
	else
		settings_note(settings, true, origin,
			      nearest ? "'%s' is no setting of a rule; is %s meant?"
				      : "'%s' is no setting of a rule",
			      shown, nearest);
}

void policy_take(struct settings *settings, const struct origin *origin, const char *rule, const char *name,
		 const char *value)
{
	struct policy *policy = policy_of(settings, rule);

	if (!policy)
		return; /* no memory, or its section is wrong: that is known */
	if (!strcmp(name, "match"))
		take_match(settings, origin, policy, value);
	else if (!strcmp(name, "watch"))
		take_watch(settings, origin, policy, value);
	else if (!take_limit(settings, origin, policy, name, value))
		note_unknown(settings, origin, name);
}

static bool has_limits(const struct rule_limits *limits)
{
	return limits->has_huge || limits->has_growth_pct || limits->has_growth;
}

static void take_policy(struct rule *rule, const struct policy *policy)
{
	rule->effect = policy->effect;
	rule->limits = policy->limits;
}

void policies_end(struct settings *settings)
{
	struct rules *rules = &settings->values.rules;

	for (size_t i = 0; i < settings->n_policies; i++) {
		struct policy *policy = &settings->policies[i];

		if (!policy->n_matches)
			settings_note(settings, true, &policy->origin, "[rule %s] wants match = KIND=GLOB",
				      policy->name);
		if (policy->watch.kind == ORIGIN_DEFAULT && has_limits(&policy->limits))
			policy->effect = RULE_LIMITS;
		else if (policy->watch.kind == ORIGIN_DEFAULT)
			settings_note(settings, true, &policy->origin,
				      "[rule %s] wants watch = yes, no, only or prefer", policy->name);
		for (unsigned int j = 0; j < rules->n; j++)
			if (rules->rules[j].name == policy->name)
				take_policy(&rules->rules[j], policy);
	}
}
