// SPDX-License-Identifier: GPL-2.0
#include "report/whose.h"

static void add(struct json *json, const char *key, const char *text)
{
	json_add_text(json, key, *text ? text : NULL);
}

void whose_to_json(struct json *json, const struct whose *whose)
{
	add(json, "user", whose->user);
	add(json, "unit", service_unit(&whose->service));
	add(json, "container", service_container(&whose->service));
	add(json, "pod", whose->service.pod);
	add(json, "command", whose->command);
}
