/* SPDX-License-Identifier: GPL-2.0 */
/* Quiet CPUs: their owner wants them undisturbed. */
#ifndef HOTDAMON_SENSE_QUIET_H
#define HOTDAMON_SENSE_QUIET_H

#include "base/cpus.h"

/* Who says so: isolcpus=, nohz_full=, and cpusets that are isolated partitions, which come and go. */
enum quiet_by { QUIET_ISOLATED, QUIET_NOHZ_FULL, QUIET_CPUSET, QUIET_WAYS };

/* The file below /sys that lists their CPUs; it need not be there. */
const char *quiet_path(enum quiet_by by);

/* Fills @quiet with all of them, as the files below @sys_root (of /sys) have it now. What cannot be read names none. */
void quiet_read(const char *sys_root, struct cpus *quiet);

#endif
