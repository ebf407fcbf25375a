// SPDX-License-Identifier: GPL-2.0
#include "report/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

#define PREFIX	  "hotdamon_"
#define LABEL_LEN (2 * WHOSE_NAME_LEN) /* each character may need an escape */

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				      : "text/plain; version=0.0.4; charset=utf-8";
}

void metrics_count_result(struct metrics_totals *totals, const char *name, uint64_t count)
{
	for (size_t i = 0; i < totals->n_results; i++) {
		if (!strcmp(totals->results[i].name, name)) {
			totals->results[i].count += count;
			return;
		}
	}
	if (totals->n_results < METRICS_RESULTS)
		totals->results[totals->n_results++] = (struct metrics_result){name, count};
}

/* ---- the format ---- */

struct out {
	FILE *file;
	enum metrics_format format;
};

enum family_type { GAUGE, COUNTER, INFO };

/* All metrics of one name. */
struct family {
	const char *name; /* as OpenMetrics has it: what its samples are called besides is no part of it */
	enum family_type type;
	const char *unit; /* which the name ends with; "": none */
	const char *help;
};

static const char *suffix_of(enum family_type type)
{
	return type == COUNTER ? "_total" : type == INFO ? "_info" : "";
}

/* The older format knows no suffixes, infos and units: there the name is that of the samples. */
static void begin_family(const struct out *out, const struct family *family)
{
	static const char *const types[] = {"gauge", "counter", "info"};
	bool open = out->format == METRICS_OPEN;
	const char *suffix = open ? "" : suffix_of(family->type);
	enum family_type type = open || family->type != INFO ? family->type : GAUGE;

	fprintf(out->file, "# HELP " PREFIX "%s%s %s\n", family->name, suffix, family->help);
	fprintf(out->file, "# TYPE " PREFIX "%s%s %s\n", family->name, suffix, types[type]);
	if (open && *family->unit)
		fprintf(out->file, "# UNIT " PREFIX "%s %s\n", family->name, family->unit);
}

/* @labels: as they stand between the braces; "": none. */
static void begin_sample(const struct out *out, const struct family *family, const char *labels)
{
	bool any = *labels != '\0';

	fprintf(out->file, PREFIX "%s%s%s%s%s ", family->name, suffix_of(family->type), any ? "{" : "",
		labels, any ? "}" : "");
}

static void add_sample(const struct out *out, const struct family *family, const char *labels, double value)
{
	begin_sample(out, family, labels);
	fprintf(out->file, "%.12g\n", value);
}

static void add_count(const struct out *out, const struct family *family, const char *labels, uint64_t count)
{
	begin_sample(out, family, labels);
	fprintf(out->file, "%" PRIu64 "\n", count);
}

static void add_gauge(const struct out *out, const char *name, const char *unit, const char *help,
		      double value)
{
	struct family family = {name, GAUGE, unit, help};

	begin_family(out, &family);
	add_sample(out, &family, "", value);
}

static void add_counter(const struct out *out, const char *name, const char *help, uint64_t count)
{
	struct family family = {name, COUNTER, "", help};

	begin_family(out, &family);
	add_count(out, &family, "", count);
}

static void add_seconds_counter(const struct out *out, const char *name, const char *help, double value_s)
{
	struct family family = {name, COUNTER, "seconds", help};

	begin_family(out, &family);
	add_sample(out, &family, "", value_s);
}

/* KEY="TEXT", with what others chose made fit to be shown, and escaped. Cut to whole characters where it is too long. */
static void make_label(const char *key, const char *text, char out[LABEL_LEN])
{
	char shown[LABEL_LEN / 2];
	size_t used;

	printable_text(text, shown, sizeof(shown) - 16);
	used = (size_t)snprintf(out, LABEL_LEN, "%s=\"", key);
	for (const char *c = shown; *c; c++) {
		if (*c == '"' || *c == '\\')
			out[used++] = '\\';
		out[used++] = *c;
	}
	out[used++] = '"';
	out[used] = '\0';
}

/* ---- by service ---- */

enum value {
	CPU,
	PROCESSES,
	TARGETS,
	KDAMOND_CPU,
	ANON,
	HUGE,
	HOT,
	HOT_HUGE,
	IN_USE,
	PAYING,
	PAYING_HUGE,
	SAVED,
	GROWN_MISSING,
	GROWN_SHARED,
	GAINS,
	NONE,
	UNKNOWN,
	VALUES,
};

/* Where the name is NULL it is another one of the family before. */
static const struct {
	struct family family;
	const char *label;
} families[VALUES] = {
	[CPU] = {{"service_cpu_ratio", GAUGE, "ratio",
		  "CPUs that all processes of a watched service use, by the time that ranks; 1 is one CPU "
		  "all the time."},
		 ""},
	[PROCESSES] = {{"service_processes", GAUGE, "",
			"Processes of a watched service, those that ended in the last window too."},
		       ""},
	[TARGETS] = {{"service_targets", GAUGE, "", "Processes of a service that are watched."}, ""},
	[KDAMOND_CPU] =
		{{"service_kdamond_cpu_ratio", GAUGE, "ratio",
		  "CPUs that the kdamonds of a service used in the last tick, collapses by damos included."},
		 ""},
	[ANON] = {{"service_anonymous_bytes", GAUGE, "bytes",
		   "Resident anonymous memory of what is watched."},
		  ""},
	[HUGE] = {{"service_huge_bytes", GAUGE, "bytes", "What of it is huge, whoever made it so."}, ""},
	[HOT] = {{"service_hot_bytes", GAUGE, "bytes",
		  "Memory at or above the threshold; with the executors damos and none."},
		 ""},
	[HOT_HUGE] = {{"service_hot_huge_bytes", GAUGE, "bytes", "What of the hot memory is huge."}, ""},
	[IN_USE] = {{"service_in_use_bytes", GAUGE, "bytes",
		     "Memory that is surely accessed; with the executor madvise, as are the next three."},
		    ""},
	[PAYING] = {{"service_paying_bytes", GAUGE, "bytes",
		     "Memory that saves its collapse within --payback, and is not left alone."},
		    ""},
	[PAYING_HUGE] = {{"service_paying_huge_bytes", GAUGE, "bytes",
			  "What of the memory that pays is huge."},
			 ""},
	[SAVED] = {{"service_saved_cpu_ratio", GAUGE, "ratio", "CPUs that huge pages save, about."}, ""},
	[GROWN_MISSING] = {{"service_grown_bytes", GAUGE, "bytes", "Memory that collapses added, by why."},
			   "reason=\"missing\""},
	[GROWN_SHARED] = {{0}, "reason=\"shared\""},
	[GAINS] = {{"service_benefit_targets", GAUGE, "",
		    "Processes of a service that are watched, by verdict."},
		   "verdict=\"gains\""},
	[NONE] = {{0}, "verdict=\"none\""},
	[UNKNOWN] = {{0}, "verdict=\"unknown\""},
};

/* The sums over all targets of one name: two cgroups may be called alike. */
struct sums {
	char label[LABEL_LEN];
	double values[VALUES];
	bool known[VALUES];
	struct room_left left;
	bool room_known;
};

static void add(struct sums *sums, enum value value, double more)
{
	sums->values[value] += more;
	sums->known[value] = true;
}

static void label_of(const struct status_target *target, char label[LABEL_LEN])
{
	char name[WHOSE_NAME_LEN];

	whose_service(target->comm, target->whose, name);
	make_label("service", name, label);
}

static void add_heat(struct sums *sums, const struct status_target *target)
{
	if (target->worth_known) {
		add(sums, IN_USE, (double)target->in_use_bytes);
		add(sums, PAYING, (double)target->hot_bytes);
		add(sums, PAYING_HUGE, (double)target->hot_huge_bytes);
		add(sums, SAVED, target->saved_pct / 100);
		return;
	}
	if (!target->heat_known)
		return;
	add(sums, HOT, (double)target->hot_bytes);
	if (target->hot_huge_known)
		add(sums, HOT_HUGE, (double)target->hot_huge_bytes);
}

static void add_room(struct sums *sums, const struct status_room *room)
{
	if (!room->known)
		return;
	add(sums, GROWN_MISSING, (double)room->grown.missing_bytes);
	add(sums, GROWN_SHARED, (double)room->grown.shared_bytes);
	sums->room_known = true;
	for (unsigned int i = 0; i < ROOM_VERDICTS; i++)
		sums->left.bytes[i] += room->left.bytes[i];
}

static void add_target(struct sums *sums, const struct status_target *target)
{
	enum benefit_verdict verdict = target->benefit->verdict;

	add(sums, TARGETS, 1);
	if (target->monitor_cpu_known)
		add(sums, KDAMOND_CPU, target->monitor_cpu_pct / 100);
	add(sums, ANON, (double)target->anon_bytes);
	add(sums, HUGE, (double)target->huge_bytes);
	add_heat(sums, target);
	add_room(sums, &target->room);
	add(sums, GAINS, verdict == BENEFIT_GAINS);
	add(sums, NONE, verdict == BENEFIT_NONE);
	add(sums, UNKNOWN, verdict == BENEFIT_UNKNOWN);
}

/* A service is told once, whatever of it is watched: each target knows the sum of all its processes. */
static void add_service(struct sums *sums, const struct status *status, size_t t)
{
	const struct governor_seat *watched = status->targets[t].watched;

	for (size_t i = 0; i < t && watched->member.processes; i++)
		if (status->targets[i].watched->member.key == watched->member.key)
			return;
	add(sums, CPU, watched->cpu_pct / 100);
	add(sums, PROCESSES, watched->member.processes ? watched->member.processes : 1);
}

/* malloced, in the order of seats; NULL when out of memory. */
static struct sums *sum_up(const struct status *status, size_t *n_sums)
{
	struct sums *all = calloc(status->n_targets + 1, sizeof(*all));
	size_t n = 0;

	for (size_t t = 0; all && t < status->n_targets; t++) {
		size_t i = 0;

		label_of(&status->targets[t], all[n].label);
		while (strcmp(all[i].label, all[n].label))
			i++;
		n += i == n;
		add_service(&all[i], status, t);
		add_target(&all[i], &status->targets[t]);
	}
	*n_sums = n;
	return all;
}

static void add_labelled(const struct out *out, const struct family *family, const struct sums *sums,
			 const char *more, double value)
{
	char labels[LABEL_LEN + 64];

	snprintf(labels, sizeof(labels), "%s%s%s", sums->label, *more ? "," : "", more);
	add_sample(out, family, labels, value);
}

static void add_left(const struct out *out, const struct sums *sums, size_t n)
{
	static const struct family family = {
		"service_left_alone_bytes", GAUGE, "bytes",
		"What collapses would have added of memory that pays and is left alone, by why."};
	bool begun = false;
	char more[48];

	for (size_t i = 0; i < n; i++) {
		for (unsigned int why = ROOM_FITS + 1; sums[i].room_known && why < ROOM_VERDICTS; why++) {
			if (!begun)
				begin_family(out, &family);
			begun = true;
			snprintf(more, sizeof(more), "reason=\"%s\"",
				 room_verdict_name((enum room_verdict)why));
			add_labelled(out, &family, &sums[i], more, (double)sums[i].left.bytes[why]);
		}
	}
}

static void add_services(const struct out *out, const struct sums *sums, size_t n)
{
	const struct family *family = NULL;
	bool begun = false;

	for (unsigned int value = 0; value < VALUES; value++) {
		if (families[value].family.name) {
			family = &families[value].family;
			begun = false;
		}
		for (size_t i = 0; i < n; i++) {
			if (!sums[i].known[value])
				continue;
			if (!begun)
				begin_family(out, family);
			begun = true;
			add_labelled(out, family, &sums[i], families[value].label, sums[i].values[value]);
		}
	}
	add_left(out, sums, n);
}

/* ---- of hotdamon ---- */

static void add_build(const struct out *out, const struct status *status)
{
	static const struct family family = {"build", INFO, "", "Which hotdamon this is, and where."};
	char version[LABEL_LEN], kernel[LABEL_LEN], executor[LABEL_LEN], labels[3 * LABEL_LEN + 2];

	make_label("version", HOTDAMON_VERSION, version);
	make_label("kernel", status->kernel, kernel);
	make_label("executor", status->executor, executor);
	snprintf(labels, sizeof(labels), "%s,%s,%s", version, kernel, executor);
	begin_family(out, &family);
	add_count(out, &family, labels, 1);
}

static void add_states(const struct out *out, const struct status *status)
{
	static const struct family family = {"targets", GAUGE, "",
					     "Processes that are watched, by their state."};

	begin_family(out, &family);
	for (unsigned int state = 0; state <= DESCENT_FLOOR; state++) {
		const char *name = descent_state_name((enum descent_state)state);
		char label[LABEL_LEN];
		uint64_t n = 0;

		for (size_t i = 0; i < status->n_targets; i++)
			n += status->targets[i].descent->state == state;
		make_label("state", name, label);
		add_count(out, &family, label, n);
	}
}

static void add_results(const struct out *out, const struct metrics_totals *totals)
{
	static const struct family family = {
		"collapses", COUNTER, "",
		"Attempts to make 2 MiB huge that BPF saw, by what became of them."};

	begin_family(out, &family);
	for (size_t i = 0; i < totals->n_results; i++) {
		char label[LABEL_LEN];

		make_label("result", totals->results[i].name, label);
		add_count(out, &family, label, totals->results[i].count);
	}
}

static uint64_t count_kdamonds(const struct status *status)
{
	uint64_t n = 0;

	for (size_t i = 0; i < status->n_targets; i++)
		n += status->targets[i].kdamond_pid > 0;
	return n;
}

static double cpus_of(const struct sums *sums, size_t n)
{
	double cpus = 0;

	for (size_t i = 0; i < n; i++)
		cpus += sums[i].values[CPU];
	return cpus;
}

static void add_who(const struct out *out, const struct status *status, double unwatched_cpus,
		    const struct metrics_totals *totals)
{
	add_gauge(out, "unwatched_cpu_ratio", "ratio",
		  "CPUs that the processes of all other services use, by the time that ranks.",
		  unwatched_cpus > 0 ? unwatched_cpus : 0); /* sums of fractions */
	add_gauge(out, "processes", "", "Processes that ran lately.", (double)status->processes);
	add_gauge(out, "skipped_services", "",
		  "Hot services of which a process is skipped, each for a reason.",
		  (double)status->n_skipped);
	add_gauge(out, "seats", "", "Processes that may be watched at a time.", status->seats);
	add_states(out, status);
	add_gauge(out, "kdamonds", "", "Kernel threads of DAMON that are ours.",
		  (double)count_kdamonds(status));
	add_counter(out, "entries", "Times that a process came in.", totals->came_in);
}

static void add_costs(const struct out *out, const struct status *status, const struct metrics_totals *totals)
{
	add_results(out, totals);
	add_seconds_counter(out, "collapse_cpu_seconds", "CPU time that collapses by madvise took.",
			    (double)totals->collapse_us / (double)US_PER_S);
	if (status->cost) {
		add_gauge(out, "miss_cost_seconds", "seconds", "What a TLB miss is reckoned to cost.",
			  status->cost->miss_ns / (double)NS_PER_S);
		add_gauge(out, "collapse_cost_seconds", "seconds", "What a collapse is reckoned to cost.",
			  status->cost->collapse_ns / (double)NS_PER_S);
	}
	add_seconds_counter(out, "daemon_cpu_seconds", "CPU time of hotdamon itself, without its kdamonds.",
			    totals->daemon_cpu_s);
}

/* By its time one sees a daemon that hangs, or a file of one that was killed. */
static void add_health(const struct out *out, const struct status *status,
		       const struct metrics_totals *totals)
{
	add_counter(out, "ticks", "Windows that were closed and ranked.", status->tick);
	add_gauge(out, "tick_interval_seconds", "seconds", "How often that is, as asked for.",
		  status->interval_s);
	add_gauge(out, "last_tick_timestamp_seconds", "seconds", "When these values were taken.",
		  totals->now_s);
	add_gauge(out, "stuck_processes", "",
		  "Processes that hold the lock of their memory, and DAMON itself, that do not answer.",
		  (double)status->n_stuck);
	add_counter(out, "failed_acts", "Acts on DAMON that failed.", totals->failed_acts);
	add_counter(out, "lost_aggregations",
		    "Aggregations of DAMON that came in part, as the ring was full, and were thrown away.",
		    totals->lost_aggregations);
	add_counter(out, "lost_threads",
		    "Threads that ended while the map of processes was full: their time is lost.",
		    status->missed_threads);
	add_counter(out, "dropped_log_lines", "Lines of the log that nobody took.", totals->dropped_lines);
}

char *metrics_to_text(const struct status *status, const struct metrics_totals *totals,
		      enum metrics_format format)
{
	char *text = NULL;
	size_t size = 0, n;
	struct sums *sums = sum_up(status, &n);
	struct out out = {.file = sums ? open_memstream(&text, &size) : NULL, .format = format};
	bool failed = !out.file;

	if (out.file) {
		add_build(&out, status);
		add_who(&out, status, totals->all_pct / 100 - cpus_of(sums, n), totals);
		add_services(&out, sums, n);
		add_costs(&out, status, totals);
		add_health(&out, status, totals);
		if (format == METRICS_OPEN)
			fputs("# EOF\n", out.file);
		failed = ferror(out.file);
		failed |= fclose(out.file) != 0;
	}
	free(sums);
	if (!failed)
		return text;
	free(text);
	return NULL;
}
