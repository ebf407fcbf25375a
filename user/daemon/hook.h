/* SPDX-License-Identifier: GPL-2.0 */
/*
 * --on-event: a program of the operator's that is run for what he may want to know. The loop never waits for it: one runs at
 * a time, for HOOK_S at most, and a few events wait for their turn.
 */
#ifndef HOTDAMON_DAEMON_HOOK_H
#define HOTDAMON_DAEMON_HOOK_H

#include <stdint.h>

#include <systemd/sd-event.h>

#define HOOK_S	     10 /* then it is killed, with all of its session */
#define HOOK_WAITING 16 /* events; what is above is not told */

struct hook;

/*
 * Begins to listen to the log's events. @program: an absolute path, run without arguments and without a shell; what there is to
 * know is in its environment: HOTDAMON_EVENT, _PID, _COMM, _SERVICE, _UNIT, _REASON. NULL: no memory.
 */
struct hook *hook_new(sd_event *event, const char *program);

/* What runs is killed. NULL is fine. */
void hook_free(struct hook *hook);

#endif
