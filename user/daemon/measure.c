// SPDX-License-Identifier: GPL-2.0
#include "daemon/measure.h"

#include <errno.h>
#include <string.h>

#include "act/cost_file.h"
#include "report/log.h"

static void say(const struct watch *watch)
{
	char words[2 * REASON_LEN];

	cost_words(&watch->cost, words);
	log_info("what huge pages are reckoned by: %s", words);
}

/* That there is none, or one of another boot, is as it should be. */
static bool take_kept(const struct measure *measure, struct watch *watch)
{
	struct cost_measure kept;
	struct act_error error;
	int err = cost_file_read(measure->paths, &kept, &error);

	if (err && err != -ENOENT && err != -ESTALE)
		log_warning("%s: it is measured anew", error.text);
	if (!err)
		cost_take(&watch->cost, &kept, true);
	return !err;
}

static void start(struct measure *measure, struct watch *watch)
{
	int err = miss_has_room("/proc") ? miss_start(&measure->probe, true) : -ENOMEM;

	if (!err)
		return;
	cost_take_none(&watch->cost, err == -ENOMEM ? "memory is short" : strerror(-err));
	say(watch);
}

void measure_begin(struct measure *measure, struct watch *watch, const struct claim_paths *paths)
{
	bool given = watch->cost.miss_source == COST_GIVEN;

	*measure = (struct measure){.paths = paths};
	if (!watch->executor.damon) /* a dry run weighs nothing */
		cost_take_none(&watch->cost, "a dry run");
	else if (given || take_kept(measure, watch))
		say(watch);
	else
		start(measure, watch);
}

int measure_fd(const struct measure *measure)
{
	return measure->probe.child ? measure->probe.fd : -1;
}

static void keep(const struct measure *measure, const struct cost_measure *measured)
{
	struct act_error error;

	if (cost_file_write(measure->paths, measured, &error))
		log_warning("%s", error.text);
}

void measure_take(struct measure *measure, struct watch *watch)
{
	struct cost_measure measured;
	const char *why = miss_take(&measure->probe, &measured);

	if (why)
		cost_take_none(&watch->cost, why);
	else
		cost_take(&watch->cost, &measured, false);
	if (!why)
		keep(measure, &measured);
	say(watch);
	measure_end(measure);
}

void measure_end(struct measure *measure)
{
	miss_stop(&measure->probe);
}
