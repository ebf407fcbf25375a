/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The metrics over HTTP. A thread of its own hands out the last texts that it was given, so that the daemon never waits for
 * who asks, nor he for the daemon. Who asks gets one answer for each connection; their number and time are bounded.
 */
#ifndef HOTDAMON_DAEMON_METRICS_SERVER_H
#define HOTDAMON_DAEMON_METRICS_SERVER_H

#include "act/file.h"
#include "base/address.h"
#include "report/metrics.h"

struct metrics_server;

/*
 * Listens at @address. A socket that a killed daemon left there is replaced; who may read the status may connect to it. Negative errno with @error.
 */
int metrics_server_open(const struct address *address, struct metrics_server **out, struct act_error *error);
void metrics_server_close(struct metrics_server *server); /* NULL is fine */

/*
 * From now on these are what is handed out; they are the server's, to be freed. NULL: what was before stays. To be called about
 * once a tick: it also ends the connections that are too old.
 */
void metrics_server_publish(struct metrics_server *server, char *texts[METRICS_FORMATS]);

#endif
