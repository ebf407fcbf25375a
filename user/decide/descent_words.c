// SPDX-License-Identifier: GPL-2.0
#include "decide/descent_internal.h"

#include <inttypes.h>
#include <stdio.h>

struct heat descent_heat_now(const struct descent_evidence *evidence)
{
	return (struct heat){
		.known = evidence->heat_known,
		.huge_known = evidence->hot_huge_known,
		.hot_bytes = evidence->hot_bytes,
		.huge_bytes = evidence->hot_huge_bytes,
	};
}

struct heat descent_heat_on_average(const struct descent *descent, const struct descent_evidence *evidence)
{
	struct heat heat = {.huge_known = evidence->hot_huge_known};

	heat.known = descent_heat(descent, &heat.hot_bytes, &heat.huge_bytes);
	return heat;
}

void descent_note_heat(struct descent *descent, const struct descent_evidence *evidence)
{
	if (!evidence->heat_known)
		return;
	descent->heat_looks++;
	descent->hot_sum_bytes += evidence->hot_bytes;
	descent->hot_huge_sum_bytes += evidence->hot_huge_bytes;
}

void descent_forget_heat(struct descent *descent)
{
	descent->heat_looks = 0;
	descent->hot_sum_bytes = descent->hot_huge_sum_bytes = 0;
}

bool descent_heat(const struct descent *descent, uint64_t *hot_bytes, uint64_t *hot_huge_bytes)
{
	if (!descent->heat_looks)
		return false;
	*hot_bytes = descent->hot_sum_bytes / descent->heat_looks;
	*hot_huge_bytes = descent->hot_huge_sum_bytes / descent->heat_looks;
	return true;
}

const char *descent_state_name(enum descent_state state)
{
	switch (state) {
	case DESCENT_DESCENDING:
		return "descending";
	case DESCENT_HOLDING:
		return "holding";
	case DESCENT_SATISFIED:
		return "satisfied";
	case DESCENT_FLOOR:
		return "floor";
	}
	return "unknown";
}

const char *descent_hot_word(const struct descent_config *config)
{
	return config->by_worth ? "that pay" : "hot";
}

struct part descent_heat_part(const struct descent_config *config, struct heat heat)
{
	const char *word = descent_hot_word(config);
	struct part part = {""};
	uint64_t hot = bytes_to_mib(heat.hot_bytes), huge = bytes_to_mib(heat.huge_bytes);

	if (heat_small_known(heat))
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " of %" PRIu64 " MiB %s are huge", huge,
			 hot, word);
	else if (heat.known)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " MiB are %s", hot,
			 config->by_worth ? "paying" : "hot");
	return part;
}

struct part descent_level_part(const struct descent_config *config, unsigned int level)
{
	const struct descent_levels *levels = &config->levels;
	struct part part = {"what pays"};

	if (config->by_worth)
		return part;
	snprintf(part.text, sizeof(part.text), "%u %% (%u of %u)", levels->pct[level],
		 levels->accesses[level], levels->max_accesses);
	return part;
}

struct part descent_left_part(const struct descent_evidence *evidence)
{
	struct part part = {""};

	if (evidence->left_alone)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " MiB hot are %s",
			 bytes_to_mib(evidence->left_alone * PMD_SIZE_BYTES), evidence->left_most);
	return part;
}

struct part descent_failures_part(const struct descent_evidence *evidence)
{
	struct part part = descent_left_part(evidence);

	if (evidence->barred)
		snprintf(part.text, sizeof(part.text), "; %s", evidence->barred);
	else if (!evidence->left_alone && evidence->failed && evidence->failed_most)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " failed so far, mostly %s",
			 evidence->failed, evidence->failed_most);
	else if (!evidence->left_alone && evidence->failed)
		snprintf(part.text, sizeof(part.text), "; %" PRIu64 " failed so far", evidence->failed);
	return part;
}
