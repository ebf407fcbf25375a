/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_ACT_DAMON_STAT_H
#define HOTDAMON_ACT_DAMON_STAT_H

#include "act/claim.h"

/* DAMON_STAT holds DAMON exclusively while it is on. Negative errno; -ENOENT: this kernel has none. */
int damon_stat_is_on(const struct claim_paths *paths, bool *on);
int damon_stat_turn(const struct claim_paths *paths, bool on, struct act_error *error);

#endif
