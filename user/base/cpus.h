/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_BASE_CPUS_H
#define HOTDAMON_BASE_CPUS_H

#include <stdbool.h>
#include <stdint.h>

#define CPUS_MAX 8192 /* NR_CPUS is no higher on x86-64 */

struct cpus {
	uint64_t bits[CPUS_MAX / 64];
};

/* How many CPUs are online now, whichever of them we may run on; 1 if it is not known. */
unsigned int cpus_online(void);

/*
 * Adds those of @list, as sysfs has them, "1-3,5\n", to @cpus. None are "", "\n" and "(null)", which nohz_full says
 * without that option. -EINVAL if it is no such list, or has a CPU from CPUS_MAX on; then nothing was added.
 */
int cpus_add_list(const char *list, struct cpus *cpus);

bool cpus_has(const struct cpus *cpus, unsigned int cpu);

#endif
