// SPDX-License-Identifier: GPL-2.0
#include "report/map_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/array.h"
#include "base/json.h"

#define VERSION	 1
#define STEPS	 36   /* of rates, a character each */
#define PER_TEN	 4    /* of them make ten times as much */
#define NOTHING	 '.'  /* of both texts */
#define RUN_MOST 4096 /* slots: so long are the texts at most */

static const char marks[] = ".h>x-sg"; /* by enum map_mark */

char map_mark_char(enum map_mark mark)
{
	return marks[mark];
}

enum map_mark map_mark_of(const struct work_judged *judged)
{
	switch (judged->fate) {
	case WORK_HUGE:
		return MAP_HUGE;
	case WORK_NEXT:
		return MAP_NEXT;
	case WORK_WAITS:
		return MAP_WAITS;
	case WORK_LEFT:
		if (judged->left == ROOM_MISSING)
			return MAP_SPARSE;
		return judged->left == ROOM_SHARED ? MAP_SHARED : MAP_NO_ROOM;
	default:
		return MAP_PLAIN;
	}
}

/* ---- writing ---- */

static char char_of_rate(double rate_per_s)
{
	static const char steps[STEPS + 1] = "0123456789abcdefghijklmnopqrstuvwxyz";
	double step = rate_per_s > 1 ? PER_TEN * log10(rate_per_s) : 0;

	if (!(rate_per_s > 0))
		return NOTHING;
	return steps[step < STEPS - 1 ? (size_t)step : STEPS - 1];
}

/* How many slots from the first on are neighbours. */
static size_t run_of(const struct map_file_slot *slots, size_t n)
{
	size_t run = 1;

	while (run < n && run < RUN_MOST && slots[run].start == slots[0].start + run * PMD_SIZE_BYTES)
		run++;
	return run;
}

static void add_run(struct json *json, const struct map_file_slot *slots, size_t n)
{
	char rates[RUN_MOST + 1], kinds[RUN_MOST + 1];

	for (size_t i = 0; i < n; i++) {
		rates[i] = char_of_rate((double)slots[i].rate_per_s);
		kinds[i] = map_mark_char(slots[i].mark);
	}
	rates[n] = kinds[n] = '\0';
	json_open_object(json, NULL);
	json_add_u64(json, "start", slots[0].start);
	json_add_text(json, "rate", rates);
	json_add_text(json, "mark", kinds);
	json_close(json);
}

static void add_target(struct json *json, const struct map_file_target *target)
{
	json_open_object(json, NULL);
	json_add_u64(json, "pid", target->id.tgid);
	json_add_u64(json, "start_time_ns", target->id.start_time_ns);
	json_add_decimal(json, "least_per_s", target->least_per_s, 1);
	json_add_u64(json, "left_out_slots", target->left_out);
	json_open_array(json, "runs");
	for (size_t i = 0, run; i < target->n; i += run) {
		run = run_of(target->slots + i, target->n - i);
		add_run(json, target->slots + i, run);
	}
	json_close(json);
	json_close(json);
}

char *map_file_write(pid_t daemon, uint64_t at_ns, const struct map_file_target *targets, size_t n)
{
	struct json json;

	json_start(&json);
	json_add_u64(&json, "version", VERSION);
	json_add_i64(&json, "pid", daemon);
	json_add_u64(&json, "at_ns", at_ns);
	json_open_array(&json, "targets");
	for (size_t i = 0; i < n; i++)
		add_target(&json, &targets[i]);
	json_close(&json);
	return json_finish(&json, JSON_LINE);
}

/* ---- reading ---- */

static struct json_object *get(struct json_object *json, const char *key, enum json_type type)
{
	struct json_object *value = NULL;

	if (json_object_is_type(json, json_type_object))
		json_object_object_get_ex(json, key, &value);
	return json_object_is_type(value, type) ? value : NULL;
}

static uint64_t get_u64(struct json_object *json, const char *key)
{
	return json_object_get_uint64(get(json, key, json_type_int));
}

static const char *get_text(struct json_object *json, const char *key)
{
	const char *text = json_object_get_string(get(json, key, json_type_string));

	return text ? text : "";
}

/* The middle of its step. */
static float rate_of_char(char c)
{
	int step = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;

	return step < 0 ? 0 : (float)pow(10, (step + 0.5) / PER_TEN);
}

static enum map_mark mark_of_char(char c)
{
	const char *mark = c ? strchr(marks, c) : NULL;

	return mark ? (enum map_mark)(mark - marks) : MAP_PLAIN;
}

/* What is no run, or does not ascend, is left out. */
static int take_run(struct map_file_target *target, struct json_object *run)
{
	uint64_t start = get_u64(run, "start");
	const char *rates = get_text(run, "rate"), *kinds = get_text(run, "mark");
	size_t n = strnlen(rates, RUN_MOST);
	int err;

	if (!start || start % PMD_SIZE_BYTES || start > UINT64_MAX / 2 || strnlen(kinds, RUN_MOST) != n ||
	    (target->n && start <= target->slots[target->n - 1].start) || target->n + n > MAP_FILE_SLOTS)
		return 0;
	err = array_reserve(&target->slots, &target->room, target->n + n, sizeof(*target->slots));
	for (size_t i = 0; i < n && !err; i++)
		target->slots[target->n++] = (struct map_file_slot){
			start + i * PMD_SIZE_BYTES, rate_of_char(rates[i]), mark_of_char(kinds[i])};
	return err;
}

static int take_target(struct map_file_target *target, struct json_object *json)
{
	struct json_object *runs = get(json, "runs", json_type_array);
	int err = 0;

	target->least_per_s = json_object_get_double(get(json, "least_per_s", json_type_double));
	target->left_out = get_u64(json, "left_out_slots");
	for (size_t i = 0; runs && i < json_object_array_length(runs) && !err; i++)
		err = take_run(target, json_object_array_get_idx(runs, i));
	return err;
}

static struct json_object *find(struct json_object *targets, struct process_id id, uint64_t unit_ns)
{
	for (size_t i = 0; i < json_object_array_length(targets); i++) {
		struct json_object *target = json_object_array_get_idx(targets, i);

		if (get_u64(target, "pid") == id.tgid &&
		    get_u64(target, "start_time_ns") / unit_ns == id.start_time_ns / unit_ns)
			return target;
	}
	return NULL;
}

int map_file_read(const char *text, struct process_id id, uint64_t unit_ns, struct map_file_target *target,
		  uint64_t *at_ns)
{
	struct json_object *json, *targets, *found;
	int err = json_parse(text, &json);

	*target = (struct map_file_target){.id = id};
	targets = get(json, "targets", json_type_array);
	if (!err && (!targets || get_u64(json, "version") != VERSION))
		err = -EINVAL;
	found = err ? NULL : find(targets, id, unit_ns);
	if (!err)
		err = found ? take_target(target, found) : -ENOENT;
	*at_ns = get_u64(json, "at_ns");
	json_object_put(json);
	if (err)
		map_file_free(target);
	return err;
}

void map_file_free(struct map_file_target *target)
{
	free(target->slots);
	*target = (struct map_file_target){0};
}
