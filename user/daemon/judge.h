/* SPDX-License-Identifier: GPL-2.0 */
/* Whose word holds for a process: what the rules ask for is read of it, and judged. */
#ifndef HOTDAMON_DAEMON_JUDGE_H
#define HOTDAMON_DAEMON_JUDGE_H

#include "decide/rules.h"
#include "sense/proc.h"
#include "sense/services.h"

struct judge;

/* Borrows both. NULL: no memory. */
struct judge *judge_new(const struct rules *rules, struct services *services);
void judge_free(struct judge *judge); /* NULL is fine */

/* Of the process @id of @facts, which is @owner's. A wish that does not count is said, once for each cgroup. */
struct rules_verdict judge_process(struct judge *judge, const struct process_facts *facts,
				   struct process_id id, struct process_owner owner, uint64_t now_ns);

/* Whether it asked for huge pages only where it advises them, as far as the kernel tells. It takes some system calls. */
bool judge_finds_advised(const struct judge *judge, const struct process_facts *facts);

#endif
