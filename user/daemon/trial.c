// SPDX-License-Identifier: GPL-2.0
/* What huge pages gain each target: its counters are read, and the benefit is judged. */
#include <errno.h>
#include <string.h>

#include "daemon/internal.h"
#include "report/log.h"

/* About once a second; often while nothing is huge, to have all of the time before. */
#define LOOK_NS 900000000ULL
/* A busy process none of whose counted threads ran for so long has others; a failed open is tried again as late. */
#define SILENT_NS	   10000000000ULL
#define LEAST_INSTRUCTIONS 1e6
#define COUNTED_THREADS	   256 /* of all targets, two descriptors each */

static unsigned int threads_per_target(const struct daemon *daemon)
{
	unsigned int threads = COUNTED_THREADS / daemon->n_slots;

	return threads < TLB_MAX_THREADS ? threads : TLB_MAX_THREADS;
}

/* That there are no counters is what check says, and the status shows what is judged by instead. */
static void say_no_counters(struct daemon *daemon, int err)
{
	bool expected = err == -ENOENT || err == -EOPNOTSUPP || err == -ENODEV || err == -ESRCH;

	if (expected || daemon->said_no_counters)
		return;
	daemon->said_no_counters = true;
	log_info("dTLB walks cannot be counted: %s: what a process gains is judged by its huge memory",
		 strerror(-err));
}

/* The CPU, the virtual machine or the kernel has none for us; whatever else it is may pass. */
static bool is_for_good(int err)
{
	return err == -ENOENT || err == -EOPNOTSUPP || err == -ENODEV || err == -EACCES || err == -EPERM ||
	       err == -ENOSYS;
}

static void close_counters(struct target *target)
{
	tlb_close(target->tlb);
	target->tlb = NULL;
}

static void open_counters(struct daemon *daemon, struct target *target)
{
	int err;

	close_counters(target);
	target->counts = (struct tlb_counts){0};
	target->counted_ns = daemon->now_ns;
	err = tlb_open("/proc", target->id.tgid, tlb_events, threads_per_target(daemon), &target->tlb);
	target->no_counters = is_for_good(err);
	if (err)
		say_no_counters(daemon, err);
}

/* They cost something at each switch of its threads, so they are open while they can tell something. */
static void keep_counters(struct daemon *daemon, struct target *target)
{
	if (!daemon->benefit.trial_ns || !benefit_wants_counts(&target->benefit))
		close_counters(target);
	else if (!target->tlb && !target->no_counters &&
		 (!target->counted_ns || daemon->now_ns - target->counted_ns >= SILENT_NS))
		open_counters(daemon, target);
}

/* Threads that are counted end, or idle, while others do the work. False: other ones are counted from now on. */
static bool follow_work(struct daemon *daemon, struct target *target, double cpu_pct,
			const struct tlb_counts *counts)
{
	bool ran = counts->instructions - target->counts.instructions >= LEAST_INSTRUCTIONS;

	if (ran || cpu_pct < daemon->benefit.busy_pct) {
		target->counts = *counts;
		target->counted_ns = daemon->now_ns;
	} else if (daemon->now_ns - target->counted_ns >= SILENT_NS) {
		open_counters(daemon, target);
		return false;
	}
	return true;
}

static void read_counters(struct daemon *daemon, struct target *target, struct benefit_look *look)
{
	struct tlb_counts counts;
	int err;

	keep_counters(daemon, target);
	if (!target->tlb)
		return;
	err = tlb_read(target->tlb, &counts);
	if (err == -EOPNOTSUPP) {
		target->no_counters = true;
		close_counters(target);
	}
	if (err || !follow_work(daemon, target, look->cpu_pct, &counts))
		return;
	look->counted = true;
	look->walks = counts.misses;
	look->instructions = counts.instructions;
}

static struct benefit_look look_at(struct daemon *daemon, unsigned int slot,
				   const struct descent_evidence *evidence)
{
	struct target *target = &daemon->targets[slot];
	struct target_heat heat = target_heat(target);
	struct benefit_look look = {
		.now_ns = daemon->now_ns,
		.cpu_pct = governor_slots(daemon->governor)[slot].cpu_pct,
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

	read_counters(daemon, target, &look);
	return look;
}

/* Counted from here on, whenever its descent is looked at for the first time. */
void trial_begin(struct daemon *daemon, unsigned int slot, const struct descent_evidence *evidence)
{
	struct target *target = &daemon->targets[slot];
	struct benefit_look look = look_at(daemon, slot, evidence);

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

void trial_step(struct daemon *daemon, unsigned int slot, struct descent_evidence *evidence)
{
	struct target *target = &daemon->targets[slot];
	bool due = benefit_is_before(&target->benefit) || daemon->now_ns - target->benefit.at_ns >= LOOK_NS;
	struct benefit_look look;

	if (due) {
		look = look_at(daemon, slot, evidence);
		if (benefit_step(&target->benefit, &daemon->benefit, &look))
			say_verdict(daemon, target);
	}
	evidence->no_gain = benefit_is_useless(&target->benefit);
}
