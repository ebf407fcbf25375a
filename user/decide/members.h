/* SPDX-License-Identifier: GPL-2.0 */
/* The members of a service: which of them are looked at, who is old enough, and whose stint is next. Pure. */
#ifndef HOTDAMON_DECIDE_MEMBERS_H
#define HOTDAMON_DECIDE_MEMBERS_H

#include "decide/service_rank.h"

#define MEMBERS_DEFAULT 4 /* seats that a service may have: each is a kdamond that costs up to 1 % of a CPU */
#define SEATS_DEFAULT	32 /* in all */
#define SEATS_LEAST                                                                                          \
	8 /* so many are made, though fewer are to be taken at first: an idle one costs some files */
#define MEMBERS_LOOKED_AT 64 /* of a service, in one tick: to ask /proc of a process takes 50 us */

/*
 * So many seats there are where @top services may have @members each, but for @most in all; never less than one for each.
 */
unsigned int members_seats(unsigned int top, unsigned int members, unsigned int most);

/* Below it a member has nothing to gain, in percent of a CPU: a hundredth of what its service needs. */
double members_least_pct(double min_cpu_pct);

/*
 * A process of a service whose processes end soon may be one of them: what is made huge in it is gone before it pays. So
 * it must have lived for SERVICE_LONG_S. Any other must have lived for a whole window: until then it is not known whether
 * such processes end soon.
 */
bool members_are_short(double life_s);
bool member_is_young(double age_s, double window_s, double life_s);

/* Who was watched and made room for others of its service, and when. Starts as {0}. */
#define STINTS_MAX     4096		 /* of more, the oldest is forgotten */
#define STINT_AGAIN_NS (3600 * NS_PER_S) /* as often as parked work is tried again (decide/rearm.c) */

struct stint {
	struct process_id id;
	uint32_t execs; /* of the program that had it */
	uint64_t ended_ns;
};

struct stints {
	struct stint list[STINTS_MAX]; /* by identity */
	size_t n;
};

void stints_note(struct stints *stints, struct process_id id, uint32_t execs, uint64_t now_ns);
/* 0: it had none, or was another program then. */
uint64_t stints_ended_ns(const struct stints *stints, struct process_id id, uint32_t execs);

static inline bool stints_had(const struct stints *stints, const struct ranked *member, uint64_t now_ns)
{
	uint64_t ended_ns = stints_ended_ns(stints, member->id, member->execs);

	return ended_ns && now_ns - ended_ns < STINT_AGAIN_NS;
}

/* How many members of @service that are alive had one lately. */
unsigned int stints_count(const struct stints *stints, const struct ranked_service *service,
			  const struct ranked *ranked, uint64_t now_ns);

/*
 * The members of @service that are alive and use @least_pct of a CPU or more, the hottest one in any case, in the order in
 * which they are to come in: those that had no stint first, the hottest first, then those whose stint is longest ago. To
 * @out, at most MEMBERS_LOOKED_AT of them, as places in @ranked; returns how many.
 */
size_t members_pick(const struct ranked_service *service, const struct ranked *ranked,
		    const struct stints *stints, double least_pct, size_t out[MEMBERS_LOOKED_AT]);

#endif
