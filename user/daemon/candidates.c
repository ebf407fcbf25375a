// SPDX-License-Identifier: GPL-2.0
#include "daemon/candidates.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/aside.h"
#include "daemon/memory.h"
#include "daemon/stuck.h"
#include "decide/optout.h"
#include "decide/share.h"
#include "sense/share.h"

#define LIFE_LEAST_S 0.001 /* none was there whenever a window ended */

/* A listed process is known by /proc's rounded start time, one found by BPF by the exact one. */
static bool same_process(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.start_time_ns / PROC_TICK_NS == b.start_time_ns / PROC_TICK_NS;
}

struct target *candidates_target(const struct watch *watch, struct process_id id)
{
	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		struct target *target = watch_target(watch, seat);

		if (target && same_process(target->id, id))
			return target;
	}
	return NULL;
}

const struct ranked *candidates_ranked(const struct candidates *candidates, struct process_id id)
{
	const struct ranks *ranks = candidates->ranks;

	for (size_t i = 0; i < ranks->n_processes; i++)
		if (same_process(ranks->processes[i].id, id))
			return &ranks->processes[i];
	return NULL;
}

/* ---- one candidate ---- */

/* Only of one that would come in: it takes a millisecond. If it cannot be read, the process is no fork for all we know. */
static int shared_pct(const struct candidates *candidates, const struct watch *watch,
		      const struct candidate *candidate, uint32_t live_tid)
{
	struct share share;

	if (!governor_would_take(watch->governor, candidate) ||
	    process_share_read("/proc", live_tid, candidates->ticks, &share))
		return -1;
	return share_pct(&share);
}

/* Whether it can be reached takes a system call, so it is asked of those for which it matters. */
static void see_bar(const struct candidates *candidates, const struct watch *watch,
		    const struct process_facts *facts, bool watched, struct candidate *candidate)
{
	bool asked = facts->thp_disabled || watched || governor_would_take(watch->governor, candidate);

	candidate->opted_out = facts->thp_disabled;
	if (candidate->opted_out)
		candidate->barred = optout_reason(candidate->comm);
	else if (asked)
		candidate->barred = executor_bars(&watch->executor, facts);
	/* That question may be the first that does not come back. */
	asked |= stuck_bar(facts, watched, candidate);
	candidate->barred_s =
		said_see(candidates->said, candidate->id, asked, candidate->barred, watch->now_ns);
}

void candidates_read_command(struct target *target)
{
	if (process_command_read("/proc", target->id.tgid, target->whose.command,
				 sizeof(target->whose.command)))
		*target->whose.command = '\0';
}

static void take_whose(const struct candidates *candidates, struct target *target,
		       const struct ranked *ranked, uint64_t now_ns)
{
	struct whose whose;

	services_whose(candidates->services, target->id, ranked->owner, false, now_ns, &whose);
	target_set_whose(target, &whose);
	if (target->execs != ranked->execs)
		candidates_read_command(target);
	target->execs = ranked->execs;
}

/* Who is listed was named: nobody else is asked. The last question takes some system calls. */
static void judge(const struct candidates *candidates, const struct watch *watch,
		  const struct process_facts *facts, bool watched, struct candidate *candidate)
{
	if (!candidates->judge)
		return;
	candidate->verdict =
		judge_process(candidates->judge, facts, candidate->id, candidate->owner, watch->now_ns);
	if (rules_are_silent(&candidate->verdict) &&
	    (watched || governor_would_take(watch->governor, candidate)) &&
	    judge_finds_advised(candidates->judge, facts))
		rules_take_advised(&candidate->verdict);
}

static double age_of(const struct ranks *ranks, const struct ranked *ranked)
{
	uint64_t now_ns = ranks->span.ended_ns, start_ns = ranked->id.start_time_ns;

	return now_ns > start_ns ? ns_to_s(now_ns - start_ns) : 0;
}

/* What it is in @service; NULL: it is one by itself, as it is listed or has not run. */
static struct membership membership(const struct candidates *candidates, const struct watch *watch,
				    const struct ranked *ranked, const struct ranked_service *service)
{
	const struct ranks *ranks = candidates->ranks;
	struct membership member = {.key = service_key_alone(ranked->id), .cpu_pct = ranked->cpu_pct};
	double age_s = age_of(ranks, ranked);

	if (!service || !ranks->services)
		return member;
	member.key = service->key;
	member.processes = (unsigned int)service->n_members;
	member.had_stints = candidates->had_stints;
	member.young = member_is_young(age_s, ranks_window_s(ranks), service->life_s);
	if (member.young && members_are_short(service->life_s))
		member.short_life_s = fmax(service->life_s, LIFE_LEAST_S);
	member.had_stint = stints_had(&candidates->stints, ranked, watch->now_ns);
	return member;
}

/* Nothing is left to do in it for now; one that hardly runs gains nothing, whatever is left. */
static bool is_done(const struct watch *watch, const struct target *target, double cpu_pct)
{
	return !descent_acts(&target->descent) || cpu_pct < members_least_pct(watch->options->min_cpu_pct);
}

/* What /proc says of it now, to the end of the list; false: it is gone, or no process to watch. */
static bool add(struct candidates *candidates, const struct watch *watch, const struct ranked *ranked,
		const struct ranked_service *service)
{
	struct candidate *candidate = &candidates->list[candidates->n];
	struct process_id id = ranked->id;
	struct target *target = candidates_target(watch, id);
	struct process_facts facts;

	if (target) {
		if (target_is_gone(target))
			return false;
		/* If it fails, for want of descriptors or of memory, what it said before will do. */
		target_look(target);
		facts = target->facts;
	} else if (process_facts_read("/proc", id.tgid, &facts) || !process_facts_match(&facts, id)) {
		return false;
	}
	*candidate = (struct candidate){
		.id = target ? target->id : id,
		.owner = ranked->owner,
		.cpu_pct = service ? service->cpu_pct : ranked->cpu_pct,
		.member = membership(candidates, watch, ranked, service),
		.execs = ranked->execs,
		.excluded = facts.kernel_thread || !facts.live_tid || aside_is_own(id.tgid),
	};
	memcpy(candidate->comm, facts.comm, sizeof(candidate->comm));
	if (target)
		take_whose(candidates, target, ranked, watch->now_ns);
	candidate->member.done = target && is_done(watch, target, ranked->cpu_pct);
	memory_see(watch, target, &facts, candidate);
	judge(candidates, watch, &facts, target, candidate);
	see_bar(candidates, watch, &facts, target, candidate);
	candidate->shared_pct = target ? -1 : shared_pct(candidates, watch, candidate, facts.live_tid);
	candidates->n++;
	return true;
}

/* One that has not run in our sight, or not for long. */
static bool add_unranked(struct candidates *candidates, const struct watch *watch, struct process_id id)
{
	const struct target *target = candidates_target(watch, id);
	struct ranked ranked = {.id = id, .owner.uid = UID_UNKNOWN, .execs = target ? target->execs : 0};

	return add(candidates, watch, &ranked, NULL);
}

/* ---- of services ---- */

static void add_targets(struct candidates *candidates, const struct watch *watch,
			const struct ranked_service *service)
{
	for (size_t i = 0; i < service->n_members; i++) {
		const struct ranked *member = &candidates->ranks->processes[service->members[i]];

		if (!member->ended && candidates_target(watch, member->id))
			add(candidates, watch, member, service);
	}
}

/* As many as may come in, while it has @seats seats; to ask for them all takes long. */
static void add_others(struct candidates *candidates, const struct watch *watch,
		       const struct ranked_service *service, size_t seats)
{
	const struct ranked *processes = candidates->ranks->processes;
	double least_pct = members_least_pct(watch->options->min_cpu_pct);
	unsigned int most = watch->options->members, fit = 0;
	size_t picked[MEMBERS_LOOKED_AT], n;

	n = members_pick(service, processes, &candidates->stints, least_pct, picked);
	for (size_t i = 0; i < n && fit < most; i++) {
		const struct candidate *candidate = &candidates->list[candidates->n];
		const struct ranked *member = &processes[picked[i]];

		if (seats >= most && stints_had(&candidates->stints, member, watch->now_ns))
			break; /* nobody makes room for it, nor for those behind it */
		if (!candidates_target(watch, member->id) && add(candidates, watch, member, service))
			fit += governor_would_take(watch->governor, candidate) &&
			       !share_bars_seat(candidate->shared_pct, false);
	}
}

/*
 * None of it lives on; what it burned is told, if it began and ended in this window. It is no candidate that could be taken for
 * one that is watched.
 */
static void add_ended(struct candidates *candidates, const struct watch *watch,
		      const struct ranked_service *service)
{
	const struct ranked *hottest = &candidates->ranks->processes[service->members[0]];
	struct candidate *candidate = &candidates->list[candidates->n];

	if (!candidates->ranks->services || !hottest->ended || candidates_target(watch, hottest->id) ||
	    age_of(candidates->ranks, hottest) >= ranks_window_s(candidates->ranks))
		return;
	*candidate = (struct candidate){
		.id = hottest->id,
		.owner = hottest->owner,
		.cpu_pct = service->cpu_pct,
		.member = membership(candidates, watch, hottest, service),
		.shared_pct = -1,
	};
	memcpy(candidate->comm, hottest->comm, sizeof(candidate->comm));
	candidates->n++;
}

static void add_service(struct candidates *candidates, const struct watch *watch,
			const struct ranked_service *service)
{
	bool hot = service->cpu_pct >= governor_candidate_pct(watch->options->min_cpu_pct);
	size_t n = candidates->n;

	candidates->had_stints =
		stints_count(&candidates->stints, service, candidates->ranks->processes, watch->now_ns);
	add_targets(candidates, watch, service);
	if (!hot)
		return;
	add_others(candidates, watch, service, candidates->n - n);
	if (candidates->n == n)
		add_ended(candidates, watch, service);
}

/* What is watched and has not run for so long that the ranking forgot it lives on, and is the coldest. */
static void add_forgotten(struct candidates *candidates, const struct watch *watch)
{
	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		const struct target *target = watch_target(watch, seat);

		if (target && !candidates_ranked(candidates, target->id))
			add_unranked(candidates, watch, target->id);
	}
}

/* Room for all that are ranked, and @more. */
static int begin(struct candidates *candidates, size_t more)
{
	candidates->n = 0;
	return array_reserve(&candidates->list, &candidates->room, candidates->ranks->n_processes + more,
			     sizeof(*candidates->list));
}

int candidates_by_heat(struct candidates *candidates, const struct watch *watch)
{
	int err = begin(candidates, watch->n_seats);

	for (size_t i = 0; !err && i < candidates->ranks->n; i++)
		add_service(candidates, watch, &candidates->ranks->list[i]);
	if (!err)
		add_forgotten(candidates, watch);
	return err;
}

/* ---- of --pid ---- */

static int hotter_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->cpu_pct != b->cpu_pct)
		return a->cpu_pct > b->cpu_pct ? -1 : 1;
	return process_id_cmp(a->id, b->id);
}

int candidates_listed(struct candidates *candidates, const struct watch *watch, struct tick_listed *listed)
{
	int err = begin(candidates, listed->n);

	for (unsigned int i = 0; !err && i < listed->n; i++) {
		struct process_id *id = &listed->ids[i];
		const struct ranked *ranked = candidates_ranked(candidates, *id);

		if (!id->tgid)
			continue;
		if (ranked ? !add(candidates, watch, ranked, NULL) : !add_unranked(candidates, watch, *id))
			id->tgid = 0;
	}
	if (!err)
		qsort(candidates->list, candidates->n, sizeof(*candidates->list), hotter_first);
	return err;
}
