/* SPDX-License-Identifier: GPL-2.0 */
/* A run: the load, its kdamond and the policy on one clock, and what became of it. */
#ifndef HOTDAMON_TESTS_SIM_RUN_H
#define HOTDAMON_TESTS_SIM_RUN_H

#include "sim/load.h"
#include "sim/policy.h"

#define RUN_ATS	   8 /* moments at which it is looked at */
#define RUN_SHARES 3 /* of the accesses, that go to huge pages */

extern const double run_shares[RUN_SHARES]; /* 0.5, 0.9, 0.99 */

struct run_spec {
	const char *load;
	struct load_spec heap;
	struct policy_options policy;
	double lasts_s;
	double collapse_us; /* of CPU, each */
	double sample_ns;   /* of the kdamond's CPU, for each page that it checks */
	uint64_t
		tlb_slots; /* huge translations that the TLB holds: while there are no more, only a flush shows them */
	uint64_t seed;
	double at_s[RUN_ATS];
	size_t n_at;
};

struct run_moment {
	double share_pct;    /* of the accesses, that go to huge pages */
	double hot_huge_pct; /* of the memory that is accessed */
	uint64_t cold_bytes; /* made huge, and never accessed */
};

struct run_result {
	struct load_spec heap;	      /* with what it did not say */
	double reached_s[RUN_SHARES]; /* negative: never */
	double regained_s; /* the longest that it took to be at 90 % again after a move; negative: once it was not */
	struct run_moment at[RUN_ATS];
	struct run_moment end;
	uint64_t hot_bytes, hot_huge_bytes;
	uint64_t collapses;
	uint64_t pages_checked;
	double kdamond_pct, last_kdamond_pct; /* of a CPU: of all the time, and at the end */
	double regions;			      /* on average */
	uint64_t sample_us, aggr_us;	      /* at the end */
	enum descent_state state;
	char reason[REASON_LEN];
};

/* 0, or negative errno: -ENOENT: there is no such load; -EINVAL: it does not fit. */
int run(const struct run_spec *spec, struct run_result *result);

#endif
