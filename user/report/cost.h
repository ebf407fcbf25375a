/* SPDX-License-Identifier: GPL-2.0 */
/* What a TLB miss and a collapse cost here, for scripts: in the status, and of check. */
#ifndef HOTDAMON_REPORT_COST_H
#define HOTDAMON_REPORT_COST_H

#include "base/json.h"
#include "decide/cost.h"

/* An object with the key "cost". */
void cost_to_json(struct json *json, const struct host_cost *cost);

#endif
