/* SPDX-License-Identifier: GPL-2.0 */
/* What the governor says of what it does, in words and numbers; each sentence into @reason, of REASON_LEN bytes. */
#ifndef HOTDAMON_DECIDE_GOVERNOR_REASON_H
#define HOTDAMON_DECIDE_GOVERNOR_REASON_H

#include "decide/governor.h"
#include "decide/penalty.h"

/* Why the one in @seat is watched: @candidate is it in this tick, its service one of @n. */
void governor_reason_watched(const struct governor_config *config, const struct candidate *candidate,
			     const struct governor_seat *seat, unsigned int n, char *reason);

/* Why it leaves as it is cold. */
void governor_reason_cold(const struct governor_config *config, const struct governor_seat *seat,
			  char *reason);

/* Why @watched leaves for @waiting. @by_share: only as its user has more than its share. */
void governor_reason_outranked(const struct governor_config *config, const struct candidate *watched,
			       const struct candidate *waiting, bool by_share, char *reason);

/*
 * Of the @n @candidates, @watched or not each, those that are worth telling and are not watched, each with the reason:
 * into @skips, which has room for all of them. Returns how many they are.
 */
size_t governor_list_skips(const struct governor_config *config, const struct governor_seat *seats,
			   const struct penalties *penalties, const struct candidate *candidates, size_t n,
			   const bool *watched, struct governor_skip *skips);

#endif
