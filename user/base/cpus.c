// SPDX-License-Identifier: GPL-2.0
#include "base/cpus.h"

#include <unistd.h>

unsigned int cpus_online(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? (unsigned int)cpus : 1;
}
