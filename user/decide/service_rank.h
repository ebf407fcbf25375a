/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The services by their heat: the time of all their processes, those that ended in the window too, smoothed as that of a
 * process is. Which service a process is part of, its key tells (service_key()). Pure.
 */
#ifndef HOTDAMON_DECIDE_SERVICE_RANK_H
#define HOTDAMON_DECIDE_SERVICE_RANK_H

#include "decide/ranking.h"

#define SERVICE_LONG_S                                                                                       \
	60 /* the end of a process that lived for so long is no sign that those of its service end soon */

/* One service, of which a process ran lately. */
struct ranked_service {
	uint64_t key;
	unsigned int rank; /* 1 is the hottest */
	double cpu_pct;	   /* smoothed, of one CPU: user time, or user and system time */
	double window_user_pct, window_system_pct; /* of one CPU, in this window */
	const size_t
		*members; /* [n_members] their places in the ranking, hottest first: all that are in it */
	size_t n_members;
	size_t n_ended; /* of them, those that ended in this window */
	double life_s; /* how long those live that end within SERVICE_LONG_S, on average; INFINITY: none did lately */
};

struct service_ranking; /* remembers each service that ran lately between windows */

/* As ranking_new() has them. Returns NULL when out of memory. Free with service_ranking_free(). */
struct service_ranking *service_ranking_new(enum rank_by by, double time_constant_ticks);
void service_ranking_free(struct service_ranking *ranking); /* NULL is fine */

/*
 * Takes one window of @window_s seconds, > 0, that ended at @now_ns (boot clock): the @n processes of it, as ranking_update() has ordered them, and of each the
 * key of its service, @keys[i] of @ranked[i]. Both may go afterwards. A service that is new starts with its first window's
 * value. One of which no process is there is not told, and its heat fades until it is forgotten.
 *
 * On success returns 0 and sets *@out to *@n_out services, hottest first; ties go by this window's time, then by the best
 * rank of a member. The array and its members belong to the ranking and live until its next update or its end. -ENOMEM:
 * nothing has changed.
 */
int service_ranking_update(struct service_ranking *ranking, const struct ranked *ranked, const uint64_t *keys,
			   size_t n, double window_s, uint64_t now_ns, const struct ranked_service **out,
			   size_t *n_out);

#endif
