/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_BASE_CPUS_H
#define HOTDAMON_BASE_CPUS_H

/* How many CPUs are online now, whichever of them we may run on; 1 if it is not known. */
unsigned int cpus_online(void);

#endif
