// SPDX-License-Identifier: GPL-2.0
/* `hotdamon run`: its options, by the table and by files, then the daemon. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/run_options.h"
#include "daemon/daemon.h"

int cmd_run(int argc, char **argv)
{
	static const struct run_command command = {
		.doc = "Finds the hot services by BPF and their hot memory by DAMON, and collapses that to "
		       "huge "
		       "pages. Runs in the foreground; SIGINT and SIGTERM end it and put everything back, as "
		       "does "
		       "the end of its terminal. Without a terminal, SIGHUP makes it read its files anew.",
	};
	struct settings *settings;
	int status = run_options_parse(argc, argv, &command, &settings);

	if (status == EXIT_DONE)
		status = daemon_run(settings);
	settings_free(settings);
	return status;
}
