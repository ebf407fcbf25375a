// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "sense/proc.h"
#include "sense/service_memory.h"

#define LOOK_AGE_NS (5 * NS_PER_S) /* what is known of memory and command lines is good for so long */
#define HUGE_PAGES  (1ULL << 18)   /* at a time: 1 GiB in small pages, some ms */
#define HUGE_REST   100		   /* a read that took 100 ms is not repeated for 10 s: 1 % of a CPU */

/* Whether the pid still is that process. Asked after a read, it says whose the read was. */
static bool still_there(const struct facts *facts, const struct row *row, struct process_facts *found)
{
	return !process_facts_read(facts->proc_root, row->ranked.id.tgid, found) &&
	       process_facts_match(found, row->ranked.id);
}

void facts_read_owner(const struct facts *facts, struct row *row, uint64_t now_ns)
{
	const struct ranked *ranked = &row->ranked;
	const struct place *place;

	services_whose(facts->services, ranked->id, ranked->owner, ranked->ended, now_ns, &row->facts.whose);
	row->facts.owner_known = true;
	if (!facts->cgroup)
		return;
	place = services_place(facts->services, ranked->id, ranked->owner.cgroup_id, ranked->ended, now_ns);
	row->facts.in_cgroup = *place->path && cgroup_is_below(place->path, facts->cgroup);
}

uint64_t facts_service_key(const struct facts *facts, const struct ranked *ranked, uint64_t now_ns)
{
	const struct place *place =
		services_place(facts->services, ranked->id, ranked->owner.cgroup_id, ranked->ended, now_ns);
	uint32_t uid = ranked->owner.uid;

	if (uid == UID_UNKNOWN && !place->service.own)
		process_uid_read(facts->proc_root, ranked->id.tgid, &uid); /* or it stays unknown */
	return service_key(&place->service, ranked->comm, uid);
}

void facts_read_command(const struct facts *facts, struct row *row, uint64_t now_ns)
{
	struct row_facts *of = &row->facts;
	struct process_facts found;

	if (row->ranked.ended || (of->command_read_ns && of->command_execs == row->ranked.execs))
		return;
	of->command_read_ns = now_ns;
	of->command_execs = row->ranked.execs;
	if (process_command_read(facts->proc_root, row->ranked.id.tgid, of->whose.command,
				 sizeof(of->whose.command)) ||
	    !still_there(facts, row, &found))
		*of->whose.command = '\0';
}

void facts_renew_command(const struct facts *facts, struct row *row, uint64_t now_ns)
{
	if (now_ns - row->facts.command_read_ns >= LOOK_AGE_NS)
		row->facts.command_read_ns = 0;
	facts_read_command(facts, row, now_ns);
}

void facts_read_memory(const struct facts *facts, struct row *row, uint64_t since_ns, uint64_t now_ns)
{
	struct process_facts found;

	if (row->ranked.ended || (row->facts.anon_read_ns && row->facts.anon_read_ns >= since_ns))
		return;
	row->facts.anon_read_ns = now_ns;
	if (!still_there(facts, row, &found))
		return;
	row->facts.anon_bytes = found.anon_bytes;
	row->facts.shared_bytes = found.shared_bytes;
	row->facts.anon_known = row->facts.shared_known = true;
}

static void set_service_memory(struct row_facts *facts, const struct service_memory *memory)
{
	facts->anon_bytes = memory->anon;
	facts->shared_bytes = memory->shared;
	facts->huge_bytes = memory->anon_huge + memory->shared_huge;
	facts->anon_known = facts->shared_known = facts->huge_known = facts->huge_of_both = true;
}

bool facts_read_service_memory(const struct facts *facts, struct service_row *service,
			       const struct row *hottest, uint64_t now_ns)
{
	const char *root = services_root(facts->services);
	struct row_facts *of = &service->sum.facts;
	struct service_memory memory;
	const struct place *place;
	size_t len;

	if (!of->whose.service.own || !*root)
		return false;
	if (of->anon_read_ns && now_ns - of->anon_read_ns < LOOK_AGE_NS)
		return service->memory_told;
	of->anon_read_ns = now_ns;
	place = services_place(facts->services, hottest->ranked.id, hottest->ranked.owner.cgroup_id,
			       hottest->ranked.ended, now_ns);
	len = service_path_len(place->path);
	service->memory_told = len && !service_memory_read(root, place->path, len, &memory);
	if (service->memory_told)
		set_service_memory(of, &memory);
	else
		of->anon_known = of->shared_known = of->huge_known = of->huge_of_both = false;
	return service->memory_told;
}

/* One piece of the walk of @row; whether that is at its end. */
static bool read_huge(struct facts *facts, struct row *row, uint64_t now_ns)
{
	struct row_facts *of = &row->facts;
	struct process_facts found;
	uint64_t huge_bytes = 0;
	int done = -ESRCH;

	if (process_id_cmp(facts->walked, row->ranked.id)) {
		facts->walked = row->ranked.id;
		facts->walk = (struct huge_walk){0};
		facts->walk_cost_ns = 0;
	}
	if (of->anon_bytes < PMD_SIZE_BYTES) /* no room for a huge page: nothing to ask */
		done = 1;
	else if (still_there(facts, row, &found) && found.live_tid)
		done = process_huge_go_on(&facts->walk, facts->proc_root, &found, HUGE_PAGES, &huge_bytes);
	facts->walk_cost_ns += clock_boot_ns() - now_ns;
	if (!done)
		return false;
	facts->walked = (struct process_id){0};
	of->huge_read_ns = now_ns;
	of->huge_cost_ns = facts->walk_cost_ns;
	if (done > 0)
		of->huge_bytes = huge_bytes;
	of->huge_known = done > 0 || (of->huge_known && done != -EFBIG);
	return true;
}

static bool huge_is_due(const struct row *row, uint64_t now_ns)
{
	const struct row_facts *facts = &row->facts;
	uint64_t rest_ns = facts->huge_cost_ns * HUGE_REST;

	if (row->ranked.ended || !facts->anon_known)
		return false;
	return !facts->huge_read_ns ||
	       now_ns - facts->huge_read_ns >= (rest_ns > LOOK_AGE_NS ? rest_ns : LOOK_AGE_NS);
}

static int huge_cmp(const void *a, const void *b)
{
	uint64_t left = (*(struct row *const *)a)->facts.huge_read_ns;
	uint64_t right = (*(struct row *const *)b)->facts.huge_read_ns;

	return left < right ? -1 : left > right;
}

static int memory_cmp(const void *a, const void *b)
{
	uint64_t left = (*(struct row *const *)a)->facts.anon_read_ns;
	uint64_t right = (*(struct row *const *)b)->facts.anon_read_ns;

	return left < right ? -1 : left > right;
}

/* Those that are due to the front, the stalest first; returns how many. */
static size_t put_due_first(struct row **rows, size_t n, uint64_t now_ns,
			    bool (*is_due)(const struct row *, uint64_t),
			    int (*cmp)(const void *, const void *))
{
	size_t n_due = 0;

	for (size_t i = 0; i < n; i++) {
		struct row *row = rows[i];

		if (!is_due(row, now_ns))
			continue;
		rows[i] = rows[n_due];
		rows[n_due++] = row;
	}
	if (n_due)
		qsort(rows, n_due, sizeof(*rows), cmp);
	return n_due;
}

static bool memory_is_due(const struct row *row, uint64_t now_ns)
{
	return !row->ranked.ended &&
	       (!row->facts.anon_read_ns || now_ns - row->facts.anon_read_ns >= LOOK_AGE_NS);
}

void facts_read_memory_of(const struct facts *facts, struct row **rows, size_t n, uint64_t budget_ns)
{
	uint64_t began_ns = clock_boot_ns(), now_ns = began_ns;

	n = put_due_first(rows, n, now_ns, memory_is_due, memory_cmp);
	for (size_t i = 0; i < n && now_ns - began_ns < budget_ns; i++) {
		facts_read_memory(facts, rows[i], now_ns, now_ns);
		now_ns = clock_boot_ns();
	}
}

/* The one that was begun goes on, if it still is among them. */
static void put_walked_first(const struct facts *facts, struct row **rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct row *row = rows[i];

		if (process_id_cmp(facts->walked, row->ranked.id))
			continue;
		rows[i] = rows[0];
		rows[0] = row;
		return;
	}
}

void facts_read_huge(struct facts *facts, struct row **rows, size_t n, uint64_t budget_ns)
{
	uint64_t began_ns = clock_boot_ns(), now_ns = began_ns;
	size_t i = 0;

	n = put_due_first(rows, n, now_ns, huge_is_due, huge_cmp);
	put_walked_first(facts, rows, n);
	while (i < n && now_ns - began_ns < budget_ns) {
		i += read_huge(facts, rows[i], now_ns);
		now_ns = clock_boot_ns();
	}
}

bool facts_idle_row(const struct facts *facts, uint32_t pid, const struct ranked *ranked, size_t n,
		    struct ranked *idle)
{
	struct process_facts found;

	for (size_t i = 0; i < n; i++)
		if (ranked[i].id.tgid == pid)
			return false;
	if (process_facts_read(facts->proc_root, pid, &found))
		return false;
	*idle = (struct ranked){.id = {pid, found.start_time_ticks * PROC_TICK_NS}, .owner.uid = UID_UNKNOWN};
	memcpy(idle->comm, found.comm, sizeof(idle->comm));
	return true;
}
