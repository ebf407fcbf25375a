// SPDX-License-Identifier: GPL-2.0
#include "decide/left.h"

static void drop(struct left *left, size_t place)
{
	left->processes[place] = left->processes[--left->n];
}

static void drop_least(struct left *left)
{
	size_t least = 0;

	for (size_t i = 1; i < left->n; i++)
		if (left->processes[i].bytes < left->processes[least].bytes)
			least = i;
	drop(left, least);
}

void left_put(struct left *left, const struct left_process *process)
{
	if (!process->bytes)
		return;
	if (left->n == LEFT_MAX)
		drop_least(left);
	left->processes[left->n++] = *process;
}

uint64_t left_take(struct left *left, struct process_id id, uint32_t execs)
{
	for (size_t i = 0; i < left->n; i++) {
		struct left_process found = left->processes[i];

		if (!process_id_equal(found.id, id))
			continue;
		drop(left, i);
		return found.execs == execs ? found.bytes : 0;
	}
	return 0;
}

uint64_t left_bytes(const struct left *left)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < left->n; i++)
		sum += left->processes[i].bytes;
	return sum;
}
