// SPDX-License-Identifier: GPL-2.0
#include "cmd/rank_look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit_status.h"
#include "cmd/cmd.h"
#include "daemon/setup.h"
#include "report/log.h"

struct rank_look {
	struct run_options options;
	struct watch watch;
	struct setup setup;
	const char *unknown; /* why nothing can be counted; NULL: it can */
};

static bool is_same(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.start_time_ns / PROC_TICK_NS == b.start_time_ns / PROC_TICK_NS;
}

static void take_service(struct rank_found *found, const struct ranks *ranks, uint64_t key)
{
	for (size_t i = 0; i < ranks->n; i++) {
		if (ranks->list[i].key != key)
			continue;
		found->rank.of_service = true;
		found->rank.services = ranks->n;
		found->rank.service_rank = ranks->list[i].rank;
		found->rank.service_pct = ranks->list[i].cpu_pct;
	}
}

static void take_rank(struct rank_found *found, const struct tick_sums *sums, struct process_id id)
{
	const struct ranks *ranks = sums->ranks;

	found->rank.processes = sums->living;
	found->rank.window_s = ns_to_s(sums->window_ns);
	for (size_t i = 0; i < ranks->n_processes; i++) {
		const struct ranked *ranked = &ranks->processes[i];

		if (!is_same(ranked->id, id))
			continue;
		found->rank.ranked = true;
		found->rank.rank = ranked->rank;
		found->rank.cpu_pct = ranked->cpu_pct;
		if (ranks->services)
			take_service(found, ranks, ranks->keys[i]);
	}
}

static void take_governor(struct rank_found *found, const struct watch *watch, const struct tick_sums *sums,
			  struct process_id id)
{
	const struct governor_seat *seats = governor_seats(watch->governor);
	const char *reason = NULL;

	for (unsigned int i = 0; i < watch->n_seats; i++)
		if (seats[i].used && is_same(seats[i].id, id))
			reason = seats[i].reason;
	found->enters = reason;
	for (size_t i = 0; i < sums->n_skips; i++)
		if (is_same(sums->skips[i].id, id))
			reason = sums->skips[i].reason;
	found->told = reason;
	if (reason)
		memcpy(found->reason, reason, sizeof(found->reason));
}

static void wait_s(double seconds)
{
	struct timespec left = {.tv_sec = (time_t)seconds,
				.tv_nsec = lround((seconds - floor(seconds)) * (double)NS_PER_S)};

	nanosleep(&left, NULL);
}

static int run_tick(struct rank_look *look)
{
	int err = tick_begin(look->setup.tick);

	if (err)
		return err;
	wait_s(look->options.interval_s);
	look->watch.now_ns = clock_boot_ns();
	return tick_run(look->setup.tick, &look->watch, look->setup.seats);
}

static const char *make(struct rank_look *look)
{
	if (geteuid())
		return "to count it needs root";
	return setup_make(&look->setup, &look->watch)
		       ? "this host lacks what counting needs: see hotdamon check"
		       : NULL;
}

struct rank_look *rank_look_begin(const struct run_options *options, double seconds)
{
	struct rank_look *look = calloc(1, sizeof(*look));

	if (!look)
		return NULL;
	look->options = *options;
	look->options.n_pids = 0;
	look->options.interval_s = seconds;
	look->options.dry_run = true;
	look->options.unheld = true;
	look->watch = (struct watch){.options = &look->options, .now_ns = clock_boot_ns()};
	look->setup.hold.lock_fd = -1;
	log_mute(true);
	look->unknown = make(look);
	log_mute(false);
	return look;
}

void rank_look_run(struct rank_look *look, struct process_id id, struct rank_found *found)
{
	struct tick_sums sums;

	*found = (struct rank_found){.rank.unknown = look->unknown};
	log_mute(true);
	if (!look->unknown && run_tick(look))
		found->rank.unknown = "it could not be counted";
	log_mute(false);
	if (found->rank.unknown)
		return;
	sums = tick_sums(look->setup.tick);
	take_rank(found, &sums, id);
	take_governor(found, &look->watch, &sums, id);
}

void rank_look_end(struct rank_look *look)
{
	if (!look)
		return;
	log_mute(true);
	setup_undo(&look->setup, &look->watch);
	log_mute(false);
	free(look);
}
