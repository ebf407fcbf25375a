/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon: owns the clock and the event loop, and is the only one who knows sense, decide, act, executor and report.
 * It holds no policy.
 */
#ifndef HOTDAMON_DAEMON_DAEMON_H
#define HOTDAMON_DAEMON_DAEMON_H

#include "config/settings.h"

/*
 * Runs by @settings, which a reload changes, until a signal or the end of the duration, and undoes everything. Returns the
 * exit status of the program.
 */
int daemon_run(struct settings *settings);

#endif
