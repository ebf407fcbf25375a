// SPDX-License-Identifier: GPL-2.0
#include "daemon/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/units.h"
#include "report/log.h"

#define VALUE_LEN 64 /* of a value in the log; a longer one is cut */

bool reload_is_on_hangup(void)
{
	int terminal;

	if (getenv("NOTIFY_SOCKET"))
		return true;
	terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		return true;
	close(terminal);
	return false;
}

static const char *shown(const struct run_option *option, const struct settings *settings,
			 char value[VALUE_LEN])
{
	option_print(option, &settings->values, value, VALUE_LEN);
	if (*value)
		return value;
	return option->unset_words ? option->unset_words : "none";
}

/* Of one that is not the same in both. */
static void take_change(const struct run_option *option, const struct settings *settings,
			struct settings *anew)
{
	char old_value[VALUE_LEN], new_value[VALUE_LEN], where[ORIGIN_TEXT_LEN];
	struct origin *origin = &anew->origins[option - run_table];
	const char *was = shown(option, settings, old_value), *is = shown(option, anew, new_value);

	origin_text(origin, where, sizeof(where));
	if (option->reloads) {
		log_info("reload: %s is %s now, not %s (%s)", option->name, is, was, where);
		return;
	}
	log_warning("reload: %s stays %s: to make it %s (%s) takes a restart", option->name, was, is, where);
	option_copy(option, &anew->values, &settings->values);
	*origin = (struct origin){.kind = ORIGIN_DEFAULT};
}

static bool are_same_limits(const struct rule_limits *a, const struct rule_limits *b)
{
	return a->has_huge == b->has_huge && a->max_huge_bytes == b->max_huge_bytes &&
	       a->has_growth_pct == b->has_growth_pct && a->max_growth_pct == b->max_growth_pct &&
	       a->has_growth == b->has_growth && a->max_growth_bytes == b->max_growth_bytes;
}

static bool is_same_rule(const struct rule *a, const struct rule *b)
{
	return a->effect == b->effect && are_same_limits(&a->limits, &b->limits) &&
	       !strcmp(a->text, b->text) && !strcmp(a->name ? a->name : "", b->name ? b->name : "");
}

static bool are_same_rules(const struct rules *a, const struct rules *b)
{
	for (unsigned int i = 0; i < a->n && a->n == b->n; i++)
		if (!is_same_rule(&a->rules[i], &b->rules[i]))
			return false;
	return a->n == b->n;
}

/* What is new is said; what cannot be new is as it was. */
static void take_changes(const struct settings *settings, struct settings *anew)
{
	bool same = are_same_rules(&settings->values.rules, &anew->values.rules);

	if (!same)
		log_info("reload: there are %u rules now", anew->values.rules.n);
	for (size_t i = 0; i < n_run_table; i++) {
		const struct run_option *option = &run_table[i];

		if (!option->name || option->alias_of || option->kind == OPTION_RULE ||
		    option_is_same(option, &settings->values, &anew->values))
			continue;
		take_change(option, settings, anew);
		same = false;
	}
	if (same)
		log_info("reload: nothing is new");
}

static void say_notes(const struct settings *anew)
{
	for (size_t i = 0; i < anew->n_notes; i++)
		if (anew->notes[i].mistake)
			log_error("reload: %s", anew->notes[i].text);
		else
			log_warning("reload: %s", anew->notes[i].text);
	if (anew->n_untold)
		log_error("reload: and %zu mistakes more", anew->n_untold);
}

/* The values stay in their place, as many know where they are; what they refer to comes along. */
static void put_in_place(struct settings *settings, struct settings *anew)
{
	struct settings old = *settings;

	*settings = *anew;
	*anew = old;
}

static int reload(struct settings *settings, const struct setup *setup, struct watch *watch)
{
	struct settings *anew = NULL;
	int err = settings_load_anew(settings, &anew);

	if (anew)
		say_notes(anew);
	if (err) {
		log_error("reload: %s: all goes on as before",
			  err == -EINVAL ? "the configuration is wrong" : strerror(-err));
	} else {
		take_changes(settings, anew);
		put_in_place(settings, anew);
		setup_heed(setup, watch);
	}
	settings_free(anew);
	return err;
}

void reload_run(struct settings *settings, const struct setup *setup, struct watch *watch)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_awake_ns() / NS_PER_US);
	if (reload(settings, setup, watch))
		sd_notify(0, "READY=1\nSTATUS=the last reload failed: all goes on as before it");
	else
		sd_notify(0, "READY=1\nSTATUS=");
}
