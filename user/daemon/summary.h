/* SPDX-License-Identifier: GPL-2.0 */
/* What the daemon tells of itself: the status file at every tick, the service manager, the sums at the end. */
#ifndef HOTDAMON_DAEMON_SUMMARY_H
#define HOTDAMON_DAEMON_SUMMARY_H

#include "daemon/exporter.h"
#include "daemon/setup.h"

/*
 * Writes the status file and the service manager's line, and hands out the metrics. @started_ns: boot clock. @last_err is
 * of the last call, 0 at first, and a failure is said once. Returns 0 or negative errno.
 */
int summary_publish(const struct setup *setup, const struct watch *watch, struct exporter *exporter,
		    uint64_t started_ns, int last_err);

void summary_say_sums(const struct setup *setup, const struct watch *watch, uint64_t started_ns);

#endif
