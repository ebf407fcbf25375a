// SPDX-License-Identifier: GPL-2.0
#include "daemon/stuck.h"

#include <stdio.h>
#include <string.h>

#include "base/aside.h"
#include "decide/stuck.h"
#include "report/log.h"

bool stuck_bar(const struct process_facts *facts, bool watched, struct candidate *candidate)
{
	if (!stuck_bars(aside_waits_ns(facts->tgid), watched) &&
	    !stuck_bars(aside_waits_ns(facts->live_tid), watched))
		return false;
	candidate->barred = STUCK_REASON;
	return true;
}

static const struct status_stuck *find(const struct stuck_list *list, uint32_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].pid == pid)
			return &list->at[i];
	return NULL;
}

static void name_it(struct status_stuck *stuck)
{
	struct process_facts facts;

	if (stuck->pid == ASIDE_DAMON)
		snprintf(stuck->comm, sizeof(stuck->comm), "DAMON");
	else if (!process_facts_read("/proc", stuck->pid, &facts))
		memcpy(stuck->comm, facts.comm, sizeof(stuck->comm));
}

static void say_stuck(const struct status_stuck *stuck)
{
	if (stuck->pid == ASIDE_DAMON)
		log_warning("DAMON is stuck: a command waits for one of its threads for %.1f s; until it "
			    "comes back, no "
			    "kdamond can be told anything",
			    stuck->for_s);
	else
		log_event(&(struct log_about){.event = EVENT_STUCK, .pid = stuck->pid, .comm = stuck->comm},
			  "%s (%u) is " STUCK_REASON, stuck->comm, stuck->pid);
}

static void say_news(const struct stuck_list *before, const struct stuck_list *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (!find(before, now->at[i].pid))
			say_stuck(&now->at[i]);
	for (size_t i = 0; i < before->n; i++)
		if (!find(now, before->at[i].pid))
			log_info("%s (%u) is no longer stuck, after %.1f s and more", before->at[i].comm,
				 before->at[i].pid, before->at[i].for_s);
}

void stuck_look(struct stuck_list *list, const struct seats *seats)
{
	struct stuck_list before = *list;
	uint32_t pids[ASIDE_MOST];
	size_t n = aside_waits_for(pids, ASIDE_MOST);

	list->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct status_stuck *stuck = &list->at[list->n];
		uint64_t waits_ns = aside_waits_ns(pids[i]);

		if (!stuck_is(waits_ns))
			continue;
		*stuck = (struct status_stuck){
			.pid = pids[i], .for_s = ns_to_s(waits_ns), .seat = seats_watching(seats, pids[i])};
		name_it(stuck);
		list->n++;
	}
	say_news(&before, list);
}
