// SPDX-License-Identifier: GPL-2.0
/* The JSON of the status read back: a table for people. */
#include "report/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "decide/late.h"
#include "report/text.h"

#define TEXT_MAX 512 /* reasons are the longest, REASON_LEN */

/* A path of keys in an object; what is missing is NULL, and prints as 0 or "-". */
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

/* A number as it stands; of what has parts, texts too, nothing is shown. */
static const char *get_text(struct json_object *json, const char *key)
{
	struct json_object *value = get(json, key);

	if (json_object_is_type(value, json_type_object) || json_object_is_type(value, json_type_array))
		return "?";
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

/* The service by the name that tells most of it; "-" where none is known. */
static const char *service_of(struct json_object *json)
{
	static const char *const keys[] = {"container", "unit", "user"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (get(json, keys[i]))
			return get_text(json, keys[i]);
	return "-";
}

/* "of: tomcat.service, user tomcat, command: /usr/bin/java -Xmx4g" */
static void print_whose(struct json_object *target, FILE *file)
{
	if (!get(target, "user"))
		return;
	fprintf(file, "      of: %s", service_of(target));
	fprintf(file, ", user %s", get_text(target, "user"));
	if (get(target, "pod"))
		fprintf(file, ", pod %s", get_text(target, "pod"));
	if (get(target, "command"))
		fprintf(file, ", command: %s", get_text(target, "command"));
	fputc('\n', file);
}

/* Of several processes. */
static void print_service(struct json_object *service, FILE *file)
{
	if (get_u64(service, "processes") < 2)
		return;
	fprintf(file,
		"      service: %" PRIu64 " processes use %.1f %% of a CPU; %" PRIu64
		" were watched before, within the hour\n",
		get_u64(service, "processes"), get_double(service, "cpu_pct"),
		get_u64(service, "watched_before"));
}

static bool heat_is_old(struct json_object *collapse)
{
	struct json_object *current = get(collapse, "hot_is_current");

	return current && !json_object_get_boolean(current);
}

void status_print_way(struct json_object *target, FILE *file)
{
	struct json_object *descent = get(target, "descent"), *collapse = get(target, "collapse");

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
	print_whose(target, file);
	print_service(get_typed(target, "service", json_type_object), file);
	fprintf(file, "      watched: %s\n", get_text(target, "reason"));
	status_print_way(target, file);
}
static void explain_old_heat(struct json_object *targets, size_t n, FILE *file)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= heat_is_old(get(json_object_array_get_idx(targets, i), "collapse"));
	if (any)
		fprintf(file, "* as it was when it was parked: heat is no measure after that\n");
}

/* A row is a service's: by all of its processes. */
static void print_skip(struct json_object *skip, FILE *file)
{
	struct json_object *service = get_typed(skip, "service", json_type_object);
	uint64_t processes = get_u64(service, "processes");
	char comm[4 * COMM_LEN];

	fit_comm(skip, comm);
	fprintf(file, "     %8" PRIu64 " %s %6.1f  of %s", get_u64(skip, "pid"), comm,
		get_double(service ? service : skip, "cpu_pct"), service_of(skip));
	if (processes > 1)
		fprintf(file, ", and %" PRIu64 " more", processes - 1);
	fprintf(file, ": %s", get_text(skip, "reason"));
	if (get(skip, "barred_s"))
		fprintf(file, "; first seen %" PRIu64 " s ago", get_u64(skip, "barred_s"));
	fputc('\n', file);
}

static void print_skipped(struct json_object *skipped, FILE *file)
{
	size_t n = skipped ? json_object_array_length(skipped) : 0;

	if (n)
		fprintf(file, "\nHot, but not watched:\n");
	for (size_t i = 0; i < n; i++)
		print_skip(json_object_array_get_idx(skipped, i), file);
}

static void print_stuck(struct json_object *stuck, FILE *file)
{
	size_t n = stuck ? json_object_array_length(stuck) : 0;

	if (n)
		fprintf(file, "\nStuck, and left alone until they answer:\n");
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(stuck, i);
		char comm[4 * COMM_LEN];

		fit_comm(one, comm);
		fprintf(file, "     %8" PRIu64 " %s for %.0f s", get_u64(one, "pid"), comm,
			get_double(one, "for_s"));
		if (get(one, "seat"))
			fprintf(file, "; the kdamond of seat %" PRIu64 " cannot be stopped",
				get_u64(one, "seat"));
		fputc('\n', file);
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

static struct status_age age_of(struct json_object *json, uint64_t awake_ns)
{
	uint64_t ticked_ns = get_u64(json, "ticked_ns");
	struct status_age age = {.known = get(json, "ticked_ns") && ticked_ns <= awake_ns};

	if (!age.known)
		return age;
	age.s = ns_to_s(awake_ns - ticked_ns);
	age.late = late_is(awake_ns - ticked_ns, get_double(json, "interval_s"));
	return age;
}

struct status_age status_age(const char *json_text, uint64_t awake_ns)
{
	struct json_object *json;
	struct status_age age;

	json_parse(json_text, &json);
	age = age_of(json, awake_ns);
	json_object_put(json);
	return age;
}

char *status_add_age(const char *json_text, const struct status_age *age)
{
	struct json json;

	if (json_go_on(&json, json_text))
		return NULL;
	if (age->known)
		json_add_decimal(&json, "age_s", age->s, 1);
	else
		json_add_null(&json, "age_s");
	return json_finish(&json, JSON_PRETTY);
}

int status_print(const char *json_text, const struct status_age *age, FILE *file)
{
	struct json_object *json, *targets;
	int err = json_parse(json_text, &json);
	char ago[32] = "";
	size_t n;

	targets = get_typed(json, "targets", json_type_array);
	if (!targets) {
		json_object_put(json);
		return err ? err : -EINVAL;
	}
	n = json_object_array_length(targets);
	if (age->known)
		snprintf(ago, sizeof(ago), ", %.1f s ago", age->s);
	fprintf(file,
		"hotdamon %s, pid %" PRIu64 ", executor %s, tick %" PRIu64 " of %g s%s: %" PRIu64
		" processes seen, %zu of %" PRIu64 " seats in use, %" PRIu64 " collapses so far\n",
		get_text(json, "version"), get_u64(json, "pid"), get_text(json, "executor"),
		get_u64(json, "tick"), get_double(json, "interval_s"), ago, get_u64(json, "processes"), n,
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
	print_stuck(get_typed(json, "stuck", json_type_array), file);
	json_object_put(json);
	return 0;
}
