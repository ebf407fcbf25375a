/* SPDX-License-Identifier: GPL-2.0 */
/* What `hotdamon top` asks /proc, of the rows that need it and no oftener than it must. */
#ifndef HOTDAMON_CMD_TOP_FACTS_H
#define HOTDAMON_CMD_TOP_FACTS_H

#include "report/service_table.h"
#include "sense/huge.h"
#include "sense/services.h"

struct facts {
	const char *proc_root;
	struct services *services;
	const char *cgroup; /* rows below it have in_cgroup; NULL: not asked for */
	struct process_id walked;
	struct huge_walk walk; /* of that one, which goes on at the next refresh */
	uint64_t walk_cost_ns; /* so far */
};

/* User and service, by what BPF says of each window. */
void facts_read_owner(const struct facts *facts, struct row *row, uint64_t now_ns);

/* The key of its service, see decide/service.h. */
uint64_t facts_service_key(const struct facts *facts, const struct ranked *ranked, uint64_t now_ns);

/* The command line, once, and again after an exec. */
void facts_read_command(const struct facts *facts, struct row *row, uint64_t now_ns);

/* The same every few seconds: some write there what they do. It takes a lock of the process: for those that are seen. */
void facts_renew_command(const struct facts *facts, struct row *row, uint64_t now_ns);

/* Anonymous memory, if what is known is older than @since_ns. */
void facts_read_memory(const struct facts *facts, struct row *row, uint64_t since_ns, uint64_t now_ns);

/*
 * The memory of all of @service as its cgroup tells it, with @hottest one of its processes; at most every few seconds. Whether
 * it did: else its processes are to be asked.
 */
bool facts_read_service_memory(const struct facts *facts, struct service_row *service,
			       const struct row *hottest, uint64_t now_ns);

/* The same of many rows, each at most every few seconds: the stalest first, until @budget_ns is used up. Reorders @rows. */
void facts_read_memory_of(const struct facts *facts, struct row **rows, size_t n, uint64_t budget_ns);

/*
 * The huge part of it, which makes the kernel walk the page tables: the stalest of @rows first, until
 * @budget_ns is used up, each at most every few seconds, and seldom where it takes long. A big one takes several
 * refreshes. Reorders @rows.
 */
void facts_read_huge(struct facts *facts, struct row **rows, size_t n, uint64_t budget_ns);

/*
 * A process that was asked for and never ran since we began is not in the ranking: an idle row, without a
 * rank. Its start time is /proc's, rounded down, so once it runs it is a row of its own. False if there is no such process, or it is in @ranked.
 */
bool facts_idle_row(const struct facts *facts, uint32_t pid, const struct ranked *ranked, size_t n,
		    struct ranked *idle);

#endif
