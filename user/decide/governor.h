/* SPDX-License-Identifier: GPL-2.0 */
/* Governor: who is watched, in which seat, and why. Slow to let go, so that nothing flaps. */
#ifndef HOTDAMON_DECIDE_GOVERNOR_H
#define HOTDAMON_DECIDE_GOVERNOR_H

#include "decide/process.h"
#include "decide/rules.h"
#include "decide/user_share.h"

#define GOVERNOR_DWELL_TICKS 3
#define GOVERNOR_PROBE_S     600 /* a process that gained nothing is tried again after so long, the first time */

struct governor_config {
	unsigned int seats; /* so many may be taken; > 0 */
	unsigned int
		made; /* so many there are, of which a higher number may be taken later; at least `seats` */
	unsigned int
		services; /* of so many processes are watched at a time; 0: of as many as there are seats */
	unsigned int members;	     /* so many seats may a service have; 0: all */
	unsigned int user_share_pct; /* see user_share.h; 0: no bound */
	double min_cpu_pct;	     /* to come in; percent of one CPU */
	uint64_t min_mem_bytes;	  /* to come in, anonymous and shared: below it there is little to collapse */
	unsigned int dwell_ticks; /* clearly colder for so many ticks in a row, a process leaves; > 0 */
	unsigned int
		probe_ticks; /* one that gained nothing is taken in again after so many, the first time */
	bool listed; /* --pid: all candidates come in, whatever their heat and size, and stay to their end */
};

/* Colder ones matter only while they are watched. */
static inline double governor_candidate_pct(double min_cpu_pct)
{
	return min_cpu_pct / 2;
}

/* Below it a watched process is cold: clearly less than what it needed to come in. */
static inline double governor_cold_pct(const struct governor_config *config)
{
	return governor_candidate_pct(config->min_cpu_pct);
}

/* A candidate as a member of its service. By process, each is a service of its own, with a key that no other has. */
struct membership {
	uint64_t key;		 /* of the service */
	unsigned int processes;	 /* of it, those that ended in the last window too; 0: just this one */
	unsigned int had_stints; /* of them: were watched lately, and made room for others */
	double cpu_pct;		 /* of this process alone, smoothed; member_own_pct() */
	bool young;		 /* it has not lived for long enough to be watched, member_is_young() */
	double short_life_s; /* as its service's processes live only for so long on average; 0: that is not why */
	bool done;	/* watched, and nothing is left to do in it for now: it makes room for a sibling */
	bool had_stint; /* it made room like this, lately: nobody makes room for it again */
};

/* Of a process whose service uses @cpu_pct: what it uses itself. */
static inline double member_own_pct(const struct membership *member, double cpu_pct)
{
	return member->processes ? member->cpu_pct : cpu_pct;
}

/* How many services are one user's share. */
static inline unsigned int governor_user_share(const struct governor_config *config)
{
	return user_share_most(config->services ? config->services : config->seats, config->user_share_pct);
}

/* One process that may be watched. All that is watched must be among the candidates while it lives. */
struct candidate {
	struct process_id id;
	char comm[COMM_LEN];
	struct process_owner owner;
	double cpu_pct; /* of its service, smoothed */
	struct membership member;
	uint64_t anon_bytes;	  /* resident anonymous memory */
	uint64_t shared_bytes;	  /* and shared memory that could become huge */
	uint64_t unaligned_bytes; /* and such that can't: it is not mapped at multiples of 2 MiB */
	uint32_t execs;		  /* cumulative; only its growth is used */
	const char *
		barred; /* why nobody can make its memory huge, in words: never watched; NULL: it can be reached */
	double barred_s; /* for how long that is known */
	bool opted_out;	 /* that is why */
	int shared_pct;	 /* of its memory, share_pct(); asked for only where governor_would_take() */
	bool excluded;	 /* hotdamon itself: never watched */
	struct rules_verdict verdict; /* out: never watched; preferred: before all that are not */
};

/* What of its memory could become huge. */
static inline uint64_t candidate_bytes(const struct candidate *candidate)
{
	return candidate->anon_bytes + candidate->shared_bytes;
}

/* Enough memory to be worth a seat; below it there is little to collapse. */
static inline bool governor_is_big(const struct governor_config *config, const struct candidate *candidate)
{
	return config->listed || candidate_bytes(candidate) >= config->min_mem_bytes;
}

/* So little memory is left that it should make room for another. */
static inline bool governor_is_shrunk(const struct governor_config *config, const struct candidate *watched)
{
	return candidate_bytes(watched) < config->min_mem_bytes / 2;
}

enum governor_move_kind { GOVERNOR_LEAVE, GOVERNOR_ENTER };

struct governor_move {
	enum governor_move_kind kind;
	unsigned int seat;
	uint64_t service; /* its key */
	struct process_id id;
	char comm[COMM_LEN];
	bool gone;	  /* a LEAVE because the process ended */
	bool for_sibling; /* or to make room for another one of its service */
	bool barred;	  /* or one in which nothing can be made huge any more */
	bool ruled_out;	  /* or by a rule, or its owner's word */
	char reason[REASON_LEN];
};

/* A process hot enough to be watched that is not, and why. */
struct governor_skip {
	struct process_id id;
	char comm[COMM_LEN];
	struct process_owner owner;
	double cpu_pct; /* of its service */
	struct membership member;
	bool barred;	 /* that is why */
	double barred_s; /* the candidate's, as is the next one */
	bool opted_out;
	bool ruled_out; /* that is why */
	char reason[REASON_LEN];
};

struct governor_seat {
	bool used;
	struct process_id id;
	char comm[COMM_LEN];
	unsigned int rank;	  /* 1.. its service's, among those of all candidates of the last tick */
	double cpu_pct;		  /* of its service, in the last tick */
	struct membership member; /* as in the last tick */
	unsigned int cold_ticks;  /* cold or outranked, in a row; leaves at dwell_ticks */
	unsigned int below_ticks; /* cold, in a row */
	uint64_t most_bytes;	  /* of its memory, since it came in */
	uint32_t execs;		  /* of it, when it came in */
	char reason[REASON_LEN];  /* why it is watched, of the last tick */
};

struct governor;

/* Copies @config. NULL when out of memory or when config->seats or dwell_ticks is 0. */
struct governor *governor_new(const struct governor_config *config);
void governor_free(struct governor *governor); /* NULL is fine */

/*
 * One tick. @candidates are ordered: the hottest service first, its members together, those first that are to come in first.
 *
 * Eligible: cpu of its service >= min, anonymous and aligned shared memory >= min, old enough, not excluded, not ruled
 * out, not barred, not backing off (listed: just the last four).
 * Backing off: it has a penalty (decide/penalty.h), as its kdamond failed, it was let go, or most of its memory is shared
 * with other processes, as a fork's is. Those that
 * are eligible and not watched wait, the preferred first, those last that would be above their user's share, else in their
 * order. In this order they come in, each into
 * the lowest free seat: the first one of a service while fewer than config.services are watched, another one while its
 * service has fewer than config.members and a seat is left for each service that may still come. A seat freed in a tick
 * can be taken in it.
 *
 * Leaves:
 * - A watched process that is not among the candidates has ended, and leaves at once.
 * - One that is barred, as it opted out or is out of reach, or is ruled out leaves at once, listed or not.
 * - One whose service is cold (below half of min_cpu_pct) or outranked for dwell_ticks in a row leaves; a tick in
 *   which it is neither starts the count again. Outranked: a service waits that finds no room, and of its heat
 *   the watched one has less than 80 %, or the memory of the only one that is watched of it fell below
 *   half of min_mem_bytes. Of two of which one is preferred, the other one is outranked, whatever their heat; else, of
 *   two users', the one whose user is above its share, by one whose user would not be. As many
 *   outranked services leave as there are such waiting ones, the preferred last, else the coldest first; the others stay.
 * - One in which nothing is left to do makes room, if another one of its service waits that had no stint lately.
 *
 * moves: LEAVEs first, then ENTERs; at most 2 * seats. skips: one for each service at or above min_cpu_pct, hottest
 * first, of which nobody is watched after this tick: its first candidate that is not `excluded`, with the reason (ruled
 * out, too little memory, barred, too short-lived, backing off after a failed start, all seats taken...). Of a service
 * that is watched, such a one by itself at or above min_cpu_pct that does not just wait for its stint. In listed mode: those
 * that are ruled out, barred or back off, whatever their heat (and those beyond the seats, if there are more than seats).
 * Both arrays belong to the governor and live until its next tick that succeeds, or its end. Returns 0, or -ENOMEM with
 * nothing changed: neither the governor, nor the outputs, nor the arrays of the last tick.
 */
int governor_tick(struct governor *governor, const struct candidate *candidates, size_t n,
		  const struct governor_move **moves, size_t *n_moves, const struct governor_skip **skips,
		  size_t *n_skips);

/*
 * The operator changed his mind: @config holds from the next tick on, but for `made`, which stays and bounds its seats. Who
 * is watched stays until a tick finds that he should not; of too many the coldest leave in the next one.
 */
void governor_heed(struct governor *governor, const struct governor_config *config);

/* Whether @candidate, not watched, will be eligible in the next tick but for what of its memory is shared and what bars it: then
 * these are worth asking for. */
bool governor_would_take(const struct governor *governor, const struct candidate *candidate);

/* The seats, config->seats of them; owned by the governor, valid until its end. */
const struct governor_seat *governor_seats(const struct governor *governor);

/*
 * The watched process in @seat could not be watched (its kdamond failed to start, or died): frees the seat, and keeps this
 * process out (penalty_failed()). @why is a few words for the skip's reason. No LEAVE is told. Ignored when the seat is free.
 */
void governor_seat_failed(struct governor *governor, unsigned int seat, const char *why);

/*
 * The watched process in @seat gained nothing in a fair trial, @why: frees the seat, and keeps this process out
 * (penalty_let_go()), which more memory than it had, of which @anon_bytes as of now, may end early. One that called exec
 * meanwhile, @execs as of now, may be small for that: it must have more than ever. No LEAVE is told. Ignored when the
 * seat is free.
 */
void governor_let_go(struct governor *governor, unsigned int seat, const char *why, uint64_t anon_bytes,
		     uint32_t execs);

/*
 * Nobody comes into @seat while it is closed: its kdamond cannot be stopped yet, since who was watched by it holds the lock
 * of its memory. Who is in it stays, or leaves, as ever.
 */
void governor_seat_close(struct governor *governor, unsigned int seat, bool closed);

/* Its kdamond is up and well: forgets the failures of the process in @seat. */
void governor_seat_works(struct governor *governor, unsigned int seat);

#endif
