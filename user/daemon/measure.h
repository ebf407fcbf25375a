/* SPDX-License-Identifier: GPL-2.0 */
/* What a TLB miss and a collapse cost here: as the operator said, as it is kept of this boot, or measured beside the loop. */
#ifndef HOTDAMON_DAEMON_MEASURE_H
#define HOTDAMON_DAEMON_MEASURE_H

#include "act/claim.h"
#include "daemon/watch.h"
#include "sense/miss.h"

/* The measurement that runs; {0}: none. */
struct measure {
	const struct claim_paths *paths; /* borrowed */
	struct miss_probe probe;
};

/* Sets watch->cost by what is known, and starts to measure what is not. Logs. */
void measure_begin(struct measure *measure, struct watch *watch, const struct claim_paths *paths);

/* Readable when measure_take() is to be called; -1: never. */
int measure_fd(const struct measure *measure);

/* Takes what was measured, keeps it, and ends the measurement. Logs. */
void measure_take(struct measure *measure, struct watch *watch);

void measure_end(struct measure *measure);

#endif
