// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_watch.h"

#include <errno.h>
#include <langinfo.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/units.h"
#include "cmd/cmd.h"
#include "cmd/top_screen.h"
#include "cmd/top_show.h"
#include "decide/patience.h"
#include "sense/requirement.h"

#define FIRST_S 0.5 /* nobody likes to look at an empty screen */

struct top {
	const struct top_options *options;
	struct show show;
	struct model model;
	uint64_t refreshes;
	sd_event *event;
	sd_event_source *timer;
	struct patience patience;
	bool gave_up;
	int window_err; /* of the last window; 0: it is shown */
	int err;	/* what ended the loop */
};

static int end(struct top *top, int err)
{
	top->err = err;
	return sd_event_exit(top->event, err ? EXIT_FAILED : EXIT_DONE);
}

/* The next window ends a delay after the last one did, or after now if we come late. */
static int arm(struct top *top, uint64_t last_us)
{
	uint64_t delay_us = (uint64_t)llround(top->show.ui.delay_s * 1e6),
		 now_us = clock_boot_ns() / NS_PER_US;
	int err = sd_event_source_set_time(top->timer, last_us + delay_us > now_us ? last_us + delay_us
										   : now_us + delay_us);

	return err < 0 ? err : sd_event_source_set_enabled(top->timer, SD_EVENT_ONESHOT);
}

static void redraw(struct top *top)
{
	show_screen(&top->show, &top->model, top->window_err ? strerror(-top->window_err) : NULL);
}

/* What failed in this window may not fail in the next. */
static void tell_failure(struct top *top)
{
	if (top->show.screen)
		redraw(top);
	else
		fprintf(stderr, "hotdamon top: a window failed: %s\n", strerror(-top->window_err));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct top *top = data;

	(void)source;
	top->window_err = model_window(&top->model);
	if (!top->window_err)
		top->window_err = show_window(&top->show, &top->model);
	if (ferror(stdout))
		return end(top, -EIO);
	if (patience_is_over(&top->patience, top->window_err)) {
		top->gave_up = true;
		return end(top, top->window_err);
	}
	if (top->window_err)
		tell_failure(top);
	else if (++top->refreshes == top->options->count)
		return end(top, 0);
	return arm(top, usec);
}

static int take_key(struct top *top, int key)
{
	enum top_effect effect = show_key(&top->show, &top->model, key);

	return effect == EFFECT_DELAY ? arm(top, top->model.began_ns / NS_PER_US) : 0;
}

static int on_key(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct top *top = data;
	int key, err = 0;

	(void)source;
	(void)fd;
	if (events & (EPOLLHUP | EPOLLERR)) /* the terminal went away: it reads as empty at once, for ever */
		return end(top, 0);
	while (err >= 0 && !top->show.ui.quit && (key = screen_key()) >= 0)
		err = take_key(top, key);
	if (err < 0 || top->show.ui.quit)
		return end(top, err);
	redraw(top);
	return 0;
}

static int on_resize(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	(void)source;
	(void)info;
	screen_resize();
	redraw(data);
	return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	(void)source;
	(void)info;
	return end(data, 0);
}

static int add_signals(struct top *top)
{
	static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t set;
	int err = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (signal_ends_us(endings[i]))
			sigaddset(&set, endings[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; err >= 0 && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (sigismember(&set, endings[i]))
			err = sd_event_add_signal(top->event, NULL, endings[i], on_end, top);
	return err;
}

static int add_sources(struct top *top)
{
	double first_s = top->show.screen && top->show.ui.delay_s > FIRST_S ? FIRST_S : top->show.ui.delay_s;
	uint64_t first_us = top->model.began_ns / NS_PER_US + (uint64_t)llround(first_s * 1e6);
	int err = sd_event_add_time(top->event, &top->timer, CLOCK_BOOTTIME, first_us, 1000, on_timer, top);

	if (err >= 0 && top->show.screen)
		err = sd_event_add_signal(top->event, NULL, SIGWINCH, on_resize, top);
	if (err >= 0 && top->show.screen)
		err = sd_event_add_io(top->event, NULL, STDIN_FILENO, EPOLLIN, on_key, top);
	return err;
}

static bool wants_screen(const struct top_options *options)
{
	return !options->json && !options->batch && !options->count && isatty(STDOUT_FILENO) &&
	       isatty(STDIN_FILENO);
}

static void take_terminal(struct top *top)
{
	const char *term = getenv("TERM");

	if (!wants_screen(top->options))
		return;
	top->show.screen = !screen_open();
	if (!top->show.screen)
		fprintf(stderr, "hotdamon top: no table on a terminal of type '%s': plain lines\n",
			term ? term : "");
}

static int run_loop(struct top *top)
{
	int err = add_signals(top); /* before the terminal is ours: from here on each of them gives it back */

	top->model.began_ns = clock_boot_ns();
	if (err >= 0)
		take_terminal(top);
	if (err >= 0)
		err = add_sources(top);
	if (err >= 0 && top->show.screen)
		redraw(top);
	if (err >= 0)
		err = sd_event_loop(top->event);
	screen_close();
	return err < 0 ? err : top->err;
}

static int load_and_run(struct top *top)
{
	int err = sd_event_new(&top->event);

	if (err >= 0)
		err = model_load(&top->model);
	if (err < 0) {
		fprintf(stderr, "hotdamon top: load hotness.bpf.o%s: %s\n",
			host_status_of_load(err) == EXIT_HOST
				? " (HOTDAMON_DEBUG=1 shows the verifier's words)"
				: "",
			strerror(-err));
		return host_status_of_load(err);
	}
	err = run_loop(top);
	if (err < 0 && top->gave_up)
		fprintf(stderr, "hotdamon top: %u windows in a row failed: %s\n", top->patience.failed,
			strerror(-err));
	else if (err < 0)
		fprintf(stderr, "hotdamon top: %s\n", strerror(-err));
	return err < 0 ? EXIT_FAILED : EXIT_DONE;
}

int top_watch(const struct top_options *options)
{
	enum column sort = options->rank_by == RANK_BY_USER ? COLUMN_USER_PCT : COLUMN_CPU;
	struct top top = {
		.options = options,
		.show = {.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
			 .ui = {.delay_s = options->delay_s,
				.by = options->by,
				.sort = sort,
				.usual_sort = sort}},
	};
	int status = EXIT_FAILED;

	/* On a screen a key may ask for services at any time, and they have a minute behind them then. */
	if (!model_init(&top.model, options, options->by == TABLE_BY_SERVICE || wants_screen(options)))
		status = load_and_run(&top);
	else
		fprintf(stderr, "hotdamon top: %s\n", strerror(ENOMEM));
	model_release(&top.model);
	show_release(&top.show);
	sd_event_unref(top.event);
	return status;
}
