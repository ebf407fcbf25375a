/* SPDX-License-Identifier: GPL-2.0 */
/* Who is hot and not watched: whose that is, and that it is said in the log, once for each service. */
#ifndef HOTDAMON_DAEMON_SKIPS_H
#define HOTDAMON_DAEMON_SKIPS_H

#include "decide/governor.h"
#include "decide/said.h"
#include "sense/services.h"

#define SKIPS_NAMES 64 /* of processes that are left out, the last ones: there may be forty of one name */

/* Starts as {0}. */
struct skips {
	const struct governor_skip *list; /* of the last tick; borrowed from the governor */
	size_t n;
	struct whose *whose; /* [n]; owned */
	size_t room;
	struct said said;
	char names[SKIPS_NAMES][COMM_LEN]; /* a ring */
	size_t n_names;
};

void skips_free(struct skips *skips); /* what it owns */

/* It was said why nobody of the service is watched, or one of it left, as what bars it said: that is no news as a skip. */
void skips_note(struct skips *skips, uint64_t service, bool barred);
void skips_note_left(struct skips *skips, const struct governor_move *move);

/* Takes those of this tick: finds whose they are, and says what is news. -ENOMEM: then there are none. */
int skips_take(struct skips *skips, struct services *services, const struct governor_skip *list, size_t n,
	       uint64_t now_ns);

#endif
