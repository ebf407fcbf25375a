/* SPDX-License-Identifier: GPL-2.0 */
/* What `hotdamon top` asks /proc, of the rows that need it and no oftener than it must. */
#ifndef HOTDAMON_CMD_TOP_FACTS_H
#define HOTDAMON_CMD_TOP_FACTS_H

#include "report/table.h"
#include "sense/owner.h"

struct facts {
	const char *proc_root;
	struct user_names *names;
	const char *cgroup; /* rows below it have in_cgroup; NULL: not asked for */
};

/* CLOCK_BOOTTIME. */
uint64_t facts_now_ns(void);

/* User and unit: kept until the process execs, or for half a minute. */
void facts_read_owner(const struct facts *facts, struct row *row, uint64_t now_ns);

/* Anonymous memory, if what is known is older than @since_ns. */
void facts_read_memory(const struct facts *facts, struct row *row, uint64_t since_ns, uint64_t now_ns);

/*
 * The huge part of it, which makes the kernel walk the page tables: the stalest of @rows first, until
 * @budget_ns is used up, each at most every few seconds, and seldom where it takes long.
 */
void facts_read_huge(const struct facts *facts, struct row *const *rows, size_t n, uint64_t budget_ns);

#endif
