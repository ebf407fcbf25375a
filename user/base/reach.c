// SPDX-License-Identifier: GPL-2.0
#include "base/reach.h"

#include "base/aside.h"
#include "base/textfile.h"

#define ENTRY_BYTES 8 /* of the first page */

void reach_wait(const char *proc_root, uint32_t pid)
{
	char entry[ENTRY_BYTES + 1];

	textfile_read(entry, sizeof(entry), "%s/%u/pagemap", proc_root, pid);
}

static int ask(struct aside_call *call)
{
	reach_wait(call->root, call->pid);
	return 0;
}

int reach_ask(const char *proc_root, uint32_t pid)
{
	struct aside_call call = aside_of(proc_root, pid, ask, NULL, 0);

	return aside_do(&call);
}
