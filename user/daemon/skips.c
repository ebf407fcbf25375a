// SPDX-License-Identifier: GPL-2.0
#include "daemon/skips.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/log.h"

#define SAID_AT_ONCE 32

void skips_free(struct skips *skips)
{
	free(skips->whose);
	*skips = (struct skips){0};
}

/* Whether of none of this name it was said that it is left out; now it is. */
static bool name_is_news(struct skips *skips, const char *comm)
{
	for (size_t i = 0; i < SKIPS_NAMES && i < skips->n_names; i++)
		if (!strcmp(skips->names[i], comm))
			return false;
	snprintf(skips->names[skips->n_names++ % SKIPS_NAMES], COMM_LEN, "%s", comm);
	return true;
}

/* A service is remembered by its key: no process has pid 0. */
static bool is_news(struct skips *skips, uint64_t service, bool barred)
{
	return said_once(&skips->said, (struct process_id){.start_time_ns = service}, barred);
}

void skips_note(struct skips *skips, uint64_t service, bool barred)
{
	is_news(skips, service, barred);
}

void skips_note_left(struct skips *skips, const struct governor_move *move)
{
	if (move->barred || move->ruled_out)
		is_news(skips, move->service, move->barred);
	if (move->ruled_out)
		name_is_news(skips, move->comm);
}

/* The hottest services, once each, or a busy machine would fill its log; the status has it for as long as it lasts. */
static void say(struct skips *skips)
{
	for (size_t i = 0; i < skips->n && i < SAID_AT_ONCE; i++) {
		const struct governor_skip *skip = &skips->list[i];
		char name[WHOSE_NAME_LEN], more[32] = "";

		if (!is_news(skips, skip->member.key, skip->barred))
			continue;
		if (skip->ruled_out && !name_is_news(skips, skip->comm))
			continue;
		whose_name(skip->comm, skip->id.tgid, &skips->whose[i], name);
		if (skip->member.processes > 1)
			snprintf(more, sizeof(more), " and %u more", skip->member.processes - 1);
		log_event(&(struct log_about){.event = EVENT_SKIPPED,
					      .pid = skip->id.tgid,
					      .comm = skip->comm,
					      .whose = &skips->whose[i]},
			  "skipped: %s%s, %.1f %% of a CPU: %s", name, more, skip->cpu_pct, skip->reason);
	}
}

int skips_take(struct skips *skips, struct services *services, const struct governor_skip *list, size_t n,
	       uint64_t now_ns)
{
	int err = array_reserve(&skips->whose, &skips->room, n, sizeof(*skips->whose));

	skips->n = err ? 0 : n;
	skips->list = list;
	for (size_t i = 0; i < skips->n; i++) {
		skips->whose[i] = (struct whose){0};
		services_whose(services, list[i].id, list[i].owner, false, now_ns, &skips->whose[i]);
	}
	say(skips);
	return err;
}
