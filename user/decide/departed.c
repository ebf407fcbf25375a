// SPDX-License-Identifier: GPL-2.0
#include "decide/departed.h"

static void drop(struct departed *departed, size_t place)
{
	departed->processes[place] = departed->processes[--departed->n];
}

static void drop_least(struct departed *departed)
{
	size_t least = 0;

	for (size_t i = 1; i < departed->n; i++)
		if (departed->processes[i].bytes < departed->processes[least].bytes)
			least = i;
	drop(departed, least);
}

void departed_put(struct departed *departed, const struct departed_process *process)
{
	if (!process->bytes)
		return;
	if (departed->n == DEPARTED_MAX)
		drop_least(departed);
	departed->processes[departed->n++] = *process;
}

struct departed_process departed_take(struct departed *departed, struct process_id id, uint32_t execs)
{
	for (size_t i = 0; i < departed->n; i++) {
		struct departed_process found = departed->processes[i];

		if (!process_id_equal(found.id, id))
			continue;
		drop(departed, i);
		return found.execs == execs ? found : (struct departed_process){0};
	}
	return (struct departed_process){0};
}

uint64_t departed_bytes(const struct departed *departed)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < departed->n; i++)
		sum += departed->processes[i].bytes;
	return sum;
}
