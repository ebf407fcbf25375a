// SPDX-License-Identifier: GPL-2.0
/* `hotdamon explain`: the way of the decision for one process, beside a daemon or without one. Changes nothing. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/claim.h"
#include "base/aside.h"
#include "base/clock.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"
#include "cmd/living.h"
#include "cmd/memory_look.h"
#include "cmd/rank_look.h"
#include "cmd/subject.h"
#include "config/settings.h"
#include "daemon/judge.h"
#include "decide/optout.h"
#include "decide/reason.h"
#include "decide/share.h"
#include "decide/stuck.h"
#include "executor/executor.h"
#include "report/explain.h"
#include "report/log.h"
#include "report/status.h"
#include "sense/libbpf.h"
#include "sense/share.h"

#define NAME "hotdamon explain"

struct explain_options {
	bool json;
	const char *state_dir;
	double seconds;
	const char *word;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct explain_options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'd':
		options->seconds = cli_fraction(state, "delay", arg, 0.1, 60);
		return 0;
	case 's':
		options->state_dir = arg;
		return 0;
	case ARGP_KEY_ARG:
		options->word = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		cli_fail(state, "say of whom: a unit, container, cgroup, name of a process, or a PID");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* All that is looked at, and told of one process. */
struct look {
	struct subject_process *process;
	struct services *services;
	const struct explain_options *options;
	struct rank_look *rank; /* NULL: the daemon tells */
	struct told told;
	struct settings *settings; /* owned; NULL where a daemon tells */
	struct run_options run;	   /* of either */
	struct explain explain;
};

/* A daemon that is older than this may not tell: then it is taken for one without options. */
static void take_options_told(struct look *look)
{
	const struct told *told = &look->told;
	struct run_options *run = &look->run;

	run_options_init(run);
	if (!told->settings_known)
		return;
	run->top = told->top;
	run->by_process = !told->by_service;
	run->members = told->members;
	run->max_seats = told->max_seats;
	run->user_share_pct = told->user_share_pct;
	run->min_cpu_pct = told->min_cpu_pct;
	run->min_mem_bytes = told->min_mem_bytes;
	run->rank_by = told->rank_by;
	run->room = told->room;
	run->rules = told->rules;
}

/* As run would have them here, without a word on its command line; of files with mistakes, what is right in them. */
static int read_options(struct look *look)
{
	int err;

	look->settings = settings_new();
	err = look->settings ? settings_load(look->settings) : -ENOMEM;
	if (err && err != -EINVAL)
		return err;
	look->run = look->settings->values;
	if (err)
		look->explain.files = EXPLAIN_WRONG_FILES;
	else if (look->settings->n_files)
		look->explain.files = EXPLAIN_FILES;
	return 0;
}

/* By what it is judged: by a daemon that tells, or by what there would be one with. */
static int take_options(struct look *look)
{
	char *text = living_read(look->options->state_dir, STATUS_FILE);
	const struct run_options *run = &look->run;
	int err = 0;

	if (text && !told_of(text, look->process->id, PROC_TICK_NS, &look->told))
		look->explain.told = &look->told;
	free(text);
	if (look->explain.told)
		take_options_told(look);
	else
		err = read_options(look);
	look->explain.settings = (struct explain_settings){
		.top = run->top,
		.by_service = !run->by_process,
		.min_cpu_pct = run->min_cpu_pct,
		.min_mem_bytes = run->min_mem_bytes,
		.rank_by = run->rank_by,
	};
	return err;
}

/* As the daemon's judge does: who asked for it just where he advises it is asked last. */
static void look_at_rules(struct look *look)
{
	const struct subject_process *process = look->process;
	struct judge *judge;
	struct rules_verdict *verdict = &look->explain.rules;
	struct process_owner owner = {.uid = UID_UNKNOWN};

	log_mute(geteuid()); /* without root some things cannot be told, and explain says which */
	judge = judge_new(&look->run.rules, look->services);
	log_mute(false);
	if (!judge)
		return;
	*verdict = judge_process(judge, &process->facts, process->id, owner, clock_boot_ns());
	if (rules_are_silent(verdict) && judge_finds_advised(judge, &process->facts))
		rules_take_advised(verdict);
	judge_free(judge);
}

/* As the daemon has it, of which the looks before tell. */
static bool is_stuck(const struct look *look)
{
	const struct process_facts *facts = &look->process->facts;
	bool watched = look->told.place == TOLD_WATCHED;

	return stuck_bars(aside_waits_ns(facts->tgid), watched) ||
	       stuck_bars(aside_waits_ns(facts->live_tid), watched);
}

static bool would_use_madvise(const struct look *look)
{
	enum executor_kind kind = run_executor(&look->run);

	if (look->explain.told)
		return !strcmp(look->told.executor, "madvise");
	return kind == EXECUTOR_AUTO || kind == EXECUTOR_MADVISE;
}

static void look_at_bars(struct look *look)
{
	const struct process_facts *facts = &look->process->facts;
	bool by_madvise = would_use_madvise(look);

	look->explain.opted_out = facts->thp_disabled;
	if (facts->thp_disabled)
		look->explain.barred = optout_reason(facts->comm);
	else if (by_madvise && !geteuid()) /* without root it tells of us */
		look->explain.barred = executor_madvise.bars(facts);
	if (is_stuck(look)) /* that question may be the first that does not come back */
		look->explain.barred = STUCK_REASON;
}

/* By a rule for this process, or by what holds for all. */
static struct room_config room_config(const struct look *look)
{
	struct executor executor = {.setup.room = look->run.room};
	struct target target = {.limits = look->explain.rules.limits};

	return target_room_config(&executor, &target);
}

/* The daemon's own look at the control groups. */
static void look_at_limits(struct look *look)
{
	struct target target = {.facts = look->process->facts};
	struct room_config room = room_config(look);
	struct explain *explain = &look->explain;
	struct executor executor = {0};

	cgroup_mounts_find(&executor.mounts, "/proc");
	target_room_look(&executor, &target, clock_boot_ns());
	explain->limit = target.room.limit;
	explain->growth_bytes = room_most_growth_bytes(
		&room, explain->memory.anon_bytes + explain->memory.aligned_bytes, &target.room.grown);
}

static void judge_slot(unsigned int most_pct, struct explain_pages *pages, const struct slot_pages *slot)
{
	struct room_growth added = room_added(slot->present, slot->shared);
	enum room_verdict verdict = room_judge_slot(most_pct, &added);

	if (slot->huge) {
		pages->huge++;
	} else if (verdict != ROOM_FITS) {
		room_leave(&pages->left, verdict, &added);
	} else {
		pages->ready++;
		pages->ready_bytes += room_growth_bytes(&added);
	}
}

static void look_at_memory(struct look *look)
{
	const struct process_facts *facts = &look->process->facts;
	struct explain *explain = &look->explain;
	struct room_config room = room_config(look);
	struct memory_look memory = {0};
	int err = memory_look(&memory, facts->live_tid);

	explain->memory = (struct explain_memory){
		.anon_bytes = facts->anon_bytes,
		.shared_bytes = facts->shared_bytes,
		.file_bytes = facts->file_bytes,
		.swapped_bytes = facts->swapped_bytes,
		.hugetlb_bytes = facts->hugetlb_bytes,
		.aligned_bytes = process_shared_bytes(facts, memory.mappings.shared_bytes),
		.aligned_unknown = memory.mapped ? NULL : memory_look_why(err),
	};
	explain->pages.unaligned_bytes = memory.mappings.unaligned_bytes;
	explain->pages.unknown = err ? memory_look_why(err) : NULL;
	explain->pages.slots = memory.n;
	explain->pages.left_out = memory.left_out;
	for (size_t i = 0; i < memory.n && !err; i++)
		judge_slot(room.max_growth_pct, &explain->pages, &memory.pages[i]);
	memory_look_free(&memory);
}

static void look_at_sharing(struct look *look)
{
	struct share share;
	int err = process_share_read("/proc", look->process->facts.live_tid, 0, &share);

	look->explain.shared_unknown = err ? memory_look_why(err) : NULL;
	look->explain.shared_pct = err ? -1 : share_pct(&share);
}

/* ---- the verdict ---- */

static void answer(struct explain *explain, enum explain_answer word, const char *reason)
{
	explain->answer = word;
	reason_write(explain->reason, "%s", reason);
}

/* By a look of our own: the daemon says nothing of it, or there is none. */
static void take_look(struct explain *explain, const struct rank_found *look)
{
	char reason[REASON_LEN];

	explain->rank = look->rank;
	rules_explain(&explain->rules, reason);
	if (look->enters && explain->barred) /* a tick later the daemon would see that too */
		answer(explain, EXPLAIN_WOULD_SKIP, explain->barred);
	else if (look->told)
		answer(explain, look->enters ? EXPLAIN_WOULD_WATCH : EXPLAIN_WOULD_SKIP, look->reason);
	else if (explain->rules.out)
		answer(explain, EXPLAIN_WOULD_SKIP, reason);
	else if (look->rank.unknown)
		answer(explain, EXPLAIN_UNKNOWN, look->rank.unknown);
	else
		answer(explain, EXPLAIN_WOULD_SKIP,
		       look->rank.ranked ? "it uses too little CPU" : "it does not run");
}

static void take_told_rank(struct explain *explain, const struct told *told)
{
	explain->rank = (struct explain_rank){
		.ranked = true,
		.cpu_pct = told->cpu_pct,
		.of_service = told->of_service,
		.service_pct = told->service_pct,
		.window_s = told->window_s,
	};
	answer(explain, told->place == TOLD_WATCHED ? EXPLAIN_WATCHED : EXPLAIN_SKIPPED, told->reason);
}

static int print(const struct explain *explain, const struct explain_options *options)
{
	char *text;

	if (!options->json) {
		explain_print(explain, stdout);
		return EXIT_DONE;
	}
	text = explain_to_json(explain);
	if (!text) {
		fprintf(stderr, NAME ": %s\n", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	fputs(text, stdout);
	free(text);
	return EXIT_DONE;
}

static int look_and_print(struct look *look)
{
	struct subject_process *process = look->process;
	struct rank_found found;

	if (look->rank)
		rank_look_run(look->rank, process->id, &found);
	/* That took its time. If it fails, it has just ended, and what was read before will do. */
	process_facts_read("/proc", process->id.tgid, &process->facts);
	look_at_rules(look);
	look_at_memory(look);
	look_at_sharing(look);
	look_at_limits(look);
	look_at_bars(look);
	if (look->rank)
		take_look(&look->explain, &found);
	else
		take_told_rank(&look->explain, &look->told);
	return print(&look->explain, look->options);
}

static void take_subject(struct explain *explain, const struct subject *subject, struct services *services)
{
	const struct subject_process *process = subject->at;

	explain->comm = process->facts.comm;
	explain->id = process->id;
	explain->whose = &process->whose;
	explain->cgroup = services_place(services, process->id, 0, false, clock_boot_ns())->path;
	explain->members = subject->n;
	for (size_t i = 0; i < subject->n; i++)
		explain->their_bytes += subject_bytes(&subject->at[i]);
}

static int explain_subject(struct subject *subject, struct services *services,
			   const struct explain_options *options)
{
	struct look look = {.process = subject->at, .services = services, .options = options};
	int status = EXIT_FAILED, err;

	take_subject(&look.explain, subject, services);
	err = take_options(&look);
	if (!err && look.told.place == TOLD_NOTHING) {
		look.rank = rank_look_begin(&look.run, options->seconds);
		err = look.rank ? 0 : -ENOMEM;
	}
	if (err)
		fprintf(stderr, NAME ": %s\n", strerror(-err));
	else
		status = look_and_print(&look);
	rank_look_end(look.rank);
	settings_free(look.settings);
	told_free(&look.told);
	return status;
}

static int find_and_explain(const struct explain_options *options)
{
	struct services *services = services_new("/proc", NULL);
	struct subject subject = {0};
	int status = EXIT_FAILED;

	if (!services)
		fprintf(stderr, NAME ": %s\n", strerror(ENOMEM));
	else
		status = subject_find(NAME, options->word, services, &subject);
	if (status == EXIT_DONE)
		status = explain_subject(&subject, services, options);
	subject_free(&subject);
	services_free(services);
	return status;
}

int cmd_explain(int argc, char **argv)
{
	static const struct argp_option options_help[] = {
		{"json", 'j', NULL, 0, "One JSON object", 0},
		{"delay", 'd', "SEC", 0,
		 "Count CPU time for SEC seconds, of one of whom no daemon tells (default 2)", 0},
		{"state-dir", 's', "DIR", 0,
		 "Where the daemon keeps its state (default " DEFAULT_STATE_DIR ")", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options_help,
		.parser = parse_option,
		.args_doc = "SERVICE|PID",
		.doc = "Why a process is watched and collapsed, or is not, step by step. SERVICE is a unit, "
		       "a "
		       "container's id or the beginning of it, the path of a cgroup, or the name of a "
		       "process. It "
		       "changes nothing, and works beside a daemon and without one.",
	};
	struct explain_options options = {.state_dir = DEFAULT_STATE_DIR, .seconds = 2};

	cli_parse(&argp, argc, argv, &options);
	setlocale(LC_CTYPE, ""); /* names; numbers stay as scripts want them */
	sense_quiet_libbpf();
	return find_and_explain(&options);
}
