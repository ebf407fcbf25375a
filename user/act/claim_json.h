/* SPDX-License-Identifier: GPL-2.0 */
/* The text of a claim. For claim.c. */
#ifndef HOTDAMON_ACT_CLAIM_JSON_H
#define HOTDAMON_ACT_CLAIM_JSON_H

#include <stdbool.h>

#include <json-c/json.h>

#include "act/claim.h"

bool claim_in_range(const struct claim *claim);

/* Malloced; NULL: no memory. */
char *claim_to_json(const struct claim *claim);

/* Each key is needed, and within its range: what is missing would be taken for "nothing to undo". */
bool claim_from_json(struct json_object *json, struct claim *claim);

#endif
