/* SPDX-License-Identifier: GPL-2.0 */
/* What was measured of this host, kept in the state directory for as long as this boot lasts. */
#ifndef HOTDAMON_ACT_COST_FILE_H
#define HOTDAMON_ACT_COST_FILE_H

#include "act/claim.h"
#include "act/file.h"
#include "decide/cost.h"

/*
 * Negative errno with @error: -ENOENT: there is none; -ESTALE: of another boot; -EINVAL: it is damaged. Whichever it is, it
 * can be measured anew.
 */
int cost_file_read(const struct claim_paths *paths, struct cost_measure *measure, struct act_error *error);

/* Negative errno with @error. */
int cost_file_write(const struct claim_paths *paths, const struct cost_measure *measure,
		    struct act_error *error);

#endif
