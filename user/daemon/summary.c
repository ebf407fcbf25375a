// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon tells of itself: the status file at every tick, the service manager, the sums at the
 * end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "daemon/internal.h"
#include "report/log.h"

static uint64_t all_collapses(const struct daemon *daemon)
{
	uint64_t sum = daemon->totals.collapses;

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++)
		if (daemon->targets[seat].used)
			sum += target_succeeded(&daemon->targets[seat]);
	return sum;
}

static size_t fill_targets(struct daemon *daemon, struct status_target *targets)
{
	const struct governor_seat *seats = governor_seats(daemon->governor);
	size_t n = 0;

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		if (!daemon->targets[seat].used)
			continue;
		targets[n] = target_status(&daemon->targets[seat], &daemon->descent, daemon->collapse,
					   daemon->tells_huge);
		if (daemon->madvise)
			madvise_status(daemon, &daemon->targets[seat], &targets[n]);
		targets[n].seat = seat;
		targets[n].rank = seats[seat].rank;
		targets[n].cpu_pct = seats[seat].cpu_pct;
		targets[n].reason = seats[seat].reason;
		if (!intervals_differ(&daemon->targets[seat].intervals, &daemon->intervals))
			targets[n].intervals_reason = NULL;
		n++;
	}
	return n;
}

static size_t fill_skipped(const struct daemon *daemon, struct status_skip *skipped)
{
	for (size_t i = 0; i < daemon->n_skips; i++) {
		skipped[i] = (struct status_skip){
			.id = daemon->skips[i].id,
			.cpu_pct = daemon->skips[i].cpu_pct,
			.reason = daemon->skips[i].reason,
		};
		memcpy(skipped[i].comm, daemon->skips[i].comm, sizeof(skipped[i].comm));
	}
	return daemon->n_skips;
}

static size_t living(const struct daemon *daemon)
{
	size_t n = 0;

	for (size_t i = 0; i < daemon->n_ranked; i++)
		n += !daemon->ranked[i].ended;
	return n;
}

static void write_status(struct daemon *daemon, struct status *status)
{
	struct act_error error;
	char *text = status_to_json(status);
	int err = text ? 0 : -ENOMEM;

	if (err)
		act_fail(&error, -err, "status");
	else
		err = file_replace(daemon->paths.state_dir, STATUS_FILE, text, &error);
	if (err && err != daemon->status_err) /* a full disk is said once */
		log_warning("%s", error.text);
	daemon->status_err = err;
	free(text);
}

void daemon_publish(struct daemon *daemon)
{
	struct status_target *targets = calloc(daemon->n_seats, sizeof(*targets));
	struct status_skip *skipped = calloc(daemon->n_skips + 1, sizeof(*skipped));
	struct status status = {
		.executor = executor_name(daemon->executor),
		.kernel = daemon->kernel,
		.pid = getpid(),
		.started_ns = daemon->started_ns,
		.tick = daemon->tick,
		.window_s = (double)daemon->window_ns / 1e9,
		.interval_s = daemon->options->interval_s,
		.processes = living(daemon),
		.seats = daemon->n_seats,
		.collapses = all_collapses(daemon),
		.missed_threads = hotness_missed(daemon->hotness).threads,
		.targets = targets,
		.skipped = skipped,
	};

	if (targets && skipped) {
		status.n_targets = fill_targets(daemon, targets);
		status.n_skipped = fill_skipped(daemon, skipped);
		write_status(daemon, &status);
		sd_notifyf(0, "STATUS=watching %zu of %u, %" PRIu64 " collapses", status.n_targets,
			   daemon->n_seats, status.collapses);
	}
	free(targets);
	free(skipped);
}

void daemon_say_sums(const struct daemon *daemon)
{
	uint64_t collapses = all_collapses(daemon);

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		const struct target *target = &daemon->targets[seat];
		uint64_t succeeded;

		if (!target->used)
			continue;
		succeeded = target_succeeded(target);
		log_info("at the end: %s (%u): %s, %" PRIu64 " collapses (%" PRIu64 " MiB), %" PRIu64
			 " of %" PRIu64 " MiB anonymous memory huge",
			 target->comm, target->id.tgid, descent_state_name(target->descent.state), succeeded,
			 bytes_to_mib(succeeded * PMD_SIZE_BYTES), bytes_to_mib(target->huge_bytes),
			 bytes_to_mib(target->facts.anon_bytes));
	}
	log_info("sums: %" PRIu64 " ticks in %.1f s, %" PRIu64 " times a process came in, %" PRIu64
		 " collapses (%" PRIu64 " MiB), %u failed acts on DAMON",
		 daemon->tick, (double)(daemon->now_ns - daemon->started_ns) / 1e9, daemon->totals.watched,
		 collapses, bytes_to_mib(collapses * PMD_SIZE_BYTES), daemon->totals.errors);
}
