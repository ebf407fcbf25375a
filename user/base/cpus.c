// SPDX-License-Identifier: GPL-2.0
#include "base/cpus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned int cpus_online(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? (unsigned int)cpus : 1;
}

/* The number that *@at begins with, and moves *@at behind it. */
static bool take_cpu(const char **at, unsigned int *cpu)
{
	unsigned long value;
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	value = strtoul(*at, &end, 10);
	if (value >= CPUS_MAX)
		return false;
	*cpu = (unsigned int)value;
	*at = end;
	return true;
}

/* "5" or "1-3". */
static bool take_range(const char **at, struct cpus *cpus)
{
	unsigned int first, last;

	if (!take_cpu(at, &first))
		return false;
	last = first;
	if (**at == '-') {
		(*at)++;
		if (!take_cpu(at, &last) || last < first)
			return false;
	}
	for (unsigned int cpu = first; cpu <= last; cpu++)
		cpus->bits[cpu / 64] |= 1ULL << cpu % 64;
	return true;
}

int cpus_add_list(const char *list, struct cpus *cpus)
{
	struct cpus found = *cpus;

	if (!*list || !strcmp(list, "\n") || !strcmp(list, "(null)\n") || !strcmp(list, "(null)"))
		return 0;
	for (;;) {
		if (!take_range(&list, &found))
			return -EINVAL;
		if (*list != ',')
			break;
		list++;
	}
	if (*list && strcmp(list, "\n"))
		return -EINVAL;
	*cpus = found;
	return 0;
}

bool cpus_has(const struct cpus *cpus, unsigned int cpu)
{
	return cpu < CPUS_MAX && cpus->bits[cpu / 64] >> cpu % 64 & 1;
}
