/* SPDX-License-Identifier: GPL-2.0 */
/* What the governor says of what it does, in words and numbers; each sentence into @reason, of REASON_LEN bytes. */
#ifndef HOTDAMON_DECIDE_GOVERNOR_REASON_H
#define HOTDAMON_DECIDE_GOVERNOR_REASON_H

#include "decide/governor.h"

/* Why the one in @seat is watched: @candidate is it in this tick, its service one of @n. */
void governor_reason_watched(const struct governor_config *config, const struct candidate *candidate,
			     const struct governor_seat *seat, unsigned int n, char *reason);

/* Why it leaves as it is cold. */
void governor_reason_cold(const struct governor_config *config, const struct governor_seat *seat,
			  char *reason);

/* Why @watched leaves for @waiting. @by_share: only as its user has more than its share. */
void governor_reason_outranked(const struct governor_config *config, const struct candidate *watched,
			       const struct candidate *waiting, bool by_share, char *reason);

#endif
