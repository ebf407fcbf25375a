/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the descent share, and nobody else: descent.c walks, descent_words.c knows heat and says it, rearm.c sets what is parked to work again. */
#ifndef HOTDAMON_DECIDE_DESCENT_INTERNAL_H
#define HOTDAMON_DECIDE_DESCENT_INTERNAL_H

#include "base/units.h"
#include "decide/descent.h"

#define PART_LEN 96

/* A piece of a sentence. */
struct part {
	char text[PART_LEN];
};

/* Hot memory and what of it is huge: of one look, or on average. */
struct heat {
	bool known;
	bool huge_known;
	uint64_t hot_bytes;
	uint64_t huge_bytes;
};

static inline bool heat_small_known(struct heat heat)
{
	return heat.known && heat.huge_known;
}

/* Hot memory that is not known to be huge. */
static inline uint64_t heat_small_bytes(struct heat heat)
{
	uint64_t huge = heat.huge_known ? heat.huge_bytes : 0;

	return heat.hot_bytes > huge ? heat.hot_bytes - huge : 0;
}

/* What is small and hot is nothing to speak of. By worth there is always some slot that has only just come to pay. */
static inline bool heat_crumbs_small(const struct descent_config *config, struct heat heat)
{
	uint64_t small = heat_small_bytes(heat);

	return small < PMD_SIZE_BYTES ||
	       (config->by_worth && small * 100 < heat.hot_bytes * DESCENT_CRUMBS_PCT);
}

static inline bool heat_nothing_small(const struct descent_config *config, struct heat heat)
{
	return heat_small_known(heat) && heat_crumbs_small(config, heat);
}

static inline bool heat_some_small(const struct descent_config *config, struct heat heat)
{
	return heat_small_known(heat) && !heat_crumbs_small(config, heat);
}

/* Of the last look alone. */
struct heat descent_heat_now(const struct descent_evidence *evidence);

/* Over the looks since dryness counts: one alone may fall into the time in which a collapse blinds DAMON. */
struct heat descent_heat_on_average(const struct descent *descent, const struct descent_evidence *evidence);

void descent_note_heat(struct descent *descent, const struct descent_evidence *evidence);
void descent_forget_heat(struct descent *descent);

/* What memory at or above the threshold is called: "hot", or "that pay". */
const char *descent_hot_word(const struct descent_config *config);

/* "70 % (14 of 20)"; by_worth "what pays" */
struct part descent_level_part(const struct descent_config *config, unsigned int level);

/* "; 8 MiB hot are too sparsely populated"; empty: nothing is left alone */
struct part descent_left_part(const struct descent_evidence *evidence);

/* The same, or "; 12 failed so far, mostly scan_pte_none"; empty: nothing failed */
struct part descent_failures_part(const struct descent_evidence *evidence);

/* "; 62 of 64 MiB hot are huge", as far as it is known */
struct part descent_heat_part(const struct descent_config *config, struct heat heat);

/* Works at the level where it is; dryness counts from here. */
void descent_hold(struct descent *descent, const struct descent_evidence *evidence);

/* @collapses: of this look; 0 with heat as the only evidence. */
void descent_start_holding(struct descent *descent, const struct descent_config *config,
			   const struct descent_evidence *evidence, uint64_t collapses);

/* A look at what is parked. */
void descent_step_parked(struct descent *descent, const struct descent_config *config,
			 const struct descent_evidence *evidence, uint64_t collapses);

#endif
