// SPDX-License-Identifier: GPL-2.0
#include "executor/target.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report/log.h"

#define LOOK_PAGES (4ULL << 18) /* of one look for what is huge: 4 GiB if all are small, about 10 ms */
#define SAY_LEN	   1024		/* no line of the log is longer */
#define COUNTS_MAX 64		/* that BPF has of one target: an outcome each, few of them twice */

static int open_pidfd(uint32_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);

	return fd < 0 ? -errno : fd;
}

int target_init(struct target *target, unsigned int seat, struct process_id id, const struct whose *whose,
		uint64_t now_ns)
{
	int err, pidfd = open_pidfd(id.tgid);

	if (pidfd < 0)
		return pidfd;
	*target = (struct target){.used = true, .seat = seat, .id = id, .pidfd = pidfd, .since_ns = now_ns};
	target->whose = *whose;
	/* After the pidfd: what it says now holds for as long as the pidfd is not readable. */
	err = target_look(target);
	if (err)
		target_release(target);
	return err;
}

void target_release(struct target *target)
{
	if (target->used)
		close(target->pidfd);
	where_free(&target->where);
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
	whose_name(target->comm, target->id.tgid, &target->whose, target->name);
	look_for_huge(target);
	return 0;
}

void target_set_whose(struct target *target, const struct whose *whose)
{
	memcpy(target->whose.user, whose->user, sizeof(target->whose.user));
	target->whose.service = whose->service;
	whose_name(target->comm, target->id.tgid, &target->whose, target->name);
}

/* A start that is read from /proc is told in ticks. */
static bool is_in(const struct collapses_count *count, const struct target *target)
{
	return count->id.tgid == target->id.tgid &&
	       count->id.start_time_ns / PROC_TICK_NS == target->id.start_time_ns / PROC_TICK_NS;
}

static bool is_of(const struct collapses_count *count, const struct target *target)
{
	if (count->id.tgid != target->id.tgid)
		return false;
	if (!target->own_tgid) /* a pid of a kdamond is not used twice for one target */
		return count->by_tgid == (uint32_t)target->kdamond.pid;
	return count->by_tgid == target->own_tgid && is_in(count, target);
}

static size_t counts_of(const struct target *target, const struct collapses_count *counts, size_t n,
			struct tally_count found[COUNTS_MAX])
{
	size_t n_found = 0;

	for (size_t i = 0; i < n && n_found < COUNTS_MAX; i++)
		if (is_of(&counts[i], target))
			found[n_found++] = (struct tally_count){counts[i].status, counts[i].count};
	return n_found;
}

void target_tally_own(struct target *target, uint32_t tgid, const struct collapses_count *counts, size_t n)
{
	struct tally_count found[COUNTS_MAX];

	target->own_tgid = tgid;
	tally_begin(&target->tally, found, counts_of(target, counts, n, found));
}

/* Of all kdamonds that it had since the start, and of our own: BPF may forget, what was added is there. */
static void take_filled(struct target *target, const struct collapses_count *counts, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (is_in(&counts[i], target))
			sum += counts[i].filled_pages;
	tally_sum_take(&target->filled_pages, sum);
}

void target_take_counts(struct target *target, const struct collapses_count *counts, size_t n)
{
	struct tally_count found[COUNTS_MAX];

	take_filled(target, counts, n);

	if (target->kdamond.pid || target->own_tgid)
		tally_take(&target->tally, found, counts_of(target, counts, n, found));
}

/* Our own counts go on, whichever kdamond watches. */
void target_new_kdamond(struct target *target, pid_t pid)
{
	if (!target->own_tgid)
		tally_new_actor(&target->tally);
	target->heat.known = false;
	target->kdamond.pid = pid;
	target->kdamond.cpu_at_ns = 0;
	target->kdamond.cost_known = false;
}

struct log_about target_about(const struct target *target, enum event event)
{
	return (struct log_about){event, target->id.tgid, target->comm, &target->whose, target->brief};
}

void target_say(const struct target *target, const char *format, ...)
{
	char text[SAY_LEN];
	va_list args;

	if (target->brief)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_info("%s: %s", target->name, text);
}

uint64_t target_memory_bytes(const struct target *target)
{
	const struct process_facts *facts = &target->facts;

	return facts->anon_bytes + process_shared_bytes(facts, target->where.mappings.shared_bytes);
}

uint64_t target_watched_bytes(const struct target *target)
{
	return target->where.version ? where_bytes(&target->where) : target->facts.mapped_bytes;
}

uint64_t target_succeeded(const struct target *target)
{
	return tally_of(&target->tally, COLLAPSE_SUCCESS);
}

static bool is_for_want_of_memory(const char *name)
{
	return !strcmp(name, "alloc_huge_page_fail") || !strcmp(name, "cgroup_charge_fail");
}

bool target_outcome_is_failure(struct collapses *names, uint32_t status)
{
	return status != COLLAPSE_SUCCESS && !collapses_was_huge(names, status);
}

/*
 * A parked scheme leaves accessed bits cleared in TLBs that nobody flushed, and heat jumps: what is told then is what the
 * descent was judged by, and that it is of then. A map of heat is always of now.
 */
struct target_heat target_heat(const struct target *target)
{
	bool parked = !target->own_tgid && !descent_acts(&target->descent) && target->descent.heat_looks;
	struct target_heat heat = target->heat;

	heat.current = !parked;
	if (parked) {
		heat.known = true;
		descent_heat(&target->descent, &heat.hot_bytes, &heat.huge_bytes);
	}
	return heat;
}

static void count_failures(const struct target *target, struct collapses *names,
			   struct descent_evidence *evidence)
{
	struct tally_list all;
	uint64_t most = 0;

	tally_all(&target->tally, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct tally_count *outcome = &all.counts[i];
		const char *name;

		if (!target_outcome_is_failure(names, outcome->status))
			continue;
		name = collapses_status_name(names, outcome->status);
		evidence->failed += outcome->count;
		if (is_for_want_of_memory(name))
			evidence->lacked += outcome->count;
		if (outcome->count > most) {
			most = outcome->count;
			evidence->failed_most = name;
		}
	}
}

struct descent_evidence target_evidence(const struct target *target, struct collapses *names, uint64_t now_ns)
{
	struct descent_evidence evidence = {
		.now_ns = now_ns,
		.succeeded = target_succeeded(target),
		.heat_known = target->heat.known,
		.heat_is_new = target->heat.known && target->heat.at_ns == now_ns,
		.hot_bytes = target->heat.hot_bytes,
		.hot_huge_bytes = target->heat.huge_bytes,
		.anon_bytes = target_memory_bytes(target),
		.execs = target->execs,
	};

	count_failures(target, names, &evidence);
	return evidence;
}

bool target_has_new_cost(struct target *target)
{
	bool is_new = target->kdamond.cost_known && target->kdamond.cost_new;

	target->kdamond.cost_new = false;
	return is_new;
}

void target_take_cost(struct target *target, uint64_t now_ns)
{
	struct target_kdamond *kdamond = &target->kdamond;
	uint64_t cpu_ns, before_ns = kdamond->cpu_ns, at_ns = kdamond->cpu_at_ns;

	kdamond->cost_known = false;
	if (!kdamond->pid || process_thread_cpu_ns("/proc", (uint32_t)kdamond->pid, &cpu_ns))
		return;
	kdamond->cpu_ns = cpu_ns;
	kdamond->cpu_at_ns = now_ns;
	if (!at_ns || now_ns <= at_ns || cpu_ns < before_ns)
		return;
	kdamond->cost_pct = 100.0 * (double)(cpu_ns - before_ns) / (double)(now_ns - at_ns);
	kdamond->cost_known = kdamond->cost_new = true;
}
