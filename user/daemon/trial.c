// SPDX-License-Identifier: GPL-2.0
/* What huge pages gain each target. */
#include "daemon/internal.h"
#include "report/log.h"

/* About once a second; at each step while nothing is huge, to know the time before to its end. */
#define LOOK_NS 900000000ULL

static struct benefit_look look_at(const struct daemon *daemon, unsigned int seat,
				   const struct descent_evidence *evidence)
{
	const struct target *target = &daemon->targets[seat];
	struct target_heat heat = target_heat(target);
	return (struct benefit_look){
		.now_ns = daemon->now_ns,
		.cpu_pct = governor_seats(daemon->governor)[seat].cpu_pct,
		.heat_known = heat.known,
		.hot_bytes = heat.hot_bytes,
		.huge_known = daemon->tells_huge,
		.hot_huge_bytes = heat.hot_huge_bytes,
		.succeeded = evidence->succeeded,
		.refused = target_refused(target, daemon->collapse),
		.failed = evidence->failed,
		.failed_most = evidence->failed_most,
		.refusal = evidence->refused,
		.sparse = evidence->sparse,
		.held_up = evidence->held_up,
		.parked = !target->descent.acting,
		.state = target->descent.state,
		.anon_bytes = evidence->anon_bytes,
		.execs = evidence->execs,
	};
}

/* From here on, whenever its descent is looked at for the first time. */
void trial_begin(struct daemon *daemon, unsigned int seat, const struct descent_evidence *evidence)
{
	struct target *target = &daemon->targets[seat];
	struct benefit_look look = look_at(daemon, seat, evidence);

	benefit_step(&target->benefit, &daemon->benefit, &look);
}

/* That one is left for having gained nothing is said when it goes. */
static void say_verdict(const struct daemon *daemon, const struct target *target)
{
	const struct benefit *benefit = &target->benefit;

	if (benefit->verdict == BENEFIT_GAINS ||
	    (benefit->verdict == BENEFIT_NONE && daemon->options->n_pids))
		log_info("%s (%u): benefit: %s: %s", target->comm, target->id.tgid,
			 benefit_verdict_name(benefit->verdict), benefit->reason);
}

void trial_step(struct daemon *daemon, unsigned int seat, const struct descent_evidence *evidence)
{
	struct target *target = &daemon->targets[seat];
	bool due = benefit_is_before(&target->benefit) || daemon->now_ns - target->benefit.at_ns >= LOOK_NS;
	struct benefit_look look;

	if (!due)
		return;
	look = look_at(daemon, seat, evidence);
	if (benefit_step(&target->benefit, &daemon->benefit, &look))
		say_verdict(daemon, target);
}
