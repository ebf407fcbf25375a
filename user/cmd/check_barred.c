// SPDX-License-Identifier: GPL-2.0
#include "cmd/check_barred.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "act/claim.h"
#include "act/collapse.h"
#include "act/file.h"
#include "base/array.h"
#include "base/json.h"
#include "base/printable.h"
#include "decide/optout.h"
#include "report/status.h"
#include "sense/proc.h"

#define LEAST_BYTES (32 * MIB_BYTES) /* as --min-mem is by default */

/* Who may not reach anybody, as without root, does not tell of the others that they are out of reach. */
static const char *reason_of(const struct process_facts *facts)
{
	if (facts->thp_disabled)
		return optout_reason(facts->comm);
	return facts->live_tid && facts->live_tid != facts->tgid ? collapse_barred_by(-ESRCH) : NULL;
}

static int add_if_barred(struct check_barred_list *barred, const char *pid, const char *status)
{
	struct process_facts facts;
	int err = process_facts_read("/proc", (uint32_t)strtoul(pid, NULL, 10), &facts);
	const char *reason = err ? NULL : reason_of(&facts);
	struct process_id id;

	if (!reason || facts.anon_bytes + facts.shared_bytes < LEAST_BYTES)
		return err == -ENOMEM ? err : 0;
	err = array_reserve(&barred->at, &barred->room, barred->n + 1, sizeof(*barred->at));
	if (err)
		return err;
	id = (struct process_id){facts.tgid, facts.start_time_ticks * PROC_TICK_NS};
	barred->at[barred->n++] =
		(struct check_barred){facts, reason, status ? status_barred_s(status, id, PROC_TICK_NS) : -1};
	return 0;
}

/* Of a daemon that runs; what a dead one left tells of another time. */
static char *read_status(void)
{
	char *text = NULL;

	if (claim_is_held(&claim_default_paths) > 0)
		file_read(claim_default_paths.state_dir, STATUS_FILE, &text, NULL);
	return text;
}

int check_barred_read(struct check_barred_list *barred)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int err = proc ? 0 : -errno;
	char *status = read_status();

	while (!err && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_if_barred(barred, entry->d_name, status);
	if (proc)
		closedir(proc);
	free(status);
	return err;
}

void check_barred_free(struct check_barred_list *barred)
{
	free(barred->at);
	*barred = (struct check_barred_list){0};
}

static void print_one(const struct check_barred *barred)
{
	char comm[4 * COMM_LEN], seen[48] = "";

	printable_text(barred->facts.comm, comm, sizeof(comm));
	if (barred->barred_s >= 0)
		snprintf(seen, sizeof(seen), "; first seen %.0f s ago", barred->barred_s);
	printf("    %s (%" PRIu32 "), %" PRIu64 " MiB: %s%s\n", comm, barred->facts.tgid,
	       bytes_to_mib(barred->facts.anon_bytes), barred->reason, seen);
}

void check_barred_print(const struct check_barred_list *barred)
{
	if (barred->n)
		puts("\nin these nothing can be made huge, and they are left alone:");
	for (size_t i = 0; i < barred->n; i++)
		print_one(&barred->at[i]);
}

static void add_one(struct json *json, const struct check_barred *barred)
{
	json_open_object(json, NULL);
	json_add_u64(json, "pid", barred->facts.tgid);
	json_add_text(json, "comm", barred->facts.comm);
	json_add_u64(json, "anon_bytes", barred->facts.anon_bytes);
	json_add_text(json, "reason", barred->reason);
	if (barred->barred_s >= 0)
		json_add_decimal(json, "barred_s", barred->barred_s, 0);
	else
		json_add_null(json, "barred_s");
	json_close(json);
}

/* The array of those that opted out is older than the other: scripts read it. */
void check_barred_add(struct json *json, const struct check_barred_list *barred)
{
	json_open_array(json, "barred");
	for (size_t i = 0; i < barred->n; i++)
		add_one(json, &barred->at[i]);
	json_close(json);
	json_open_array(json, "opted_out");
	for (size_t i = 0; i < barred->n; i++)
		if (barred->at[i].facts.thp_disabled)
			add_one(json, &barred->at[i]);
	json_close(json);
}
