// SPDX-License-Identifier: GPL-2.0
#include "report/status.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/printable.h"
#include "report/text.h"

#define TEXT_MAX 512 /* reasons are the longest, REASON_LEN */

/* A process may call itself anything. */
static void add_text(struct json_object *json, const char *key, const char *text)
{
	char clean[TEXT_MAX];

	if (text)
		printable_text(text, clean, sizeof(clean));
	json_object_object_add(json, key, text ? json_object_new_string(clean) : NULL);
}

static void add_u64(struct json_object *json, const char *key, uint64_t value)
{
	json_object_object_add(json, key, json_object_new_uint64(value));
}

static void add_bool(struct json_object *json, const char *key, bool value)
{
	json_object_object_add(json, key, json_object_new_boolean(value));
}

/* Numbers as people write them: 97.1, not 97.099999999999994. */
static void add_decimal(struct json_object *json, const char *key, double value, int digits)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*f", digits, value);
	json_object_object_add(json, key, json_object_new_double_s(value, text));
}

static bool has_text(const char *text)
{
	return text && *text;
}

static struct json_object *descent_json(const struct status_target *target)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "state", target->descent_state);
	add_bool(json, "acting", target->acting);
	add_u64(json, "min_access_pct", target->min_access_pct);
	add_u64(json, "min_accesses", target->min_accesses);
	add_u64(json, "max_accesses", target->max_accesses);
	add_text(json, "reason", target->descent_reason);
	return json;
}

static struct json_object *collapse_json(const struct status_target *target)
{
	struct json_object *json = json_object_new_object(), *failed = json_object_new_object();

	for (size_t i = 0; i < target->n_failed; i++)
		add_u64(failed, target->failed[i].reason, target->failed[i].count);
	add_u64(json, "succeeded", target->succeeded);
	json_object_object_add(json, "failed", failed);
	add_u64(json, "already_huge", target->already_huge);
	add_u64(json, "huge_bytes", target->huge_bytes);
	add_u64(json, "anon_bytes", target->anon_bytes);
	if (target->heat_known)
		add_u64(json, "hot_bytes", target->hot_bytes);
	if (target->heat_known)
		add_bool(json, "hot_is_current", target->hot_is_current);
	if (target->heat_known && target->hot_huge_known)
		add_u64(json, "hot_huge_bytes", target->hot_huge_bytes);
	return json;
}

static struct json_object *pace_json(const struct status_target *target)
{
	struct json_object *json = json_object_new_object();

	add_u64(json, "stall_budget_us", target->stall_budget_us);
	add_u64(json, "share_pct", target->pace_pct);
	add_text(json, "reason", target->pace_reason);
	add_bool(json, "capped", target->capped);
	add_u64(json, "calls", target->calls);
	add_u64(json, "stall_us", target->stall_us);
	add_u64(json, "chosen_slots", target->chosen_slots);
	add_u64(json, "sparse_slots", target->sparse_slots);
	add_u64(json, "waiting_slots", target->waiting_slots);
	return json;
}

static void add_known(struct json_object *json, const char *key, bool known, double value, int digits)
{
	if (known)
		add_decimal(json, key, value, digits);
	else
		json_object_object_add(json, key, NULL);
}

static struct json_object *benefit_json(const struct status_benefit *benefit)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "source", benefit->walks_before_known ? "dtlb_walks" : "huge_share");
	add_text(json, "verdict", benefit->verdict);
	add_known(json, "dtlb_walks_per_1000_before", benefit->walks_before_known, benefit->walks_before, 3);
	add_known(json, "dtlb_walks_per_1000_now", benefit->walks_now_known, benefit->walks_now, 3);
	add_known(json, "hot_huge_pct_before", benefit->share_before_known, benefit->share_before_pct, 0);
	add_known(json, "hot_huge_pct_now", benefit->share_now_known, benefit->share_now_pct, 0);
	add_decimal(json, "trial_s", benefit->trial_s, 0);
	add_text(json, "reason", has_text(benefit->reason) ? benefit->reason : NULL);
	return json;
}

static struct json_object *target_json(const struct status_target *target)
{
	struct json_object *json = json_object_new_object();

	add_u64(json, "pid", target->id.tgid);
	add_u64(json, "start_time_ns", target->id.start_time_ns);
	add_text(json, "comm", target->comm);
	add_decimal(json, "cpu_pct", target->cpu_pct, 1);
	add_u64(json, "rank", target->rank);
	add_u64(json, "slot", target->slot);
	if (target->kdamond_pid > 0)
		add_u64(json, "kdamond_pid", (uint64_t)target->kdamond_pid);
	else
		json_object_object_add(json, "kdamond_pid", NULL);
	if (target->monitor_cpu_known)
		add_decimal(json, "monitor_cpu_pct", target->monitor_cpu_pct, 2);
	else
		json_object_object_add(json, "monitor_cpu_pct", NULL);
	add_u64(json, "sample_us", target->sample_us);
	add_u64(json, "aggr_us", target->aggr_us);
	add_text(json, "intervals_reason",
		 has_text(target->intervals_reason) ? target->intervals_reason : NULL);
	json_object_object_add(json, "descent", descent_json(target));
	json_object_object_add(json, "collapse", collapse_json(target));
	if (target->paced)
		json_object_object_add(json, "pace", pace_json(target));
	if (target->benefit.verdict)
		json_object_object_add(json, "benefit", benefit_json(&target->benefit));
	add_text(json, "reason", target->reason);
	return json;
}

static struct json_object *skip_json(const struct status_skip *skip)
{
	struct json_object *json = json_object_new_object();

	add_u64(json, "pid", skip->id.tgid);
	add_u64(json, "start_time_ns", skip->id.start_time_ns);
	add_text(json, "comm", skip->comm);
	add_decimal(json, "cpu_pct", skip->cpu_pct, 1);
	add_text(json, "reason", skip->reason);
	return json;
}

/* What reading cost is told where something was read; BPF costs next to nothing. */
static void add_regions(struct json_object *json, const struct status *status)
{
	add_text(json, "regions_source", status->regions_source);
	if (!status->readings)
		return;
	add_u64(json, "regions_readings", status->readings);
	add_decimal(json, "regions_reading_ms", status->reading_ms, 1);
	add_decimal(json, "regions_reading_pct", status->reading_pct, 1);
}

static struct json_object *status_json(const struct status *status)
{
	struct json_object *json = json_object_new_object();
	struct json_object *targets = json_object_new_array(), *skipped = json_object_new_array();

	add_text(json, "version", HOTDAMON_VERSION);
	add_text(json, "kernel", status->kernel);
	add_text(json, "executor", status->executor);
	add_u64(json, "pid", (uint64_t)status->pid);
	add_u64(json, "started_ns", status->started_ns);
	add_u64(json, "tick", status->tick);
	add_decimal(json, "window_s", status->window_s, 3);
	add_decimal(json, "interval_s", status->interval_s, 3);
	add_u64(json, "processes", status->processes);
	add_u64(json, "slots", status->slots);
	add_u64(json, "collapses", status->collapses);
	add_u64(json, "missed_threads", status->missed_threads);
	add_regions(json, status);
	for (size_t i = 0; i < status->n_targets; i++)
		json_object_array_add(targets, target_json(&status->targets[i]));
	for (size_t i = 0; i < status->n_skipped; i++)
		json_object_array_add(skipped, skip_json(&status->skipped[i]));
	json_object_object_add(json, "targets", targets);
	json_object_object_add(json, "skipped", skipped);
	return json;
}

char *status_to_json(const struct status *status)
{
	struct json_object *json = status_json(status);
	const char *text = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
	char *copy = NULL;

	if (text && asprintf(&copy, "%s\n", text) < 0)
		copy = NULL;
	json_object_put(json);
	return copy;
}

/* Reading it back: a path of keys in an object; what is missing is NULL, and prints as 0 or "-". */
static struct json_object *get(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (json)
		json_object_object_get_ex(json, key, &value);
	return value;
}

/* The same if it is of @type, else NULL: json-c ends the program over an array that is none. */
static struct json_object *get_typed(struct json_object *json, const char *key, enum json_type type)
{
	struct json_object *value = get(json, key);

	return json_object_is_type(value, type) ? value : NULL;
}

/* In the terminal's own encoding, which may have fewer characters than JSON. */
static void make_printable(struct json_object *value)
{
	const char *text = json_object_get_string(value); /* NULL: no memory */
	char clean[4 * TEXT_MAX];

	text_clean(text ? text : "?", clean, sizeof(clean));
	json_object_set_string(value, clean);
}

static const char *get_text(struct json_object *json, const char *key)
{
	struct json_object *value = get(json, key);

	if (json_object_is_type(value, json_type_string))
		make_printable(value);
	return value ? json_object_get_string(value) : "-";
}

/* The name of a process, in its column. */
#define COMM_COLUMNS (COMM_LEN - 1)
static void fit_comm(struct json_object *json, char out[4 * COMM_LEN])
{
	struct json_object *value = get(json, "comm");
	const char *comm = value ? json_object_get_string(value) : NULL;

	text_fit(comm ? comm : "-", COMM_COLUMNS, TEXT_LEFT, out, 4 * COMM_LEN);
}

static uint64_t get_u64(struct json_object *json, const char *key)
{
	return json_object_get_uint64(get(json, key));
}

static double get_double(struct json_object *json, const char *key)
{
	return json_object_get_double(get(json, key));
}

static uint64_t mib(uint64_t bytes)
{
	return (bytes + MIB_BYTES / 2) / MIB_BYTES;
}

static void print_failures(struct json_object *failed, FILE *file)
{
	const char *sep = "      failed: ";
	char clean[TEXT_MAX];

	if (!failed || !json_object_object_length(failed))
		return;
	json_object_object_foreach (failed, reason, count) {
		text_clean(reason, clean, sizeof(clean));
		fprintf(file, "%s%s %" PRIu64, sep, clean, json_object_get_uint64(count));
		sep = ", ";
	}
	fputc('\n', file);
}

static void print_pace(struct json_object *pace, FILE *file)
{
	const char *reason;

	if (!pace)
		return;
	reason = get_text(pace, "reason");
	fprintf(file,
		"      pace: %" PRIu64 " %% of %" PRIu64 " us a second%s%s%s; %" PRIu64 " calls took %" PRIu64
		" us; slots left %" PRIu64 ", too sparse %" PRIu64 ", waiting %" PRIu64 "\n",
		get_u64(pace, "share_pct"), get_u64(pace, "stall_budget_us"), *reason ? ": " : "", reason,
		json_object_get_boolean(get(pace, "capped")) ? "; the cap is reached" : "",
		get_u64(pace, "calls"), get_u64(pace, "stall_us"), get_u64(pace, "chosen_slots"),
		get_u64(pace, "sparse_slots"), get_u64(pace, "waiting_slots"));
}

static void print_gain(struct json_object *benefit, FILE *file)
{
	if (get(benefit, "dtlb_walks_per_1000_before"))
		fprintf(file, "; %.2f dTLB walks per 1000 instructions before",
			get_double(benefit, "dtlb_walks_per_1000_before"));
	if (get(benefit, "dtlb_walks_per_1000_now"))
		fprintf(file, ", %.2f now", get_double(benefit, "dtlb_walks_per_1000_now"));
	if (get(benefit, "hot_huge_pct_now"))
		fprintf(file, "; %" PRIu64 " %% of the hot memory is huge",
			get_u64(benefit, "hot_huge_pct_now"));
	if (get(benefit, "hot_huge_pct_before"))
		fprintf(file, ", %" PRIu64 " %% was before", get_u64(benefit, "hot_huge_pct_before"));
	fputc('\n', file);
}

static void print_benefit(struct json_object *benefit, FILE *file)
{
	const char *verdict;

	if (!benefit)
		return;
	verdict = get_text(benefit, "verdict");
	fprintf(file, "      benefit: %s", verdict);
	if (strcmp(verdict, "none"))
		print_gain(benefit, file);
	else
		fprintf(file, ": %s\n", get_text(benefit, "reason"));
}

static bool heat_is_old(struct json_object *collapse)
{
	struct json_object *current = get(collapse, "hot_is_current");

	return current && !json_object_get_boolean(current);
}

static void print_target(struct json_object *target, FILE *file)
{
	struct json_object *descent = get(target, "descent"), *collapse = get(target, "collapse");
	char threshold[24], hot[24] = "-", cost[24] = "-", comm[4 * COMM_LEN];

	snprintf(threshold, sizeof(threshold), "%" PRIu64 "%% %" PRIu64 "/%" PRIu64,
		 get_u64(descent, "min_access_pct"), get_u64(descent, "min_accesses"),
		 get_u64(descent, "max_accesses"));
	if (get(collapse, "hot_bytes"))
		snprintf(hot, sizeof(hot), "%" PRIu64 "%s", mib(get_u64(collapse, "hot_bytes")),
			 heat_is_old(collapse) ? "*" : "");
	if (get(target, "monitor_cpu_pct"))
		snprintf(cost, sizeof(cost), "%.2f", get_double(target, "monitor_cpu_pct"));
	fit_comm(target, comm);
	fprintf(file,
		"%4" PRIu64 " %8" PRIu64 " %s %6.1f %8s %5s  %-10s %-11s %9" PRIu64 " %8" PRIu64
		" %8s %8" PRIu64 "\n",
		get_u64(target, "slot"), get_u64(target, "pid"), comm, get_double(target, "cpu_pct"),
		get_text(target, "kdamond_pid"), cost, get_text(descent, "state"), threshold,
		get_u64(collapse, "succeeded"), mib(get_u64(collapse, "huge_bytes")), hot,
		mib(get_u64(collapse, "anon_bytes")));
	fprintf(file, "      watched: %s\n", get_text(target, "reason"));
	fprintf(file, "      descent: %s\n", get_text(descent, "reason"));
	if (get(target, "intervals_reason"))
		fprintf(file, "      intervals: %s\n", get_text(target, "intervals_reason"));
	print_benefit(get_typed(target, "benefit", json_type_object), file);
	print_pace(get_typed(target, "pace", json_type_object), file);
	print_failures(get_typed(collapse, "failed", json_type_object), file);
}

static void explain_old_heat(struct json_object *targets, size_t n, FILE *file)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= heat_is_old(get(json_object_array_get_idx(targets, i), "collapse"));
	if (any)
		fprintf(file, "* as it was when it was parked: heat is no measure after that\n");
}

static void print_skipped(struct json_object *skipped, FILE *file)
{
	size_t n = skipped ? json_object_array_length(skipped) : 0;

	if (n)
		fprintf(file, "\nHot, but not watched:\n");
	for (size_t i = 0; i < n; i++) {
		struct json_object *skip = json_object_array_get_idx(skipped, i);
		char comm[4 * COMM_LEN];

		fit_comm(skip, comm);
		fprintf(file, "     %8" PRIu64 " %s %6.1f  %s\n", get_u64(skip, "pid"), comm,
			get_double(skip, "cpu_pct"), get_text(skip, "reason"));
	}
}

int status_print(const char *json_text, FILE *file)
{
	struct json_object *json = json_tokener_parse(json_text);
	struct json_object *targets = get_typed(json, "targets", json_type_array);
	size_t n = targets ? json_object_array_length(targets) : 0;

	if (!targets) {
		json_object_put(json);
		return -EINVAL;
	}
	fprintf(file,
		"hotdamon %s, pid %" PRIu64 ", executor %s, tick %" PRIu64 " of %g s: %" PRIu64
		" processes seen, %zu of %" PRIu64 " slots in use, %" PRIu64 " collapses so far\n",
		get_text(json, "version"), get_u64(json, "pid"), get_text(json, "executor"),
		get_u64(json, "tick"), get_double(json, "interval_s"), get_u64(json, "processes"), n,
		get_u64(json, "slots"), get_u64(json, "collapses"));
	if (n)
		fprintf(file,
			"\nslot      pid comm              cpu%%  kdamond  cpu%%  state      threshold   "
			"collapsed  hugeMiB   hotMiB  anonMiB\n");
	for (size_t i = 0; i < n; i++)
		print_target(json_object_array_get_idx(targets, i), file);
	explain_old_heat(targets, n, file);
	print_skipped(get_typed(json, "skipped", json_type_array), file);
	json_object_put(json);
	return 0;
}
