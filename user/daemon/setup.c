// SPDX-License-Identifier: GPL-2.0
#include "daemon/setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/collapse.h"
#include "base/exit_status.h"
#include "base/units.h"
#include "decide/members.h"
#include "decide/region_count.h"
#include "report/log.h"
#include "sense/host.h"
#include "sense/libbpf.h"
#include "sense/requirement.h"

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
static int look_at_host(const struct run_options *options, struct host_facts *facts)
{
	struct host_roots roots = {.state_dir = options->state_dir};
	int err;

	sense_quiet_libbpf();
	err = host_facts_read(&roots, facts);
	if (err)
		return err;
	facts->collapse_err = collapse_barred_everywhere();
	if (options->stop_damon_stat)
		facts->modules[HOST_DAMON_STAT].off = HOST_YES;
	if (options->unheld) /* pins nothing */
		facts->bpffs = HOST_YES;
	return 0;
}

static const struct executor_type *type_of(enum executor_kind kind)
{
	if (kind == EXECUTOR_DAMOS)
		return &executor_damos;
	return kind == EXECUTOR_MADVISE ? &executor_madvise : &executor_none;
}

static void take_verdict(struct setup *setup, const struct host_facts *facts,
			 const struct host_verdict *verdict)
{
	if (setup->kind == EXECUTOR_AUTO && verdict->executor != EXECUTOR_AUTO)
		log_info("executor %s: %s", executor_name(verdict->executor), verdict->reason);
	setup->kind = verdict->executor;
	setup->type = type_of(setup->kind);
	say_missing(verdict->missing, verdict->n_missing);
	if (verdict->n_missing && setup->kind == EXECUTOR_AUTO)
		log_error("--dry-run chooses and explains only, without DAMON");
	setup->tells_huge = setup->type->maps_heat ||
			    (host_kernel_since(facts, 6, 18) && facts->hugepage_filter != HOST_NO);
	snprintf(setup->kernel, sizeof(setup->kernel), "%s", facts->release);
}

struct asking {
	struct setup *setup;
	const struct run_options *options;
};

/* What this host lacks, told with the remedy; EXIT_DONE: nothing. */
static int host_lacks(void *arg)
{
	struct asking *asking = arg;
	struct host_verdict *verdict = calloc(1, sizeof(*verdict));
	struct host_facts *facts = calloc(1, sizeof(*facts));
	int err = facts && verdict ? look_at_host(asking->options, facts) : -ENOMEM;
	int status = host_status_of(err);

	if (err) {
		log_error("this host cannot be looked at: %s", strerror(-err));
	} else {
		host_judge(facts, asking->setup->kind, verdict);
		take_verdict(asking->setup, facts, verdict);
		status = verdict->n_missing ? EXIT_HOST : EXIT_DONE;
	}
	free(facts);
	free(verdict);
	return status;
}

static int configure_descent(const struct setup *setup, struct watch *watch)
{
	const struct run_options *options = watch->options;
	struct descent_levels levels;
	int err = descent_levels_build(options->sample_us, options->aggr_us, &levels);

	if (err)
		return err;
	descent_config_init(&watch->descent, &levels);
	watch->descent.progressive = options->progressive;
	watch->descent.heat_is_evidence = !setup->type->acts;
	if (setup->type->maps_heat)
		descent_config_by_map(&watch->descent, options->payback_s);
	descent_config_allow_for_steps(&watch->descent);
	return 0;
}

static int configure(const struct setup *setup, struct watch *watch)
{
	const struct run_options *options = watch->options;

	watch->intervals = (struct intervals_config){
		.sample_us = options->sample_us,
		.aggr_us = options->aggr_us,
		.update_us = options->update_us,
		.busy_pct = intervals_busy_pct(options->min_cpu_pct),
		.monitor_cpu_pct = options->monitor_cpu_pct,
	};
	watch->benefit = (struct benefit_config){
		.by_worth = setup->type->maps_heat,
		.trial_ns = (uint64_t)(options->trial_s * (double)NS_PER_S),
		.busy_pct = watch->intervals.busy_pct,
		.acts = setup->type->acts,
		.payback_s = options->payback_s,
	};
	return configure_descent(setup, watch);
}

static bool by_service(const struct run_options *options)
{
	return !options->by_process && !options->n_pids;
}

static unsigned int seats_by_heat(const struct run_options *options)
{
	return by_service(options) ? members_seats(options->top, options->members, options->max_seats)
				   : options->top;
}

static struct governor_config governor_config(const struct watch *watch)
{
	const struct run_options *options = watch->options;

	return (struct governor_config){
		.seats = watch->n_usable,
		.made = watch->n_seats,
		.services = by_service(options) ? options->top : 0,
		.members = by_service(options) ? options->members : 0,
		.user_share_pct = options->user_share_pct,
		.min_cpu_pct = options->min_cpu_pct,
		.min_mem_bytes = options->min_mem_bytes,
		.dwell_ticks = GOVERNOR_DWELL_TICKS,
		.probe_ticks = (unsigned int)(GOVERNOR_PROBE_S / options->interval_s) + 1,
		.listed = options->n_pids > 0,
	};
}

static int make_watch(const struct setup *setup, struct watch *watch)
{
	struct governor_config governor = governor_config(watch);

	cost_start(&watch->cost, watch->options->miss_ns);
	watch->governor = governor_new(&governor);
	watch->targets = calloc(watch->n_seats, sizeof(*watch->targets));
	if (!watch->governor || !watch->targets)
		return -ENOMEM;
	return configure(setup, watch);
}

/* A `stat` is charged as well: what only counts has no quota. */
static struct executor_setup executor_setup(const struct setup *setup, struct watch *watch)
{
	const struct run_options *options = watch->options;

	return (struct executor_setup){
		.targets = watch->targets,
		.n_seats = watch->n_seats,
		.collapses = watch->collapses,
		.descent = &watch->descent,
		.step_ns = run_step_ns(options),
		.tells_huge = setup->tells_huge,
		.heat_apply_us = intervals_heat_apply_us(options->aggr_us, setup->tells_huge),
		.min_regions = options->min_regions,
		.max_regions = options->max_regions
				       ? options->max_regions
				       : region_count_most(options->min_regions, setup->type->maps_heat),
		.quota = {.ms = options->quota_ms, .reset_ms = options->quota_reset_ms},
		.quota_bytes = options->quota_bytes,
		.stall_budget_us = options->stall_budget_us,
		.payback_s = options->payback_s,
		.room = options->room,
		.caps = {.all_bytes = options->max_huge_bytes,
			 .target_bytes = options->max_target_huge_bytes},
		.cost = &watch->cost,
	};
}

static int open_eyes(struct setup *setup, struct watch *watch, struct act_error *error)
{
	int err = hotness_open(watch->now_ns, watch->options->max_processes, &setup->hotness);

	if (err)
		return act_fail(error, -err, "load hotness.bpf.o%s", host_load_hint(err));
	err = collapses_open(&watch->collapses);
	return err ? act_fail(error, -err, "load collapse.bpf.o%s", host_load_hint(err)) : 0;
}

/* What looks and who decides; nothing of the host is changed. */
static int make_parts(struct setup *setup, struct watch *watch, const struct tick_listed *listed,
		      struct act_error *error)
{
	struct executor_setup executor;
	int err = open_eyes(setup, watch, error);

	if (!err)
		err = make_watch(setup, watch);
	if (err)
		return err;
	executor = executor_setup(setup, watch);
	err = executor_open(&watch->executor, setup->type, &executor, error);
	if (err)
		return err;
	setup->tick = tick_new(watch->options, setup->hotness, listed);
	setup->seats = seats_new(watch->n_seats);
	return setup->tick && setup->seats ? 0 : -ENOMEM;
}

static int pin_hotness(const struct setup *setup, struct act_error *error)
{
	char pin_path[64];
	int err;

	/* Below the directory that we hold, whatever its name leads to now. */
	snprintf(pin_path, sizeof(pin_path), "/proc/self/fd/%d/" PIN_NAME, setup->hold.lock_fd);
	err = hotness_pin(setup->hotness, pin_path);
	return err ? act_fail(error, -err, "pin the map of processes at %s/" PIN_NAME,
			      setup->hold.paths.pin_dir)
		   : 0;
}

static int make_seats(struct setup *setup, struct watch *watch, struct act_error *error)
{
	const struct run_options *options = watch->options;
	struct damon_settings settings = {
		.sample_us = options->sample_us,
		.aggr_us = options->aggr_us,
		.update_us = options->update_us,
		.heat_apply_us = watch->executor.setup.heat_apply_us,
	};
	int err;

	executor_settings(&watch->executor, &settings);
	err = hold_make_seats(&setup->hold, &settings, watch->n_seats, &watch->executor.damon, error);
	if (!err && !damon_looks_at_ranges(watch->executor.damon))
		log_warning("DAMON of this kernel has no fvaddr: it looks at all between the two biggest "
			    "gaps of a "
			    "process, and finds little beside large reservations");
	return err;
}

static int change_host(struct setup *setup, struct watch *watch, struct act_error *error)
{
	int err = watch->options->unheld ? 0 : pin_hotness(setup, error);

	if (err || setup->kind == EXECUTOR_DRY_RUN)
		return err;
	if (watch->options->stop_damon_stat)
		err = hold_stop_damon_stat(&setup->hold, error);
	if (!err && watch->options->align_shared)
		err = hold_align_shared(&setup->hold, error);
	return err ? err : make_seats(setup, watch, error);
}

static void say_ready(const struct setup *setup, const struct watch *watch)
{
	const struct descent_levels *levels = &watch->descent.levels;
	char ends[80], seats[80] = "";

	if (watch->descent.by_worth)
		snprintf(ends, sizeof(ends), "what pays back in %" PRIu64 " s", watch->options->payback_s);
	else
		snprintf(ends, sizeof(ends), "levels %u %% (%u of %u) to %u %% (%u)", levels->pct[0],
			 levels->accesses[0], levels->max_accesses, levels->pct[levels->n - 1],
			 levels->accesses[levels->n - 1]);
	if (by_service(watch->options))
		snprintf(seats, sizeof(seats), "top %u by service with %u seats", watch->options->top,
			 watch->n_usable);
	else
		snprintf(seats, sizeof(seats), "%s %u", watch->options->n_pids ? "listed processes" : "top",
			 watch->n_usable);
	log_event(&(struct log_about){.event = EVENT_READY},
		  "hotdamon %s on Linux %s: executor %s, %s, every %g s, %s", HOTDAMON_VERSION, setup->kernel,
		  executor_name(setup->kind), seats, watch->options->interval_s, ends);
	if (watch->descent.by_worth && watch->options->progressive)
		log_info("--descent is of the executors damos and none: madvise takes all that pays");
}

static int make_all(struct setup *setup, struct watch *watch, const struct tick_listed *listed)
{
	struct act_error error = {""};
	int err = make_parts(setup, watch, listed, &error), status = host_status_of_load(err);

	if (!err) {
		err = change_host(setup, watch, &error);
		status = host_status_of(err);
	}
	if (err)
		log_error("%s", *error.text ? error.text : strerror(-err));
	return status;
}

/* Seats cannot be added while one is in use: some are made beforehand. */
static void count_seats(struct watch *watch, const struct tick_listed *listed)
{
	watch->n_usable = listed->n ? listed->n : seats_by_heat(watch->options);
	watch->n_seats = watch->n_usable;
	if (!listed->n && watch->n_seats < SEATS_LEAST)
		watch->n_seats = SEATS_LEAST;
}

static int take_hold(struct setup *setup, const struct run_options *options)
{
	struct asking asking = {setup, options};

	return options->unheld ? host_lacks(&asking)
			       : hold_begin(&setup->hold, options->state_dir, host_lacks, &asking);
}

int setup_make(struct setup *setup, struct watch *watch)
{
	struct tick_listed listed = {.n = 0};
	int status;

	setup->kind = run_executor(watch->options);
	status = take_hold(setup, watch->options);
	if (status != EXIT_DONE)
		return status;
	if (watch->options->n_pids) {
		tick_find_listed(watch->options, &listed);
		if (!listed.n) {
			log_error("--pid: none of these processes can be watched");
			return EXIT_FAILED;
		}
	}
	count_seats(watch, &listed);
	status = make_all(setup, watch, &listed);
	if (status == EXIT_DONE)
		say_ready(setup, watch);
	return status;
}

void setup_heed(const struct setup *setup, struct watch *watch)
{
	unsigned int wanted = watch->options->n_pids ? watch->n_usable : seats_by_heat(watch->options);
	struct governor_config governor;
	struct executor_setup executor;

	if (wanted > watch->n_seats)
		log_warning("%u seats are wanted, and %u were made at the start: for more it takes a restart",
			    wanted, watch->n_seats);
	watch->n_usable = wanted < watch->n_seats ? wanted : watch->n_seats;
	configure(setup, watch); /* it went well with these intervals before */
	governor = governor_config(watch);
	executor = executor_setup(setup, watch);
	executor_heed(&watch->executor, &executor);
	governor_heed(watch->governor, &governor);
}

bool setup_undo(struct setup *setup, struct watch *watch)
{
	struct damon *damon = watch->executor.damon;
	bool undid;

	for (unsigned int seat = 0; watch->targets && seat < watch->n_seats; seat++) {
		executor_leave(&watch->executor, &watch->targets[seat]);
		target_release(&watch->targets[seat]);
	}
	hotness_close(setup->hotness);
	collapses_close(watch->collapses);
	executor_close(&watch->executor);
	if (setup->seats && damon)
		seats_stop_all(setup->seats, damon);
	undid = hold_end(&setup->hold);
	damon_free(damon);
	tick_free(setup->tick);
	seats_free(setup->seats);
	governor_free(watch->governor);
	free(watch->targets);
	return undid;
}
