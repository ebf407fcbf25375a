// SPDX-License-Identifier: GPL-2.0
/*
 * From nothing to ready, and back: every change of the system is claimed before it is made, and undone
 * in the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/collapse.h"
#include "daemon/internal.h"
#include "base/exit_status.h"
#include "report/log.h"
#include "sense/host.h"
#include "sense/libbpf.h"
#include "sense/requirement.h"

#define SMOOTHING_TICKS 1.5 /* of the ranking: what was hot three ticks ago hardly counts */
#define GOVERNOR_DWELL	3
#define PROBE_S		600 /* a process that gained nothing is tried again after so long, the first time */
#define HEAT_APPLY_MIN_US                                                                                    \
	1000000ULL /* scheme 1 walks the page tables of what is hot: once a second at most */
#define PIN_NAME "process_hotness"

static void say_missing(const struct host_requirement *missing, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		log_error("%s: %s%s%s", missing[i].name, missing[i].found,
			  *missing[i].consequence ? "; " : "", missing[i].consequence);
		if (*missing[i].remedy)
			log_error("  remedy: %s", missing[i].remedy);
	}
}

/* The facts, with what --stop-damon-stat mends. */
static int look_at_host(const struct daemon *daemon, struct host_facts *facts)
{
	struct host_roots roots = {.state_dir = daemon->options->state_dir};
	int err;

	sense_quiet_libbpf();
	err = host_facts_read(&roots, facts);
	if (err)
		return err;
	facts->collapse_err = collapse_refused();
	if (daemon->options->stop_damon_stat)
		facts->modules[HOST_DAMON_STAT].off = HOST_YES;
	return 0;
}

static void take_verdict(struct daemon *daemon, const struct host_facts *facts,
			 const struct host_verdict *verdict)
{
	if (daemon->executor == EXECUTOR_AUTO && verdict->executor != EXECUTOR_AUTO)
		log_info("executor %s: %s", executor_name(verdict->executor), verdict->reason);
	daemon->executor = verdict->executor;
	say_missing(verdict->missing, verdict->n_missing);
	if (verdict->n_missing && daemon->executor == EXECUTOR_AUTO)
		log_error("--dry-run chooses and explains only, without DAMON");
	daemon->tells_huge = daemon->executor == EXECUTOR_MADVISE ||
			     (host_kernel_since(facts, 6, 18) && facts->hugepage_filter != HOST_NO);
	snprintf(daemon->kernel, sizeof(daemon->kernel), "%s", facts->release);
}

/* What this host lacks, told with the remedy; EXIT_DONE: nothing. */
static int check_host(struct daemon *daemon)
{
	struct host_verdict *verdict = calloc(1, sizeof(*verdict));
	struct host_facts *facts = calloc(1, sizeof(*facts));
	int err = facts && verdict ? look_at_host(daemon, facts) : -ENOMEM;
	int status = host_status_of(err);

	if (err) {
		log_error("this host cannot be looked at: %s", strerror(-err));
	} else {
		host_judge(facts, daemon->executor, verdict);
		take_verdict(daemon, facts, verdict);
		status = verdict->n_missing ? EXIT_HOST : EXIT_DONE;
	}
	free(facts);
	free(verdict);
	return status;
}

/* A directory of somebody else's, or what is in it: --state-dir names another, and nothing was changed. */
static int refuse_state_dir(int err, const struct act_error *error)
{
	log_error("--state-dir: %s", error->text);
	return err == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
}

static void say_not_undone(const struct daemon *daemon, const struct claim_undone *undone)
{
	for (unsigned int i = 0; i < undone->n_failed; i++)
		log_error("%s", undone->failed[i].text);
	log_error("not everything could be undone: mend that, then `hotdamon cleanup --state-dir %s` undoes "
		  "the rest",
		  daemon->paths.state_dir);
}

static int take_back_claim(struct daemon *daemon, const struct claim *left)
{
	struct claim_undone undone;
	struct act_error error;
	int err;

	if (claim_take_back(&daemon->paths, left, &undone)) {
		log_error("an earlier hotdamon (pid %d) was killed", left->pid);
		say_not_undone(daemon, &undone);
		return EXIT_FAILED;
	}
	log_info("an earlier hotdamon (pid %d) was killed: took back %u kdamond seats%s%s", left->pid,
		 undone.kdamonds, undone.damon_stat_restored ? ", DAMON_STAT is on again" : "",
		 undone.seats_not_ours ? "; the seats that are there now are somebody else's" : "");
	/* The take-back removed a directory that the dead one had made; now it is ours to make. */
	err = claim_make_state_dir(&daemon->paths, &daemon->claim.made_state_dir, &error);
	return err ? refuse_state_dir(err, &error) : EXIT_DONE;
}

static int take_back_left_over(struct daemon *daemon)
{
	struct act_error error;
	struct claim left;
	int err = claim_read(&daemon->paths, &left, &error);

	if (err == -ENOENT && claim_has_pins(&daemon->paths)) {
		log_error("a killed hotdamon left its pinned map, but no claim in %s: run hotdamon cleanup "
			  "with the "
			  "--state-dir that it ran with, or rm %s/" PIN_NAME,
			  daemon->paths.state_dir, daemon->paths.pin_dir);
		return EXIT_FAILED;
	}
	if (err == -ENOENT)
		return EXIT_DONE;
	if (err)
		return refuse_state_dir(err, &error);
	return take_back_claim(daemon, &left);
}

/* The lock first: from then on whatever an earlier hotdamon left has no owner. */
static int claim_host(struct daemon *daemon)
{
	struct act_error error;
	int status, err;
	bool made;

	daemon->lock_fd = claim_lock(&daemon->paths, &error);
	if (daemon->lock_fd == -EWOULDBLOCK) {
		log_error("another hotdamon is running (it holds %s); see `hotdamon status`",
			  daemon->paths.pin_dir);
		return EXIT_FAILED;
	}
	if (daemon->lock_fd < 0) {
		status = check_host(daemon); /* says it better, if it is for want of root or of bpffs */
		if (status == EXIT_DONE)
			log_error("%s", error.text);
		if (status == EXIT_DONE)
			status = daemon->lock_fd == -EPERM ? EXIT_HOST : EXIT_FAILED;
		return status;
	}
	err = claim_make_state_dir(&daemon->paths, &made, &error);
	if (err) {
		daemon->nothing_ours = true;
		status = check_host(daemon); /* as above */
		return status == EXIT_DONE ? refuse_state_dir(err, &error) : status;
	}
	daemon->claim.made_state_dir = made;
	status = take_back_left_over(daemon);
	if (status != EXIT_DONE) {
		daemon->nothing_ours = true;
		return status;
	}
	/* At once: if it is killed from here on, the state directory is known to be ours. */
	err = claim_write(&daemon->paths, &daemon->claim, &error);
	if (err)
		return refuse_state_dir(err, &error);
	return check_host(daemon);
}

/*
 * A listed process is watched however little it runs, so it is found in /proc, whose start times are
 * rounded to PROC_TICK_NS.
 */
static unsigned int find_listed(struct daemon *daemon)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < daemon->options->n_pids; i++) {
		uint32_t pid = daemon->options->pids[i];
		struct process_facts facts;
		int err = process_facts_read("/proc", pid, &facts);

		if (err)
			log_warning("--pid %u: %s: skipped", pid,
				    err == -ESRCH ? "no such process" : strerror(-err));
		else if (facts.kernel_thread || pid == (uint32_t)getpid())
			log_warning("--pid %u: %s: skipped", pid,
				    facts.kernel_thread ? "a kernel thread has no memory of its own"
							: "that is hotdamon");
		else
			daemon->listed[n++] = (struct process_id){pid, facts.start_time_ticks * PROC_TICK_NS};
	}
	return n;
}

/*
 * The heat map knows at once that nothing is above a threshold; it only has to be given time to fill. It is looked at
 * five times a second.
 */
static void hurry_descent(struct descent_config *descent, bool progressive)
{
	descent_levels_hold_half(&descent->levels);
	descent->level_applies = 1;
	descent->level_ns = 150000000;
	descent->settle_ns = 0;
	descent->dry_ns = 5000000000;
	if (progressive) { /* what is missed at a level is taken at the next one */
		descent->dry_ns = 1000000000;
		descent->dry_applies = 8;
	}
	descent->probe_ns = 3600000000000; /* it goes on by itself when the map shows something to do */
}

static int make_decision_makers(struct daemon *daemon)
{
	const struct run_options *options = daemon->options;
	struct governor_config config = {
		.seats = daemon->n_seats,
		.min_cpu_pct = options->min_cpu_pct,
		.min_anon_bytes = options->min_anon_bytes,
		.dwell_ticks = GOVERNOR_DWELL,
		.probe_ticks = (unsigned int)(PROBE_S / options->interval_s) + 1,
		.listed = options->n_pids > 0,
	};
	struct descent_levels levels;
	int err = descent_levels_build(options->sample_us, options->aggr_us, &levels);

	if (err)
		return err;
	descent_config_init(&daemon->descent, &levels);
	if (daemon->executor == EXECUTOR_MADVISE)
		hurry_descent(&daemon->descent, options->progressive);
	/*
	 * Looks come once a step: a level that lasts as long as a step must not be missed by a hair,
	 * for a whole one.
	 */
	daemon->descent.level_ns -= daemon->descent.level_ns / 8;
	daemon->descent.settle_ns -= daemon->descent.settle_ns / 8;
	daemon->descent.progressive = options->progressive;
	daemon->descent.heat_is_evidence = daemon->executor == EXECUTOR_NONE;
	/* A `stat` is charged as well: what only counts has no quota. */
	/* Without the walk each aggregation may count; it must, where a commit puts the next apply off (6.12). */
	daemon->heat_apply_us = options->aggr_us;
	if (daemon->tells_huge && daemon->heat_apply_us < HEAT_APPLY_MIN_US)
		daemon->heat_apply_us = HEAT_APPLY_MIN_US;
	daemon->quota = (struct quota_config){
		.ms = daemon->executor == EXECUTOR_DAMOS ? options->quota_ms : 0,
		.reset_ms = options->quota_reset_ms,
	};
	daemon->intervals = (struct intervals_config){
		.sample_us = options->sample_us,
		.aggr_us = options->aggr_us,
		.update_us = options->update_us,
		.busy_pct = options->min_cpu_pct > 1 ? options->min_cpu_pct : 1,
		.monitor_cpu_pct = options->monitor_cpu_pct,
	};
	daemon->benefit = (struct benefit_config){
		.trial_ns = (uint64_t)(options->trial_s * 1e9),
		.busy_pct = daemon->intervals.busy_pct,
		.acts = daemon->executor != EXECUTOR_NONE,
	};
	daemon->ranking = ranking_new(options->rank_by, SMOOTHING_TICKS, 0);
	daemon->governor = governor_new(&config);
	daemon->targets = calloc(daemon->n_seats, sizeof(*daemon->targets));
	daemon->have = calloc(daemon->n_seats, sizeof(*daemon->have));
	daemon->want = calloc(daemon->n_seats, sizeof(*daemon->want));
	daemon->steps_of_plan = calloc(2UL * daemon->n_seats, sizeof(*daemon->steps_of_plan));
	if (!daemon->ranking || !daemon->governor || !daemon->targets || !daemon->have || !daemon->want ||
	    !daemon->steps_of_plan)
		return -ENOMEM;
	return 0;
}

/* What is short for a while is no matter for the verifier. */
static int fail_to_load(struct act_error *error, int err, const char *object)
{
	return act_fail(error, -err, "load %s%s", object,
			host_status_of_load(err) == EXIT_HOST
				? " (HOTDAMON_DEBUG=1 shows the verifier's words)"
				: "");
}

static int open_eyes(struct daemon *daemon, struct act_error *error)
{
	int err = hotness_open(daemon->now_ns, daemon->options->max_processes, &daemon->hotness);

	if (err)
		return fail_to_load(error, err, "hotness.bpf.o");
	err = collapse_open(&daemon->collapse);
	if (err)
		return fail_to_load(error, err, "collapse.bpf.o");
	return daemon->executor == EXECUTOR_MADVISE ? madvise_open(daemon, &daemon->madvise, error) : 0;
}

static int pin_hotness(struct daemon *daemon, struct act_error *error)
{
	char pin_path[64];
	int err;

	/* Below the directory that we hold, whatever its name leads to now. */
	snprintf(pin_path, sizeof(pin_path), "/proc/self/fd/%d/" PIN_NAME, daemon->lock_fd);
	err = hotness_pin(daemon->hotness, pin_path);
	return err ? act_fail(error, -err, "pin the map of processes at %s/" PIN_NAME, daemon->paths.pin_dir)
		   : 0;
}

static int stop_damon_stat(struct daemon *daemon, struct act_error *error)
{
	bool on = false;
	int err = damon_stat_is_on(&daemon->paths, &on);

	if (err == -ENOENT || (!err && !on))
		return 0;
	if (err)
		return act_fail(error, -err, "read %s", daemon->paths.damon_stat);
	daemon->claim.stopped_damon_stat = true;
	err = claim_write(&daemon->paths, &daemon->claim, error);
	if (!err)
		err = damon_stat_turn(&daemon->paths, false, error);
	if (!err)
		log_info("DAMON_STAT is off for as long as hotdamon runs (--stop-damon-stat)");
	return err;
}

static int make_seats(struct daemon *daemon, struct act_error *error)
{
	const struct run_options *options = daemon->options;
	struct damon_settings settings = {
		.sample_us = options->sample_us,
		.aggr_us = options->aggr_us,
		.update_us = options->update_us,
		.quota_bytes = daemon->executor == EXECUTOR_DAMOS ? options->quota_bytes : 0,
		.heat_apply_us = daemon->heat_apply_us,
		.collapses = daemon->executor == EXECUTOR_DAMOS,
		.watches_only = daemon->executor == EXECUTOR_MADVISE,
		.tells_huge = daemon->tells_huge && daemon->executor != EXECUTOR_MADVISE,
	};
	int err = damon_empty_seats(daemon->paths.damon_root, &daemon->claim.seats_before, error);

	if (err)
		return err;
	daemon->claim.seats = daemon->n_seats;
	err = claim_write(&daemon->paths, &daemon->claim, error);
	if (!err)
		err = damon_open(daemon->paths.damon_root, &settings, daemon->n_seats, &daemon->damon, error);
	if (err) {
		daemon->claim.seats = 0; /* none was made: what is there is not ours to take back */
		return err;
	}
	daemon->claim.seats_inode = damon_seats_inode(daemon->paths.damon_root);
	err = claim_write(&daemon->paths, &daemon->claim, error);
	return err ? err : damon_set_up(daemon->damon, error);
}

static void say_ready(const struct daemon *daemon)
{
	const struct run_options *options = daemon->options;

	log_info("hotdamon %s on Linux %s: executor %s, %s %u, every %g s, levels %u %% (%u of %u) to %u %% "
		 "(%u)",
		 HOTDAMON_VERSION, daemon->kernel, executor_name(daemon->executor),
		 options->n_pids ? "listed processes" : "top", daemon->n_seats, options->interval_s,
		 daemon->descent.levels.pct[0], daemon->descent.levels.accesses[0],
		 daemon->descent.levels.max_accesses,
		 daemon->descent.levels.pct[daemon->descent.levels.n - 1],
		 daemon->descent.levels.accesses[daemon->descent.levels.n - 1]);
}

static int set_up_rest(struct daemon *daemon, struct act_error *error)
{
	bool acts = daemon->executor != EXECUTOR_DRY_RUN;
	int err = pin_hotness(daemon, error);

	if (!err)
		err = make_decision_makers(daemon);
	if (!err && acts && daemon->options->stop_damon_stat)
		err = stop_damon_stat(daemon, error);
	if (!err && acts)
		err = make_seats(daemon, error);
	return err;
}

static int change_host(struct daemon *daemon)
{
	struct act_error error = {""};
	int err = open_eyes(daemon, &error), status = host_status_of_load(err);

	if (!err) {
		err = set_up_rest(daemon, &error);
		status = host_status_of(err);
	}
	if (err)
		log_error("%s", *error.text ? error.text : strerror(-err));
	return status;
}

int daemon_set_up(struct daemon *daemon)
{
	int status = claim_host(daemon);

	if (status != EXIT_DONE)
		return status;
	daemon->n_seats = daemon->options->top;
	if (daemon->options->n_pids) {
		daemon->n_seats = find_listed(daemon);
		if (!daemon->n_seats) {
			log_error("--pid: none of these processes can be watched");
			return EXIT_FAILED;
		}
	}
	status = change_host(daemon);
	if (status == EXIT_DONE)
		say_ready(daemon);
	return status;
}

static void take_all_back(struct daemon *daemon)
{
	struct claim_undone undone;

	if (claim_take_back(&daemon->paths, &daemon->claim, &undone)) {
		daemon->exit_status = EXIT_FAILED;
		say_not_undone(daemon, &undone);
	} else if (undone.seats_not_ours) {
		log_warning("the kdamonds that are there now are somebody else's: left alone");
	}
	if (undone.damon_stat_restored)
		log_info("DAMON_STAT is on again");
}

/* After a failure it follows, or was said, that its directory stays. */
static void give_up_lock(struct daemon *daemon)
{
	struct act_error error;

	if (!claim_unlock(&daemon->paths, daemon->lock_fd, &error) || daemon->nothing_ours ||
	    daemon->exit_status)
		return;
	log_error("%s: `hotdamon cleanup` tries again", error.text);
	daemon->exit_status = EXIT_FAILED;
}

void daemon_tear_down(struct daemon *daemon)
{
	if (daemon->lock_fd >= 0) {
		for (unsigned int seat = 0; daemon->targets && seat < daemon->n_seats; seat++)
			target_release(&daemon->targets[seat]);
		hotness_close(daemon->hotness);
		collapse_close(daemon->collapse);
		madvise_close(daemon->madvise);
		/* Without a claim of this run there is nothing in it but, perhaps, the state directory. */
		if (!*daemon->claim.boot_id)
			snprintf(daemon->claim.boot_id, sizeof(daemon->claim.boot_id), "none");
		if (!daemon->nothing_ours)
			take_all_back(daemon);
		give_up_lock(daemon);
	}
	damon_free(daemon->damon);
	ranking_free(daemon->ranking);
	governor_free(daemon->governor);
	free(daemon->targets);
	free(daemon->have);
	free(daemon->want);
	free(daemon->steps_of_plan);
}
