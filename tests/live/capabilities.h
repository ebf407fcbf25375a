/* SPDX-License-Identifier: GPL-2.0 */
/* What the unit of systemd leaves the service, and giving up all else. */
#ifndef HOTDAMON_TESTS_CAPABILITIES_H
#define HOTDAMON_TESTS_CAPABILITIES_H

#include "cm.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int capability(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} known[] = {{"CAP_BPF", CAP_BPF},
		     {"CAP_PERFMON", CAP_PERFMON},
		     {"CAP_SYS_NICE", CAP_SYS_NICE},
		     {"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
		     {"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i].name))
			return known[i].number;
	return -1;
}

/* All that the unit leaves the service, as a mask; 0: it is not to be understood. */
static inline uint64_t unit_capabilities(void)
{
	FILE *unit = fopen("dist/hotdamon.service.in", "re");
	char line[512], *at = NULL;
	uint64_t mask = 0;

	while (unit && !at && fgets(line, sizeof(line), unit))
		if (!strncmp(line, "CapabilityBoundingSet=", 22))
			at = line + 22;
	for (char *name = at ? strtok(at, " \n") : NULL; name; name = strtok(NULL, " \n")) {
		if (capability(name) < 0)
			return 0;
		mask |= 1ULL << capability(name);
	}
	if (unit)
		fclose(unit);
	return mask;
}

static inline int keep_capabilities(uint64_t mask)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)mask, .permitted = (uint32_t)mask},
		{.effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32)}};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

#endif
