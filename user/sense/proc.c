// SPDX-License-Identifier: GPL-2.0
#include "sense/proc.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/textfile.h"

int proc_field(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	char unit[3] = "";
	unsigned long long number;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) || line[len] != ':')
			continue;
		if (sscanf(line + len + 1, "%llu %2s", &number, unit) < 1)
			return -ENOENT;
		*value = strcmp(unit, "kB") ? number : number * 1024;
		return 0;
	}
	return -ENOENT;
}

int proc_parse_stat(const char *text, char *state, uint64_t *start_time_ticks)
{
	const char *rest = strrchr(text, ')'); /* comm may contain anything, even ") R 1" */
	unsigned long long start;
	char letter;

	/* state is field 3, starttime field 22 */
	if (!rest ||
	    sscanf(rest + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &letter, &start) != 2)
		return -EINVAL;
	*state = letter;
	*start_time_ticks = start;
	return 0;
}

/* utime and stime are fields 14 and 15 */
static int parse_cpu_ticks(const char *text, uint64_t *ticks)
{
	const char *rest = strrchr(text, ')');
	unsigned long long utime, stime;

	if (!rest ||
	    sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &utime, &stime) != 2)
		return -EINVAL;
	*ticks = utime + stime;
	return 0;
}

int process_thread_cpu_ns(const char *proc_root, uint32_t tid, uint64_t *cpu_ns)
{
	char text[1024];
	uint64_t ticks;
	ssize_t len;
	int err;

	if (!textfile_read_u64(cpu_ns, "%s/%u/schedstat", proc_root, tid))
		return 0;
	len = textfile_read(text, sizeof(text), "%s/%u/stat", proc_root, tid);
	if (len < 0)
		return len == -ENOENT ? -ESRCH : (int)len;
	err = parse_cpu_ticks(text, &ticks);
	if (!err)
		*cpu_ns = ticks * PROC_TICK_NS;
	return err;
}

static void parse_comm(const char *stat_text, char comm[COMM_LEN])
{
	const char *open = strchr(stat_text, '('), *close = strrchr(stat_text, ')');
	size_t len;

	comm[0] = '\0';
	if (!open || !close || close < open)
		return;
	len = (size_t)(close - open - 1);
	if (len >= COMM_LEN)
		len = COMM_LEN - 1;
	memcpy(comm, open + 1, len);
	comm[len] = '\0';
}

/*
 * Where the search in a process without a living leader goes on. A debugger can keep any number of its threads as
 * zombies: of each process a few are looked at in one call, from where it was left; a found one is looked at first.
 */
#define SEARCH_THREADS 128 /* a call; some 50 us each on a busy machine */
#define SEARCHES       16  /* remembered; those that share a place begin anew */

static struct search {
	uint32_t pid;
	uint64_t start_time_ticks;
	long at; /* of telldir() */
} searches[SEARCHES];

static struct search *search_of(uint32_t pid, uint64_t start_time_ticks)
{
	struct search *search = &searches[pid % SEARCHES];

	if (search->pid != pid || search->start_time_ticks != start_time_ticks)
		*search = (struct search){.pid = pid, .start_time_ticks = start_time_ticks};
	return search;
}

static bool thread_lives(const char *proc_root, uint32_t pid, uint32_t tid)
{
	char text[1024], state;
	uint64_t start;

	return tid && textfile_read(text, sizeof(text), "%s/%u/task/%u/stat", proc_root, pid, tid) > 0 &&
	       !proc_parse_stat(text, &state, &start) && state != 'Z' && state != 'X';
}

/* The first one of the next few in @dir; *@at is then where it stands, else where to go on. */
static uint32_t search_on(DIR *dir, const char *proc_root, uint32_t pid, long *at)
{
	struct dirent *dirent;

	for (int i = 0; i < SEARCH_THREADS; i++) {
		uint32_t tid;

		*at = telldir(dir);
		dirent = readdir(dir);
		if (!dirent) {
			*at = 0;
			return 0;
		}
		tid = (uint32_t)strtoul(dirent->d_name, NULL, 10);
		if (thread_lives(proc_root, pid, tid))
			return tid;
	}
	*at = telldir(dir);
	return 0;
}

/*
 * A thread of @pid that is not a zombie: the memory of a process whose leader exited is reached through
 * it. 0: there is none, or not among those that were looked at now.
 */
static uint32_t find_live_thread(const char *proc_root, uint32_t pid, uint64_t start_time_ticks)
{
	struct search *search = search_of(pid, start_time_ticks);
	char path[PATH_MAX];
	uint32_t found;
	bool resumed = search->at != 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%u/task", proc_root, pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	if (resumed)
		seekdir(dir, search->at);
	found = search_on(dir, proc_root, pid, &search->at);
	if (!found && !search->at && resumed) { /* those before it */
		rewinddir(dir);
		found = search_on(dir, proc_root, pid, &search->at);
	}
	closedir(dir);
	return found;
}

static int read_stat(const char *proc_root, uint32_t pid, struct process_facts *facts)
{
	char text[1024];
	ssize_t len = textfile_read(text, sizeof(text), "%s/%u/stat", proc_root, pid);

	if (len < 0)
		return len == -ENOENT ? -ESRCH : (int)len;
	parse_comm(text, facts->comm);
	return proc_parse_stat(text, &facts->state, &facts->start_time_ticks);
}

static int parse_status(const char *text, struct process_facts *facts)
{
	uint64_t value;

	if (proc_field(text, "Tgid", &value))
		return -EINVAL;
	facts->tgid = (uint32_t)value;
	/* A kernel thread has no memory and so none of the Vm and Rss lines. */
	facts->kernel_thread = proc_field(text, "RssAnon", &facts->anon_bytes) && facts->live_tid;
	if (proc_field(text, "RssShmem", &facts->shared_bytes))
		facts->shared_bytes = 0;
	if (proc_field(text, "RssFile", &facts->file_bytes))
		facts->file_bytes = 0;
	if (proc_field(text, "VmSwap", &facts->swapped_bytes))
		facts->swapped_bytes = 0;
	if (proc_field(text, "VmSize", &facts->mapped_bytes))
		facts->mapped_bytes = 0;
	if (proc_field(text, "VmPTE", &facts->page_tables_bytes))
		facts->page_tables_bytes = 0;
	if (proc_field(text, "HugetlbPages", &facts->hugetlb_bytes))
		facts->hugetlb_bytes = 0;
	facts->thp_disabled = !proc_field(text, "THP_enabled", &value) && value == 0;
	return 0;
}

/* The line of its groups, of which there may be 65536, stands before those of its memory: no array is sure to do. */
static int read_status(const char *proc_root, uint32_t pid, struct process_facts *facts)
{
	char *text;
	int err = textfile_read_all(&text, "%s/%u/task/%u/status", proc_root, pid,
				    facts->live_tid ? facts->live_tid : pid);

	if (err)
		return err == -ENOENT ? -ESRCH : err;
	err = parse_status(text, facts);
	free(text);
	return err;
}

int process_facts_read(const char *proc_root, uint32_t pid, struct process_facts *facts)
{
	struct process_facts found = {.live_tid = pid};
	int err = read_stat(proc_root, pid, &found);

	if (err)
		return err;
	if (found.state == 'Z' || found.state == 'X')
		found.live_tid = find_live_thread(proc_root, pid, found.start_time_ticks);
	err = read_status(proc_root, pid, &found);
	if (err)
		return err;
	if (found.tgid != pid) /* the id of a thread: /proc shows it, but it is no process */
		return -ESRCH;
	*facts = found;
	return 0;
}

bool process_facts_match(const struct process_facts *facts, struct process_id id)
{
	return facts->tgid == id.tgid && facts->start_time_ticks == id.start_time_ns / PROC_TICK_NS;
}

bool process_has_thread(const char *proc_root, uint32_t pid, uint32_t tid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u/task/%u", proc_root, pid, tid);
	return !access(path, F_OK);
}

static int read_rollup(struct aside_call *call)
{
	char text[4096];
	ssize_t len = textfile_read(text, sizeof(text), "%s/%u/smaps_rollup", call->root, call->pid);

	if (len < 0)
		return (int)len;
	return proc_field(text, "AnonHugePages", call->args);
}

int process_huge_bytes(const char *proc_root, uint32_t tid, uint64_t *huge_bytes)
{
	uint64_t found;
	struct aside_call call = aside_of(proc_root, tid, read_rollup, &found, sizeof(found));
	int err = aside_do(&call);

	if (!err)
		*huge_bytes = found;
	return err;
}
