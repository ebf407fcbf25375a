/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a process is, in JSON: the same keys wherever a process stands. */
#ifndef HOTDAMON_REPORT_WHOSE_H
#define HOTDAMON_REPORT_WHOSE_H

#include "base/json.h"
#include "decide/service.h"

/* To the object that is open: user, unit, container, pod, command; null is what is not known, or not there. */
void whose_to_json(struct json *json, const struct whose *whose);

/* The unit, container and pod of these. */
void whose_service_to_json(struct json *json, const struct service *service);

#endif
