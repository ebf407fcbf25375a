// SPDX-License-Identifier: GPL-2.0
#include "report/whose.h"

static void add(struct json *json, const char *key, const char *text)
{
	json_add_text(json, key, *text ? text : NULL);
}

void whose_service_to_json(struct json *json, const struct service *service)
{
	add(json, "unit", service_unit(service));
	add(json, "container", service_container(service));
	add(json, "pod", service->pod);
}

void whose_to_json(struct json *json, const struct whose *whose)
{
	add(json, "user", whose->user);
	whose_service_to_json(json, &whose->service);
	add(json, "command", whose->command);
}
