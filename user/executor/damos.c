// SPDX-License-Identifier: GPL-2.0
/* The executor damos: the kernel collapses by a scheme of DAMON's, within a quota, down to the descent's threshold. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "decide/looks.h"
#include "executor/scheme.h"
#include "sense/share.h"

struct damos_target {
	struct scheme scheme;
	struct quota quota;
	uint64_t effective_bytes;	  /* of the quota, per window; 0: not known */
	uint64_t share_ns, share_cost_ns; /* when its share was sampled, and what that took */
	uint64_t share_turn;
};

static void damos_settings(const struct executor_setup *setup, struct damon_settings *settings)
{
	settings->collapses = true;
	settings->quota_bytes = setup->quota_bytes;
	settings->tells_huge = setup->tells_huge;
}

static int damos_open(struct executor *executor, struct act_error *error)
{
	executor->own = calloc(1, sizeof(struct scheme_turn));
	return executor->own ? 0 : act_fail(error, ENOMEM, "executor damos");
}

static void damos_close(struct executor *executor)
{
	free(executor->own);
	executor->own = NULL;
}

static int damos_enter(struct executor *executor, struct target *target, uint64_t now_ns)
{
	struct damos_target *damos = calloc(1, sizeof(*damos));

	(void)now_ns;
	if (!damos)
		return -ENOMEM;
	scheme_begin(&damos->scheme, target);
	quota_start(&damos->quota, &executor->setup.quota);
	target_room_enter(target, &(struct room_growth){0});
	target->own = damos;
	return 0;
}

/* What the old program used up is not the new one's. */
static void damos_told(struct executor *executor, struct target *target, enum executor_news news,
		       uint64_t now_ns)
{
	struct damos_target *damos = target->own;

	scheme_told(&damos->scheme, target, news, now_ns);
	if (news == EXECUTOR_NEW_PROGRAM)
		quota_start(&damos->quota, &executor->setup.quota);
}

static void damos_survey(struct executor *executor, uint64_t now_ns)
{
	(void)now_ns;
	scheme_next_turn(executor->own, &executor->setup);
}

/* A quota of bytes is per interval: a longer one would make it less. */
static void fit_quota(const struct executor *executor, const struct target *target,
		      struct damos_target *damos, uint64_t now_ns)
{
	if (!target->kdamond.pid || executor->setup.quota_bytes)
		return;
	if (quota_step(&damos->quota, &executor->setup.quota, damos->effective_bytes, now_ns) &&
	    damos->quota.widening)
		target_say(target, "%s", damos->quota.reason);
}

/* The kernel's scheme takes what is hot, shared or not. */
static void hold_up(struct target *target, int pct)
{
	bool held = share_holds_up(pct);

	if (held && !target->held_up_pct)
		target_say(target,
			   "held up: %d %% of its memory is shared with other processes, as with a "
			   "fork, and would be copied",
			   pct);
	else if (!held && target->held_up_pct)
		target_say(target, "no longer held up: its memory is its own again");
	target->held_up_pct = held ? pct : 0;
}

/* What it would copy, or fill, is too much. */
static bool is_held_up(const struct target *target)
{
	return target->held_up_pct > 0 || target->room.held != ROOM_FITS;
}

static void look_at_share(struct target *target, struct damos_target *damos, uint64_t now_ns)
{
	uint64_t began_ns, due_ns = looks_mappings_next_ns(damos->share_ns, damos->share_cost_ns, true);
	struct share share;

	if (now_ns < due_ns || (!descent_acts(&target->descent) && !target->held_up_pct))
		return;
	began_ns = clock_boot_ns();
	if (!process_share_read("/proc", target->facts.live_tid, damos->share_turn++, &share))
		hold_up(target, share_pct(&share));
	damos->share_ns = now_ns;
	damos->share_cost_ns = clock_boot_ns() - began_ns;
}

static unsigned int n_acting(const struct executor_setup *setup)
{
	unsigned int n = 0;

	for (unsigned int seat = 0; seat < setup->n_seats; seat++)
		n += setup->targets[seat].own && descent_acts(&setup->targets[seat].descent);
	return n;
}

/* A window that was made longer has all of its time at once. */
static uint64_t may_add_bytes(const struct executor *executor, const struct damos_target *damos)
{
	const struct executor_setup *setup = &executor->setup;

	return room_blind_bytes(&(struct room_blind){
		.quota_ms = damos->quota.ms,
		.reset_ms = damos->quota.reset_ms,
		.quota_bytes = setup->quota_bytes,
		.n_targets = n_acting(setup),
	});
}

static void damos_look(struct executor *executor, struct target *target, uint64_t now_ns)
{
	struct damos_target *damos = target->own;
	uint64_t exceeds = applies_quota_exceeds(&damos->scheme.applies);

	look_at_share(target, damos, now_ns);
	target_room_hold(executor, target, may_add_bytes(executor, damos));
	if (scheme_look(&damos->scheme, executor->own, executor, target, now_ns)) {
		damos->effective_bytes = 0;
		/* It was used up, and is computed anew. */
		if (applies_quota_exceeds(&damos->scheme.applies) > exceeds)
			damon_effective_bytes(executor->damon, target->seat, &damos->effective_bytes, NULL);
	}
	fit_quota(executor, target, damos, now_ns);
}

static void damos_evidence(const struct executor *executor, const struct target *target, uint64_t now_ns,
			   struct descent_evidence *evidence)
{
	const struct damos_target *damos = target->own;

	(void)now_ns;
	evidence->held_up = evidence->held_up_by_host = is_held_up(target);
	scheme_evidence(&damos->scheme, &executor->setup, evidence);
	evidence->quota_reset_ns = damos->quota.ms ? damos->quota.reset_ms * NS_PER_MS : 0;
	evidence->lacked += applies_quota_exceeds(&damos->scheme.applies);
}

static void damos_wanted(const struct executor *executor, const struct target *target,
			 struct plan_level *wanted)
{
	const struct damos_target *damos = target->own;

	scheme_wanted(&executor->setup, target, wanted);
	wanted->acting &= !is_held_up(target);
	wanted->quota_ms = damos->quota.ms;
	wanted->quota_reset_ms = damos->quota.reset_ms;
}

static bool damos_works(const struct target *target)
{
	return descent_acts(&target->descent) && !is_held_up(target);
}

const struct executor_type executor_damos = {
	.name = "damos",
	.acts = true,
	.settings = damos_settings,
	.open = damos_open,
	.close = damos_close,
	.enter = damos_enter,
	.told = damos_told,
	.survey = damos_survey,
	.look = damos_look,
	.evidence = damos_evidence,
	.wanted = damos_wanted,
	.works = damos_works,
};
