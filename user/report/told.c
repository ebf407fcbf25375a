// SPDX-License-Identifier: GPL-2.0
#include "report/told.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "decide/user_share.h"

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

/* A whole number is no double to json-c. */
static double get_number(struct json_object *json, const char *key)
{
	struct json_object *value = get(json, key, json_type_double);

	return json_object_get_double(value ? value : get(json, key, json_type_int));
}

static const char *get_text(struct json_object *json, const char *key)
{
	struct json_object *value = get(json, key, json_type_string);
	const char *text = value ? json_object_get_string(value) : NULL;

	return text ? text : "";
}

static bool is_of(struct json_object *process, struct process_id id, uint64_t unit_ns)
{
	return get_u64(process, "pid") == id.tgid &&
	       get_u64(process, "start_time_ns") / unit_ns == id.start_time_ns / unit_ns;
}

static struct json_object *find(struct json_object *list, struct process_id id, uint64_t unit_ns)
{
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (is_of(json_object_array_get_idx(list, i), id, unit_ns))
			return json_object_array_get_idx(list, i);
	return NULL;
}

static void take_process(struct told *told, struct process_id id, uint64_t unit_ns)
{
	struct json_object *service;

	told->process = find(get(told->json, "targets", json_type_array), id, unit_ns);
	told->place = TOLD_WATCHED;
	if (!told->process) {
		told->process = find(get(told->json, "skipped", json_type_array), id, unit_ns);
		told->place = told->process ? TOLD_SKIPPED : TOLD_NOTHING;
	}
	told->cpu_pct = get_number(told->process, "cpu_pct");
	service = get(told->process, "service", json_type_object);
	told->of_service = service;
	told->service_pct = get_number(service, "cpu_pct");
	told->reason = get_text(told->process, "reason");
}

/* False: it does not tell, and *@value is as before. */
static bool take_u64(struct json_object *json, const char *key, uint64_t *value)
{
	if (!get(json, key, json_type_int))
		return false;
	*value = get_u64(json, key);
	return true;
}

static bool take_uint(struct json_object *json, const char *key, unsigned int *value)
{
	uint64_t found;

	if (!take_u64(json, key, &found))
		return false;
	*value = (unsigned int)found;
	return true;
}

static void take_rule_limits(struct json_object *rule, struct rule_limits *limits)
{
	limits->has_huge = take_u64(rule, "max_target_huge_bytes", &limits->max_huge_bytes);
	limits->has_growth_pct = take_uint(rule, "max_growth_pct", &limits->max_growth_pct);
	limits->has_growth = take_u64(rule, "max_growth_bytes", &limits->max_growth_bytes);
}

/* One that cannot be read is left out: the daemon itself could. */
static void take_rule(struct json_object *rule, struct rules *rules)
{
	struct rule *taken = &rules->rules[rules->n];
	enum rule_effect effect = RULE_IS_ONLY;

	while (effect < RULE_LIMITS && !get(rule, rule_effect_name(effect), json_type_string))
		effect++;
	if (rules->n == RULES_MAX || rule_parse(get_text(rule, rule_effect_name(effect)), effect, taken))
		return;
	if (get(rule, "rule", json_type_string))
		taken->name = get_text(rule, "rule");
	take_rule_limits(rule, &taken->limits);
	rules->n++;
}

static void take_settings(struct told *told)
{
	struct json_object *settings = get(told->json, "settings", json_type_object),
			   *rules = get(settings, "rules", json_type_array);

	told->settings_known = settings;
	told->top = (unsigned int)get_u64(settings, "top");
	told->by_service = !strcmp(get_text(settings, "by"), "service");
	told->members = (unsigned int)get_u64(settings, "members");
	told->max_seats = (unsigned int)get_u64(settings, "max_seats");
	/* Of an older one that does not tell; and null is the default of the last one. */
	told->user_share_pct = USER_SHARE_DEFAULT_PCT;
	told->room = (struct room_config){ROOM_MAX_GROWTH_PCT, ROOM_UNLIMITED};
	take_uint(settings, "user_share_pct", &told->user_share_pct);
	take_uint(settings, "max_growth_pct", &told->room.max_growth_pct);
	take_u64(settings, "max_growth_bytes", &told->room.max_growth_bytes);
	told->rank_by = strcmp(get_text(settings, "rank"), "cpu") ? RANK_BY_USER : RANK_BY_CPU;
	told->min_cpu_pct = get_number(settings, "min_cpu_pct");
	told->min_mem_bytes = get_u64(settings, "min_mem_bytes");
	for (size_t i = 0; rules && i < json_object_array_length(rules); i++)
		take_rule(json_object_array_get_idx(rules, i), &told->rules);
}

int told_of(const char *json_text, struct process_id id, uint64_t unit_ns, struct told *told)
{
	int err;

	*told = (struct told){0};
	err = json_parse(json_text, &told->json);
	if (!err && !get(told->json, "targets", json_type_array))
		err = -EINVAL;
	if (err) {
		told_free(told);
		return err;
	}
	told->daemon = (pid_t)get_u64(told->json, "pid");
	told->executor = get_text(told->json, "executor");
	told->tick = get_u64(told->json, "tick");
	told->interval_s = get_number(told->json, "interval_s");
	told->window_s = get_number(told->json, "window_s");
	take_process(told, id, unit_ns);
	take_settings(told);
	return 0;
}

void told_free(struct told *told)
{
	json_object_put(told->json);
	*told = (struct told){0};
}
