// SPDX-License-Identifier: GPL-2.0
#include "cmd/top_watch.h"

#include <errno.h>
#include <langinfo.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/signals.h"
#include "base/units.h"
#include "cmd/cmd.h"
#include "cmd/top_screen.h"
#include "decide/patience.h"
#include "report/top.h"
#include "sense/hotness.h"
#include "sense/proc.h"
#include "sense/requirement.h"

#define REMEMBER_NS    (60 * NS_PER_S)	 /* of an idle process: what its trend shows */
#define FIRST_S	       0.5		 /* nobody likes to look at an empty screen */
#define PLAIN_ROWS     20		 /* where there is no screen to fill */
#define PLAIN_COLUMNS  132		 /* where there is no terminal to ask */
#define HUGE_SCREEN_NS (20 * NS_PER_MS)	 /* for what is huge, per refresh: not felt */
#define HUGE_PLAIN_NS  (200 * NS_PER_MS) /* there may be no later refresh to make up for it */
#define PROC_ROOT      "/proc"

struct top {
	const struct top_options *options;
	bool screen, utf8;
	struct top_ui ui;
	struct facts facts;

	struct hotness *hotness;
	struct ranking *ranking;
	uint64_t refreshes;
	uint64_t began_ns;	   /* of the present window, boot clock */
	uint64_t shown_ns;	   /* when the shown window ended */
	struct table live, frozen; /* frozen: as it was when the pause began */
	struct top_summary summary, frozen_summary;
	bool any, frozen_any; /* there was a window */
	struct row **rows;    /* of the view: room for all of the shown table */
	size_t rows_room;
	sd_event *event;
	sd_event_source *timer;
	struct patience patience;
	bool gave_up;
	int window_err; /* of the last window; 0: it is shown */
	int err;	/* what ended the loop */
};

static const struct table *shown_table(const struct top *top)
{
	return top->ui.paused ? &top->frozen : &top->live;
}

static struct view current_view(const struct top *top)
{
	return (struct view){
		.sort = top->ui.sort,
		.reverse = top->ui.reverse,
		.lately = top->screen,
		.in_cgroup = top->facts.cgroup != NULL,
		.filter = top->ui.filter,
		.pids = top->options->pids,
		.n_pids = top->options->n_pids,
	};
}

/* The rows of the view, with the facts that order and filter need. */
static size_t select_rows(struct top *top, const struct view *view)
{
	const struct table *table = shown_table(top);
	uint64_t now_ns = clock_boot_ns();

	for (size_t i = 0; i < table->n; i++) {
		struct row *row = &table->rows[i];

		if (!view_has_pid(view, row->ranked.id.tgid) ||
		    (!row_ran(row) && !row->facts.owner_known && !view->n_pids))
			continue;
		if (view_needs_owner(view))
			facts_read_owner(&top->facts, row, now_ns);
		if (view_needs_command(view))
			facts_read_command(&top->facts, row);
		if (view_needs_memory(view))
			facts_read_memory(&top->facts, row, top->shown_ns, now_ns);
	}
	return table_view(table, view, top->rows);
}

/* All there is to know of the rows that are looked at. */
static void complete_rows(struct top *top, struct row *const *rows, size_t n, uint64_t huge_budget_ns)
{
	uint64_t now_ns = clock_boot_ns();

	for (size_t i = 0; i < n; i++) {
		facts_read_owner(&top->facts, rows[i], now_ns);
		facts_read_command(&top->facts, rows[i]);
		facts_read_memory(&top->facts, rows[i], top->shown_ns, now_ns);
	}
	facts_read_huge(&top->facts, rows, n, huge_budget_ns);
}

static int show_json(struct top *top)
{
	struct view view = current_view(top);
	uint64_t now_ns = clock_boot_ns();
	size_t n;
	char *line;

	view.sort = COLUMN_RANK;
	n = select_rows(top, &view);
	for (size_t i = 0; i < n; i++) {
		facts_read_owner(&top->facts, top->rows[i], now_ns);
		facts_read_command(&top->facts, top->rows[i]);
	}
	line = top_json(top->rows, n, top->summary.window_s, top->began_ns);
	if (!line)
		return -ENOMEM;
	puts(line);
	free(line);
	fflush(stdout);
	return 0;
}

static unsigned int plain_columns(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return PLAIN_COLUMNS;
}

static void show_plain(struct top *top)
{
	struct view view = current_view(top);
	struct layout layout = columns_fit(plain_columns(), view.sort);
	size_t n = select_rows(top, &view);
	char line[TOP_LINE_LEN];

	n = n < PLAIN_ROWS ? n : PLAIN_ROWS;
	complete_rows(top, top->rows, n, HUGE_PLAIN_NS);
	top_summary_line(&top->summary, NULL, plain_columns(), line);
	puts(line);
	top_heading(&layout, &view, top->utf8, line);
	puts(line);
	for (size_t i = 0; i < n; i++) {
		top_row(top->rows[i], &layout, top->live.now_s, top->utf8, line);
		puts(line);
	}
	putchar('\n');
	fflush(stdout);
}

static void show_screen(struct top *top)
{
	struct view view = current_view(top);
	size_t n = select_rows(top, &view), page = screen_page(), seen;
	bool any = top->ui.paused ? top->frozen_any : top->any;

	top_clamp_scroll(&top->ui, n, page);
	seen = n - top->ui.scroll < page ? n - top->ui.scroll : page;
	complete_rows(top, top->rows + top->ui.scroll, seen, HUGE_SCREEN_NS);
	screen_draw(&(struct picture){
		.ui = &top->ui,
		.view = &view,
		.failure = top->window_err ? strerror(-top->window_err) : NULL,
		.summary = !any		    ? NULL
			   : top->ui.paused ? &top->frozen_summary
					    : &top->summary,
		.rows = top->rows,
		.n = n,
		.now_s = shown_table(top)->now_s,
		.utf8 = top->utf8,
	});
}

static int show(struct top *top)
{
	if (top->options->json)
		return show_json(top);
	if (top->screen)
		show_screen(top);
	else
		show_plain(top);
	return 0;
}

static void sum_up(struct top *top, const struct ranked *ranked, size_t n, double window_s, uint64_t now_ns)
{
	time_t now = clock_wall_s();
	struct tm local;

	top_sum(ranked, n, window_s, &top->summary);
	top->summary.cpus = cpus_online();
	top->summary.uptime_s = now_ns / NS_PER_S;
	if (localtime_r(&now, &local))
		strftime(top->summary.clock, sizeof(top->summary.clock), "%H:%M:%S", &local);
}

/* Room for every row of the live table; a pause only ever shows a table that was the live one. */
static int make_room(struct top *top, size_t n)
{
	if (n < top->frozen.n)
		n = top->frozen.n;
	return array_reserve(&top->rows, &top->rows_room, n + 1, sizeof(*top->rows));
}

/* The ranking and the idle ones behind it, to the live table. */
static int take_ranking(struct top *top, const struct ranked *ranked, size_t n, double window_s)
{
	struct ranked *all = calloc(n + top->options->n_pids + 1, sizeof(*all));
	size_t n_all = n;
	int err = all ? 0 : -ENOMEM;

	if (err)
		return err;
	if (n)
		memcpy(all, ranked, n * sizeof(*all));
	for (size_t i = 0; i < top->options->n_pids; i++)
		n_all += facts_idle_row(&top->facts, top->options->pids[i], all, n_all, &all[n_all]);
	err = make_room(top, n_all);
	if (!err)
		err = table_update(&top->live, all, n_all, window_s);
	free(all);
	return err;
}

static int close_window(struct top *top)
{
	const struct ranked *ranked;
	const struct usage *usage;
	struct hotness_span span;
	double window_s;
	size_t n;
	int err = hotness_window(top->hotness, &usage, &n, &span);

	if (err)
		return err;
	window_s = ns_to_s(span.ended_ns - span.began_ns);
	err = ranking_update(top->ranking, usage, n, span.ended_ns - span.began_ns, cpus_online(), &ranked,
			     &n);
	if (!err)
		err = take_ranking(top, ranked, n, window_s);
	if (err)
		return err;
	top->began_ns = span.ended_ns;
	if (!top->ui.paused)
		top->shown_ns = span.ended_ns;
	sum_up(top, ranked, n, window_s, span.ended_ns);
	top->any = true;
	return 0;
}

static int end(struct top *top, int err)
{
	top->err = err;
	return sd_event_exit(top->event, err ? EXIT_FAILED : EXIT_DONE);
}

/* The next window ends a delay after the last one did, or after now if we come late. */
static int arm(struct top *top, uint64_t last_us)
{
	uint64_t delay_us = (uint64_t)llround(top->ui.delay_s * 1e6), now_us = clock_boot_ns() / NS_PER_US;
	int err = sd_event_source_set_time(top->timer, last_us + delay_us > now_us ? last_us + delay_us
										   : now_us + delay_us);

	return err < 0 ? err : sd_event_source_set_enabled(top->timer, SD_EVENT_ONESHOT);
}

/* What failed in this window may not fail in the next. */
static void tell_failure(struct top *top)
{
	if (top->screen)
		show_screen(top);
	else
		fprintf(stderr, "hotdamon top: a window failed: %s\n", strerror(-top->window_err));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct top *top = data;

	(void)source;
	top->window_err = close_window(top);
	if (!top->window_err)
		top->window_err = show(top);
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

/* A pause shows a copy; the windows go on being measured, or a map of the kernel's would fill up. */
static void pause_or_go_on(struct top *top)
{
	if (!top->ui.paused) {
		table_clear(&top->frozen);
		top->shown_ns = top->began_ns;
		return;
	}
	if (table_copy(&top->live, &top->frozen))
		top->ui.paused = false;
	top->frozen_summary = top->summary;
	top->frozen_any = top->any;
}

static int take_key(struct top *top, int key)
{
	struct view view = current_view(top);
	size_t n = table_view(shown_table(top), &view, top->rows);
	bool paused = top->ui.paused;
	enum top_effect effect = top_key(&top->ui, key, n, screen_page());

	if (paused != top->ui.paused)
		pause_or_go_on(top);
	if (effect == EFFECT_REDRAW)
		screen_redraw();
	return effect == EFFECT_DELAY ? arm(top, top->began_ns / NS_PER_US) : 0;
}

static int on_key(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct top *top = data;
	int key, err = 0;

	(void)source;
	(void)fd;
	if (events & (EPOLLHUP | EPOLLERR)) /* the terminal went away: it reads as empty at once, for ever */
		return end(top, 0);
	while (err >= 0 && !top->ui.quit && (key = screen_key()) >= 0)
		err = take_key(top, key);
	if (err < 0 || top->ui.quit)
		return end(top, err);
	show(top);
	return 0;
}

static int on_resize(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	(void)source;
	(void)info;
	screen_resize();
	show(data);
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
	double first_s = top->screen && top->ui.delay_s > FIRST_S ? FIRST_S : top->ui.delay_s;
	uint64_t first_us = top->began_ns / NS_PER_US + (uint64_t)llround(first_s * 1e6);
	int err = sd_event_add_time(top->event, &top->timer, CLOCK_BOOTTIME, first_us, 1000, on_timer, top);

	if (err >= 0 && top->screen)
		err = sd_event_add_signal(top->event, NULL, SIGWINCH, on_resize, top);
	if (err >= 0 && top->screen)
		err = sd_event_add_io(top->event, NULL, STDIN_FILENO, EPOLLIN, on_key, top);
	return err;
}

static void take_terminal(struct top *top)
{
	const char *term = getenv("TERM");

	if (top->options->json || top->options->batch || top->options->count || !isatty(STDOUT_FILENO) ||
	    !isatty(STDIN_FILENO))
		return;
	top->screen = !screen_open();
	if (!top->screen)
		fprintf(stderr, "hotdamon top: no table on a terminal of type '%s': plain lines\n",
			term ? term : "");
}

static int run_loop(struct top *top)
{
	int err = add_signals(top); /* before the terminal is ours: from here on each of them gives it back */

	top->began_ns = clock_boot_ns();
	if (err >= 0)
		take_terminal(top);
	if (err >= 0)
		err = add_sources(top);
	if (err >= 0 && top->screen)
		show(top);
	if (err >= 0)
		err = sd_event_loop(top->event);
	screen_close();
	return err < 0 ? err : top->err;
}

static void release(struct top *top)
{
	hotness_close(top->hotness);
	ranking_free(top->ranking);
	services_free(top->facts.services);
	table_clear(&top->live);
	table_clear(&top->frozen);
	sd_event_unref(top->event);
	free(top->rows);
}

static int load_and_run(struct top *top)
{
	int err = sd_event_new(&top->event);

	if (err >= 0) {
		top->began_ns = clock_boot_ns();
		err = hotness_open(top->began_ns, top->options->max_processes, &top->hotness);
	}
	if (err < 0) {
		fprintf(stderr, "hotdamon top: load hotness.bpf.o%s: %s\n",
			host_status_of_load(err) == EXIT_HOST
				? " (HOTDAMON_DEBUG=1 shows the verifier's words)"
				: "",
			strerror(-err));
		return host_status_of_load(err);
	}
	err = make_room(top, 0);
	if (!err)
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
	struct top top = {
		.options = options,
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.ui = {.delay_s = options->delay_s,
		       .sort = options->rank_by == RANK_BY_USER ? COLUMN_USER_PCT : COLUMN_CPU},
		.facts = {.proc_root = PROC_ROOT,
			  .services = services_new(PROC_ROOT, NULL),
			  .cgroup = options->cgroup},
		.ranking = ranking_new(options->rank_by, 0.001, /* of this window, not of those before */
				       REMEMBER_NS),
	};
	int status = EXIT_FAILED;

	if (top.ranking && top.facts.services)
		status = load_and_run(&top);
	else
		fprintf(stderr, "hotdamon top: %s\n", strerror(ENOMEM));
	release(&top);
	return status;
}
