/* SPDX-License-Identifier: GPL-2.0 */
/* What the load says of itself: one line of JSON. */
#ifndef WORKLOAD_REPORT_H
#define WORKLOAD_REPORT_H

#include "layout.h"

/* @start_time is what t_s counts from. All stay the caller's. Begins both windows. */
void report_start(const struct layout *layout, uint64_t heap, double start_time);
/* Begins anew what the window_ numbers are about. */
void report_new_window(void);
/* Prints a line, to --report-file if there is one. Dies when it cannot. */
void report(void);

#endif
