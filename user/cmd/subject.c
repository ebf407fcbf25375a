// SPDX-License-Identifier: GPL-2.0
#include "cmd/subject.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/exit_status.h"
#include "report/text.h"

#define CANDIDATES_SHOWN 20
#define PID_DIGITS	 7 /* of the greatest pid_max, 4194304 */

uint64_t subject_bytes(const struct subject_process *process)
{
	return process->facts.anon_bytes + process->facts.shared_bytes;
}

void subject_free(struct subject *subject)
{
	free(subject->at);
	*subject = (struct subject){0};
}

/* More digits are the beginning of a container's id, or a name. */
static bool is_pid(const char *word)
{
	size_t len = strlen(word);

	return len && len <= PID_DIGITS && strspn(word, "0123456789") == len;
}

/* Whose it is, and whether @word means it. */
static void take_whose(struct subject_process *process, const char *word, struct services *services)
{
	struct process_owner owner = {.uid = UID_UNKNOWN};
	const struct place *place = services_place(services, process->id, 0, false, clock_boot_ns());

	process->match = service_match(word, &place->service, place->path, process->facts.comm);
	if (process_uid_read("/proc", process->id.tgid, &owner.uid))
		owner.uid = UID_UNKNOWN;
	process->key = service_key(&place->service, process->facts.comm, owner.uid);
	services_whose(services, process->id, owner, false, clock_boot_ns(), &process->whose);
}

/* 0, -ENOMEM, or another negative errno if it is no process to be looked at. */
static int read_process(uint32_t pid, const char *word, struct services *services,
			struct subject_process *process)
{
	int err = process_facts_read("/proc", pid, &process->facts);

	if (err)
		return err;
	if (process->facts.kernel_thread || !process->facts.live_tid)
		return -ENOEXEC;
	process->id = (struct process_id){pid, process->facts.start_time_ticks * PROC_TICK_NS};
	process->whose = (struct whose){0};
	take_whose(process, word, services);
	return 0;
}

static int add(struct subject *subject, const struct subject_process *process)
{
	int err = array_reserve(&subject->at, &subject->room, subject->n + 1, sizeof(*subject->at));

	if (!err)
		subject->at[subject->n++] = *process;
	return err;
}

static int find_pid(const char *command, const char *word, struct services *services, struct subject *subject)
{
	unsigned long pid = strtoul(word, NULL, 10);
	struct subject_process process;
	int err = read_process((uint32_t)pid, word, services, &process);

	if (!err)
		err = add(subject, &process);
	if (!err)
		return EXIT_DONE;
	if (err == -ESRCH)
		fprintf(stderr, "%s: there is no process %s\n", command, word);
	else if (err == -ENOEXEC)
		fprintf(stderr, "%s: %s is a kernel thread or has ended: it has no memory of its own\n",
			command, word);
	else
		fprintf(stderr, "%s: process %s: %s\n", command, word, strerror(-err));
	return EXIT_FAILED;
}

/* Ourselves have the word on our command line, and may have it as a name. */
static int add_matching(const char *word, struct services *services, struct subject *subject)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int err = proc ? 0 : -errno;

	while (!err && (entry = readdir(proc))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		struct subject_process process;

		if (!isdigit((unsigned char)entry->d_name[0]) || pid == (uint32_t)getpid())
			continue;
		err = read_process(pid, word, services, &process);
		if (!err && process.match != SERVICE_IS_OTHER)
			err = add(subject, &process);
		else if (err != -ENOMEM) /* it has just ended, or is a kernel thread */
			err = 0;
	}
	if (proc)
		closedir(proc);
	return err;
}

/* By service, of each the largest first. */
static int place_cmp(const void *left, const void *right)
{
	const struct subject_process *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (subject_bytes(a) != subject_bytes(b))
		return subject_bytes(a) > subject_bytes(b) ? -1 : 1;
	return process_id_cmp(a->id, b->id);
}

/* A name of a service is a better word than one of a program. */
static void keep_best(struct subject *subject)
{
	enum service_match best = SERVICE_IS_OTHER;
	size_t kept = 0;

	for (size_t i = 0; i < subject->n; i++)
		if (subject->at[i].match > best)
			best = subject->at[i].match;
	for (size_t i = 0; i < subject->n; i++)
		if (subject->at[i].match == best)
			subject->at[kept++] = subject->at[i];
	subject->n = kept;
	if (kept)
		qsort(subject->at, kept, sizeof(*subject->at), place_cmp);
}

static bool begins_service(const struct subject *subject, size_t i)
{
	return !i || subject->at[i].key != subject->at[i - 1].key;
}

static size_t count_services(const struct subject *subject)
{
	size_t n = 0;

	for (size_t i = 0; i < subject->n; i++)
		n += begins_service(subject, i);
	return n;
}

static size_t end_of_service(const struct subject *subject, size_t first)
{
	size_t end = first + 1;

	while (end < subject->n && !begins_service(subject, end))
		end++;
	return end;
}

/* "  tomcat.service: 3 processes, the largest is java (4256) with 1200 MiB"; of what is no unit, "  java of alice: ..." */
static void list_service(const struct subject *subject, size_t first)
{
	const struct subject_process *process = &subject->at[first];
	const struct whose *whose = &process->whose;
	char name[4 * SERVICE_NAME_LEN], user[4 * USER_NAME_LEN], comm[4 * COMM_LEN];
	size_t n = end_of_service(subject, first) - first;

	text_clean(whose->service.name, name, sizeof(name));
	text_clean(*whose->user ? whose->user : "?", user, sizeof(user));
	text_clean(process->facts.comm, comm, sizeof(comm));
	if (whose->service.own)
		fprintf(stderr, "  %s: ", name);
	else
		fprintf(stderr, "  %s of %s: ", comm, user);
	fprintf(stderr, "%zu process%s, %s%s (%" PRIu32 ") with %" PRIu64 " MiB\n", n, n == 1 ? "" : "es",
		n == 1 ? "" : "the largest is ", comm, process->id.tgid,
		bytes_to_mib(subject_bytes(process)));
}

/* The service with the largest process first, and of each just that. */
static int service_cmp(const void *left, const void *right)
{
	const struct subject_process *const *a = left, *const *b = right;

	if (subject_bytes(*a) != subject_bytes(*b))
		return subject_bytes(*a) > subject_bytes(*b) ? -1 : 1;
	return process_id_cmp((*a)->id, (*b)->id);
}

static int list_services(const char *command, const char *word, const struct subject *subject, size_t n)
{
	const struct subject_process **largest = calloc(n, sizeof(struct subject_process *));
	size_t found = 0;

	fprintf(stderr, "%s: '%s' means %zu services: say which, or a PID\n", command, word, n);
	for (size_t i = 0; largest && i < subject->n; i++)
		if (begins_service(subject, i))
			largest[found++] = &subject->at[i];
	if (found)
		qsort(largest, found, sizeof(*largest), service_cmp);
	for (size_t i = 0; i < found && i < CANDIDATES_SHOWN; i++)
		list_service(subject, (size_t)(largest[i] - subject->at));
	if (found > CANDIDATES_SHOWN)
		fprintf(stderr, "  and %zu more\n", found - CANDIDATES_SHOWN);
	free(largest);
	return EXIT_USAGE;
}

int subject_find(const char *command, const char *word, struct services *services, struct subject *subject)
{
	size_t n;
	int err;

	if (is_pid(word))
		return find_pid(command, word, services, subject);
	err = add_matching(word, services, subject);
	if (err) {
		fprintf(stderr, "%s: /proc: %s\n", command, strerror(-err));
		return EXIT_FAILED;
	}
	keep_best(subject);
	n = count_services(subject);
	if (n > 1)
		return list_services(command, word, subject, n);
	if (n)
		return EXIT_DONE;
	fprintf(stderr, "%s: no process is of a unit, container, cgroup or name '%s'\n", command, word);
	return EXIT_FAILED;
}
