// SPDX-License-Identifier: GPL-2.0
#include "decide/pace.h"

#include <inttypes.h>

#include "decide/reason.h"

/* A measure and where it begins to limit, and where it stops: from plenty to none. */
static unsigned int share_between(double value, double plenty, double none)
{
	double share = (value - none) / (plenty - none);

	if (share >= 1)
		return 100;
	return share <= 0 ? 0 : (unsigned int)(share * 100);
}

static bool lower(struct pace_limit *limit, unsigned int share_pct)
{
	if (share_pct >= limit->share_pct)
		return false;
	limit->share_pct = share_pct;
	return true;
}

static const char *what_follows(const struct pace_limit *limit)
{
	return limit->share_pct ? "collapsing more slowly" : "no collapse for now";
}

/* @whose: "" of the host, or " of its control group" */
static void limit_by_stalls(double some_avg10_pct, double full_avg10_pct, const char *whose,
			    struct pace_limit *limit)
{
	if (lower(limit, share_between(some_avg10_pct, PACE_SOME_PLENTY_PCT, PACE_SOME_NONE_PCT)))
		reason_write(limit->reason, "%s: some tasks%s waited for memory in %.2f %% of the last 10 s",
			     what_follows(limit), whose, some_avg10_pct);
	if (lower(limit, share_between(full_avg10_pct, PACE_FULL_PLENTY_PCT, PACE_FULL_NONE_PCT)))
		reason_write(limit->reason, "%s: all tasks%s waited for memory in %.2f %% of the last 10 s",
			     what_follows(limit), whose, full_avg10_pct);
}

static void limit_by_memory(const struct memory_pressure *pressure, struct pace_limit *limit)
{
	double available_pct;

	if (!pressure->memory_known || !pressure->total_bytes)
		return;
	available_pct = 100.0 * (double)pressure->available_bytes / (double)pressure->total_bytes;
	if (lower(limit, share_between(available_pct, PACE_AVAILABLE_PLENTY_PCT, PACE_AVAILABLE_NONE_PCT)))
		reason_write(limit->reason, "%s: %" PRIu64 " of %" PRIu64 " MiB of memory are available",
			     what_follows(limit), bytes_to_mib(pressure->available_bytes),
			     bytes_to_mib(pressure->total_bytes));
}

void pace_limit_by(const struct memory_pressure *pressure, struct pace_limit *limit)
{
	*limit = (struct pace_limit){.share_pct = 100};
	if (pressure->psi_known)
		limit_by_stalls(pressure->some_avg10_pct, pressure->full_avg10_pct, "", limit);
	limit_by_memory(pressure, limit);
}

/* ---- free blocks ---- */

static bool is_dry(const struct memory_pressure *pressure, unsigned int node)
{
	return (pressure->nodes & 1ULL << node) && (double)pressure->huge_blocks[node] <= PACE_BLOCKS_NONE;
}

void pace_note_blocks(struct pace_dry *dry, const struct memory_pressure *pressure, uint64_t now_ns)
{
	for (unsigned int node = 0; node < PACE_NODES; node++) {
		if (!is_dry(pressure, node))
			dry->since_ns[node] = 0;
		else if (!dry->since_ns[node])
			dry->since_ns[node] = now_ns;
	}
}

/* That of @nodes with most free blocks. */
static unsigned int best_node(const struct memory_pressure *pressure, uint64_t nodes)
{
	unsigned int best = PACE_NODES;

	for (unsigned int node = 0; node < PACE_NODES; node++)
		if ((nodes & 1ULL << node) &&
		    (best == PACE_NODES || pressure->huge_blocks[node] > pressure->huge_blocks[best]))
			best = node;
	return best;
}

/* Nobody else has blocks that the kernel would take instead. */
static bool all_are_dry(const struct memory_pressure *pressure)
{
	for (unsigned int node = 0; node < PACE_NODES; node++)
		if ((pressure->nodes & 1ULL << node) && !is_dry(pressure, node))
			return false;
	return true;
}

void pace_limit_by_blocks(const struct memory_pressure *pressure, const struct pace_dry *dry, uint64_t nodes,
			  uint64_t now_ns, struct pace_limit *limit)
{
	uint64_t known = nodes & pressure->nodes ? nodes & pressure->nodes : pressure->nodes;
	unsigned int node = best_node(pressure, known), share_pct;
	char where[32] = "";
	bool seldom;

	if (node == PACE_NODES)
		return;
	share_pct = share_between((double)pressure->huge_blocks[node], PACE_BLOCKS_PLENTY, PACE_BLOCKS_NONE);
	seldom = !share_pct && dry->since_ns[node] && now_ns - dry->since_ns[node] >= PACE_DRY_NS &&
		 all_are_dry(pressure);
	if (!lower(limit, seldom ? PACE_SELDOM_PCT : share_pct))
		return;
	if (pressure->nodes & (pressure->nodes - 1))
		snprintf(where, sizeof(where), " on node %u", node);
	reason_write(limit->reason, "%s: %" PRIu64 " blocks of 2 MiB are free%s, more take compaction",
		     seldom ? "collapsing seldom, one by one" : what_follows(limit),
		     pressure->huge_blocks[node], where);
}

void pace_limit_by_groups(const struct room_level *levels, size_t n, struct pace_limit *limit)
{
	*limit = (struct pace_limit){.share_pct = 100};
	for (size_t i = 0; i < n; i++)
		if (levels[i].psi_known)
			limit_by_stalls(levels[i].some_avg10_pct, levels[i].full_avg10_pct,
					" of its control group", limit);
}

/* ---- the budget ---- */

void pace_start(struct pace *pace, uint64_t budget_us, uint64_t now_ns)
{
	*pace = (struct pace){.budget_us = budget_us, .share_pct = 100, .at_ns = now_ns};
}

/* Nanoseconds of stall per second, now. */
static int64_t rate_of(const struct pace *pace)
{
	return (int64_t)(pace->budget_us * 1000 * pace->share_pct / 100);
}

/* Credit for the time gone by; what is above the burst is lost. In floating point: a gap may be of days. */
static void earn(struct pace *pace, uint64_t now_ns)
{
	uint64_t gone_ns = now_ns > pace->at_ns ? now_ns - pace->at_ns : 0;
	double earned = ns_to_s(gone_ns) * (double)rate_of(pace);
	double credit = (double)pace->credit_ns + earned;

	pace->credit_ns = credit < PACE_BURST_NS ? (int64_t)credit : PACE_BURST_NS;
	pace->at_ns += gone_ns;
}

void pace_set_budget(struct pace *pace, uint64_t budget_us, uint64_t now_ns)
{
	earn(pace, now_ns);
	pace->budget_us = budget_us;
}

void pace_set_share(struct pace *pace, unsigned int share_pct, uint64_t now_ns)
{
	earn(pace, now_ns);
	pace->share_pct = share_pct < 100 ? share_pct : 100;
}

void pace_charge(struct pace *pace, uint64_t took_ns, uint64_t now_ns)
{
	int64_t most_debt_ns = (int64_t)pace->budget_us * 1000 * PACE_MAX_DEBT_S;
	int64_t took = (int64_t)(took_ns < 1000 * NS_PER_S ? took_ns : 1000 * NS_PER_S);

	earn(pace, now_ns);
	pace->credit_ns -= took;
	if (pace->credit_ns < -most_debt_ns)
		pace->credit_ns = -most_debt_ns;
}

uint64_t pace_next_ns(struct pace *pace, uint64_t now_ns)
{
	int64_t rate = rate_of(pace);

	earn(pace, now_ns);
	if (!rate)
		return UINT64_MAX;
	if (pace->credit_ns >= 0)
		return now_ns;
	return now_ns + (uint64_t)((double)-pace->credit_ns * (double)NS_PER_S / (double)rate) + 1;
}
