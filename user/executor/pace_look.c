// SPDX-License-Identifier: GPL-2.0
/* How fast the executor madvise may go: by the pressure on the host, on a target's NUMA nodes and on its control groups. */
#include "act/collapse.h"
#include "base/clock.h"
#include "decide/looks.h"
#include "executor/collapser.h"
#include "report/log.h"
#include "sense/nodes.h"
#include "sense/pressure.h"

static void say_limit(const struct pace_limit *before, const struct pace_limit *now)
{
	if ((before->share_pct == 100) == (now->share_pct == 100) && !before->share_pct == !now->share_pct)
		return;
	if (now->share_pct == 100)
		log_info("memory is plenty again: collapsing at full pace");
	else
		log_info("%s", now->reason);
}

void pace_look_at_host(struct madvise *madvise, uint64_t now_ns)
{
	struct pace_limit before = madvise->limit;

	if (madvise->pressure_ns && now_ns - madvise->pressure_ns < LOOKS_PRESSURE_NS)
		return;
	madvise->pressure_ns = now_ns;
	pressure_read("/proc", &madvise->pressure);
	pace_note_blocks(&madvise->dry, &madvise->pressure, now_ns);
	pace_limit_by(&madvise->pressure, &madvise->host);
	madvise->limit = madvise->host;
	pace_limit_by_blocks(&madvise->pressure, &madvise->dry, 0, now_ns, &madvise->limit);
	say_limit(&before, &madvise->limit);
}

/* That the host's pace is nothing is said already. */
static void say_own_limit(const struct madvise *madvise, const struct target *target)
{
	struct collapser *collapser = target->own;

	if (collapser->limit.share_pct || !madvise->limit.share_pct || collapser->said_limit)
		return;
	collapser->said_limit = true;
	target_say(target, "%s", collapser->limit.reason);
}

static bool has_nodes(const struct madvise *madvise)
{
	return madvise->pressure.nodes & (madvise->pressure.nodes - 1);
}

void pace_look_at_target(const struct madvise *madvise, struct target *target, uint64_t now_ns)
{
	struct collapser *collapser = target->own;
	uint64_t nodes = 0;

	if (has_nodes(madvise))
		nodes = nodes_of_slots(target->facts.live_tid, collapser->chosen, collapser->worklist.n);
	collapser->limit = madvise->host;
	pace_limit_by_blocks(&madvise->pressure, &madvise->dry, nodes, now_ns, &collapser->limit);
	if (target->room.pace.share_pct < collapser->limit.share_pct)
		collapser->limit = target->room.pace;
	pace_set_share(&collapser->pace, collapser->limit.share_pct, now_ns);
	say_own_limit(madvise, target);
}

bool pace_node_has_blocks(const struct madvise *madvise, const struct target *target, uint64_t slot,
			  uint64_t now_ns)
{
	struct pace_limit limit = {.share_pct = 100};
	int node;

	if (!has_nodes(madvise))
		return true;
	node = nodes_of_slot(target->facts.live_tid, slot);
	if (node < 0)
		return true;
	pace_limit_by_blocks(&madvise->pressure, &madvise->dry, 1ULL << node, now_ns, &limit);
	return limit.share_pct;
}
