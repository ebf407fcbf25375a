/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_TESTS_SIM_PRINT_H
#define HOTDAMON_TESTS_SIM_PRINT_H

#include "sim/run.h"

/* In some lines, to stdout. @cpu_s: what the run took here. */
void print_run(const struct run_spec *spec, const struct run_result *result, double cpu_s);

#endif
