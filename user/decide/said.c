// SPDX-License-Identifier: GPL-2.0
#include "decide/said.h"

#include "base/units.h"

static struct said_process *find(struct said *said, struct process_id id)
{
	for (size_t i = 0; i < SAID_PROCESSES; i++)
		if (process_id_equal(said->processes[i].id, id))
			return &said->processes[i];
	return NULL;
}

static struct said_process *find_or_add(struct said *said, struct process_id id)
{
	struct said_process *process = find(said, id);

	if (process)
		return process;
	process = &said->processes[said->n++ % SAID_PROCESSES];
	*process = (struct said_process){.id = id};
	return process;
}

double said_see(struct said *said, struct process_id id, bool asked, bool barred, uint64_t now_ns)
{
	struct said_process *process;

	if (!asked)
		return 0;
	process = barred ? find_or_add(said, id) : find(said, id);
	if (!process)
		return 0;
	if (barred && !process->barred)
		process->barred_ns = now_ns;
	process->barred = barred;
	return barred ? ns_to_s(now_ns - process->barred_ns) : 0;
}

bool said_once(struct said *said, struct process_id id, bool barred)
{
	struct said_process *process = find_or_add(said, id);
	bool news = !process->said || (barred && !process->said_barred);

	process->said = true;
	process->said_barred |= barred;
	return news;
}
