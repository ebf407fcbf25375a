// SPDX-License-Identifier: GPL-2.0
#include "sense/pressure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/textfile.h"
#include "sense/proc.h"

#define BLOCK_ORDER 9 /* 2^9 pages of 4 KiB are PMD_SIZE_BYTES */

/* A container may have these files from a server of them, and the budget is reckoned by what they say. */
static bool is_pct(double pct)
{
	return pct >= 0 && pct <= 100;
}

bool pressure_parse_psi(const char *text, struct memory_pressure *pressure)
{
	const char *full = strstr(text, "\nfull ");
	double some_pct, full_pct;

	if (!full || sscanf(text, "some avg10=%lf", &some_pct) != 1 ||
	    sscanf(full + 1, "full avg10=%lf", &full_pct) != 1 || !is_pct(some_pct) || !is_pct(full_pct))
		return false;
	pressure->psi_known = true;
	pressure->some_avg10_pct = some_pct;
	pressure->full_avg10_pct = full_pct;
	return true;
}

bool pressure_parse_meminfo(const char *text, struct memory_pressure *pressure)
{
	uint64_t total, available, free_bytes;

	if (proc_field(text, "MemTotal", &total) || proc_field(text, "MemAvailable", &available) ||
	    proc_field(text, "MemFree", &free_bytes))
		return false;
	pressure->memory_known = true;
	pressure->total_bytes = total;
	pressure->available_bytes = available;
	pressure->free_bytes = free_bytes;
	return true;
}

/* Of one zone's line, "Node 0, zone Normal" and the number of free blocks of order 0, 1, ... */
static bool parse_zone(const char *line, struct memory_pressure *pressure)
{
	uint64_t sum = 0, count;
	unsigned int order = 0, node;
	int used = 0;

	if (sscanf(line, "Node %u, zone %*s%n", &node, &used) != 1 || !used || node >= PACE_NODES)
		return false;
	for (line += used; sscanf(line, "%*[ ]%" SCNu64 "%n", &count, &used) == 1; line += used, order++)
		if (order >= BLOCK_ORDER && order < 64)
			sum += count << (order - BLOCK_ORDER);
	if (!order)
		return false;
	pressure->nodes |= 1ULL << node;
	pressure->huge_blocks[node] += sum;
	return true;
}

bool pressure_parse_buddyinfo(const char *text, struct memory_pressure *pressure)
{
	struct memory_pressure found = {0};

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		parse_zone(line, &found);
	}
	if (!found.nodes)
		return false;
	pressure->nodes = found.nodes;
	memcpy(pressure->huge_blocks, found.huge_blocks, sizeof(found.huge_blocks));
	return true;
}

static void read_one(const char *proc_root, const char *name,
		     bool (*parse)(const char *text, struct memory_pressure *pressure),
		     struct memory_pressure *pressure)
{
	char *text;

	if (textfile_read_all(&text, "%s/%s", proc_root, name))
		return;
	parse(text, pressure);
	free(text);
}

void pressure_read(const char *proc_root, struct memory_pressure *pressure)
{
	*pressure = (struct memory_pressure){0};
	read_one(proc_root, "pressure/memory", pressure_parse_psi, pressure);
	read_one(proc_root, "meminfo", pressure_parse_meminfo, pressure);
	read_one(proc_root, "buddyinfo", pressure_parse_buddyinfo, pressure);
}
