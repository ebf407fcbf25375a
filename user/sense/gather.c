// SPDX-License-Identifier: GPL-2.0
#include "sense/gather.h"

#include <errno.h>
#include <stdlib.h>

#include "regions_map.h"

void gather_free(struct gather *gather)
{
	free(gather->regions);
	*gather = (struct gather){0};
}

static int keep(struct gather *gather, const struct regions_record *record)
{
	if (gather->n == gather->room) {
		size_t room = gather->room ? 2 * gather->room : 64;
		void *regions = realloc(gather->regions, room * sizeof(*gather->regions));

		if (!regions)
			return -ENOMEM;
		gather->regions = regions;
		gather->room = room;
	}
	gather->regions[gather->n++] = (struct heat_region){
		.start = record->start,
		.end = record->end,
		.nr_accesses = record->nr_accesses,
		.age = record->age,
	};
	return 0;
}

int gather_record(struct gather *gather, const struct regions_record *record)
{
	if (record->aggregation != gather->aggregation)
		gather->n = 0; /* the end of the one before was lost, or it was handed on */
	gather->aggregation = record->aggregation;
	if (!record->end_ns)
		return keep(gather, record);
	return gather->n == record->start ? GATHER_COMPLETE : -ENODATA;
}
