// SPDX-License-Identifier: GPL-2.0
#include "cmd/check_optout.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/json.h"
#include "base/printable.h"
#include "decide/optout.h"
#include "sense/proc.h"

#define LEAST_BYTES (32 * MIB_BYTES) /* as --min-anon is by default */

static int add_if_out(struct check_optouts *optouts, const char *pid)
{
	struct process_facts facts;
	int err = process_facts_read("/proc", (uint32_t)strtoul(pid, NULL, 10), &facts);

	if (err)
		return err == -ENOMEM ? err : 0;
	if (!facts.thp_disabled || facts.anon_bytes < LEAST_BYTES)
		return 0;
	err = array_reserve(&optouts->at, &optouts->room, optouts->n + 1, sizeof(*optouts->at));
	if (!err)
		optouts->at[optouts->n++] = facts;
	return err;
}

int check_optout_read(struct check_optouts *optouts)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int err = proc ? 0 : -errno;

	while (!err && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_if_out(optouts, entry->d_name);
	if (proc)
		closedir(proc);
	return err;
}

void check_optout_free(struct check_optouts *optouts)
{
	free(optouts->at);
	*optouts = (struct check_optouts){0};
}

static void print_one(const struct process_facts *facts)
{
	char comm[4 * COMM_LEN], reason[REASON_LEN];

	printable_text(facts->comm, comm, sizeof(comm));
	optout_explain(facts->comm, reason);
	printf("    %s (%" PRIu32 "), %" PRIu64 " MiB: %s\n", comm, facts->tgid,
	       bytes_to_mib(facts->anon_bytes), reason);
}

void check_optout_print(const struct check_optouts *optouts)
{
	if (optouts->n)
		puts("\nopted out of huge pages, and left alone:");
	for (size_t i = 0; i < optouts->n; i++)
		print_one(&optouts->at[i]);
}

static void add_one(struct json *json, const struct process_facts *facts)
{
	char reason[REASON_LEN];

	optout_explain(facts->comm, reason);
	json_open_object(json, NULL);
	json_add_u64(json, "pid", facts->tgid);
	json_add_text(json, "comm", facts->comm);
	json_add_u64(json, "anon_bytes", facts->anon_bytes);
	json_add_text(json, "reason", reason);
	json_close(json);
}

void check_optout_add(struct json *json, const struct check_optouts *optouts)
{
	json_open_array(json, "opted_out");
	for (size_t i = 0; i < optouts->n; i++)
		add_one(json, &optouts->at[i]);
	json_close(json);
}
