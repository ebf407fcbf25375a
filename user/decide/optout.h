/* SPDX-License-Identifier: GPL-2.0 */
/* Opt-out: who asked for no huge pages, by prctl(PR_SET_THP_DISABLE), and how its owner can change that. */
#ifndef HOTDAMON_DECIDE_OPTOUT_H
#define HOTDAMON_DECIDE_OPTOUT_H

/* That the program @comm opted out, and what its owner can do: less than REASON_LEN, for ever. */
const char *optout_reason(const char *comm);

#endif
