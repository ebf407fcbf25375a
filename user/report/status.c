// SPDX-License-Identifier: GPL-2.0
#include "report/status.h"

#include "base/json.h"
#include "report/cost.h"
#include "report/whose.h"

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

/* Of which it is one process; null: processes are chosen, each by itself. */
static void add_service(struct json *json, const char *comm, const struct whose *whose,
			const struct membership *member, double cpu_pct)
{
	char label[WHOSE_NAME_LEN];

	if (!member->processes) {
		json_add_null(json, "service");
		return;
	}
	whose_service(comm, whose, label);
	json_open_object(json, "service");
	json_add_text(json, "name", label);
	json_add_decimal(json, "cpu_pct", cpu_pct, 1);
	json_add_u64(json, "processes", member->processes);
	json_add_u64(json, "watched_before", member->had_stints);
	json_close(json);
}

static void add_target(struct json *json, const struct status *status, const struct status_target *target)
{
	const struct governor_seat *watched = target->watched;

	json_open_object(json, NULL);
	json_add_u64(json, "pid", watched->id.tgid);
	json_add_u64(json, "start_time_ns", watched->id.start_time_ns);
	json_add_text(json, "comm", target->comm);
	whose_to_json(json, target->whose);
	json_add_decimal(json, "cpu_pct", member_own_pct(&watched->member, watched->cpu_pct), 1);
	add_service(json, target->comm, target->whose, &watched->member, watched->cpu_pct);
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

static void add_skip(struct json *json, const struct governor_skip *skip, const struct whose *whose)
{
	json_open_object(json, NULL);
	json_add_u64(json, "pid", skip->id.tgid);
	json_add_u64(json, "start_time_ns", skip->id.start_time_ns);
	json_add_text(json, "comm", skip->comm);
	whose_to_json(json, whose);
	json_add_decimal(json, "cpu_pct", member_own_pct(&skip->member, skip->cpu_pct), 1);
	json_add_text(json, "reason", skip->reason);
	add_known(json, "barred_s", skip->barred, skip->barred_s, 0);
	/* Its name while nothing else barred anybody: scripts read it. */
	add_known(json, "opted_out_s", skip->barred && skip->opted_out, skip->barred_s, 0);
	add_service(json, skip->comm, whose, &skip->member, skip->cpu_pct);
	json_close(json);
}

static void add_stuck(struct json *json, const struct status_stuck *stuck)
{
	json_open_object(json, NULL);
	json_add_u64(json, "pid", stuck->pid);
	json_add_text(json, "comm", stuck->comm);
	json_add_decimal(json, "for_s", stuck->for_s, 1);
	if (stuck->seat >= 0)
		json_add_i64(json, "seat", stuck->seat);
	else
		json_add_null(json, "seat");
	json_close(json);
}

static void add_rule(struct json *json, const struct rule *rule)
{
	json_open_object(json, NULL);
	json_add_text(json, rule_effect_name(rule->effect), rule->text);
	if (rule->name)
		json_add_text(json, "rule", rule->name);
	if (rule->limits.has_huge)
		json_add_u64(json, "max_target_huge_bytes", rule->limits.max_huge_bytes);
	if (rule->limits.has_growth_pct)
		json_add_u64(json, "max_growth_pct", rule->limits.max_growth_pct);
	if (rule->limits.has_growth)
		json_add_u64(json, "max_growth_bytes", rule->limits.max_growth_bytes);
	json_close(json);
}

static void add_settings(struct json *json, const struct status_settings *settings)
{
	json_open_object(json, "settings");
	json_add_u64(json, "top", settings->top);
	json_add_text(json, "by", settings->by);
	json_add_u64(json, "members", settings->members);
	json_add_u64(json, "max_seats", settings->max_seats);
	json_add_u64(json, "user_share_pct", settings->user_share_pct);
	json_add_text(json, "rank", settings->rank);
	json_add_decimal(json, "min_cpu_pct", settings->min_cpu_pct, 3);
	json_add_u64(json, "min_mem_bytes", settings->min_mem_bytes);
	json_add_u64(json, "payback_s", settings->payback_s);
	json_add_u64(json, "max_growth_pct", settings->room.max_growth_pct);
	if (settings->room.max_growth_bytes == ROOM_UNLIMITED)
		json_add_null(json, "max_growth_bytes");
	else
		json_add_u64(json, "max_growth_bytes", settings->room.max_growth_bytes);
	json_open_array(json, "rules");
	for (unsigned int i = 0; i < settings->rules->n; i++)
		add_rule(json, &settings->rules->rules[i]);
	json_close(json);
	json_close(json);
}

static void add_head(struct json *json, const struct status *status)
{
	json_add_text(json, "version", HOTDAMON_VERSION);
	json_add_text(json, "kernel", status->kernel);
	json_add_text(json, "executor", status->executor);
	json_add_u64(json, "pid", (uint64_t)status->pid);
	json_add_u64(json, "started_ns", status->started_ns);
	json_add_u64(json, "ticked_ns", status->ticked_ns);
	json_add_u64(json, "tick", status->tick);
	json_add_decimal(json, "window_s", status->window_s, 3);
	json_add_decimal(json, "interval_s", status->interval_s, 3);
	json_add_u64(json, "processes", status->processes);
	json_add_u64(json, "seats", status->seats);
	json_add_u64(json, "collapses", status->collapses);
	json_add_u64(json, "missed_threads", status->missed_threads);
	if (status->cost)
		cost_to_json(json, status->cost);
	if (status->settings)
		add_settings(json, status->settings);
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
		add_skip(&json, &status->skipped[i], &status->skipped_whose[i]);
	json_close(&json);
	json_open_array(&json, "stuck");
	for (size_t i = 0; i < status->n_stuck; i++)
		add_stuck(&json, &status->stuck[i]);
	json_close(&json);
	return json_finish(&json, JSON_PRETTY);
}
