// SPDX-License-Identifier: GPL-2.0
/* What /proc says of a process: stat, status, smaps_rollup, schedstat, cmdline, all with the same text. */
#include <inttypes.h>

#include "fuzz.h"
#include "sense/owner.h"
#include "sense/proc.h"

#define PID 7

static void make_tree(void)
{
	static const char *const names[] = {"7/stat",	     "7/status",	"7/cmdline",
					    "7/schedstat",   "7/cgroup",	"7/smaps_rollup",
					    "7/task/7/stat", "7/task/7/status", "7/task/x/stat"};
	static bool made;

	for (size_t i = 0; !made && i < sizeof(names) / sizeof(names[0]); i++)
		fuzz_link(names[i], fuzz_path("text"));
	made = true;
}

static void check_facts(const char *root)
{
	struct process_facts facts;

	if (process_facts_read(root, PID, &facts))
		return;
	fuzz_check(facts.tgid == PID && strlen(facts.comm) < COMM_LEN);
	fuzz_check(facts.live_tid == PID || facts.live_tid == 0);
	fuzz_check(process_facts_match(&facts,
				       (struct process_id){PID, facts.start_time_ticks * PROC_TICK_NS}) ||
		   facts.start_time_ticks > UINT64_MAX / PROC_TICK_NS);
}

static void check_command(const char *root)
{
	char command[128];

	if (!process_command_read(root, PID, command, sizeof(command)))
		fuzz_check(fuzz_is_shown(command) && !strchr(command, '\n'));
}

static void check_text(const char *text)
{
	uint64_t start = 0, value;
	uint32_t uid;
	char state = 0;

	if (!proc_parse_stat(text, &state, &start))
		fuzz_check(state && strchr(text, ')'));
	if (!proc_field(text, "RssAnon", &value))
		fuzz_check(strstr(text, "RssAnon:"));
	if (!proc_parse_uid(text, &uid))
		fuzz_check(strstr(text, "Uid:"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	uint64_t value;
	uint32_t uid;

	make_tree();
	fuzz_put("text", data, size);
	check_text(text);
	check_facts(fuzz_dir());
	check_command(fuzz_dir());
	process_huge_bytes(fuzz_dir(), PID, &value);
	process_thread_cpu_ns(fuzz_dir(), PID, &value);
	process_uid_read(fuzz_dir(), PID, &uid);
	free(text);
	return 0;
}
