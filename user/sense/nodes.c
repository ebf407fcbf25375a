// SPDX-License-Identifier: GPL-2.0
#include "sense/nodes.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/reach.h"
#include "base/units.h"
#include "decide/pace.h"

#define SAMPLES 16 /* pages of a slot */
#define STEP	(PMD_SIZE_BYTES / SAMPLES)

_Static_assert(SAMPLES <= NODES_SLOTS, "read_nodes() has room for both");

struct asked {
	size_t n;
	uint64_t pages[NODES_SLOTS];
	int nodes[NODES_SLOTS];
};

/* The kernel waits for the lock of the memory so that nothing ends it: only once it can be had. */
static int move_nothing(struct aside_call *call)
{
	struct asked *asked = call->args;
	void *addresses[NODES_SLOTS];
	long left;

	reach_wait(call->root, call->pid);
	for (size_t i = 0; i < asked->n; i++)
		addresses[i] =
			(void *)(uintptr_t)
				asked->pages[i]; /* NOLINT(performance-no-int-to-ptr): another process's */
	left = syscall(SYS_move_pages, (pid_t)call->pid, asked->n, addresses, NULL, asked->nodes, 0);
	return left < 0 ? -errno : (int)left;
}

/* Sets nodes[i], negative for a page that is not there. */
static int read_nodes(uint32_t pid, const uint64_t *pages, size_t n, int nodes[NODES_SLOTS])
{
	struct asked asked = {.n = n};
	struct aside_call call = aside_of("/proc", pid, move_nothing, &asked, sizeof(asked));
	int err;

	memcpy(asked.pages, pages, n * sizeof(*pages));
	err = aside_do(&call);
	memcpy(nodes, asked.nodes, n * sizeof(*nodes));
	return err;
}

uint64_t nodes_of_slots(uint32_t pid, const uint64_t *slots, size_t n)
{
	uint64_t pages[NODES_SLOTS], mask = 0;
	int nodes[NODES_SLOTS];

	n = n < NODES_SLOTS ? n : NODES_SLOTS;
	for (size_t i = 0; i < n; i++)
		pages[i] = slots[i] + PMD_SIZE_BYTES / 2;
	if (!n || read_nodes(pid, pages, n, nodes))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (nodes[i] >= 0 && nodes[i] < PACE_NODES)
			mask |= 1ULL << nodes[i];
	return mask;
}

int nodes_of_slot(uint32_t pid, uint64_t slot)
{
	unsigned int found[PACE_NODES] = {0};
	uint64_t pages[SAMPLES];
	int nodes[NODES_SLOTS], most = -1;

	for (size_t i = 0; i < SAMPLES; i++)
		pages[i] = slot + i * STEP;
	if (read_nodes(pid, pages, SAMPLES, nodes))
		return -1;
	for (size_t i = 0; i < SAMPLES; i++) {
		if (nodes[i] < 0 || nodes[i] >= PACE_NODES)
			continue;
		found[nodes[i]]++;
		if (most < 0 || found[nodes[i]] > found[most])
			most = nodes[i];
	}
	return most;
}
