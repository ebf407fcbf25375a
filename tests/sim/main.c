// SPDX-License-Identifier: GPL-2.0
/* Today's policy on a heap that is only imagined: when its accesses go to huge pages, and what watching it costs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/options.h"
#include "sim/print.h"

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sim_options options;
	struct run_result result;
	int err = 0;

	sim_options_parse(argc, argv, &options);
	for (uint64_t i = 0; i < options.runs && !err; i++) {
		double began_s = cpu_s();

		options.spec.seed = options.seed + i;
		err = run(&options.spec, &result);
		if (!err)
			print_run(&options.spec, &result, cpu_s() - began_s);
	}
	if (!err)
		return 0;
	fprintf(stderr, "sim: %s: %s\n", options.spec.load,
		err == -ENOENT	 ? "no such load"
		: err == -EINVAL ? "it does not fit into so much memory"
				 : strerror(-err));
	return 1;
}
