// SPDX-License-Identifier: GPL-2.0
/* Who makes room for whom: services for hotter ones, members for others of their service. */
#include "decide/governor_internal.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "decide/governor_reason.h"
#include "decide/reason.h"

#define OUTRANKED_SHARE 0.8 /* of a waiting one's heat: below it a watched service is outranked */

unsigned int governor_seats_of(const struct governor *governor, uint64_t service)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < governor->config.made; i++)
		n += governor->seats[i].used && governor->seats[i].member.key == service;
	return n;
}

static unsigned int used_seats(const struct governor *governor)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < governor->config.made; i++)
		n += governor->seats[i].used;
	return n;
}

static unsigned int free_seats(const struct governor *governor)
{
	unsigned int used = used_seats(governor), most = governor->config.seats, n = 0;

	for (unsigned int i = 0; i < governor->config.made; i++)
		n += !governor->seats[i].used && !governor->closed[i];
	if (used >= most)
		return 0;
	return n < most - used ? n : most - used;
}

/* The seat before it with a member of the same service. */
static bool is_first_seat(const struct governor *governor, unsigned int seat)
{
	for (unsigned int i = 0; i < seat; i++)
		if (governor->seats[i].used &&
		    governor->seats[i].member.key == governor->seats[seat].member.key)
			return false;
	return true;
}

static unsigned int used_places(const struct governor *governor)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < governor->config.made; i++)
		n += governor->seats[i].used && is_first_seat(governor, i);
	return n;
}

/* How many services that are not watched find room. */
static unsigned int free_places(const struct governor *governor)
{
	unsigned int seats = free_seats(governor), n;

	if (!governor->config.services)
		return seats;
	n = used_places(governor);
	if (n >= governor->config.services)
		return 0;
	n = governor->config.services - n;
	return n < seats ? n : seats;
}

/* Whether the service is about to leave. */
static bool is_losing(const struct governor *governor, uint64_t service)
{
	for (unsigned int i = 0; i < governor->config.made; i++)
		if (governor->seats[i].used && governor->seats[i].member.key == service &&
		    governor->seats[i].cold_ticks)
			return true;
	return false;
}

/* How many more of the service may come in now. */
static unsigned int room_of(const struct governor *governor, uint64_t service)
{
	unsigned int members = governor_seats_of(governor, service), places = free_places(governor);
	unsigned int most = governor->config.members, free = free_seats(governor) - places;

	if (!members)
		return places > 0;
	if (is_losing(governor, service) || (most && members >= most))
		return 0;
	return most && most - members < free ? most - members : free;
}

bool governor_has_room(const struct governor *governor, const struct candidate *waiting)
{
	return room_of(governor, waiting->member.key) > 0;
}

/* ---- counts: there may be tens of thousands that wait ---- */

static int count_cmp(const void *a, const void *b)
{
	const struct count *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

/* One of 0 for each key of those that wait. */
static void begin_counts(struct governor *governor, uint64_t (*key_of)(const struct candidate *candidate))
{
	struct count *counts = governor->counts;

	governor->n_counts = 0;
	if (!governor->n_waiting)
		return;
	for (size_t i = 0; i < governor->n_waiting; i++)
		counts[i] = (struct count){.key = key_of(governor->waiting[i])};
	qsort(counts, governor->n_waiting, sizeof(*counts), count_cmp);
	for (size_t i = 0; i < governor->n_waiting; i++)
		if (!i || counts[i].key != counts[governor->n_counts - 1].key)
			counts[governor->n_counts++] = counts[i];
}

/* It is among them. */
static unsigned int *count_of(const struct governor *governor, uint64_t key)
{
	const struct count wanted = {.key = key};
	struct count *found =
		bsearch(&wanted, governor->counts, governor->n_counts, sizeof(wanted), count_cmp);

	return &found->n;
}

static uint64_t user_of(const struct candidate *candidate)
{
	return candidate->owner.uid;
}

static uint64_t service_of(const struct candidate *candidate)
{
	return candidate->member.key;
}

/* ---- users ---- */

/* So many of the user are watched. */
static unsigned int services_of(const struct governor *governor, uint32_t uid)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < governor->config.made; i++)
		n += governor->in_seat[i] && governor->in_seat[i]->owner.uid == uid &&
		     is_first_seat(governor, i);
	return n;
}

static enum user_standing standing_of(const struct governor *governor, uint32_t uid, unsigned int services)
{
	return user_share_standing(governor_user_share(&governor->config), uid, services);
}

bool governor_user_has_share(const struct governor *governor, uint32_t uid)
{
	if (standing_of(governor, uid, UINT_MAX) == USER_BELOW) /* it has no bound */
		return false;
	return standing_of(governor, uid, services_of(governor, uid)) != USER_BELOW;
}

/* Whether @waiting would be, if it came in after those of its user that are counted. */
static bool is_above_share(const struct governor *governor, const struct candidate *waiting)
{
	uint32_t uid = waiting->owner.uid;

	return !waiting->verdict.preferred &&
	       standing_of(governor, uid, *count_of(governor, uid)) != USER_BELOW;
}

void governor_order_by_share(struct governor *governor)
{
	const struct candidate **above = governor->outside;
	size_t n_within = 0, n_above = 0;
	uint64_t service = 0;
	bool is_above = false;

	begin_counts(governor, user_of);
	for (size_t i = 0; i < governor->n_counts; i++)
		governor->counts[i].n = services_of(governor, (uint32_t)governor->counts[i].key);
	for (size_t i = 0; i < governor->n_waiting; i++) {
		const struct candidate *waiting = governor->waiting[i];

		if (!i || waiting->member.key != service) { /* its members stay together */
			bool comes_in = !governor_seats_of(governor, waiting->member.key);

			is_above = comes_in && is_above_share(governor, waiting);
			*count_of(governor, waiting->owner.uid) += comes_in && !is_above;
		}
		service = waiting->member.key;
		if (is_above)
			above[n_above++] = waiting;
		else
			governor->waiting[n_within++] = waiting;
	}
	if (n_above)
		memcpy(&governor->waiting[n_within], above, n_above * sizeof(*above));
	governor->n_within = n_within;
}

/* ---- services ---- */

/* The first one that waits of each service that is not watched, in the order of those that wait. */
static void collect_outside(struct governor *governor)
{
	governor->n_outside = governor->n_outside_within = 0;
	begin_counts(governor, service_of);
	for (size_t i = 0; i < governor->n_waiting; i++) {
		uint64_t key = governor->waiting[i]->member.key;

		if ((*count_of(governor, key))++ || governor_seats_of(governor, key))
			continue;
		governor->outside[governor->n_outside++] = governor->waiting[i];
		governor->n_outside_within += i < governor->n_within;
	}
}

/* To be told anew when one has left. */
static void note_shares(struct governor *governor)
{
	for (unsigned int i = 0; i < governor->config.made; i++) {
		const struct candidate *watched = governor->in_seat[i];

		governor->above_share[i] =
			watched && standing_of(governor, watched->owner.uid,
					       services_of(governor, watched->owner.uid)) == USER_ABOVE;
	}
}

/* What heat would not bring about. */
static bool yields_by_share(const struct governor *governor, unsigned int seat, size_t at)
{
	return at < governor->n_outside_within && governor->above_share[seat] &&
	       governor->in_seat[seat]->owner.uid != governor->outside[at]->owner.uid;
}

/* Whether the one in @seat should make room for the one outside at @at. */
static bool yields(const struct governor *governor, unsigned int seat, size_t at)
{
	const struct candidate *watched = governor->in_seat[seat], *waiting = governor->outside[at];

	if (governor_is_shrunk(&governor->config, watched) &&
	    governor_seats_of(governor, watched->member.key) == 1)
		return true;
	if (watched->verdict.preferred != waiting->verdict.preferred)
		return waiting->verdict.preferred;
	if (yields_by_share(governor, seat, at))
		return true;
	if (at >= governor->n_outside_within && watched->owner.uid != waiting->owner.uid)
		return false;
	return watched->cpu_pct < OUTRANKED_SHARE * waiting->cpu_pct;
}

/* Of those outside, the first @at come in anyway. */
static bool is_outranked(const struct governor *governor, unsigned int seat, size_t at)
{
	for (; at < governor->n_outside; at++)
		if (yields(governor, seat, at))
			return true;
	return false;
}

/*
 * Every watched process that one of the waiting clearly beats counts its ticks, not only the
 * weakest: among equals the weakest is another one in each tick, and none would ever have to go.
 */
static void count_outranked(struct governor *governor, size_t first)
{
	for (unsigned int i = 0; i < governor->config.made; i++) {
		struct governor_seat *seat = &governor->seats[i];

		if (!seat->used || governor_is_cold(governor, seat))
			continue;
		if (is_outranked(governor, i, first))
			governor_count_tick(governor, &seat->cold_ticks);
		else
			seat->cold_ticks = 0;
	}
}

/* Whether @one leaves before @other. Candidates are ordered, hottest first. */
static bool leaves_first(const struct candidate *one, const struct candidate *other)
{
	if (one->verdict.preferred != other->verdict.preferred)
		return other->verdict.preferred;
	return one > other;
}

/* The same, of two seats that yield to the one outside at @at. */
static bool yields_first(const struct governor *governor, unsigned int seat, unsigned int other, size_t at)
{
	const struct candidate *one = governor->in_seat[seat], *two = governor->in_seat[other];
	bool by_share = yields_by_share(governor, seat, at);

	if (one->verdict.preferred == two->verdict.preferred &&
	    by_share != yields_by_share(governor, other, at))
		return by_share;
	return leaves_first(one, two);
}

/* The seat whose service makes room for the one outside at @at, or the number of seats if none does. */
static unsigned int find_victim(const struct governor *governor, size_t at)
{
	unsigned int n = governor->config.made, victim = n;

	for (unsigned int i = 0; i < n; i++) {
		if (governor->seats[i].cold_ticks < governor->config.dwell_ticks)
			continue;
		if (!governor->in_seat[i] || !yields(governor, i, at))
			continue;
		if (victim == n || yields_first(governor, i, victim, at))
			victim = i;
	}
	return victim;
}

/* The whole service of the one in @seat, for the one outside at @at. */
static void leave_all_for(const struct tick *tick, unsigned int seat, size_t at)
{
	struct governor *governor = tick->governor;
	bool by_share = yields_by_share(governor, seat, at);
	uint64_t service = governor->seats[seat].member.key;

	for (unsigned int i = 0; i < governor->config.made; i++) {
		const struct candidate *watched = governor->in_seat[i];

		if (watched && watched->member.key == service)
			governor_reason_outranked(&governor->config, watched, governor->outside[at], by_share,
						  governor_leave(tick, i)->reason);
	}
	note_shares(governor);
}

void governor_leave_outranked(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	size_t first = free_places(governor); /* so many come in anyway */

	collect_outside(governor);
	note_shares(governor);
	count_outranked(governor, first);
	for (size_t i = first; i < governor->n_outside; i++) {
		unsigned int seat = find_victim(governor, i);

		if (seat < governor->config.made)
			leave_all_for(tick, seat, i);
	}
}

/* ---- the operator wants fewer ---- */

/* Of those that are watched, and are of a service with more than @members seats, the one that leaves first. */
static unsigned int find_last(const struct governor *governor, unsigned int members)
{
	unsigned int n = governor->config.made, last = n;

	for (unsigned int i = 0; i < n; i++) {
		const struct candidate *watched = governor->in_seat[i];

		if (!watched || governor_seats_of(governor, watched->member.key) <= members)
			continue;
		if (last == n || leaves_first(watched, governor->in_seat[last]))
			last = i;
	}
	return last;
}

static bool leave_last(const struct tick *tick, unsigned int members, const char *option, unsigned int value)
{
	unsigned int seat = find_last(tick->governor, members);

	if (seat == tick->governor->config.made)
		return false;
	reason_write(governor_leave(tick, seat)->reason,
		     "the coldest of those that are watched, and %s is %u now", option, value);
	return true;
}

void governor_leave_beyond(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	const struct governor_config *config = &governor->config;
	const char *bound = config->services ? "--max-seats" : "--top";
	bool more = governor->may_be_beyond;

	governor->may_be_beyond = false;
	while (more && config->members && leave_last(tick, config->members, "--members", config->members))
		;
	while (more && config->services && used_places(governor) > config->services &&
	       leave_last(tick, 0, "--top", config->services))
		;
	while (more && used_seats(governor) > config->seats && leave_last(tick, 0, bound, config->seats))
		;
}

/* ---- members ---- */

/* The seat of a member of the service in which nothing is left to do, or the number of seats. */
static unsigned int find_done(const struct governor *governor, uint64_t service)
{
	unsigned int i = 0;

	while (i < governor->config.made &&
	       !(governor->in_seat[i] && governor->in_seat[i]->member.key == service &&
		 governor->in_seat[i]->member.done))
		i++;
	return i;
}

static void leave_for_sibling(const struct tick *tick, unsigned int seat, const struct candidate *waiting)
{
	struct governor_move *move = governor_leave(tick, seat);

	move->for_sibling = true;
	reason_write(move->reason, "nothing is left to do for now, and pid %" PRIu32 " of its service waits",
		     waiting->id.tgid);
}

void governor_leave_for_sibling(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	unsigned int room = 0, seat;

	for (size_t i = 0; i < governor->n_waiting; i++) {
		const struct candidate *waiting = governor->waiting[i];
		uint64_t service = waiting->member.key;

		if (!governor_seats_of(governor, service))
			continue;
		if (!i || service != governor->waiting[i - 1]->member.key)
			room = room_of(governor, service);
		if (room) { /* it comes in anyway */
			room--;
			continue;
		}
		if (waiting->member.had_stint || is_losing(governor, service))
			continue;
		seat = find_done(governor, service);
		if (seat < governor->config.made)
			leave_for_sibling(tick, seat, waiting);
	}
}
