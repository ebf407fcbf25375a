/* SPDX-License-Identifier: GPL-2.0 */
/* A reload: the files are read once more, and what may change while hotdamon runs does. All or nothing. */
#ifndef HOTDAMON_DAEMON_RELOAD_H
#define HOTDAMON_DAEMON_RELOAD_H

#include "config/settings.h"
#include "daemon/setup.h"

/*
 * Whether SIGHUP asks for it: not where a terminal controls us, which sends it when it closes, unless a service manager
 * waits for us. To be asked at the start: of a terminal that is closed nothing is known any more.
 */
bool reload_is_on_hangup(void);

/*
 * Reads the files of @settings anew. A mistake: it is said, and nothing changes. Else what is new is said, with where it
 * comes from, and what takes a restart; @settings have the new values, in the same place, and @watch heeds them from now
 * on: who is in a seat stays in it, unless a tick finds that he should not. The service manager is told when it begins
 * and ends.
 */
void reload_run(struct settings *settings, const struct setup *setup, struct watch *watch);

#endif
