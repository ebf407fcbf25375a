// SPDX-License-Identifier: GPL-2.0
#include "report/cost.h"

void cost_to_json(struct json *json, const struct host_cost *cost)
{
	char words[2 * REASON_LEN];

	cost_words(cost, words);
	json_open_object(json, "cost");
	json_add_decimal(json, "miss_ns", cost->miss_ns, 1);
	json_add_text(json, "miss_source", cost_source_name(cost->miss_source));
	json_add_text(json, "miss_reason", cost->miss_reason);
	json_add_decimal(json, "collapse_ns", cost->collapse_ns, 0);
	json_add_text(json, "collapse_source", cost_source_name(cost->collapse_source));
	json_add_u64(json, "collapses", cost->collapses);
	json_add_text(json, "words", words);
	json_close(json);
}
