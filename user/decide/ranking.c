// SPDX-License-Identifier: GPL-2.0
#include "decide/ranking.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is remembered of a process from window to window. */
struct memory {
	struct process_id id;
	char comm[COMM_LEN];
	uint32_t threads, execs, record_execs; /* all, and as its record last had them */
	bool ended;
	struct process_owner owner;
	double cpu_pct;
	uint64_t split_user_ns, split_system_ns; /* all of its run time, as it was told */
	uint64_t owed_user_ns, owed_system_ns;	 /* counted too early: of the next window */
	uint64_t idle_ns;
};

struct ranking {
	enum rank_by by;
	double new_weight;
	uint64_t remember_ns;
	struct memory *memories; /* by identity, so that two windows are matched by one merge */
	size_t n_memories;
	struct ranked *out;
};

/* One window, as it is worked on. */
struct window {
	uint64_t ns;
	unsigned int cpus;
	const struct usage **usage; /* by identity */
	size_t n;
	struct memory *memories; /* room for all that are known and all that ran */
	struct ranked *ranked;	 /* of each memory */
	size_t n_memories;
};

uint64_t cpu_time_user_ns(const struct cpu_time *time)
{
	unsigned __int128 system;

	if (!time->stime_ns)
		return time->run_ns;
	if (!time->utime_ns)
		return 0;
	system = (unsigned __int128)time->run_ns * time->stime_ns /
		 ((unsigned __int128)time->stime_ns + time->utime_ns);
	return time->run_ns - (uint64_t)system;
}

struct ranking *ranking_new(enum rank_by by, double time_constant_ticks, uint64_t remember_ns)
{
	struct ranking *ranking = calloc(1, sizeof(*ranking));

	if (!ranking)
		return NULL;
	ranking->by = by;
	ranking->remember_ns = remember_ns;
	ranking->new_weight = 1 - exp(-1 / time_constant_ticks);
	return ranking;
}

void ranking_free(struct ranking *ranking)
{
	if (!ranking)
		return;
	free(ranking->memories);
	free(ranking->out);
	free(ranking);
}

static int usage_cmp(const void *a, const void *b)
{
	const struct usage *const *left = a, *const *right = b;

	return process_id_cmp((*left)->id, (*right)->id);
}

static int ranked_cmp(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;
	uint64_t left_ns = left->user_ns + left->system_ns;
	uint64_t right_ns = right->user_ns + right->system_ns;

	if (left->cpu_pct != right->cpu_pct)
		return left->cpu_pct > right->cpu_pct ? -1 : 1;
	if (left_ns != right_ns)
		return left_ns > right_ns ? -1 : 1;
	return process_id_cmp(left->id, right->id);
}

static double percent(uint64_t ns, uint64_t window_ns)
{
	return 100.0 * (double)ns / (double)window_ns;
}

/* New to us, or more of its past became known: its past is split by what is known now. */
static void split_past(const struct cpu_time *before, struct memory *memory)
{
	if (memory->split_user_ns + memory->split_system_ns == before->run_ns)
		return;
	memory->split_user_ns = cpu_time_user_ns(before);
	memory->split_system_ns = before->run_ns - memory->split_user_ns;
}

/* What it ran in the window. A split by few ticks jumps: what was told stays told, as in the kernel. */
static void growth(const struct usage *usage, struct memory *memory, uint64_t *user_ns, uint64_t *system_ns)
{
	uint64_t run_ns = usage->now.run_ns - usage->before.run_ns;
	uint64_t now_ns = cpu_time_user_ns(&usage->now);

	split_past(&usage->before, memory);
	*user_ns = now_ns > memory->split_user_ns ? now_ns - memory->split_user_ns : 0;
	if (*user_ns > run_ns)
		*user_ns = run_ns;
	*system_ns = run_ns - *user_ns;
	memory->split_user_ns += *user_ns;
	memory->split_system_ns += *system_ns;
}

/* No more than the CPUs allow; the rest is owed to the next window, in the same shares. */
static void bound(const struct window *window, uint32_t threads_max, struct memory *memory,
		  struct ranked *ranked)
{
	uint64_t used_ns = ranked->user_ns + ranked->system_ns, most_ns = window->ns, user_ns;
	unsigned int cpus = threads_max < window->cpus ? threads_max : window->cpus;

	if (cpus > 1)
		most_ns *= cpus;
	memory->owed_user_ns = memory->owed_system_ns = 0;
	if (used_ns <= most_ns)
		return;
	user_ns = (uint64_t)((unsigned __int128)ranked->user_ns * most_ns / used_ns);
	memory->owed_user_ns = ranked->user_ns - user_ns;
	memory->owed_system_ns = used_ns - most_ns - memory->owed_user_ns;
	ranked->user_ns = user_ns;
	ranked->system_ns = most_ns - user_ns;
}

/* A record that left a full map and came back begins at 0: that is no exec. */
static void count_execs(struct memory *memory, uint32_t execs)
{
	memory->execs += execs >= memory->record_execs ? execs - memory->record_execs : execs;
	memory->record_execs = execs;
}

/* This window's numbers; @usage is NULL for one that did not run. */
static void measure(const struct window *window, const struct usage *usage, struct memory *memory,
		    struct ranked *ranked)
{
	uint64_t user_ns = 0, system_ns = 0;

	if (usage) {
		growth(usage, memory, &user_ns, &system_ns);
		memcpy(memory->comm, usage->comm, sizeof(memory->comm));
		memory->threads = usage->threads;
		count_execs(memory, usage->execs);
		memory->ended = usage->ended;
		memory->owner = usage->owner;
	}
	*ranked = (struct ranked){
		.id = memory->id,
		.user_ns = user_ns + memory->owed_user_ns,
		.system_ns = system_ns + memory->owed_system_ns,
		.threads = memory->threads,
		.execs = memory->execs,
		.ended = memory->ended,
		.owner = memory->owner,
	};
	memcpy(ranked->comm, memory->comm, sizeof(ranked->comm));
	memory->idle_ns = ranked->user_ns + ranked->system_ns ? 0 : memory->idle_ns + window->ns;
	if (!memory->ended) /* there is no later window to owe it to */
		bound(window, usage ? usage->threads_max : memory->threads, memory, ranked);
	ranked->window_user_pct = percent(ranked->user_ns, window->ns);
	ranked->window_system_pct = percent(ranked->system_ns, window->ns);
}

/* Adds one process, known before (@old) or not (NULL), that ran (@usage) or not (NULL). */
static void add(const struct ranking *ranking, struct window *window, const struct memory *old,
		const struct usage *usage)
{
	struct memory *memory = &window->memories[window->n_memories];
	struct ranked *ranked = &window->ranked[window->n_memories];
	double pct;

	*memory = old ? *old : (struct memory){.id = usage->id};
	measure(window, usage, memory, ranked);
	pct = ranked->window_user_pct;
	if (ranking->by == RANK_BY_CPU)
		pct += ranked->window_system_pct;
	if (old)
		pct = old->cpu_pct + ranking->new_weight * (pct - old->cpu_pct);
	memory->cpu_pct = ranked->cpu_pct = pct;
	if (usage || memory->idle_ns < ranking->remember_ns || pct >= RANKING_FORGET_PCT)
		window->n_memories++;
}

/* Merges those that ran with those that are known, both by identity. */
static void merge(const struct ranking *ranking, struct window *window)
{
	const struct memory *old = ranking->memories, *end = old + ranking->n_memories;

	for (size_t i = 0; i < window->n; i++) {
		const struct usage *usage = window->usage[i];

		for (; old < end && process_id_cmp(old->id, usage->id) < 0; old++)
			add(ranking, window, old, NULL);
		if (old < end && process_id_equal(old->id, usage->id))
			add(ranking, window, old++, usage);
		else
			add(ranking, window, NULL, usage);
	}
	for (; old < end; old++)
		add(ranking, window, old, NULL);
}

static void rank(struct ranked *out, size_t n)
{
	if (n)
		qsort(out, n, sizeof(*out), ranked_cmp);
	for (size_t i = 0; i < n; i++)
		out[i].rank = (unsigned int)(i + 1);
}

static void sort_usage(struct window *window, const struct usage *usage, size_t n)
{
	for (size_t i = 0; i < n; i++)
		window->usage[i] = &usage[i];
	if (n)
		qsort(window->usage, n, sizeof(*window->usage), usage_cmp);
	window->n = n;
}

/* One more each: never the NULL that calloc(0) may give. */
static int window_alloc(struct window *window, size_t n_usage, size_t n_memories)
{
	window->usage = calloc(n_usage + 1, sizeof(struct usage *));
	window->memories = calloc(n_memories + 1, sizeof(*window->memories));
	window->ranked = calloc(n_memories + 1, sizeof(*window->ranked));
	if (window->usage && window->memories && window->ranked)
		return 0;
	free(window->usage);
	free(window->memories);
	free(window->ranked);
	return -ENOMEM;
}

/* Drops what ended; the order stays. */
static size_t keep_living(struct memory *memories, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!memories[i].ended)
			memories[kept++] = memories[i];
	return kept;
}

int ranking_update(struct ranking *ranking, const struct usage *usage, size_t n, uint64_t window_ns,
		   unsigned int cpus, const struct ranked **out, size_t *n_out)
{
	struct window window = {.ns = window_ns, .cpus = cpus};
	int err;

	if (!window_ns || !cpus)
		return -EINVAL;
	err = window_alloc(&window, n, n + ranking->n_memories);
	if (err)
		return err;
	sort_usage(&window, usage, n);
	merge(ranking, &window);
	free(window.usage);
	rank(window.ranked, window.n_memories);

	free(ranking->memories);
	ranking->memories = window.memories;
	ranking->n_memories = keep_living(window.memories, window.n_memories);
	free(ranking->out);
	ranking->out = window.ranked;
	*out = window.ranked;
	*n_out = window.n_memories;
	return 0;
}
