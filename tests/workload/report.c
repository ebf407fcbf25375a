// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include "clock.h"
#include "heap.h"
#include "options.h"
#include "touch.h"
#include "truth.h"
#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What was counted when a stretch of time began. */
struct window {
	double start;
	struct touched before;
};

static const struct layout *layout;
static uint64_t heap;
static double start_time;
static struct window last, window; /* since the last line, and since it was begun */

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A name comes from the command line: keep the line valid JSON. */
static void print_name(FILE *out)
{
	char name[17] = "";

	prctl(PR_GET_NAME, name);
	for (char *c = name; *c; c++)
		if (*c == '"' || *c == '\\' || *c < ' ')
			*c = '_';
	fprintf(out, "\"name\":\"%s\",", name);
}

static void print_hot(FILE *out, uint64_t moves)
{
	fputs("\"hot\":[", out);
	for (size_t i = 0; i < layout->nr_hots; i++) {
		struct range hot = layout_hot(layout, i, moves);

		fprintf(out, "%s[\"0x%" PRIx64 "\",\"0x%" PRIx64 "\"]", i ? "," : "", heap + hot.start,
			heap + hot.end);
	}
	fprintf(out, "],\"hot_bytes\":%" PRIu64 ",\"hot_fit_bytes\":%" PRIu64 ",", layout_hot_bytes(layout),
		layout_fit_bytes(layout, heap, moves));
}

struct huge_sums {
	uint64_t moves;
	uint64_t all;
	uint64_t hot;
	uint64_t never_hot;
	uint64_t warm;
};

/* A huge page that is hot in part counts by its bytes. */
static void add_huge(struct range found, void *arg)
{
	struct huge_sums *sums = arg;
	struct range range = {found.start - heap, found.end - heap};

	sums->all += range.end - range.start;
	sums->hot += layout_hot_part(layout, range, sums->moves);
	sums->never_hot += layout_never_hot_part(layout, range, sums->moves);
	sums->warm += warm_part(range);
}

static void print_huge(FILE *out, uint64_t moves)
{
	struct huge_sums sums = {.moves = moves};

	if (truth_huge_ranges(heap, heap + layout->mem, add_huge, &sums) < 0)
		fputs("\"hot_huge_bytes\":null,\"cold_huge_bytes\":null,\"never_hot_huge_bytes\":null,", out);
	else
		fprintf(out,
			"\"hot_huge_bytes\":%" PRIu64 ",\"cold_huge_bytes\":%" PRIu64
			",\"never_hot_huge_bytes\":%" PRIu64 ",",
			sums.hot, sums.all - sums.hot - sums.warm, sums.never_hot);
	if (opt.warm)
		fprintf(out, "\"warm_bytes\":%" PRIu64 ",\"warm_huge_bytes\":%" PRIu64 ",", opt.warm,
			sums.warm);
}

static void add_length(struct range found, void *arg)
{
	*(uint64_t *)arg += found.end - found.start;
}

/* Of each --range, in their order: which became huge first is seen here only. */
static void print_huge_each(FILE *out, uint64_t moves)
{
	if (!opt.layout.nr_ranges)
		return;
	fputs("\"hot_huge_each_bytes\":[", out);
	for (size_t i = 0; i < layout->nr_hots; i++) {
		struct range hot = layout_hot(layout, i, moves);
		uint64_t huge = 0;

		fputs(i ? "," : "", out);
		if (truth_huge_ranges(heap + hot.start, heap + hot.end, add_length, &huge) < 0)
			fputs("null", out);
		else
			fprintf(out, "%" PRIu64, huge);
	}
	fputs("],", out);
}

static void print_memory(FILE *out)
{
	struct smaps smaps = {0};

	truth_smaps((struct range){heap, heap + layout->mem}, &smaps);
	fprintf(out, "\"rss_bytes\":%" PRIu64 ",\"anon_huge_bytes\":%" PRIu64 ",", smaps.rss,
		smaps.anon_huge);
	fprintf(out, "\"filled_bytes\":%" PRIu64 ",\"heap_rss_bytes\":%" PRIu64 ",",
		heap_filled_bytes(layout), smaps.heap_rss);
}

/* Throughput, and the times of batches of accesses, since a window began. */
static void print_pace(FILE *out, const char *prefix, const struct window *since,
		       const struct touched *touched)
{
	struct stalls stalls = touched->stalls;

	stalls_subtract(&stalls, &since->before.stalls);
	fprintf(out, "\"%ss\":%.3f,\"%saccesses\":%" PRIu64 ",", prefix, now() - since->start, prefix,
		touched->accesses - since->before.accesses);
	fprintf(out, "\"%sp50_us\":%" PRIu64 ",\"%sp999_us\":%" PRIu64 ",\"%smax_us\":%" PRIu64 ",", prefix,
		stalls_us(&stalls, 500), prefix, stalls_us(&stalls, 999), prefix, stalls_us(&stalls, 1000));
}

static void print_counts(FILE *out)
{
	double snapshot_s;
	uint64_t snapshots = children_snapshots(&snapshot_s);
	struct touched touched;

	touch_read(&touched);
	print_pace(out, "since_", &last, &touched);
	print_pace(out, "window_", &window, &touched);
	if (opt.snapshot_s > 0)
		fprintf(out, "\"snapshots\":%" PRIu64 ",\"snapshot_s\":%.3f,", snapshots, snapshot_s);
	fprintf(out, "\"moves\":%" PRIu64 ",\"accesses\":%" PRIu64 ",\"cpu_s\":%.3f}\n", touch_moves(),
		touched.accesses, cpu_seconds());
	last = (struct window){now(), touched};
}

/* One write() a line, so that several loads can share a file. */
static void put(const char *line, size_t size)
{
	int fd = STDOUT_FILENO;

	if (opt.report_file)
		fd = open(opt.report_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, line, size) != (ssize_t)size)
		die(1, "cannot write the report: %s", strerror(errno));
	if (opt.report_file)
		close(fd);
}

void report(void)
{
	uint64_t moves = touch_moves();
	char *line = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		die(1, "no memory for a report");
	fprintf(out, "{\"t_s\":%.3f,\"pid\":%d,", now() - start_time, (int)getpid());
	print_name(out);
	fprintf(out, "\"phase\":\"%s\",\"heap_start\":\"0x%" PRIx64 "\",",
		touch_is_burning() ? "hot" : "idle", heap);
	print_hot(out, moves);
	print_huge(out, moves);
	print_huge_each(out, moves);
	print_memory(out);
	print_counts(out);
	fclose(out);
	put(line, size);
	free(line);
}

void report_new_window(void)
{
	window.start = now();
	touch_read(&window.before);
}

void report_start(const struct layout *given, uint64_t heap_start, double start)
{
	layout = given;
	heap = heap_start;
	start_time = start;
	last.start = start;
	window.start = start;
}
