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
#include <systemd/sd-event.h>

#include "base/aside.h"
#include "base/clock.h"
#include "base/exit_status.h"
#include "base/signals.h"
#include "daemon/exporter.h"
#include "daemon/hook.h"
#include "daemon/mapping.h"
#include "daemon/measure.h"
#include "daemon/reload.h"
#include "daemon/setup.h"
#include "daemon/step.h"
#include "daemon/summary.h"
#include "decide/late.h"
#include "report/log.h"
#include "sense/hidepid.h"

#define ACCURACY_US 1000

struct daemon {
	struct settings *settings; /* borrowed */
	struct watch watch;
	struct setup setup;
	struct step_looks looks;
	struct measure measure;
	struct exporter exporter;
	struct hook *hook; /* NULL: none */

	sd_event *event;
	sd_event_source *step_timer, *turn_timer, *measured;
	uint64_t started_ns; /* boot clock */
	uint64_t next_step_ns;
	unsigned int steps; /* since the last tick */
	int status_err;	    /* of the last writing of the status file */
	int map_err;	    /* and of the map of the heat */
	bool watchdog;	    /* the service manager waits for signs of life */
};

static void take_time(struct daemon *daemon)
{
	daemon->watch.now_ns = clock_boot_ns();
	log_set_elapsed_ns(daemon->watch.now_ns - daemon->started_ns);
}

static int arm(sd_event_source *timer, uint64_t at_ns)
{
	int err = sd_event_source_set_time(timer, at_ns / NS_PER_US);

	return err < 0 ? err : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* A late step (suspend, a long wait for DAMON's lock) is not made up for by a burst of them. */
static int arm_step(struct daemon *daemon)
{
	uint64_t now_ns = clock_boot_ns(), step_ns = run_step_ns(daemon->watch.options);

	daemon->next_step_ns += step_ns;
	if (daemon->next_step_ns < now_ns)
		daemon->next_step_ns = now_ns + step_ns;
	return arm(daemon->step_timer, daemon->next_step_ns);
}

static int arm_turn(struct daemon *daemon)
{
	uint64_t at_ns = step_next_turn_ns(&daemon->watch, &daemon->looks);

	if (at_ns == UINT64_MAX)
		return sd_event_source_set_enabled(daemon->turn_timer, SD_EVENT_OFF);
	return arm(daemon->turn_timer, at_ns);
}

static void publish(struct daemon *daemon)
{
	daemon->status_err = summary_publish(&daemon->setup, &daemon->watch, &daemon->exporter,
					     daemon->started_ns, daemon->status_err);
	daemon->map_err = mapping_publish(&daemon->setup, &daemon->watch, daemon->map_err);
}

static void do_tick(struct daemon *daemon)
{
	struct watch *watch = &daemon->watch;

	daemon->steps = 0;
	if (!tick_run(daemon->setup.tick, watch, daemon->setup.seats))
		watch->ticked_ns = clock_awake_ns();
	stuck_look(&daemon->setup.stuck, daemon->setup.seats);
}

/* Steps alone are no life: without ticks nobody comes in or leaves. */
static void feed_watchdog(const struct daemon *daemon)
{
	const struct watch *watch = &daemon->watch;

	if (daemon->watchdog && !late_is(clock_awake_ns() - watch->ticked_ns, watch->options->interval_s))
		sd_notify(0, "WATCHDOG=1");
}

/* The exit status of an end that nobody asked for; -1: it goes on. */
static int reason_to_end(const struct daemon *daemon)
{
	if (seats_are_lost(daemon->setup.seats)) {
		log_error(
			"somebody else made DAMON's seats anew while none of ours ran: they are left alone");
		return EXIT_FAILED;
	}
	if (tick_is_all_ended(daemon->setup.tick)) {
		log_info("all processes of --pid have ended: nothing is left to watch");
		return EXIT_DONE;
	}
	return -1;
}

/* A handler that fails is only switched off by the loop: the daemon would idle for ever. */
static int go_on(struct daemon *daemon, int err)
{
	if (err >= 0)
		return 0;
	log_error("the event loop's timers cannot be set: %s", strerror(-err));
	return sd_event_exit(daemon->event, EXIT_FAILED);
}

static int on_step(sd_event_source *source, uint64_t usec, void *data)
{
	struct daemon *daemon = data;
	struct watch *watch = &daemon->watch;
	bool ticks = ++daemon->steps >= run_steps_per_tick(watch->options);
	int status, err;

	(void)source;
	(void)usec;
	take_time(daemon);
	if (ticks)
		do_tick(daemon);
	step_turn(watch, &daemon->looks);
	seats_fit(daemon->setup.seats, watch);
	if (ticks)
		publish(daemon);
	feed_watchdog(daemon);
	status = reason_to_end(daemon);
	if (status >= 0)
		return sd_event_exit(daemon->event, status);
	err = arm_turn(daemon);
	return go_on(daemon, err < 0 ? err : arm_step(daemon));
}

static int on_turn(sd_event_source *source, uint64_t usec, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	(void)usec;
	take_time(daemon);
	step_turn(&daemon->watch, &daemon->looks);
	return go_on(daemon, arm_turn(daemon));
}

/* Much waits to be taken. */
static int on_heard(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)fd;
	(void)events;
	return on_turn(source, 0, data);
}

static int on_measured(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct daemon *daemon = data;

	(void)fd;
	(void)events;
	take_time(daemon);
	daemon->measured = sd_event_source_disable_unref(source); /* before its descriptor is closed */
	measure_take(&daemon->measure, &daemon->watch);
	return 0;
}

static int on_end_of_duration(sd_event_source *source, uint64_t usec, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	(void)usec;
	take_time(daemon);
	log_info("the duration of %g s is over", daemon->watch.options->duration_s);
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

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	(void)info;
	take_time(daemon);
	reload_run(daemon->settings, &daemon->setup, &daemon->watch);
	return 0;
}

static int add_timer(struct daemon *daemon, uint64_t at_ns, sd_event_time_handler_t handler,
		     sd_event_source **timer)
{
	return sd_event_add_time(daemon->event, timer, CLOCK_BOOTTIME, at_ns / NS_PER_US, ACCURACY_US,
				 handler, daemon);
}

static int add_sources(struct daemon *daemon)
{
	double duration_s = daemon->watch.options->duration_s;
	uint64_t end_ns = daemon->started_ns + (uint64_t)llround(duration_s * (double)NS_PER_S);
	int fd = executor_fd(&daemon->watch.executor);
	int err = add_timer(daemon, daemon->next_step_ns, on_step, &daemon->step_timer);

	if (err >= 0)
		err = add_timer(daemon, daemon->watch.now_ns, on_turn, &daemon->turn_timer);
	if (err >= 0 && fd >= 0)
		/* By edge: a ring that is filled all the time is readable all the time. */
		err = sd_event_add_io(daemon->event, NULL, fd, EPOLLIN | EPOLLET, on_heard, daemon);
	if (err >= 0 && measure_fd(&daemon->measure) >= 0)
		err = sd_event_add_io(daemon->event, &daemon->measured, measure_fd(&daemon->measure), EPOLLIN,
				      on_measured, daemon);
	if (err >= 0 && duration_s > 0)
		err = add_timer(daemon, end_ns, on_end_of_duration, NULL);
	return err < 0 ? err : 0;
}

/* Before anything is changed: from here on these signals wait for the loop, and what was begun is undone. */
static int block_signals(struct daemon *daemon)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	bool reloads = reload_is_on_hangup();
	sigset_t set;
	int err = 0;

	signal(SIGPIPE, SIG_IGN); /* a reader of our log that goes away must not end us halfway */
	signal(SIGCHLD,
	       SIG_DFL); /* whoever started us may have it ignored: then no child could be waited for */
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signal_ends_us(signals[i]))
			sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && err >= 0; i++)
		if (sigismember(&set, signals[i]))
			err = sd_event_add_signal(daemon->event, NULL, signals[i],
						  signals[i] == SIGHUP && reloads ? on_reload : on_signal,
						  daemon);
	return err < 0 ? err : 0;
}

static int loop(struct daemon *daemon)
{
	int err;

	take_time(daemon);
	daemon->next_step_ns = daemon->watch.now_ns + run_step_ns(daemon->watch.options);
	measure_begin(&daemon->measure, &daemon->watch, &daemon->setup.hold.paths);
	err = tick_begin(daemon->setup.tick);
	if (!err)
		err = add_sources(daemon);
	if (!err && *daemon->watch.options->on_event) {
		daemon->hook = hook_new(daemon->event, daemon->watch.options->on_event);
		err = daemon->hook ? 0 : -ENOMEM;
	}
	if (!err && !exporter_open(&daemon->exporter, daemon->watch.options))
		return EXIT_FAILED;
	if (!err) {
		daemon->watch.ticked_ns = clock_awake_ns();
		daemon->watchdog = sd_watchdog_enabled(0, NULL) > 0;
		publish(daemon);
		sd_notify(0, "READY=1");
		err = sd_event_loop(daemon->event);
	}
	sd_notify(0, "STOPPING=1");
	if (err >= 0)
		return err;
	log_error("the event loop failed: %s", strerror(-err));
	return EXIT_FAILED;
}

static int run(struct daemon *daemon)
{
	int status;

	take_time(daemon);
	status = setup_make(&daemon->setup, &daemon->watch);
	if (status == EXIT_DONE) {
		status = loop(daemon);
		exporter_close(&daemon->exporter);
		hook_free(daemon->hook);
		sd_event_source_disable_unref(daemon->measured);
		measure_end(&daemon->measure);
		take_time(daemon);
		summary_say_sums(&daemon->setup, &daemon->watch, daemon->started_ns);
	}
	if (!setup_undo(&daemon->setup, &daemon->watch) && status == EXIT_DONE)
		status = EXIT_FAILED;
	return status;
}

/* The kernel may keep one for as long as who it waits for likes: nothing of ours waits for that. */
static void end_helpers(void)
{
	size_t left = aside_end();

	if (left)
		log_warning(
			"%zu helpers of ours still wait in the kernel for who is stuck: each ends when that "
			"answers or ends",
			left);
}

int daemon_run(struct settings *settings)
{
	struct daemon daemon = {
		.settings = settings, .watch.options = &settings->values, .setup.hold.lock_fd = -1};
	int err, status = EXIT_FAILED;

	/* The status is for everybody to read, whatever started us; but where processes are hidden, for our group only. */
	umask(hidepid_read("/proc") ? 027 : 022);
	daemon.started_ns = clock_boot_ns();
	err = sd_event_new(&daemon.event);
	if (err >= 0)
		err = block_signals(&daemon);
	if (err < 0)
		log_error("no event loop: %s", strerror(-err));
	else
		status = run(&daemon);
	end_helpers();
	sd_event_unref(daemon.event);
	return status;
}
