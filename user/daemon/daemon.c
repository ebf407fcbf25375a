// SPDX-License-Identifier: GPL-2.0
#include "daemon/daemon.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "daemon/internal.h"
#include "base/exit_status.h"
#include "report/log.h"
#include "base/signals.h"

#define STEP_MAX_NS NS_PER_S /* the evidence is looked at about once a second, however long a tick is */
#define ACCURACY_US 1000

static void take_time(struct daemon *daemon)
{
	daemon->now_ns = clock_boot_ns();
	log_set_elapsed_ns(daemon->now_ns - daemon->started_ns);
}

static void warn_if_full(struct daemon *daemon)
{
	struct hotness_missed missed = hotness_missed(daemon->hotness);

	if (daemon->told_full || (!missed.threads && !missed.crowded))
		return;
	daemon->told_full = true;
	log_warning(
		"more processes run than the map has room for (%u): they are counted by turns, which costs "
		"time%s; --max-processes makes room",
		missed.capacity, missed.threads ? ", and what some used at their end is lost" : "");
}

static void close_window(struct daemon *daemon)
{
	int err = daemon_tick(daemon);

	if (err && err != daemon->window_err)
		log_warning("this tick could not be measured: %s", strerror(-err));
	daemon->window_err = err;
	if (err)
		return;
	daemon->tick++;
	warn_if_full(daemon);
}

/* A late turn (suspend, a long wait for DAMON's lock) is not made up for by a burst of them. */
static void set_next_step(struct daemon *daemon)
{
	uint64_t now_ns = clock_boot_ns();

	daemon->next_step_ns += daemon->step_ns;
	if (daemon->next_step_ns < now_ns)
		daemon->next_step_ns = now_ns + daemon->step_ns;
	sd_event_source_set_time(daemon->timer, daemon->next_step_ns / NS_PER_US);
	sd_event_source_set_enabled(daemon->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct daemon *daemon = data;
	bool ticks;

	(void)source;
	(void)usec;
	take_time(daemon);
	ticks = ++daemon->steps >= daemon->steps_per_tick;
	if (ticks) {
		daemon->steps = 0;
		close_window(daemon);
	}
	daemon_step(daemon);
	if (ticks)
		daemon_publish(daemon);
	if (daemon->seats_lost) {
		log_error(
			"somebody else made DAMON's seats anew while none of ours ran: they are left alone");
		return sd_event_exit(daemon->event, EXIT_FAILED);
	}
	if (daemon->all_listed_ended) {
		log_info("all processes of --pid have ended: nothing is left to watch");
		return sd_event_exit(daemon->event, EXIT_DONE);
	}
	set_next_step(daemon);
	return 0;
}

static int set_next_turn(struct daemon *daemon, uint64_t at_ns)
{
	int err = sd_event_source_set_time(daemon->turn_timer, at_ns / NS_PER_US);

	return err < 0 ? err : sd_event_source_set_enabled(daemon->turn_timer, SD_EVENT_ONESHOT);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	(void)usec;
	take_time(daemon);
	return set_next_turn(daemon, madvise_turn(daemon));
}

/* Much waits to be taken. */
static int on_regions(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)fd;
	(void)events;
	return on_turn(source, 0, data);
}

static int on_end_of_duration(sd_event_source *source, uint64_t usec, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	(void)usec;
	take_time(daemon);
	log_info("the duration of %g s is over", daemon->options->duration_s);
	return sd_event_exit(daemon->event, EXIT_DONE);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	take_time(daemon);
	log_info("%s: undoing everything", strsignal((int)info->ssi_signo));
	return sd_event_exit(daemon->event, EXIT_DONE);
}

static uint64_t seconds_ns(double seconds)
{
	return (uint64_t)llround(seconds * (double)NS_PER_S);
}

static int add_timers(struct daemon *daemon)
{
	uint64_t end_us = (daemon->started_ns + seconds_ns(daemon->options->duration_s)) / NS_PER_US;
	int err;

	err = sd_event_add_time(daemon->event, &daemon->timer, CLOCK_BOOTTIME,
				daemon->next_step_ns / NS_PER_US, ACCURACY_US, on_timer, daemon);
	if (err >= 0 && daemon->madvise)
		err = sd_event_add_time(daemon->event, &daemon->turn_timer, CLOCK_BOOTTIME,
					daemon->started_ns / NS_PER_US, ACCURACY_US, on_turn, daemon);
	if (err >= 0 && daemon->madvise && madvise_fd(daemon->madvise) >= 0)
		/* By edge: a ring that is filled all the time is readable all the time. */
		err = sd_event_add_io(daemon->event, NULL, madvise_fd(daemon->madvise), EPOLLIN | EPOLLET,
				      on_regions, daemon);
	if (err >= 0 && daemon->options->duration_s > 0)
		err = sd_event_add_time(daemon->event, NULL, CLOCK_BOOTTIME, end_us, ACCURACY_US,
					on_end_of_duration, daemon);
	return err < 0 ? err : 0;
}

/* Before anything is changed: from here on these signals wait for the loop, and what was begun is undone. */
static int block_signals(struct daemon *daemon)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t set;
	int err = 0;

	signal(SIGPIPE, SIG_IGN); /* a reader of our log that goes away must not end us halfway */
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signal_ends_us(signals[i]))
			sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && err >= 0; i++)
		if (sigismember(&set, signals[i]))
			err = sd_event_add_signal(daemon->event, NULL, signals[i], on_signal, daemon);
	return err < 0 ? err : 0;
}

static void set_pace(struct daemon *daemon)
{
	uint64_t interval_ns = seconds_ns(daemon->options->interval_s);

	daemon->steps_per_tick = (unsigned int)((interval_ns + STEP_MAX_NS - 1) / STEP_MAX_NS);
	daemon->step_ns = interval_ns / daemon->steps_per_tick;
}

/* What ran while all was set up belongs to no window. */
static int begin_first_window(struct daemon *daemon)
{
	struct hotness_span span;
	const struct usage *usage;
	size_t n;

	take_time(daemon);
	daemon->next_step_ns = daemon->now_ns + daemon->step_ns;
	return hotness_window(daemon->hotness, &usage, &n, &span);
}

static int loop(struct daemon *daemon)
{
	int err = begin_first_window(daemon);

	if (!err)
		err = add_timers(daemon);
	if (!err) {
		daemon_publish(daemon);
		sd_notify(0, "READY=1");
		err = sd_event_loop(daemon->event);
	}
	sd_notify(0, "STOPPING=1");
	if (err >= 0)
		return err;
	log_error("the event loop failed: %s", strerror(-err));
	return EXIT_FAILED;
}

int daemon_run(const struct run_options *options)
{
	struct daemon daemon = {.options = options, .executor = options->executor, .lock_fd = -1};
	int err, status;

	umask(022); /* the status is for everybody to read, whatever started us */
	daemon.started_ns = clock_boot_ns();
	daemon.paths = claim_default_paths;
	daemon.paths.state_dir = options->state_dir;
	set_pace(&daemon);
	err = sd_event_new(&daemon.event);
	if (err >= 0)
		err = block_signals(&daemon);
	if (err < 0) {
		log_error("no event loop: %s", strerror(-err));
		sd_event_unref(daemon.event);
		return EXIT_FAILED;
	}
	take_time(&daemon);
	status = daemon_set_up(&daemon);
	if (status == EXIT_DONE) {
		status = loop(&daemon);
		take_time(&daemon);
		daemon_say_sums(&daemon);
	}
	daemon_tear_down(&daemon);
	sd_event_unref(daemon.event);
	return status == EXIT_DONE ? daemon.exit_status : status;
}
