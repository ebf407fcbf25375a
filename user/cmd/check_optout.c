// SPDX-License-Identifier: GPL-2.0
#include "cmd/check_optout.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/printable.h"
#include "decide/optout.h"
#include "sense/proc.h"

#define LEAST_BYTES (32 * MIB_BYTES) /* as --min-anon is by default */

/* The next one that opted out; false: there is none. */
static bool next(DIR *proc, struct process_facts *facts)
{
	const struct dirent *entry;

	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    !process_facts_read("/proc", (uint32_t)strtoul(entry->d_name, NULL, 10), facts) &&
		    facts->thp_disabled && facts->anon_bytes >= LEAST_BYTES)
			return true;
	return false;
}

void check_optout_print(void)
{
	DIR *proc = opendir("/proc");
	struct process_facts facts;
	char reason[REASON_LEN];
	bool any = false;

	while (proc && next(proc, &facts)) {
		char comm[4 * COMM_LEN];

		if (!any)
			puts("\nopted out of huge pages, and left alone:");
		any = true;
		printable_text(facts.comm, comm, sizeof(comm));
		optout_explain(facts.comm, reason);
		printf("    %s (%" PRIu32 "), %" PRIu64 " MiB: %s\n", comm, facts.tgid,
		       bytes_to_mib(facts.anon_bytes), reason);
	}
	if (proc)
		closedir(proc);
}

void check_optout_add(struct json *json)
{
	DIR *proc = opendir("/proc");
	struct process_facts facts;
	char reason[REASON_LEN];

	json_open_array(json, "opted_out");
	while (proc && next(proc, &facts)) {
		optout_explain(facts.comm, reason);
		json_open_object(json, NULL);
		json_add_u64(json, "pid", facts.tgid);
		json_add_text(json, "comm", facts.comm);
		json_add_u64(json, "anon_bytes", facts.anon_bytes);
		json_add_text(json, "reason", reason);
		json_close(json);
	}
	json_close(json);
	if (proc)
		closedir(proc);
}
