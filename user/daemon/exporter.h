/* SPDX-License-Identifier: GPL-2.0 */
/* The metrics for others: over HTTP (--metrics), and as a file for node_exporter (--metrics-file). */
#ifndef HOTDAMON_DAEMON_EXPORTER_H
#define HOTDAMON_DAEMON_EXPORTER_H

#include "daemon/metrics_server.h"
#include "config/options.h"
#include "report/metrics.h"

/* Starts as {0}. */
struct exporter {
	const struct run_options *options; /* borrowed; NULL: it is not open */
	struct metrics_server *server;	   /* NULL: no HTTP */
	bool wrote;			   /* its file is there, and ours */
	int err;			   /* of the last file, to say it once */
};

/* Begins to listen, if that is asked for. False: that failed, which was said. Then exporter_close() is fine, too. */
bool exporter_open(struct exporter *exporter, const struct run_options *options);
void exporter_close(struct exporter *exporter);

/* Whether anybody wants them. */
bool exporter_is_wanted(const struct exporter *exporter);

/* Hands the values out. What fails is said, once. */
void exporter_publish(struct exporter *exporter, const struct status *status,
		      const struct metrics_totals *totals);

#endif
