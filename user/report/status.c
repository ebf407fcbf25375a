// SPDX-License-Identifier: GPL-2.0
#include "report/status.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "report/cost.h"
#include "report/text.h"

#define TEXT_MAX 512 /* reasons are the longest, REASON_LEN */

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

static void add_descent(struct json *json, const struct descent *descent, const struct descent_config *config)
{
	json_open_object(json, "descent");
	json_add_text(json, "state", descent_state_name(descent->state));
	json_add_bool(json, "acting", descent_acts(descent));
	json_add_u64(json, "min_access_pct", descent_min_access_pct(descent, config));
	json_add_u64(json, "min_accesses", descent_min_accesses(descent, config));
	json_add_u64(json, "max_accesses", config->levels.max_accesses);
	json_add_text(json, "reason", descent->reason);
	json_close(json);
}

static void add_ranges(struct json *json, const struct status_target *target)
{
	if (!target->n_ranges)
		return;
	json_open_object(json, "ranges");
	json_add_u64(json, "count", target->n_ranges);
	json_add_u64(json, "bytes", target->ranges_bytes);
	json_add_u64(json, "read_us", target->ranges_read_us);
	json_add_u64(json, "write_us", target->ranges_write_us);
	json_close(json);
}

static void add_collapse(struct json *json, const struct status_target *target)
{
	json_open_object(json, "collapse");
	json_add_u64(json, "succeeded", target->succeeded);
	json_open_object(json, "failed");
	for (size_t i = 0; i < target->n_failed; i++)
		json_add_u64(json, target->failed[i].reason, target->failed[i].count);
	json_close(json);
	json_add_u64(json, "already_huge", target->already_huge);
	json_add_u64(json, "huge_bytes", target->huge_bytes);
	json_add_u64(json, "anon_bytes", target->anon_bytes);
	if (target->heat_known)
		json_add_u64(json, "hot_bytes", target->hot_bytes);
	if (target->heat_known)
		json_add_bool(json, "hot_is_current", target->hot_is_current);
	if (target->heat_known && target->hot_huge_known)
		json_add_u64(json, "hot_huge_bytes", target->hot_huge_bytes);
	if (target->worth_known) {
		json_add_u64(json, "in_use_bytes", target->in_use_bytes);
		json_add_u64(json, "sparse_bytes", target->sparse_bytes);
		json_add_u64(json, "shared_bytes", target->shared_bytes);
		json_add_decimal(json, "saved_cpu_pct", target->saved_pct, 3);
		if (target->paid_back_s >= 0)
			json_add_decimal(json, "paid_back_s", target->paid_back_s, 0);
	}
	json_close(json);
}

static void add_pace(struct json *json, const struct status_pace *pace)
{
	json_open_object(json, "pace");
	json_add_u64(json, "stall_budget_us", pace->stall_budget_us);
	json_add_u64(json, "share_pct", pace->share_pct);
	json_add_text(json, "reason", pace->reason);
	json_add_bool(json, "capped", pace->capped);
	json_add_u64(json, "calls", pace->calls);
	json_add_u64(json, "stall_us", pace->stall_us);
	json_add_u64(json, "chosen_slots", pace->chosen_slots);
	json_add_u64(json, "sparse_slots", pace->sparse_slots);
	json_add_u64(json, "shared_slots", pace->shared_slots);
	json_add_u64(json, "waiting_slots", pace->waiting_slots);
	json_close(json);
}

static void add_left(struct json *json, const struct room_left *left)
{
	json_open_object(json, "left_alone");
	for (unsigned int i = ROOM_FITS + 1; i < ROOM_VERDICTS; i++) {
		if (!left->slots[i])
			continue;
		json_open_object(json, room_verdict_name((enum room_verdict)i));
		json_add_u64(json, "slots", left->slots[i]);
		json_add_u64(json, "bytes", left->bytes[i]);
		json_close(json);
	}
	json_close(json);
}

static void add_room(struct json *json, const struct status_room *room)
{
	json_open_object(json, "growth");
	json_add_u64(json, "missing_bytes", room->grown.missing_bytes);
	json_add_u64(json, "shared_bytes", room->grown.shared_bytes);
	json_add_u64(json, "max_bytes", room->most_bytes);
	if (room->limit.free_bytes == ROOM_UNLIMITED)
		json_add_null(json, "cgroup_free_bytes");
	else
		json_add_u64(json, "cgroup_free_bytes", room->limit.free_bytes);
	json_add_text(json, "cgroup_limit", text_or_null(room->limit.reason));
	add_left(json, &room->left);
	json_add_text(json, "held_up", room->held ? room_verdict_name(room->held) : NULL);
	json_close(json);
}

static void add_known(struct json *json, const char *key, bool known, double value, int digits)
{
	if (known)
		json_add_decimal(json, key, value, digits);
	else
		json_add_null(json, key);
}

static void add_benefit(struct json *json, const struct benefit *benefit)
{
	json_open_object(json, "benefit");
	json_add_text(json, "source", benefit->by_worth ? "savings" : "huge_share");
	json_add_text(json, "verdict", benefit_verdict_name(benefit->verdict));
	add_known(json, "hot_huge_pct_before", benefit->before_pct_known, benefit->before_pct, 0);
	add_known(json, "hot_huge_pct_now", benefit->pct_seen, benefit->pct, 0);
	json_add_decimal(json, "trial_s", (double)(benefit->given_up_ns / NS_PER_S), 0);
	json_add_text(json, "reason", text_or_null(benefit->reason));
	json_close(json);
}

/* Why they are not as asked for; null: they are. */
static void add_intervals(struct json *json, const struct intervals *intervals,
			  const struct intervals_config *asked)
{
	json_add_u64(json, "sample_us", intervals->sample_us);
	json_add_u64(json, "aggr_us", intervals->aggr_us);
	json_add_text(json, "intervals_reason",
		      intervals_differ(intervals, asked) ? text_or_null(intervals->reason) : NULL);
}

static void add_target(struct json *json, const struct status *status, const struct status_target *target)
{
	const struct governor_seat *watched = target->watched;

	json_open_object(json, NULL);
	json_add_u64(json, "pid", watched->id.tgid);
	json_add_u64(json, "start_time_ns", watched->id.start_time_ns);
	json_add_text(json, "comm", target->comm);
	json_add_decimal(json, "cpu_pct", watched->cpu_pct, 1);
	json_add_u64(json, "rank", watched->rank);
	json_add_u64(json, "seat", target->seat);
	if (target->kdamond_pid > 0)
		json_add_i64(json, "kdamond_pid", target->kdamond_pid);
	else
		json_add_null(json, "kdamond_pid");
	add_known(json, "monitor_cpu_pct", target->monitor_cpu_known, target->monitor_cpu_pct, 2);
	add_intervals(json, target->intervals, status->intervals);
	add_ranges(json, target);
	add_descent(json, target->descent, status->descent);
	add_collapse(json, target);
	if (target->held_up_pct)
		json_add_u64(json, "held_up_shared_pct", (uint64_t)target->held_up_pct);
	if (target->pace.known)
		add_pace(json, &target->pace);
	if (target->room.known)
		add_room(json, &target->room);
	if (target->benefit->began)
		add_benefit(json, target->benefit);
	json_add_text(json, "reason", watched->reason);
	json_close(json);
}

static void add_skip(struct json *json, const struct governor_skip *skip)
{
	json_open_object(json, NULL);
	json_add_u64(json, "pid", skip->id.tgid);
	json_add_u64(json, "start_time_ns", skip->id.start_time_ns);
	json_add_text(json, "comm", skip->comm);
	json_add_decimal(json, "cpu_pct", skip->cpu_pct, 1);
	json_add_text(json, "reason", skip->reason);
	add_known(json, "barred_s", skip->barred, skip->barred_s, 0);
	json_close(json);
}

static void add_head(struct json *json, const struct status *status)
{
	json_add_text(json, "version", HOTDAMON_VERSION);
	json_add_text(json, "kernel", status->kernel);
	json_add_text(json, "executor", status->executor);
	json_add_u64(json, "pid", (uint64_t)status->pid);
	json_add_u64(json, "started_ns", status->started_ns);
	json_add_u64(json, "tick", status->tick);
	json_add_decimal(json, "window_s", status->window_s, 3);
	json_add_decimal(json, "interval_s", status->interval_s, 3);
	json_add_u64(json, "processes", status->processes);
	json_add_u64(json, "seats", status->seats);
	json_add_u64(json, "collapses", status->collapses);
	json_add_u64(json, "missed_threads", status->missed_threads);
	if (status->cost)
		cost_to_json(json, status->cost);
}

char *status_to_json(const struct status *status)
{
	struct json json;

	json_start(&json);
	add_head(&json, status);
	json_open_array(&json, "targets");
	for (size_t i = 0; i < status->n_targets; i++)
		add_target(&json, status, &status->targets[i]);
	json_close(&json);
	json_open_array(&json, "skipped");
	for (size_t i = 0; i < status->n_skipped; i++)
		add_skip(&json, &status->skipped[i]);
	json_close(&json);
	return json_finish(&json, JSON_PRETTY);
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
		" us; slots left %" PRIu64 ", too sparse %" PRIu64 ", shared %" PRIu64 ", waiting %" PRIu64
		"\n",
		get_u64(pace, "share_pct"), get_u64(pace, "stall_budget_us"), *reason ? ": " : "", reason,
		json_object_get_boolean(get(pace, "capped")) ? "; the cap is reached" : "",
		get_u64(pace, "calls"), get_u64(pace, "stall_us"), get_u64(pace, "chosen_slots"),
		get_u64(pace, "sparse_slots"), get_u64(pace, "shared_slots"), get_u64(pace, "waiting_slots"));
}

static void print_left(struct json_object *left, FILE *file)
{
	const char *sep = "; left alone: ";
	char clean[TEXT_MAX];

	if (!left)
		return;
	json_object_object_foreach (left, reason, what) {
		text_clean(reason, clean, sizeof(clean));
		fprintf(file, "%s%s %" PRIu64 " slots (%.1f MiB)", sep, clean, get_u64(what, "slots"),
			get_double(what, "bytes") / MIB_BYTES);
		sep = ", ";
	}
}

/* What is left alone is told by what it would add. */
static void print_growth(struct json_object *growth, FILE *file)
{
	double missing = get_double(growth, "missing_bytes"), shared = get_double(growth, "shared_bytes");

	if (!growth)
		return;
	fprintf(file, "      growth: %.1f MiB by collapses (%.1f missing, %.1f shared) of at most %.1f",
		(missing + shared) / MIB_BYTES, missing / MIB_BYTES, shared / MIB_BYTES,
		get_double(growth, "max_bytes") / MIB_BYTES);
	print_left(get_typed(growth, "left_alone", json_type_object), file);
	if (get(growth, "held_up"))
		fprintf(file, "; held up: %s", get_text(growth, "held_up"));
	if (get(growth, "cgroup_limit"))
		fprintf(file, "; %s", get_text(growth, "cgroup_limit"));
	fputc('\n', file);
}

static void print_gain(struct json_object *benefit, FILE *file)
{
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
	if (!get(benefit, "reason") ||
	    (strcmp(verdict, "none") && strcmp(get_text(benefit, "source"), "savings")))
		print_gain(benefit, file);
	else
		fprintf(file, ": %s\n", get_text(benefit, "reason"));
}

/* ", left alone 12 as too sparse and 4 as shared" */
static void print_left_alone(struct json_object *collapse, FILE *file)
{
	uint64_t sparse = mib(get_u64(collapse, "sparse_bytes")),
		 shared = mib(get_u64(collapse, "shared_bytes"));

	if (sparse)
		fprintf(file, ", left alone %" PRIu64 " as too sparse", sparse);
	if (shared)
		fprintf(file, "%s %" PRIu64 " as shared", sparse ? " and" : ", left alone", shared);
}

/* "in use 340 MiB, of which 330 pay, of which 328 are huge; saves about 2.1 % of a CPU, ..." */
static void print_worth(struct json_object *collapse, FILE *file)
{
	if (!get(collapse, "in_use_bytes"))
		return;
	fprintf(file, "      worth: %" PRIu64 " MiB in use", mib(get_u64(collapse, "in_use_bytes")));
	if (get(collapse, "hot_huge_bytes"))
		fprintf(file, ", %" PRIu64 " pay, %" PRIu64 " of these are huge",
			mib(get_u64(collapse, "hot_bytes")), mib(get_u64(collapse, "hot_huge_bytes")));
	print_left_alone(collapse, file);
	fprintf(file, "; saves about %.2f %% of a CPU", get_double(collapse, "saved_cpu_pct"));
	if (get(collapse, "paid_back_s"))
		fprintf(file, ", collapsing is paid back in %" PRIu64 " s", get_u64(collapse, "paid_back_s"));
	fputc('\n', file);
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

	if (get(collapse, "in_use_bytes"))
		snprintf(threshold, sizeof(threshold), "what pays");
	else
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
		get_u64(target, "seat"), get_u64(target, "pid"), comm, get_double(target, "cpu_pct"),
		get_text(target, "kdamond_pid"), cost, get_text(descent, "state"), threshold,
		get_u64(collapse, "succeeded"), mib(get_u64(collapse, "huge_bytes")), hot,
		mib(get_u64(collapse, "anon_bytes")));
	fprintf(file, "      watched: %s\n", get_text(target, "reason"));
	fprintf(file, "      descent: %s\n", get_text(descent, "reason"));
	if (get(target, "intervals_reason"))
		fprintf(file, "      intervals: %s\n", get_text(target, "intervals_reason"));
	if (get(target, "held_up_shared_pct"))
		fprintf(file, "      held up: %" PRIu64 " %% of its memory is shared with other processes\n",
			get_u64(target, "held_up_shared_pct"));
	print_worth(collapse, file);
	print_benefit(get_typed(target, "benefit", json_type_object), file);
	print_pace(get_typed(target, "pace", json_type_object), file);
	print_growth(get_typed(target, "growth", json_type_object), file);
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
		char comm[4 * COMM_LEN], seen[48] = "";

		fit_comm(skip, comm);
		if (get(skip, "barred_s"))
			snprintf(seen, sizeof(seen), "; first seen %" PRIu64 " s ago",
				 get_u64(skip, "barred_s"));
		fprintf(file, "     %8" PRIu64 " %s %6.1f  %s%s\n", get_u64(skip, "pid"), comm,
			get_double(skip, "cpu_pct"), get_text(skip, "reason"), seen);
	}
}

static bool is_of(struct json_object *skip, struct process_id id, uint64_t unit_ns)
{
	return get_u64(skip, "pid") == id.tgid &&
	       get_u64(skip, "start_time_ns") / unit_ns == id.start_time_ns / unit_ns;
}

double status_barred_s(const char *json_text, struct process_id id, uint64_t unit_ns)
{
	struct json_object *json, *skipped;
	double barred_s = -1;

	json_parse(json_text, &json);
	skipped = get_typed(json, "skipped", json_type_array);
	for (size_t i = 0; skipped && i < json_object_array_length(skipped); i++) {
		struct json_object *skip = json_object_array_get_idx(skipped, i);

		if (is_of(skip, id, unit_ns) && get(skip, "barred_s"))
			barred_s = get_double(skip, "barred_s");
	}
	json_object_put(json);
	return barred_s;
}

int status_print(const char *json_text, FILE *file)
{
	struct json_object *json, *targets;
	int err = json_parse(json_text, &json);
	size_t n;

	targets = get_typed(json, "targets", json_type_array);
	if (!targets) {
		json_object_put(json);
		return err ? err : -EINVAL;
	}
	n = json_object_array_length(targets);
	fprintf(file,
		"hotdamon %s, pid %" PRIu64 ", executor %s, tick %" PRIu64 " of %g s: %" PRIu64
		" processes seen, %zu of %" PRIu64 " seats in use, %" PRIu64 " collapses so far\n",
		get_text(json, "version"), get_u64(json, "pid"), get_text(json, "executor"),
		get_u64(json, "tick"), get_double(json, "interval_s"), get_u64(json, "processes"), n,
		get_u64(json, "seats"), get_u64(json, "collapses"));
	if (get(get_typed(json, "cost", json_type_object), "words"))
		fprintf(file, "reckoned by: %s\n", get_text(get(json, "cost"), "words"));
	if (n)
		fprintf(file,
			"\nseat      pid comm              cpu%%  kdamond  cpu%%  state      threshold   "
			"collapsed  hugeMiB   hotMiB  anonMiB\n");
	for (size_t i = 0; i < n; i++)
		print_target(json_object_array_get_idx(targets, i), file);
	explain_old_heat(targets, n, file);
	print_skipped(get_typed(json, "skipped", json_type_array), file);
	json_object_put(json);
	return 0;
}
