// SPDX-License-Identifier: GPL-2.0
#include "sense/gather.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "regions_map.h"

void gather_free(struct gather *gather)
{
	free(gather->regions);
	*gather = (struct gather){0};
}

static int keep(struct gather *gather, const struct regions_record *record)
{
	int err = array_reserve(&gather->regions, &gather->room, gather->n + 1, sizeof(*gather->regions));

	if (err)
		return err;
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
