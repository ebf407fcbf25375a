/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Measures what a TLB miss and a collapse cost on this host, in memory of our own: a child reads at random places of it, each
 * read waiting for the one before, in small pages and in huge ones by turns. It takes about half a second of CPU and 128 MiB,
 * ends by itself, and with us. It is a lower bound: the page tables of so little memory stay in the CPU's caches.
 */
#ifndef HOTDAMON_SENSE_MISS_H
#define HOTDAMON_SENSE_MISS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/units.h"
#include "decide/cost.h"

#define MISS_ARENA_BYTES                                                                                     \
	(64 * MIB_BYTES) /* of which there are two: far more than any TLB reaches in small pages */
/* Of all that is available, at least so many times what is taken. */
#define MISS_MEMORY_SHARE 16
/* CPU time after which the rounds end, or the whole if there are too few by then. */
#define MISS_CPU_NS (NS_PER_S)

/* What the child tells, by one write into a pipe. */
struct miss_result {
	const char
		*why; /* what failed, a literal; NULL: nothing. The child is a fork: it is the same for us */
	struct cost_round rounds[COST_MAX_ROUNDS];
	unsigned int n_rounds;
	double collapse_ns; /* median of the collapses */
};

struct miss_probe {
	pid_t child; /* 0: none */
	int fd;	     /* readable when it has told, or ended without */
};

/* Memory for it can be spared, by @proc_root's meminfo (/proc). Not known is no. */
bool miss_has_room(const char *proc_root);

/*
 * Starts the child; @background: at the lowest priority, for as long as it takes. It waits for nobody, and nobody needs to
 * wait for it. Negative errno; *@probe is {0} then. To be ended by miss_stop().
 */
int miss_start(struct miss_probe *probe, bool background);

/* What it told; blocks until it did, or ended. NULL, or why nothing was measured; then @measure is untouched. */
const char *miss_take(const struct miss_probe *probe, struct cost_measure *measure);

/* Ends the child, if it still runs, and takes its remains. {0} is fine. */
void miss_stop(struct miss_probe *probe);

#endif
