/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User share: how many of the places one user's services may keep while another user's service waits. What nobody else
 * wants is anybody's. Root has no bound: it may do all that hotdamon may, so that a bound would protect nobody; and where
 * most services are root's, as those of containers are, it would give their places to any user who burns CPU.
 */
#ifndef HOTDAMON_DECIDE_USER_SHARE_H
#define HOTDAMON_DECIDE_USER_SHARE_H

#include "decide/process.h"

#define USER_SHARE_DEFAULT_PCT 67 /* two of three */

enum user_standing {
	USER_BELOW, /* it may have more, or has no bound */
	USER_AT,    /* it has its share */
	USER_ABOVE, /* and more: it gives back what another user waits for */
};

/* So many of @places are one user's share: @pct of them, at least one. 0: no bound, by a @pct of 0 or of 100. */
unsigned int user_share_most(unsigned int places, unsigned int pct);

/* How the user with so many @services stands, if @most is a share. One that is not known may be root. */
enum user_standing user_share_standing(unsigned int most, uint32_t uid, unsigned int services);

#endif
