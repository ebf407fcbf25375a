/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_TESTS_SIM_OPTIONS_H
#define HOTDAMON_TESTS_SIM_OPTIONS_H

#include "sim/run.h"

struct sim_options {
	struct run_spec spec;
	uint64_t seed, runs; /* seeds from here on */
};

/* Ends the program where they are wrong, or --help is asked for. */
void sim_options_parse(int argc, char **argv, struct sim_options *options);

#endif
