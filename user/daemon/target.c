// SPDX-License-Identifier: GPL-2.0
#include "daemon/target.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_PAGES (4ULL << 18) /* of one look for what is huge: 4 GiB if all are small, about 10 ms */

static int open_pidfd(uint32_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);

	return fd < 0 ? -errno : fd;
}

int target_init(struct target *target, struct process_id id, const char *comm, uint64_t now_ns)
{
	int err, pidfd = open_pidfd(id.tgid);

	if (pidfd < 0)
		return pidfd;
	*target = (struct target){.used = true, .id = id, .pidfd = pidfd, .since_ns = now_ns};
	snprintf(target->comm, sizeof(target->comm), "%s", comm);
	err = target_look(
		target); /* after the pidfd: what it says now holds for as long as the pidfd is not readable */
	if (err)
		target_release(target);
	return err;
}

void target_release(struct target *target)
{
	if (target->used)
		close(target->pidfd);
	collapser_free(target->collapser);
	*target = (struct target){0};
}

bool target_is_gone(const struct target *target)
{
	struct pollfd pollfd = {.fd = target->pidfd, .events = POLLIN};

	return poll(&pollfd, 1, 0) > 0;
}

static void look_for_huge(struct target *target)
{
	uint64_t huge_bytes;

	if (process_huge_go_on(&target->huge_walk, "/proc", &target->facts, LOOK_PAGES, &huge_bytes) > 0)
		target->huge_bytes = huge_bytes;
}

int target_look(struct target *target)
{
	struct process_facts facts;
	int err = process_facts_read("/proc", target->id.tgid, &facts);

	if (err)
		return err;
	if (!process_facts_match(&facts, target->id) || !facts.live_tid)
		return -ESRCH;
	target->facts = facts;
	memcpy(target->comm, facts.comm, sizeof(target->comm));
	look_for_huge(target);
	return 0;
}

static void add_outcome(struct target_outcome *outcomes, size_t *n, uint32_t status, uint64_t count)
{
	size_t i;

	for (i = 0; i < *n; i++) {
		if (outcomes[i].status == status) {
			outcomes[i].count += count;
			return;
		}
	}
	if (i < TARGET_OUTCOMES)
		outcomes[(*n)++] = (struct target_outcome){status, count};
}

static uint64_t count_of(const struct target_outcome *outcomes, size_t n, uint32_t status)
{
	for (size_t i = 0; i < n; i++)
		if (outcomes[i].status == status)
			return outcomes[i].count;
	return 0;
}

/* A walk of the map that an eviction sends back to its begin tells a key twice. */
static void keep_most(struct target_outcome *outcomes, size_t *n, uint32_t status, uint64_t count)
{
	uint64_t before = count_of(outcomes, *n, status);

	if (count > before)
		add_outcome(outcomes, n, status, count - before);
}

static bool is_of(const struct collapse_count *count, const struct target *target)
{
	if (count->id.tgid != target->id.tgid)
		return false;
	if (!target->own_tgid) /* a pid of a kdamond is not used twice for one target */
		return count->by_tgid == (uint32_t)target->kdamond_pid;
	return count->by_tgid == target->own_tgid &&
	       count->id.start_time_ns / PROC_TICK_NS == target->id.start_time_ns / PROC_TICK_NS;
}

static size_t counts_of(const struct target *target, const struct collapse_count *counts, size_t n,
			struct target_outcome found[TARGET_OUTCOMES])
{
	size_t n_found = 0;

	for (size_t i = 0; i < n; i++)
		if (is_of(&counts[i], target))
			keep_most(found, &n_found, counts[i].status, counts[i].count);
	return n_found;
}

void target_count_own(struct target *target, uint32_t tgid, const struct collapse_count *counts, size_t n)
{
	target->own_tgid = tgid;
	target->n_base = counts_of(target, counts, n, target->base);
}

void target_take_counts(struct target *target, const struct collapse_count *counts, size_t n)
{
	struct target_outcome fresh[TARGET_OUTCOMES];
	size_t n_fresh;

	if (!target->kdamond_pid && !target->own_tgid)
		return;
	n_fresh = counts_of(target, counts, n, fresh);
	/* An entry that BPF had to evict must not make a count go back. */
	for (size_t i = 0; i < n_fresh; i++) {
		uint64_t before = count_of(target->outcomes, target->n_outcomes, fresh[i].status) +
				  count_of(target->base, target->n_base, fresh[i].status);

		if (fresh[i].count > before)
			add_outcome(target->outcomes, &target->n_outcomes, fresh[i].status,
				    fresh[i].count - before);
	}
}

/* Our own counts go on, whichever kdamond watches. */
static void keep_outcomes(struct target *target)
{
	if (target->own_tgid)
		return;
	for (size_t i = 0; i < target->n_outcomes; i++)
		add_outcome(target->past, &target->n_past, target->outcomes[i].status,
			    target->outcomes[i].count);
	target->n_outcomes = 0;
}

void target_new_kdamond(struct target *target, pid_t kdamond_pid, uint64_t now_ns)
{
	keep_outcomes(target);
	target->past_applies += target->stats.applies;
	target->past_exceeds += target->stats.quota_exceeds;
	target->stats = (struct damon_stats){0};
	target->stats_ns = now_ns;
	target->heat_known = false;
	target->kdamond_pid = kdamond_pid;
	target->kdamond_cpu_at_ns = 0;
	target->monitor_cpu_known = false;
}

static uint64_t heat_applies(const struct target *target, const struct damon_stats *stats, uint64_t now_ns,
			     uint64_t heat_apply_us)
{
	uint64_t apply_ns = heat_apply_us * 1000;

	if (stats->heat_applies)
		return stats->heat_applies - target->stats.heat_applies;
	return stats->heat_bytes ? (now_ns - target->stats_ns + apply_ns / 2) / apply_ns : 0;
}

void target_take_stats(struct target *target, const struct damon_stats *stats, uint64_t now_ns,
		       uint64_t heat_apply_us, bool tells_huge)
{
	uint64_t applies = heat_applies(target, stats, now_ns, heat_apply_us);

	if (applies && stats->heat_bytes >= target->stats.heat_bytes) {
		target->heat_known = true;
		target->heat_ns = now_ns;
		target->hot_bytes = (stats->heat_bytes - target->stats.heat_bytes) / applies;
		target->hot_huge_bytes = (stats->heat_huge_bytes - target->stats.heat_huge_bytes) / applies;
		/* A folio at the border of two regions is counted in both. */
		if (!tells_huge)
			target->hot_huge_bytes = 0;
		else if (target->hot_huge_bytes > target->hot_bytes)
			target->hot_huge_bytes = target->hot_bytes;
	}
	target->stats = *stats;
	target->stats_ns = now_ns;
	target->estimates_applies = !stats->counts_applies;
}

static uint64_t total_of(const struct target *target, uint32_t status)
{
	return count_of(target->outcomes, target->n_outcomes, status) +
	       count_of(target->past, target->n_past, status);
}

/* Every outcome there has been, each once: those of now, and those of before that are not among them. */
static size_t all_outcomes(const struct target *target, struct target_outcome out[TARGET_OUTCOMES])
{
	size_t n = 0;

	for (size_t i = 0; i < target->n_outcomes; i++)
		add_outcome(out, &n, target->outcomes[i].status, target->outcomes[i].count);
	for (size_t i = 0; i < target->n_past; i++)
		add_outcome(out, &n, target->past[i].status, target->past[i].count);
	return n;
}

uint64_t target_succeeded(const struct target *target)
{
	return total_of(target, COLLAPSE_SUCCESS);
}

static bool is_for_want_of_memory(const char *name)
{
	return !strcmp(name, "alloc_huge_page_fail") || !strcmp(name, "cgroup_charge_fail");
}

uint64_t target_refused(const struct target *target, struct collapse *names)
{
	struct target_outcome outcomes[TARGET_OUTCOMES];
	size_t n = all_outcomes(target, outcomes);
	uint64_t refused = target->past_exceeds + target->stats.quota_exceeds;

	for (size_t i = 0; i < n; i++)
		if (is_for_want_of_memory(collapse_status_name(names, outcomes[i].status)))
			refused += outcomes[i].count;
	return refused;
}

static bool is_failure(struct collapse *names, uint32_t status)
{
	return status != COLLAPSE_SUCCESS && !collapse_was_huge(names, status);
}

static uint64_t applies_of(const struct target *target)
{
	if (!target->estimates_applies)
		return target->past_applies + target->stats.applies;
	return target->past_acting_applies + target->acting_ns / (target->intervals.aggr_us * 1000);
}

void target_new_intervals(struct target *target, uint64_t old_aggr_us)
{
	target->past_acting_applies += target->acting_ns / (old_aggr_us * 1000);
	target->acting_ns = 0;
	target->heat_known = false;
}

bool target_has_new_cost(struct target *target)
{
	bool is_new = target->monitor_cpu_known && target->monitor_cpu_new;

	target->monitor_cpu_new = false;
	return is_new;
}

void target_take_cost(struct target *target, uint64_t now_ns)
{
	uint64_t cpu_ns, before_ns = target->kdamond_cpu_ns, at_ns = target->kdamond_cpu_at_ns;

	target->monitor_cpu_known = false;
	if (!target->kdamond_pid || process_thread_cpu_ns("/proc", (uint32_t)target->kdamond_pid, &cpu_ns))
		return;
	target->kdamond_cpu_ns = cpu_ns;
	target->kdamond_cpu_at_ns = now_ns;
	if (!at_ns || now_ns <= at_ns || cpu_ns < before_ns)
		return;
	target->monitor_cpu_pct = 100.0 * (double)(cpu_ns - before_ns) / (double)(now_ns - at_ns);
	target->monitor_cpu_known = target->monitor_cpu_new = true;
}

struct descent_evidence target_evidence(const struct target *target, struct collapse *names, uint64_t now_ns,
					bool tells_huge)
{
	struct descent_evidence evidence = {
		.now_ns = now_ns,
		.applies = applies_of(target),
		.succeeded = target_succeeded(target),
		.heat_known = target->heat_known,
		.heat_is_new = target->heat_known && target->heat_ns == now_ns,
		.hot_bytes = target->hot_bytes,
		.hot_huge_known = tells_huge,
		.hot_huge_bytes = target->hot_huge_bytes,
		.quota_reset_ns = target->quota.ms ? target->quota.reset_ms * NS_PER_MS : 0,
		.anon_bytes = target->facts.anon_bytes,
		.execs = target->execs,
		.thp_disabled = target->facts.thp_disabled,
	};
	struct target_outcome outcomes[TARGET_OUTCOMES];
	size_t n = all_outcomes(target, outcomes);
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_failure(names, outcomes[i].status))
			continue;
		evidence.failed += outcomes[i].count;
		if (outcomes[i].count > most) {
			most = outcomes[i].count;
			evidence.failed_most = collapse_status_name(names, outcomes[i].status);
		}
	}
	return evidence;
}

static void status_failures(const struct target *target, struct collapse *names, struct status_target *status)
{
	struct target_outcome outcomes[TARGET_OUTCOMES];
	size_t n = all_outcomes(target, outcomes);

	for (size_t i = 0; i < n; i++) {
		if (collapse_was_huge(names, outcomes[i].status))
			status->already_huge = outcomes[i].count;
		else if (is_failure(names, outcomes[i].status) && status->n_failed < STATUS_FAILURES)
			status->failed[status->n_failed++] = (struct status_failure){
				collapse_status_name(names, outcomes[i].status), outcomes[i].count};
	}
}

/*
 * A parked scheme leaves accessed bits cleared in TLBs that nobody flushed, and heat jumps: what is told then is
 * what the descent was judged by, and that it is of then.
 */
struct target_heat target_heat(const struct target *target)
{
	bool parked = !target->collapser && !target->descent.acting && target->descent.heat_looks;
	struct target_heat heat = {
		.known = parked || target->heat_known,
		.current = !parked,
		.hot_bytes = target->hot_bytes,
		.hot_huge_bytes = target->hot_huge_bytes,
	};

	if (parked)
		descent_heat(&target->descent, &heat.hot_bytes, &heat.hot_huge_bytes);
	return heat;
}

static void status_heat(const struct target *target, struct status_target *status)
{
	struct target_heat heat = target_heat(target);

	status->heat_known = heat.known;
	status->hot_is_current = heat.current;
	status->hot_bytes = heat.hot_bytes;
	status->hot_huge_bytes = heat.hot_huge_bytes;
}

static struct status_benefit status_benefit(const struct benefit *benefit)
{
	return (struct status_benefit){
		.verdict = benefit_verdict_name(benefit->verdict),
		.reason = benefit->reason,
		.share_before_known = benefit->before_pct_known,
		.share_now_known = benefit->pct_seen,
		.share_before_pct = benefit->before_pct,
		.share_now_pct = benefit->pct,
		.trial_s = (double)(benefit->given_up_ns / 1000000000),
	};
}

struct status_target target_status(const struct target *target, const struct descent_config *config,
				   struct collapse *names, bool tells_huge)
{
	struct status_target status = {
		.id = target->id,
		.kdamond_pid = target->kdamond_pid,
		.descent_state = descent_state_name(target->descent.state),
		.acting = target->descent.acting,
		.min_access_pct = descent_min_access_pct(&target->descent, config),
		.min_accesses = descent_min_accesses(&target->descent, config),
		.max_accesses = config->levels.max_accesses,
		.descent_reason = target->descent.reason,
		.succeeded = target_succeeded(target),
		.huge_bytes = target->huge_bytes,
		.anon_bytes = target->facts.anon_bytes,
		.hot_huge_known = tells_huge,
		.monitor_cpu_known = target->monitor_cpu_known,
		.monitor_cpu_pct = target->monitor_cpu_pct,
		.sample_us = target->intervals.sample_us,
		.aggr_us = target->intervals.aggr_us,
		.intervals_reason = target->intervals.reason,
	};

	status_heat(target, &status);
	if (target->benefit.began)
		status.benefit = status_benefit(&target->benefit);
	memcpy(status.comm, target->comm, sizeof(status.comm));
	status_failures(target, names, &status);
	return status;
}
