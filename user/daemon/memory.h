/* SPDX-License-Identifier: GPL-2.0 */
/* How much memory a candidate has that could become huge. */
#ifndef HOTDAMON_DAEMON_MEMORY_H
#define HOTDAMON_DAEMON_MEMORY_H

#include "daemon/watch.h"
#include "sense/proc.h"

/*
 * Sets anon_bytes, shared_bytes and unaligned_bytes of @candidate, whose cpu_pct is set. @target: it is watched; NULL: it is
 * not, and then its mappings are read, which takes 50 us or so, if it is hot and has shared memory.
 */
void memory_see(const struct watch *watch, const struct target *target, const struct process_facts *facts,
		struct candidate *candidate);

#endif
