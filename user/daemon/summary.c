// SPDX-License-Identifier: GPL-2.0
#include "daemon/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "act/file.h"
#include "base/aside.h"
#include "base/clock.h"
#include "base/units.h"
#include "report/log.h"
#include "report/status.h"

static uint64_t all_collapses(const struct setup *setup, const struct watch *watch)
{
	uint64_t sum = seats_sums(setup->seats)->collapses;

	for (unsigned int seat = 0; seat < watch->n_seats; seat++)
		if (watch_target(watch, seat))
			sum += target_succeeded(&watch->targets[seat]);
	return sum;
}

static void fill_outcomes(const struct target *target, struct collapses *names, struct status_target *status)
{
	struct tally_list all;

	tally_all(&target->tally, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct tally_count *outcome = &all.counts[i];

		if (collapses_was_huge(names, outcome->status))
			status->already_huge += outcome->count;
		else if (target_outcome_is_failure(names, outcome->status) &&
			 status->n_failed < STATUS_FAILURES)
			status->failed[status->n_failed++] = (struct status_failure){
				collapses_status_name(names, outcome->status), outcome->count};
	}
}

static void fill_heat(const struct target *target, struct status_target *status)
{
	struct target_heat heat = target_heat(target);

	status->heat_known = heat.known;
	status->hot_is_current = heat.current;
	status->hot_bytes = heat.hot_bytes;
	status->hot_huge_bytes = heat.huge_bytes;
}

static void fill_worth(const struct watch *watch, const struct target *target, struct status_target *status)
{
	struct worth_config worth = executor_worth(&watch->executor);
	double spent_ns = worth.collapse_ns * (double)status->succeeded;

	status->worth_known = target->heat.mapped;
	status->in_use_bytes = target->heat.in_use_bytes;
	status->sparse_bytes = status->pace.sparse_slots * PMD_SIZE_BYTES;
	status->shared_bytes = status->pace.shared_slots * PMD_SIZE_BYTES;
	status->saved_pct = worth_saved_pct(&worth, target->heat.huge_per_s);
	status->paid_back_s = status->succeeded ? worth_payback_s(spent_ns, status->saved_pct) : -1;
}

static void fill_room(const struct watch *watch, const struct target *target, struct status_room *room)
{
	struct room_config config = target_room_config(&watch->executor, target);

	room->known = watch->executor.type->acts && target->room.looked_ns;
	room->grown = target->room.grown;
	room->most_bytes = room_most_growth_bytes(&config, target_memory_bytes(target), &target->room.grown);
	room->limit = target->room.limit;
	room->left = target->room.left;
	room->held = target->room.held;
}

static struct status_target status_target(const struct setup *setup, const struct watch *watch,
					  const struct target *target)
{
	struct status_target status = {
		.seat = target->seat,
		.comm = target->comm,
		.whose = &target->whose,
		.watched = &governor_seats(watch->governor)[target->seat],
		.descent = &target->descent,
		.benefit = &target->benefit,
		.intervals = &target->intervals,
		.kdamond_pid = target->kdamond.pid,
		.n_ranges = target->where.n_ranges,
		.ranges_bytes = where_bytes(&target->where),
		.ranges_read_us = target->where.look_cost_ns / NS_PER_US,
		.ranges_write_us = target->where.write_cost_ns / NS_PER_US,
		.monitor_cpu_known = target->kdamond.cost_known,
		.monitor_cpu_pct = target->kdamond.cost_pct,
		.succeeded = target_succeeded(target),
		.huge_bytes = target->huge_bytes,
		.anon_bytes = target->facts.anon_bytes,
		.hot_huge_known = setup->tells_huge,
		.held_up_pct = target->held_up_pct,
		.pace = executor_pace(&watch->executor, target),
	};

	fill_heat(target, &status);
	fill_worth(watch, target, &status);
	fill_room(watch, target, &status.room);
	fill_outcomes(target, watch->collapses, &status);
	return status;
}

static size_t fill_targets(const struct setup *setup, const struct watch *watch,
			   struct status_target *targets)
{
	size_t n = 0;

	for (unsigned int seat = 0; seat < watch->n_seats; seat++)
		if (watch_target(watch, seat))
			targets[n++] = status_target(setup, watch, &watch->targets[seat]);
	return n;
}

static int write_status(const struct setup *setup, const struct status *status, int last_err)
{
	struct act_error error;
	char *text = status_to_json(status);
	int err = text ? file_replace(setup->hold.paths.state_dir, STATUS_FILE, text, &error)
		       : act_fail(&error, ENOMEM, "status");

	if (err && err != last_err) /* a full disk is said once */
		log_warning("%s", error.text);
	free(text);
	return err;
}

/* ---- the metrics ---- */

static const char *result_name(struct collapses *names, uint32_t status)
{
	if (status == COLLAPSE_SUCCESS)
		return "success";
	return collapses_was_huge(names, status) ? "already_huge" : collapses_status_name(names, status);
}

static void count_results(const struct setup *setup, const struct watch *watch, struct metrics_totals *totals)
{
	struct tally_list all = seats_sums(setup->seats)->outcomes, more;

	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		if (!watch_target(watch, seat))
			continue;
		tally_all(&watch->targets[seat].tally, &more);
		tally_add(&all, &more);
	}
	metrics_count_result(totals, "success", 0);
	for (size_t i = 0; i < all.n; i++)
		metrics_count_result(totals, result_name(watch->collapses, all.counts[i].status),
				     all.counts[i].count);
}

static void export(const struct setup *setup, const struct watch *watch, struct exporter *exporter,
		   const struct status *status, const struct tick_sums *tick)
{
	const struct seats_sums *seats = seats_sums(setup->seats);
	struct metrics_totals totals = {
		.now_s = (double)clock_wall_s(),
		.daemon_cpu_s = ns_to_s(clock_process_cpu_ns() + aside_cpu_ns()),
		.all_pct = tick->cpu_pct,
		.came_in = tick->came_in,
		.collapse_us = seats->collapse_us,
		.failed_acts = seats->errors + watch->executor.errors,
		.lost_aggregations = watch->executor.lost_aggregations,
		.dropped_lines = log_dropped(),
	};

	for (size_t i = 0; i < status->n_targets; i++)
		totals.collapse_us += status->targets[i].pace.stall_us;
	count_results(setup, watch, &totals);
	exporter_publish(exporter, status, &totals);
}

static struct status_settings settings_of(const struct run_options *options)
{
	return (struct status_settings){
		.top = options->top,
		.by = options->by_process ? "process" : "service",
		.members = options->members,
		.max_seats = options->max_seats,
		.user_share_pct = options->user_share_pct,
		.rank = options->rank_by == RANK_BY_CPU ? "cpu" : "user",
		.min_cpu_pct = options->min_cpu_pct,
		.min_mem_bytes = options->min_mem_bytes,
		.payback_s = options->payback_s,
		.room = options->room,
		.rules = &options->rules,
	};
}

int summary_publish(const struct setup *setup, const struct watch *watch, struct exporter *exporter,
		    uint64_t started_ns, int last_err)
{
	struct tick_sums tick = tick_sums(setup->tick);
	struct status_target *targets = calloc(watch->n_seats, sizeof(*targets));
	struct status_settings settings = settings_of(watch->options);
	struct status status = {
		.executor = executor_name(setup->kind),
		.kernel = setup->kernel,
		.pid = getpid(),
		.started_ns = started_ns,
		.ticked_ns = watch->ticked_ns,
		.tick = tick.ticks,
		.window_s = ns_to_s(tick.window_ns),
		.interval_s = watch->options->interval_s,
		.processes = tick.living,
		.seats = watch->n_usable,
		.collapses = all_collapses(setup, watch),
		.missed_threads = tick.missed_threads,
		.descent = &watch->descent,
		.intervals = &watch->intervals,
		.cost = &watch->cost,
		.settings = &settings,
		.targets = targets,
		.skipped = tick.skips,
		.n_skipped = tick.n_skips,
		.skipped_whose = tick.skips_whose,
		.stuck = setup->stuck.at,
		.n_stuck = setup->stuck.n,
	};
	int err = -ENOMEM;

	if (targets) {
		status.n_targets = fill_targets(setup, watch, targets);
		err = watch->options->unheld ? 0 : write_status(setup, &status, last_err);
		if (exporter_is_wanted(exporter))
			export(setup, watch, exporter, &status, &tick);
		sd_notifyf(0, "STATUS=watching %zu of %u, %" PRIu64 " collapses", status.n_targets,
			   watch->n_usable, status.collapses);
	} else if (err != last_err) {
		log_warning("status: %s", strerror(ENOMEM));
	}
	free(targets);
	return err;
}

static void say_target(const struct target *target)
{
	uint64_t succeeded = target_succeeded(target);

	log_info("at the end: %s: %s, %" PRIu64 " collapses (%" PRIu64 " MiB), %" PRIu64 " of %" PRIu64
		 " MiB anonymous memory huge",
		 target->name, descent_state_name(target->descent.state), succeeded,
		 bytes_to_mib(succeeded * PMD_SIZE_BYTES), bytes_to_mib(target->huge_bytes),
		 bytes_to_mib(target->facts.anon_bytes));
}

void summary_say_sums(const struct setup *setup, const struct watch *watch, uint64_t started_ns)
{
	struct tick_sums tick = tick_sums(setup->tick);
	uint64_t collapses = all_collapses(setup, watch);

	for (unsigned int seat = 0; seat < watch->n_seats; seat++)
		if (watch_target(watch, seat))
			say_target(&watch->targets[seat]);
	log_info("sums: %" PRIu64 " ticks in %.1f s, %" PRIu64 " times a process came in, %" PRIu64
		 " collapses (%" PRIu64 " MiB), %u failed acts on DAMON",
		 tick.ticks, ns_to_s(watch->now_ns - started_ns), tick.came_in, collapses,
		 bytes_to_mib(collapses * PMD_SIZE_BYTES),
		 seats_sums(setup->seats)->errors + watch->executor.errors);
}
