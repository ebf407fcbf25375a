// SPDX-License-Identifier: GPL-2.0
#include "report/top_json.h"

#include "base/json.h"
#include "base/units.h"
#include "report/whose.h"

static void add_process(struct json *json, const struct row *row)
{
	const struct ranked *ranked = &row->ranked;

	json_open_object(json, NULL);
	json_add_u64(json, "pid", ranked->id.tgid);
	json_add_u64(json, "start_time_ns", ranked->id.start_time_ns);
	json_add_text(json, "comm", ranked->comm);
	json_add_decimal(json, "cpu_pct", ranked->cpu_pct, 2);
	json_add_decimal(json, "user_s", ns_to_s(ranked->user_ns), 6);
	json_add_decimal(json, "system_s", ns_to_s(ranked->system_ns), 6);
	json_add_u64(json, "threads", ranked->threads);
	json_add_bool(json, "ended", ranked->ended);
	whose_to_json(json, &row->facts.whose);
	json_close(json);
}

/* Its processes that ran; the numbers are those of all, as the others used no time. */
static void add_pids(struct json *json, const struct top_window *window, const struct service_row *service)
{
	json_open_array(json, "pids");
	for (size_t i = 0; i < service->n; i++) {
		const struct row *row = &window->table->rows[window->services->members[service->first + i]];

		if (row_ran(row))
			json_add_u64(json, NULL, row->ranked.id.tgid);
	}
	json_close(json);
}

/* As the cgroup of the service tells it, or it is null: processes are not asked for it here. */
static void add_memory(struct json *json, const struct row_facts *facts, bool told)
{
	const struct {
		const char *key;
		uint64_t bytes;
	} values[] = {{"anon_bytes", facts->anon_bytes},
		      {"shared_bytes", facts->shared_bytes},
		      {"huge_bytes", facts->huge_bytes}};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (told)
			json_add_u64(json, values[i].key, values[i].bytes);
		else
			json_add_null(json, values[i].key);
	}
}

static void add_service(struct json *json, const struct top_window *window, const struct service_row *service)
{
	const struct ranked *sum = &service->sum.ranked;
	const struct whose *whose = &service->sum.facts.whose;
	char label[WHOSE_NAME_LEN];

	whose_service(sum->comm, whose, label);
	json_open_object(json, NULL);
	json_add_u64(json, "rank", sum->rank);
	json_add_text(json, "service", label);
	json_add_decimal(json, "cpu_pct", sum->cpu_pct, 2);
	json_add_decimal(json, "user_s", ns_to_s(sum->user_ns), 6);
	json_add_decimal(json, "system_s", ns_to_s(sum->system_ns), 6);
	json_add_u64(json, "processes", service_row_living(service));
	json_add_u64(json, "ended", service->n_ended);
	add_memory(json, &service->sum.facts, service->memory_told);
	json_add_text(json, "user", *whose->user && !service->users_differ ? whose->user : NULL);
	whose_service_to_json(json, &whose->service);
	add_pids(json, window, service);
	json_close(json);
}

static void add_services(struct json *json, const struct top_window *window)
{
	json_open_array(json, "services");
	for (size_t i = 0; i < window->n_lines; i++)
		if (window->lines[i].kind == LINE_SERVICE && row_ran(window->lines[i].row))
			add_service(json, window, window->lines[i].service);
	json_close(json);
}

char *top_json(const struct top_window *window)
{
	struct json json;

	json_start(&json);
	json_add_decimal(&json, "window_s", window->window_s, 6);
	json_add_u64(&json, "window_end_ns", window->end_ns);
	if (window->services)
		add_services(&json, window);
	json_open_array(&json, "processes");
	for (size_t i = 0; i < window->n_rows; i++)
		if (row_ran(window->rows[i]))
			add_process(&json, window->rows[i]);
	json_close(&json);
	return json_finish(&json, JSON_LINE);
}
