// SPDX-License-Identifier: GPL-2.0
/* The executor none: kdamonds watch and count, and nothing is collapsed. What would be is in the log and the status. */
#include <errno.h>
#include <stdlib.h>

#include "executor/scheme.h"

static void none_settings(const struct executor_setup *setup, struct damon_settings *settings)
{
	settings->tells_huge = setup->tells_huge;
}

static int none_open(struct executor *executor, struct act_error *error)
{
	executor->own = calloc(1, sizeof(struct scheme_turn));
	return executor->own ? 0 : act_fail(error, ENOMEM, "executor none");
}

static void none_close(struct executor *executor)
{
	free(executor->own);
	executor->own = NULL;
}

static int none_enter(struct executor *executor, struct target *target, uint64_t now_ns)
{
	(void)executor;
	(void)now_ns;
	target->own = calloc(1, sizeof(struct scheme));
	if (!target->own)
		return -ENOMEM;
	scheme_begin(target->own, target);
	return 0;
}

static void none_told(struct executor *executor, struct target *target, enum executor_news news,
		      uint64_t now_ns)
{
	(void)executor;
	scheme_told(target->own, target, news, now_ns);
}

static void none_survey(struct executor *executor, uint64_t now_ns)
{
	(void)now_ns;
	scheme_next_turn(executor->own, &executor->setup);
}

static void none_look(struct executor *executor, struct target *target, uint64_t now_ns)
{
	scheme_look(target->own, executor->own, executor, target, now_ns);
}

static void none_evidence(const struct executor *executor, const struct target *target, uint64_t now_ns,
			  struct descent_evidence *evidence)
{
	(void)now_ns;
	scheme_evidence(target->own, &executor->setup, evidence);
}

static void none_wanted(const struct executor *executor, const struct target *target,
			struct plan_level *wanted)
{
	scheme_wanted(&executor->setup, target, wanted);
}

const struct executor_type executor_none = {
	.name = "none",
	.settings = none_settings,
	.open = none_open,
	.close = none_close,
	.enter = none_enter,
	.told = none_told,
	.survey = none_survey,
	.look = none_look,
	.evidence = none_evidence,
	.wanted = none_wanted,
};
