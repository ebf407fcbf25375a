/* SPDX-License-Identifier: GPL-2.0 */
/* Whose word holds for a process: what the rules ask for is read of it, and judged. */
#ifndef HOTDAMON_DAEMON_JUDGE_H
#define HOTDAMON_DAEMON_JUDGE_H

#include "decide/rules.h"
#include "sense/proc.h"

struct judge;

/* Borrows @rules. NULL: no memory. */
struct judge *judge_new(const struct rules *rules);
void judge_free(struct judge *judge); /* NULL is fine */

/* Of the process of @facts. A wish that does not count is said, once for each cgroup. */
struct rules_verdict judge_process(struct judge *judge, const struct process_facts *facts);

/* Whether it asked for huge pages only where it advises them, as far as the kernel tells. It takes some system calls. */
bool judge_finds_advised(const struct judge *judge, const struct process_facts *facts);

#endif
